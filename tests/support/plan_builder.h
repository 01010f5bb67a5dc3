#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall::test {

/// A desired and a live organization by hand, in natural keys. Every name is met in the order of
/// the calls, so two builders told the same things in another order have other refs.
class PlanBuilder {
 public:
  PlanBuilder();

  // Live.
  PlanBuilder& live_user(std::string_view email, Presence presence = Presence::active,
                         bool org_admin = false);
  PlanBuilder& live_group(std::string_view name, const std::vector<std::string>& members = {});
  PlanBuilder& live_grant(std::string_view group, std::string_view alias, Role role);
  PlanBuilder& live_user_grant(std::string_view email, std::string_view alias, Role role);

  // Wanted.
  PlanBuilder& user(std::string_view email, Presence presence = Presence::active);
  PlanBuilder& org_admin(std::string_view email, bool wanted);  ///< manages `roles`
  PlanBuilder& group(std::string_view name, const std::vector<std::string>& members);
  PlanBuilder& no_group(std::string_view name);  ///< tombstone
  PlanBuilder& additive(std::string_view name);
  PlanBuilder& previous(std::string_view name, std::string_view before);
  PlanBuilder& grant(std::string_view group, std::string_view alias, Role role);
  PlanBuilder& manage_access(std::string_view group);
  PlanBuilder& user_grant(std::string_view email, std::string_view alias, Role role);
  PlanBuilder& manage_user_access(std::string_view email);
  PlanBuilder& resource(std::string_view alias);
  PlanBuilder& protect_user(std::string_view email);
  PlanBuilder& protect_group(std::string_view name);

  Limit& limit(LimitClass klass) { return desired.safety.limits[static_cast<std::size_t>(klass)]; }
  /// No limit stands in the way of what a test is about.
  PlanBuilder& without_limits();

  [[nodiscard]] UserRef ref(std::string_view email);
  [[nodiscard]] GroupRef group_ref(std::string_view name);
  [[nodiscard]] LiveUser& about(std::string_view email);
  [[nodiscard]] LiveGroup& about_group(std::string_view name);

  [[nodiscard]] PlanResult result();
  /// The plan, of a desired and a live side that fit each other.
  [[nodiscard]] Plan plan();

  Catalog catalog;
  Desired desired;
  Snapshot live;
  std::vector<std::string> remembered_users;
  std::vector<std::string> remembered_groups;
  SafetyHistory history;

 private:
  CauseRef cause(std::string why);
  UserScope& scope(UserRef ref);
  GroupScope& scope(GroupRef ref);
  Grant grant_of(std::string_view alias, Role role);
};

/// "add_member ada@acme.example engineering": what a plan does, a line for each change.
[[nodiscard]] std::vector<std::string> words(const Plan& plan);

/// A plan with changes of every kind, notes and a name that is not ASCII; nothing refused.
[[nodiscard]] Plan sample_plan();

}  // namespace rolecall::test
