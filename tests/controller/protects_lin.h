#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"

namespace rolecall::test {

/// The beginning of policies by which Lin, who is in engineering, keeps Jira.
inline constexpr const char* kProtectsLin =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[resources]\njira = \"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
    "[safety]\nprotected_users = [\"lin@acme.example\"]\n"
    "[safety.limits.revoke_group_access]\nfree = 9\n";

/// Whether the group, the one that Lin is to lose unless it is said, has Jira still.
inline bool has_jira(Rehearsal& world, const std::string& group = "engineering") {
  const Model now = read_model(world.client().org().state());
  return now.groups.contains(group) && !now.groups.at(group).access.empty();
}

inline boost::json::object jira() {
  return boost::json::object{{std::string(kJira), boost::json::array{"user"}}};
}

}  // namespace rolecall::test
