#include "tests/support/plan_builder.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace rolecall::test {
namespace {

/// Sorts both sides alike, as parallel vectors are promised to be.
template <class T>
void sort_together(std::vector<T>& items, std::vector<CauseRef>& causes) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return items[a] < items[b]; });
  std::vector<T> sorted_items;
  std::vector<CauseRef> sorted_causes;
  for (const std::size_t i : order) {
    sorted_items.push_back(items[i]);
    sorted_causes.push_back(causes[i]);
  }
  items = std::move(sorted_items);
  causes = std::move(sorted_causes);
}

std::string ari(std::string_view alias) {
  return "ari:cloud:" + std::string(alias) + "::site/1";
}

}  // namespace

PlanBuilder::PlanBuilder() {
  desired.organization_id = "org-1";
  desired.policy_digest = std::string(64, 'a');
  desired.at = parse_instant("2026-11-24T08:00:00Z").value();
  desired.safety.min_org_admins = 0;
  live.directory_id = "dir-1";
  live.directory_name = "Acme";
  live.read_calls = 21;
}

CauseRef PlanBuilder::cause(std::string why) {
  return desired.causes.push_back({{"rolecall.toml", 10, 1}, std::move(why), ""});
}

UserScope& PlanBuilder::scope(UserRef ref) {
  if (desired.users.size() <= index(ref)) desired.users.resize(index(ref) + 1);
  return desired.users[index(ref)];
}

GroupScope& PlanBuilder::scope(GroupRef ref) {
  if (desired.groups.size() <= index(ref)) desired.groups.resize(index(ref) + 1);
  return desired.groups[index(ref)];
}

UserRef PlanBuilder::ref(std::string_view email) {
  return catalog.user(Email::parse(email).value());
}

GroupRef PlanBuilder::group_ref(std::string_view name) {
  return catalog.group(GroupName::from_server(name));
}

LiveUser& PlanBuilder::about(std::string_view email) {
  const UserRef user = ref(email);
  if (live.users.size() <= index(user)) live.users.resize(index(user) + 1);
  return live.users[index(user)];
}

LiveGroup& PlanBuilder::about_group(std::string_view name) {
  const GroupRef group = group_ref(name);
  if (live.groups.size() <= index(group)) live.groups.resize(index(group) + 1);
  return live.groups[index(group)];
}

Grant PlanBuilder::grant_of(std::string_view alias, Role role) {
  return {catalog.resource(ari(alias)), role};
}

PlanBuilder& PlanBuilder::live_user(std::string_view email, Presence presence, bool org_admin) {
  User& user = live.live.user(ref(email));
  user.presence = presence;
  user.org_admin = org_admin;
  about(email).account_id = "acc-" + std::string(email.substr(0, email.find('@')));
  return *this;
}

PlanBuilder& PlanBuilder::live_group(std::string_view name,
                                     const std::vector<std::string>& members) {
  Group& group = live.live.group(group_ref(name));
  group.present = true;
  for (const std::string& member : members) group.members.push_back(ref(member));
  std::sort(group.members.begin(), group.members.end());
  about_group(name).id = "id-" + std::string(name);
  return *this;
}

PlanBuilder& PlanBuilder::live_grant(std::string_view group, std::string_view alias, Role role) {
  auto& grants = live.live.group(group_ref(group)).grants;
  grants.push_back(grant_of(alias, role));
  std::sort(grants.begin(), grants.end());
  return *this;
}

PlanBuilder& PlanBuilder::live_user_grant(std::string_view email, std::string_view alias,
                                          Role role) {
  auto& grants = live.live.user(ref(email)).grants;
  grants.push_back(grant_of(alias, role));
  std::sort(grants.begin(), grants.end());
  return *this;
}

PlanBuilder& PlanBuilder::user(std::string_view email, Presence presence) {
  const UserRef who = ref(email);
  desired.state.user(who).presence = presence;
  UserScope& managed = scope(who);
  managed.declared = true;
  managed.state_cause = cause("declared in [users]");
  managed.roles_cause = cause("listed in roles");
  managed.access_cause = cause("access of the person");
  return *this;
}

PlanBuilder& PlanBuilder::org_admin(std::string_view email, bool wanted) {
  desired.state.user(ref(email)).org_admin = wanted;
  scope(ref(email)).roles_managed = true;
  return *this;
}

PlanBuilder& PlanBuilder::group(std::string_view name, const std::vector<std::string>& members) {
  const GroupRef ref_of = group_ref(name);
  Group& wanted = desired.state.group(ref_of);
  wanted.present = true;
  GroupScope& managed = scope(ref_of);
  managed.declared = true;
  managed.members_managed = true;
  managed.state_cause = cause("declared in [groups]");
  managed.members_cause = cause("members of the group");
  managed.access_cause = cause("access of the group");
  for (const std::string& member : members) {
    wanted.members.push_back(ref(member));
    managed.member_causes.push_back(cause("listed in members"));
  }
  sort_together(wanted.members, managed.member_causes);
  return *this;
}

