#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "state/api/api_client.h"
#include "state/model/json_parts.h"

namespace rolecall {

/// Runs many reads at once over a ReadClient: start what may start, hand each answer to whoever
/// asked. The one routine for cursor paging lives here.
class Reader {
 public:
  explicit Reader(ReadClient& client) : client_(client) {}

  /// The document, or why there is none. Called from run(). Its memory is that of all documents:
  /// what is to outlive the call is copied with a storage_ptr of its own.
  using OnDocument = std::function<void(Result<boost::json::value>)>;
  /// `delay`: not before this long from when it is started.
  void get(ReadRequest request, OnDocument done, std::chrono::milliseconds delay = {});

  /// One page of a listing: its `data`. The last call of a chain has `closed` (the cursor chain
  /// ended properly) or a problem.
  struct Page {
    const boost::json::array* data = nullptr;
    bool last = false;
    std::string problem;  ///< the chain ended early: a sentence with the endpoint
  };
  using MakeRequest = std::function<ReadRequest(const std::string& cursor)>;
  using OnPage = std::function<void(const Page&)>;
  /// Follows `links.next` (bare cursors and URLs with ?cursor=; only the cursor is ever taken from
  /// them) until it ends, a cursor repeats, or more than kMostPages came.
  void walk(MakeRequest make, OnPage on_page, std::chrono::milliseconds delay = {});

  /// Until everything asked for, also by the callbacks, has been answered.
  void run();

  [[nodiscard]] std::size_t calls() const { return calls_; }
  /// The server's clock in the latest answer that told it.
  [[nodiscard]] std::optional<Instant> server_date() const { return server_date_; }
  std::function<void()> on_call;
  /// Which members of an operation's answers are looked at; all, where it is null or says null.
  IsWanted (*wanted)(Operation operation) = nullptr;

  static constexpr std::size_t kMostPages = 100'000;

 private:
  struct Walk;
  struct Job {
    ReadRequest request;
    OnDocument done;
    std::chrono::milliseconds delay;
  };
  void next_page(const std::shared_ptr<Walk>& walk, const std::string& cursor,
                 std::chrono::milliseconds delay);

  ReadClient& client_;
  std::deque<Job> waiting_;
  std::unordered_map<Ticket, Job> in_flight_;
  Ticket next_ticket_ = 1;
  std::size_t calls_ = 0;
  std::optional<Instant> server_date_;
  std::vector<unsigned char> page_memory_ = std::vector<unsigned char>(std::size_t{512} << 10U);
};

}  // namespace rolecall
