#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "controller/options.h"
#include "tests/controller/own_time.h"

namespace rolecall::test {

/// `run` in a process of its own with a time of its own. To be made before anything that has
/// threads, such as a server: the process is a copy of this one, and for a lock that another thread
/// holds just then, as of the sanitizers' memory, it would wait for ever. Ends with the test.
class OwnService {
 public:
  OwnService();
  ~OwnService();
  OwnService(const OwnService&) = delete;
  OwnService& operator=(const OwnService&) = delete;

  [[nodiscard]] OwnTime& time() { return *time_; }
  /// Address, key and store are taken from `global`; policy, interval and full_every from
  /// `options`. Once. What it prints is seen where ROLECALL_SHOW is set.
  void begin(const GlobalOptions& global, const RunOptions& options);
  [[nodiscard]] bool running() const;

 private:
  OwnTime* time_ = OwnTime::shared();
  int orders_ = -1;  ///< the end of a pipe
  pid_t pid_ = -1;
};

}  // namespace rolecall::test