PlanBuilder& PlanBuilder::no_group(std::string_view name) {
  const GroupRef ref_of = group_ref(name);
  desired.state.group(ref_of).present = false;
  scope(ref_of).declared = true;
  scope(ref_of).state_cause = cause("declared absent");
  return *this;
}

PlanBuilder& PlanBuilder::additive(std::string_view name) {
  scope(group_ref(name)).additive = true;
  return *this;
}

PlanBuilder& PlanBuilder::previous(std::string_view name, std::string_view before) {
  scope(group_ref(name)).previous.push_back(group_ref(before));
  return *this;
}

PlanBuilder& PlanBuilder::grant(std::string_view group, std::string_view alias, Role role) {
  const GroupRef ref_of = group_ref(group);
  manage_access(group);
  desired.state.group(ref_of).grants.push_back(grant_of(alias, role));
  scope(ref_of).grant_causes.push_back(cause("listed in access"));
  sort_together(desired.state.group(ref_of).grants, scope(ref_of).grant_causes);
  return *this;
}

PlanBuilder& PlanBuilder::manage_access(std::string_view group) {
  scope(group_ref(group)).access_managed = true;
  return *this;
}

PlanBuilder& PlanBuilder::user_grant(std::string_view email, std::string_view alias, Role role) {
  const UserRef who = ref(email);
  manage_user_access(email);
  desired.state.user(who).grants.push_back(grant_of(alias, role));
  scope(who).grant_causes.push_back(cause("listed in access"));
  sort_together(desired.state.user(who).grants, scope(who).grant_causes);
  return *this;
}

PlanBuilder& PlanBuilder::manage_user_access(std::string_view email) {
  scope(ref(email)).access_managed = true;
  return *this;
}

PlanBuilder& PlanBuilder::resource(std::string_view alias) {
  desired.resources.push_back({std::string(alias), catalog.resource(ari(alias))});
  return *this;
}

PlanBuilder& PlanBuilder::protect_user(std::string_view email) {
  desired.safety.protected_users.push_back(ref(email));
  return *this;
}

PlanBuilder& PlanBuilder::protect_group(std::string_view name) {
  desired.safety.protected_groups.push_back(group_ref(name));
  return *this;
}

PlanBuilder& PlanBuilder::without_limits() {
  desired.safety.limits.fill({1'000'000, 100, 1'000'000});
  return *this;
}

PlanResult PlanBuilder::result() {
  return make_plan({desired, live, catalog, remembered_users, remembered_groups, {}, &history});
}

Plan PlanBuilder::plan() {
  PlanResult made = result();
  if (made.diagnostics.has_errors()) throw std::logic_error(render(made.diagnostics));
  return std::move(made.plan);
}

std::vector<std::string> words(const Plan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    std::string line(name(change.kind));
    for (const std::string* part : {&change.user, &change.group, &change.role, &change.resource}) {
      if (!part->empty()) line += ' ' + *part;
    }
    out.push_back(std::move(line));
  }
  return out;
}

Plan sample_plan() {
  PlanBuilder b;
  b.without_limits().resource("confluence").resource("jira");
  b.live_user("ada@acme.example", Presence::active, true)
      .live_user("bob@acme.example")
      .live_user("carl@acme.example", Presence::suspended)
      .live_user("dora@acme.example")
      .live_user("eve@acme.example", Presence::active, true)
      .live_user("frank@acme.example")
      .live_user("olaf@acme.example");
  b.about("ada@acme.example").name = "Ada Lovelace";
  b.about("bob@acme.example").name = "Bob Grün";
  b.about("eve@acme.example").name = "Eve Ng";
  b.about("frank@acme.example").name = "Frank";
  b.live_group("developers", {"ada@acme.example", "bob@acme.example"})
      .live_group("old-crew", {"dora@acme.example"})
      .live_group("someone-elses")
      .live_grant("developers", "jira", Role::admin)
      .live_user_grant("bob@acme.example", "confluence", Role::user);
  b.user("ada@acme.example")
      .user("bob@acme.example")
      .user("carl@acme.example")
      .user("dora@acme.example", Presence::suspended)
      .user("eve@acme.example")
      .user("frank@acme.example", Presence::absent)
      .user("zoe@acme.example");
  b.org_admin("bob@acme.example", true).org_admin("eve@acme.example", false);
  b.manage_user_access("bob@acme.example").user_grant("zoe@acme.example", "jira", Role::guest);
  b.group("developers", {"ada@acme.example", "zoe@acme.example"})
      .grant("developers", "jira", Role::user);
  b.group("testers", {"ada@acme.example"}).no_group("old-crew");
  b.desired.state.group(b.group_ref("testers")).description = "Who tests";
  Plan plan = b.plan();
  return plan;
}

}  // namespace rolecall::test
