#pragma once

#include <cstddef>
#include <deque>
#include <fstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "state/api/api_client.h"

namespace rolecall::bench {

inline constexpr std::size_t kInFlight = 8;

/// Answers of an organization in a folder: one file each with the body, and index.jsonl, of which
/// a line is {"request": "POST /v2/... BODY", "operation", "content_type", "file"}.

/// Passes calls on, and writes down every request with its answer. Gives the answers in the order
/// of the calls, as many at once as ReplayClient has, so that whoever reads asks both for the same.
class RecordingClient final : public ReadClient {
 public:
  RecordingClient(ReadClient& client, const std::string& folder);

  [[nodiscard]] bool can_start() const override { return order_.size() < kInFlight; }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override;
  /// Throws where there is no answer with status 200.
  [[nodiscard]] Completion wait() override;
  void cancel_unsent() override { client_.cancel_unsent(); }
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  ReadClient& client_;
  std::string folder_;
  std::ofstream index_;
  std::unordered_map<Ticket, Request> in_flight_;
  std::unordered_map<Ticket, Completion> ahead_;
  std::deque<Ticket> order_;
  std::size_t calls_ = 0;
};

/// Answers from a recording: what a real client gives, without the network. Each body is read when
/// it is asked for.
class ReplayClient final : public ReadClient {
 public:
  /// Throws where the recording cannot be read.
  explicit ReplayClient(const std::string& folder);

  [[nodiscard]] bool can_start() const override { return waiting_.size() < kInFlight; }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override;
  [[nodiscard]] Completion wait() override;
  void cancel_unsent() override {}

 private:
  struct Page {
    std::string content_type;
    std::string file;
  };
  std::string folder_;
  std::unordered_map<std::string, Page> pages_;
  std::deque<std::pair<Ticket, std::string>> waiting_;
};

}  // namespace rolecall::bench
