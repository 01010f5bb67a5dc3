#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "controller/options.h"
#include "state/api/clock.h"
#include "state/simulator/server.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {

/// A simulated organization behind loopback HTTP, with a folder for policy, key and store: what the
/// commands need to run as they are. Ends with the test.
class RunningOrg {
 public:
  /// `clock` is the server's.
  explicit RunningOrg(
      const boost::json::value& seed,
      simulator::FakeOrg::Now clock = [] { return SystemClock().now(); });
  ~RunningOrg();
  RunningOrg(const RunningOrg&) = delete;
  RunningOrg& operator=(const RunningOrg&) = delete;

  [[nodiscard]] const TempDir& dir() const { return dir_; }
  /// Address, key and store; nothing is shown of progress.
  [[nodiscard]] const GlobalOptions& global() const { return global_; }
  [[nodiscard]] simulator::Server& server() { return *server_; }
  /// Write requests that changed something so far.
  [[nodiscard]] std::size_t effective_writes();

 private:
  TempDir dir_;
  GlobalOptions global_;
  std::unique_ptr<simulator::Server> server_;
  std::thread thread_;
};

/// Of the requests that a FakeOrg logged.
[[nodiscard]] std::size_t effective_writes(const boost::json::value& requests);

/// What a command returned and printed.
struct Ran {
  int code = 0;
  std::string out, err;
};
[[nodiscard]] Ran run_captured(const std::function<int()>& command);

}  // namespace rolecall::test
