#pragma once

#include <boost/json/parse.hpp>
#include <set>
#include <string>

#include "tests/controller/protects_lin.h"

namespace rolecall::test {

inline std::string words(const Plan& plan, const ApplyReport& report) {
  std::string out;
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const Change& c = plan.changes[i];
    out += fmt::format("{} {} {}: {} {}\n", name(c.kind), c.user, c.group,
                       static_cast<int>(report.outcomes[i].state), report.outcomes[i].message);
  }
  return out;
}
/// Manages nothing yet, and lets what the tests take away.
inline constexpr const char* kAnyPolicy =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[resources]\njira = \"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
    "[safety.limits.revoke_group_access]\nfree = 9\n[safety.limits.remove_members]\nfree = 9\n";
inline boost::json::object& group_of(boost::json::object& seed, int i) {
  return seed["groups"].as_array()[static_cast<std::size_t>(i)].as_object();
}
inline Model model(Rehearsal& world) {
  return read_model(world.client().org().state());
}
/// ARI and role, by all paths.
inline std::set<std::string> roles_of(Rehearsal& world, const std::string& who) {
  const Model now = model(world);
  std::set<std::string> out;
  const auto person = now.people.find(who);
  if (person == now.people.end()) return out;
  out = person->second.access;
  for (const auto& [name, group] : now.groups) {
    if (group.members.contains(who)) out.insert(group.access.begin(), group.access.end());
  }
  return out;
}
/// Every call of the operation is answered so.
inline void refuse(Rehearsal& world, const char* operation, int status = 409) {
  ASSERT_TRUE(world.client().org().set_faults(boost::json::parse(fmt::format(
      R"({{"rules": [{{"operation": "{}", "action": {{"status": {}}}}}]}})", operation, status))));
}

}  // namespace rolecall::test
