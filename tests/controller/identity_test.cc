// guarantees.md B12: whose address has gone to another account, or who shows another address, is
// left alone in every respect, and so is the account that has their address now; others go on.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "policies/desired.h"
#include "tests/support/end_to_end.h"
#include "tests/support/lied_to.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kIda = "712020:aaaaaaaa-0000-4000-8000-000000000001";
constexpr const char* kOther = "712020:bbbbbbbb-0000-4000-8000-000000000002";

json::object holder(std::string_view email, std::string_view account) {
  return {{"email", email},
          {"id", account},
          {"roles", {"org-admin"}},
          {"access", json::object{{kJira, {"user"}}}}};
}

/// ida@ was the first account's. It shows countess@ now, and another one shows ida@.
json::object taken_over(bool by_another = true) {
  json::object seed = acme();
  seed["users"].as_array().push_back(holder("countess@acme.example", kIda));
  json::array& design = seed["groups"].as_array()[1].as_object()["members"].as_array();
  design.emplace_back("countess@acme.example");
  if (by_another) {
    seed["users"].as_array().push_back(holder("ida@acme.example", kOther));
    design.emplace_back("ida@acme.example");
  }
  return seed;
}

std::string policy(std::string_view users, std::string_view more = {}, std::string_view top = {}) {
  std::string out = fmt::format(
      "version = 1\n[organization]\nid = \"{}\"\n{}\n[resources]\njira = \"{}\"\n[users]\n"
      "\"ada@acme.example\" = {{}}\n\"grace@acme.example\" = {{}}\n\"lin@acme.example\" = {{}}\n"
      "\"omar@acme.example\" = {{}}\n\"rosa@acme.example\" = {{}}\n{}\n{}\n",
      kOrganization, top, kJira, users, more);
  for (const std::string_view klass : kLimitClassNames) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", klass);
  }
  return out;
}

struct Asked {
  std::string name;
  std::string policy;
};
void PrintTo(const Asked& row, std::ostream* out) {
  *out << row.name;
}

const Asked kRows[] = {
    {"Removed", policy("\"ida@acme.example\" = { state = \"removed\" }")},
    {"Suspended", policy("\"ida@acme.example\" = { state = \"suspended\" }")},
    {"LeftOutOfAGroup",
     policy("\"ida@acme.example\" = {}",
            "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\"]")},
    {"AddedToAGroup",
     policy("\"ida@acme.example\" = {}",
            "[groups.engineering]\nmembership = \"additive\"\nmembers = [\"ida@acme.example\"]")},
    {"LosesARole", policy("\"ida@acme.example\" = { roles = [] }")},
    {"LosesAccess", policy("\"ida@acme.example\" = { access = {} }")},
    {"GetsAccess", policy("\"ida@acme.example\" = { access = { jira = [\"user\", \"admin\"] } }")},
    {"UnlistedAreRemoved", policy("\"ida@acme.example\" = {}", "", "unlisted_users = \"remove\"")},
    {"UnlistedAreSuspended",
     policy("\"ida@acme.example\" = {}", "", "unlisted_users = \"suspend\"")},
    // The address that ida's account shows now is another person's in the policy.
    {"NewAddressRemoved",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = { state = \"removed\" }")},
    {"NewAddressSuspended",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = { state = \"suspended\" }")},
    {"NewAddressLosesARole",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = { roles = [] }")},
    {"NewAddressLosesAccess",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = { access = {} }")},
    {"NewAddressLeftOutOfAGroup",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = {}",
            "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\"]")},
    {"NewAddressGetsAccess",
     policy("\"ida@acme.example\" = {}\n\"countess@acme.example\" = { access = { jira = [\"user\", "
            "\"admin\"] } }")},
};

class IdentityTest : public ::testing::TestWithParam<Asked> {};

TEST_P(IdentityTest, NeitherThePersonNorWhoHasTheirAddressIsTouched) {
  for (const bool by_another : {true, false}) {
    LiedTo world(taken_over(by_another), GetParam().policy);
    world.memory.identities = {{"ida@acme.example", kIda}};
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan) << said(planned);
    EXPECT_THAT(lines_of(*planned.plan), IsEmpty()) << (by_another ? "taken" : "free");
    EXPECT_THAT(said(planned), HasSubstr("shows the address \"countess@acme.example\" now"));
  }
}

