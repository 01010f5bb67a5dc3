#include "diff/wanted_digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall {
namespace {

constexpr std::string_view kJira =
    "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr std::string_view kWiki =
    "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001";

struct Wanted {
  Catalog catalog;
  Desired desired;

  UserRef person(const std::string& address) {
    const UserRef ref = catalog.user(*Email::parse(address));
    desired.state.user(ref).presence = Presence::active;
    return ref;
  }
  Group& group(const std::string& name) {
    Group& out = desired.state.group(catalog.group(*GroupName::parse(name)));
    out.present = true;
    return out;
  }
  [[nodiscard]] std::string digest() const { return wanted_digest(desired, catalog); }
};

/// Three people in two groups, with grants; seen in this order or in the opposite one.
Wanted wanted(bool backwards) {
  Wanted out;
  std::vector<std::string> people{"ada@acme.example", "grace@acme.example", "lin@acme.example"};
  std::vector<std::string> groups{"design", "engineering"};
  if (backwards) {
    std::reverse(people.begin(), people.end());
    std::reverse(groups.begin(), groups.end());
    (void)out.catalog.resource(kWiki);
  }
  for (const std::string& address : people) out.person(address);
  const std::vector<Grant> grants{{out.catalog.resource(kJira), Role::user},
                                  {out.catalog.resource(kWiki), Role::admin}};
  for (const std::string& name : groups) {
    Group& group = out.group(name);
    for (std::size_t i = 0; i < people.size(); ++i)
      group.members.push_back(static_cast<UserRef>(i));
    group.grants = grants;
    std::sort(group.grants.begin(), group.grants.end());
  }
  out.desired.state.user(out.person("ada@acme.example")).grants = {grants.front()};
  return out;
}

TEST(WantedDigest, IsThatOfWhatIsWantedInWhateverOrderItWasRead) {
  EXPECT_EQ(wanted(false).digest(), wanted(true).digest());
  EXPECT_EQ(wanted(false).digest().size(), 64U);
}

TEST(WantedDigest, WhomOnlyTheOrganizationKnowsDoesNotChangeIt) {
  Wanted known = wanted(false);
  (void)known.catalog.user(*Email::parse("a-stranger@acme.example"));
  (void)known.catalog.group(*GroupName::parse("a-group"));
  EXPECT_EQ(known.digest(), wanted(false).digest());
}

TEST(WantedDigest, DiffersWithEachThingThatIsWanted) {
  std::vector<std::string> digests{wanted(false).digest()};
  const auto edit = [&](const auto& change) {
    Wanted edited = wanted(false);
    change(edited);
    digests.push_back(edited.digest());
  };
  edit([](Wanted& all) { all.person("mina@acme.example"); });
  edit([](Wanted& all) { all.desired.state.users[0].presence = Presence::suspended; });
  edit([](Wanted& all) { all.desired.state.users[0].presence = Presence::absent; });
  edit([](Wanted& all) { all.desired.state.users[1].org_admin = true; });
  edit([](Wanted& all) { all.desired.state.users[0].grants.clear(); });
  edit([](Wanted& all) { all.desired.state.users[0].grants.front().role = Role::admin; });
  edit([](Wanted& all) { all.group("new"); });
  edit([](Wanted& all) { all.desired.state.groups[0].present = false; });
  edit([](Wanted& all) { all.group("design").description = "draws"; });
  edit([](Wanted& all) { all.group("design").members.pop_back(); });
  edit([](Wanted& all) { all.group("engineering").members.pop_back(); });
  edit([](Wanted& all) { all.group("design").grants.pop_back(); });
  edit([](Wanted& all) { all.group("engineering").grants.pop_back(); });
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::adjacent_find(digests.begin(), digests.end()), digests.end());
}

}  // namespace
}  // namespace rolecall
