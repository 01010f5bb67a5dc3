#include "diff/origin.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace rolecall {
namespace {

/// The changes that a wanted state would ask for of today's organization, in Change::order.
class Asked {
 public:
  Asked(const Desired& desired, const PlanInput& input) {
    PlanInput other{desired,
                    input.live,
                    input.catalog,
                    input.remembered_users,
                    input.remembered_groups,
                    input.open_invitations,
                    nullptr};
    Differences found = diff(other);
    usable_ = !found.diagnostics.has_errors();
    changes_ = std::move(found.changes);
    std::sort(changes_.begin(), changes_.end(), before);
  }
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] bool contains(const Change& change) const {
    return std::binary_search(changes_.begin(), changes_.end(), change, before);
  }

 private:
  static bool before(const Change& a, const Change& b) { return a.order(b) < 0; }
  bool usable_ = true;
  std::vector<Change> changes_;
};

}  // namespace

void tell_origins(const WantedThen& before, const PlanInput& input,
                  std::span<const std::string> rosters, Plan& plan) {
  const Asked then(before.then, input);
  const Asked by_new_policy(before.by_new_policy, input);
  if (!then.usable() || !by_new_policy.usable()) return;
  for (Change& change : plan.changes) {
    const bool in_roster =
        std::find(rosters.begin(), rosters.end(), change.cause.place.file) != rosters.end();
    change.origin = then.contains(change)             ? Origin::drift
                    : !by_new_policy.contains(change) ? Origin::date
                    : in_roster                       ? Origin::roster
                                                      : Origin::edit;
  }
  plan.since_run = before.run.run;
  plan.since = before.run.at;
}

}  // namespace rolecall
