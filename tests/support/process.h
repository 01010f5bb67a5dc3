#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall::test {

struct ProcessWish {
  std::vector<std::string> command;                ///< program and arguments; no shell sees them
  std::map<std::string, std::string> environment;  ///< all of it
  std::string folder;                              ///< current folder
};

/// What a process left behind.
struct Outcome {
  int exit_code = -1;  ///< 128 + n where signal n ended it
  std::string out;
  std::string err;

  /// Both streams, for the message of a failed expectation.
  [[nodiscard]] std::string said() const;
};

/// A child process without a terminal: no standard input, a session of its own. Ends with the test
/// at the latest, whatever way that ends.
class Process {
 public:
  explicit Process(const ProcessWish& wish);
  ~Process();
  Process(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  Process& operator=(Process&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// What it printed so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

  /// The first line on standard output that begins so. Throws when the process ends without it,
  /// or takes longer than anything here should.
  [[nodiscard]] std::string wait_for_line(std::string_view beginning);
  void signal(int number) const;
  /// Throws when it takes longer than `limit`.
  Outcome wait(std::chrono::seconds limit = std::chrono::seconds(180));

 private:
  bool ended_within(std::chrono::milliseconds limit);

  pid_t pid_ = -1;
  int watch_ = -1, out_ = -1, err_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
};

}  // namespace rolecall::test