TEST_P(IdentityTest, OthersGoOn) {
  LiedTo world(taken_over(), with(GetParam().policy, "\"omar@acme.example\" = {}",
                                  "\"omar@acme.example\" = { state = \"suspended\" }"));
  world.memory.identities = {{"ida@acme.example", kIda}};
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan) << said(planned);
  EXPECT_THAT(lines_of(*planned.plan), ElementsAre("suspend_user omar@acme.example - - -"));
}

INSTANTIATE_TEST_SUITE_P(Rows, IdentityTest, ::testing::ValuesIn(kRows),
                         [](const auto& it) { return it.param.name; });

/// The policy says itself which account ida@ is.
std::string pinning(std::string_view more_users, std::string_view more = {}) {
  return policy(
      fmt::format("\"ida@acme.example\" = {{ account_id = \"{}\" }}\n{}", kIda, more_users), more);
}

TEST(IdentityPins, AnAddressThatAPinnedAccountShowsIsNotInvited) {
  LiedTo world(taken_over(false),
               pinning("\"countess@acme.example\" = { access = { jira = [\"admin\"] } }",
                       "[groups.engineering]\nmembership = \"additive\"\nmembers = "
                       "[\"countess@acme.example\"]"));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan) << said(planned);
  EXPECT_THAT(lines_of(*planned.plan), IsEmpty());
  EXPECT_THAT(said(planned), HasSubstr("countess@acme.example: not invited"));
}

// Whoever a policy protects, or lists, by the address of today is not taken away by the old one.
TEST(IdentityPins, WhomThePolicyMeansByTheirNewAddressTooIsLeftAlone) {
  const std::string gone =
      fmt::format("\"ida@acme.example\" = {{ account_id = \"{}\", state = \"removed\" }}", kIda);
  for (const char* more : {"[safety]\nprotected_users = [\"countess@acme.example\"]",
                           "[groups.design]\nmembership = \"additive\"\nmembers = "
                           "[\"countess@acme.example\"]"}) {
    LiedTo world(taken_over(false), policy(gone, more));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan) << said(planned);
    EXPECT_THAT(lines_of(*planned.plan), IsEmpty()) << more;
    EXPECT_THAT(said(planned), HasSubstr("of which the policy speaks too"));
  }
  LiedTo world(taken_over(false), policy(gone));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan) << said(planned);
  EXPECT_THAT(said(planned), HasSubstr("ida@acme.example: countess@acme.example"));
}

TEST(IdentityPins, OfTwoAccountsWithOneAddressTheOtherIsNotTouchedEither) {
  for (const bool pinned_first : {true, false}) {
    json::object seed = taken_over(false);
    json::array& users = seed["users"].as_array();
    users.insert(pinned_first ? users.end() : users.begin(),
                 holder("countess@acme.example", kOther));
    LiedTo world(seed, pinning("\"countess@acme.example\" = { state = \"removed\" }"));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan) << said(planned);
    EXPECT_THAT(lines_of(*planned.plan), IsEmpty());
    EXPECT_THAT(said(planned), HasSubstr("two accounts have this address"));
  }
}

TEST(IdentityPins, AnotherAccountBehindAPinnedAddressStopsTheRun) {
  LiedTo world(taken_over(), pinning(""));
  const Planned planned = world.plan();
  EXPECT_FALSE(planned.plan);
  EXPECT_THAT(said(planned), AllOf(HasSubstr(kOther), HasSubstr("as pinned by account_id")));
}

TEST(IdentityPins, APinSaysWhichAddressIsRight) {
  LiedTo world(taken_over(),
               policy(fmt::format("\"ida@acme.example\" = {{ state = \"removed\" }}\n"
                                  "\"countess@acme.example\" = {{ roles = [], account_id = "
                                  "\"{}\" }}",
                                  kIda)));
  world.memory.identities = {{"ida@acme.example", kIda}};
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan) << said(planned);
  EXPECT_THAT(lines_of(*planned.plan),
              ElementsAre("revoke_org_role countess@acme.example - - org-admin"))
      << "the other account is a stranger still";
}

}  // namespace
}  // namespace rolecall::test
