#include "controller/quick_plan.h"

#include "controller/fetch_scope.h"
#include "diff/plan_view.h"
#include "diff/wanted_digest.h"
#include "state/api/glance.h"

namespace rolecall {

std::optional<Plan> quick_plan(ReadClient& client, const QuickLook& before, const Desired& desired,
                               const Catalog& catalog, const Memory& memory) {
  if (before.policy_digest != desired.policy_digest || !memory.open_invitations.empty() ||
      before.wanted_digest != wanted_digest(desired, catalog)) {
    return std::nullopt;
  }
  const auto now = glance(client, fetch_scope(desired));
  if (!now || now->seen != before.seen) return std::nullopt;
  Plan plan;
  plan.organization = desired.organization_id;
  plan.directory = now->seen.directory_id;
  plan.at = desired.at;
  plan.policy_digest = desired.policy_digest;
  plan.min_org_admins = desired.safety.min_org_admins;
  plan.reads = now->calls;
  plan.notes = not_looked_at(format_instant(before.at));
  reschedule(plan);
  return plan;
}

QuickLook look_of(const Desired& desired, const Snapshot& live, const Catalog& catalog,
                  Instant at) {
  return {desired.organization_id, desired.policy_digest, wanted_digest(desired, catalog),
          glance_of(live, catalog), at};
}

}  // namespace rolecall
