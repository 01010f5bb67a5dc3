#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "state/store/store.h"

namespace rolecall::test {

/// What a write is told apart by, at a server as in the log: method and path, and a digest of the
/// body.
[[nodiscard]] std::string write_key(std::string_view request, std::string_view body);
[[nodiscard]] std::string write_key(const Intent& intent);

/// Of one or more processes on one organization: each write that arrived has an intent, each change
/// that is said to be applied arrived (guarantees.md F1).
class Ledger {
 public:
  /// From a simulator's log; reads are left out.
  void add_received(const boost::json::array& requests);
  /// A write that others made, which is in a simulator's log too.
  void add_foreign(std::string_view request, std::string_view body);
  /// All calls of a store. Those that were added before are known.
  void add_intended(const Store& store);

  enum class Others : bool { none, may_change };
  /// Where there are no `others`, what is said to be applied has changed something.
  [[nodiscard]] std::vector<std::string> complaints(Others others) const;

  struct Write {
    std::string key;
    bool effective = false;
  };
  /// In the order in which they arrived.
  [[nodiscard]] const std::vector<Write>& received() const { return received_; }
  /// The runs that meant to make this write.
  [[nodiscard]] std::vector<RunId> runs_of(const std::string& key) const;

 private:
  /// One HTTP call, which may carry several changes.
  struct Call {
    RunId run = 0;
    std::int64_t most_sent = 0;
    bool applied = false, done_perhaps = false;
  };
  /// The store's id, the run, the number in that run.
  using CallId = std::tuple<std::string, RunId, std::int64_t>;

  std::vector<Write> received_;
  std::map<std::string, std::int64_t> foreign_;
  std::map<std::string, std::map<CallId, Call>> intended_;  ///< by key
};

/// Whether it can change something, by what the API's document says.
[[nodiscard]] bool is_write(std::string_view method, std::string_view target);

}  // namespace rolecall::test
