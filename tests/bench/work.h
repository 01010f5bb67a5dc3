#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "policies/policy.h"

namespace rolecall::bench {

/// The standard work W: 100,000 users, 10,000 groups, 1,000,000 memberships, 20,000 grants; the
/// policy differs in one in a hundred memberships. `divisor` 10 and 100 are the same, smaller.
struct Work {
  boost::json::value seed;        ///< of the simulator: the organization as it is
  std::vector<SourceFile> files;  ///< the policy, with paths below its folder
  /// The policy again, without what only people need, for programs that read no TOML:
  /// {"users": {address: state}, "groups": {name: [address]}}. Groups whose members are not
  /// managed are left out; those to be deleted have null.
  boost::json::value plain_policy;
  /// "address TAB group" of what is managed, wanted and live, in the order of the policy and of
  /// the organization.
  std::string wanted_pairs, live_pairs;
};
[[nodiscard]] Work make_work(std::size_t divisor);

}  // namespace rolecall::bench
