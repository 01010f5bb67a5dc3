#include "controller/tug_of_war.h"

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "controller/done_lately.h"
#include "controller/held_back.h"

namespace rolecall {
namespace {

struct Pair {
  ChangeKind gives, takes;
  /// Mails, and the return of somebody whom an administrator has just kept out. Leavers are kept
  /// out as often as it takes.
  bool only_gives = false;
};
constexpr std::array kPairs = {
    Pair{ChangeKind::add_member, ChangeKind::remove_member},
    Pair{ChangeKind::grant_group_access, ChangeKind::revoke_group_access},
    Pair{ChangeKind::grant_user_access, ChangeKind::revoke_user_access},
    Pair{ChangeKind::grant_org_role, ChangeKind::revoke_org_role},
    Pair{ChangeKind::invite_user, ChangeKind::remove_user, true},
    Pair{ChangeKind::restore_user, ChangeKind::suspend_user, true}};

/// Of which pair, and +1 or -1; 0: of none.
std::pair<std::size_t, std::int64_t> direction(ChangeKind kind) {
  for (std::size_t i = 0; i < kPairs.size(); ++i) {
    if (kind == kPairs[i].gives) return {i, 1};
    if (kind == kPairs[i].takes) return {i, -1};
  }
  return {0, 0};
}

using Edge = std::tuple<std::size_t, std::string, std::string, std::string, std::string>;

/// As the log has it, which knows a resource by its id.
Edge edge_of(std::size_t pair, const Change& change) {
  return {pair, change.user, change.group, change.ari.empty() ? change.resource : change.ari,
          change.role};
}

/// What runs gave, less what they took; of each edge.
using Balance = std::map<Edge, std::int64_t>;

Balance balance_of(const std::vector<Done>& all) {
  Balance balance;
  for (const Done& done : all) {
    const auto [pair, sign] = direction(done.kind);
    const Intent& made = done.call.intent;
    balance[{pair, made.user, made.group, made.resource, made.role}] += sign;
  }
  return balance;
}

}  // namespace

Result<std::vector<Change>> leave_to_people(Plan& plan, const Store& store, Instant now) {
  std::vector<Change> left;
  if (plan.changes.empty() || !plan.applyable()) return left;
  const auto done = done_lately(store, plan.organization, now);
  if (!done) return tl::make_unexpected(done.error());
  const Balance balance = balance_of(*done);
  std::vector<Change> kept;
  Broken broken(plan);
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    const Change& change = plan.changes[i];
    const auto [pair, sign] = direction(change.kind);
    const auto found = balance.find(edge_of(pair, change));
    const bool fought = sign != 0 && (sign > 0 || !kPairs.at(pair).only_gives) &&
                        found != balance.end() && sign * found->second >= kMostCorrections;
    if (fought || !broken.holds_back(change).empty()) {
      broken.add(i);
      left.push_back(change);
    } else {
      kept.push_back(change);
    }
  }
  if (left.empty()) return left;
  plan.left_out.insert(plan.left_out.end(), left.begin(), left.end());
  plan.changes = std::move(kept);
  reschedule(plan);
  return left;
}

}  // namespace rolecall
