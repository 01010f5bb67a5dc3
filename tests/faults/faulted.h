#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/end_to_end.h"
#include "tests/support/org_model.h"

namespace rolecall::test {

/// ROLECALL_FAULTS_EVERY: of the points at which something can be made to fail every n-th is
/// tried, `otherwise` unless it is set; 1 tries all (tests/long.sh).
[[nodiscard]] std::size_t every(std::size_t otherwise);
/// ROLECALL_FAULTS_TRIALS: how often something random is tried.
[[nodiscard]] std::size_t trials(std::size_t otherwise);
/// ROLECALL_FAULTS_FIRST: the trial to begin with, where an earlier run was broken off; 0.
[[nodiscard]] std::size_t first_trial();

/// strace with this injection, to be put before a program. `output`: where it tells of each such
/// call and of each message that is sent.
[[nodiscard]] std::vector<std::string> strace(const std::string& call, const std::string& fault,
                                              const std::string& output = "/dev/null");

/// Two policies that are fifty changes of every kind apart (ROLECALL_FAULTS_GROUPS: 200 instead of
/// 8 makes a thousand of them). Each trial goes from one to the other, with a fault on the way, so
/// that one simulated organization serves for all of them. The verdict comes from the
/// organization's own log and state, and from the rows of the store.
class Faulted : public EndToEnd {
 protected:
  void SetUp() override;
  /// What is right has nothing left to do.
  void TearDown() override;

  /// The policy of the next trial, a new store, an empty request log.
  void turn();
  /// The next apply runs into this. `only`: calls on that file alone.
  void inject(const std::string& call, const std::string& fault, const std::string& only = {});
  /// Apply with what was injected; its exit code.
  Outcome apply_under_fault();
  /// Whether the last apply met what was injected.
  [[nodiscard]] bool struck() const;
  /// Messages that the last apply sent after it had met what was injected.
  [[nodiscard]] std::size_t sent_afterwards() const;

  using FaultAt = std::function<std::string(std::size_t n)>;
  using Check = std::function<void(const Outcome&, const std::string& what)>;
  /// Tries the fault at some such calls of an apply, about `samples` on the way to either policy,
  /// or at every one (ROLECALL_FAULTS_EVERY=1); `check` is told of each apply that met it. `only`:
  /// calls on that file alone. How many met it.
  std::size_t at_points(std::size_t samples, const std::string& call, const FaultAt& fault,
                        const Check& check, const std::string& only = {});

  /// Nothing is left of the fault: one more apply has to make everything right.
  void recover_and_check(const std::string& what);

  /// Requests so far that changed something.
  [[nodiscard]] std::size_t effective_writes() const;
  [[nodiscard]] std::string store() const;
  /// Every write has its intent, every change that is said to be applied its write, every run its
  /// end, the last one a good one, and the log verifies.
  void check_log(const std::string& what) const;
  /// That, and everything is as the policy says, with not one effective write more than it takes.
  /// An invitation that the fault cut into two may be two.
  void check_done(const std::string& what);
  /// Of the last trial without any fault.
  [[nodiscard]] std::size_t fewest_writes() const { return fewest_[forward_].all; }

 private:
  struct Effective {
    std::size_t all = 0;
    std::size_t invited = 0;  ///< of these about people who were invited
  };
  /// By the organization's log, and who was invited by the store's.
  [[nodiscard]] Effective effective() const;

  [[nodiscard]] std::map<std::string, std::int64_t> mails() const;
  /// Whose invitation may have left, and nobody knows.
  [[nodiscard]] Arguments invitations_in_doubt() const;

  [[nodiscard]] std::string counted() const;
  /// How many such calls an apply makes that nothing befalls.
  [[nodiscard]] std::size_t calls_in_calm(const std::string& call, const std::string& only);

  bool forward_ = false, is_done_ = false;
  int last_exit_ = 0;
  Model goal_[2];
  Effective fewest_[2];
  std::map<std::string, std::int64_t> mails_before_;
};

/// Whether this machine lets strace do its work.
[[nodiscard]] bool strace_works();

}  // namespace rolecall::test
