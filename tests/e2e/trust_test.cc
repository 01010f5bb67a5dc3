// What earlier runs have seen is held against what a reading shows now.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Trust : public EndToEnd {
 protected:
  /// acme() with `more` further people.
  static json::object crowd(int more) {
    json::object seed = acme();
    for (int i = 0; i < more; ++i) {
      seed.at("users").as_array().push_back(
          json::object{{"email", fmt::format("p{}@acme.example", i)}});
    }
    return seed;
  }
  static std::string policy_for_crowd() {
    return with(acme_policy(), "\n[groups.engineering]",
                "\"p1@acme.example\" = { state = \"removed\" }\n\n[groups.engineering]");
  }
};

TEST_F(Trust, AListingThatLostMostPeopleRemovesNobody) {
  start(crowd(40));
  write_policy(acme_policy());
  rolecall_exits(0, {"apply", "--yes"});
  // The same organization, so it says, and its counts agree.
  start(crowd(2));
  write_policy(policy_for_crowd());
  const Outcome doubted = rolecall_exits(6, {"apply", "--yes"});
  EXPECT_THAT(doubted.out, HasSubstr("7 instead of 45"));
  EXPECT_THAT(doubted.out, HasSubstr("--accept-shrink"));
  EXPECT_THAT(writes(), IsEmpty());
  rolecall_exits(0, {"apply", "--yes", "--accept-shrink"});
  EXPECT_EQ(writes().size(), 1U);
  rolecall_exits(0, {"apply", "--yes"});
}

TEST_F(Trust, WhatTheRunItselfRemovedIsNotMissed) {
  start(crowd(40));
  std::string policy = with(acme_policy(), "\n[groups.engineering]",
                            "\n[safety.limits.remove_users]\nfree = 100\n\n[groups.engineering]");
  std::string gone = "[users]\n";
  for (int i = 0; i < 38; ++i)
    gone += fmt::format("\"p{}@acme.example\" = {{ state = \"removed\" }}\n", i);
  write_policy(with(policy, "[users]\n", gone));
  rolecall_exits(0, {"apply", "--yes"});
  rolecall_exits(0, {"apply", "--yes"});
}

TEST_F(Trust, AnAddressWithAnotherAccountBehindItIsLeftAloneUntilConfirmed) {
  const auto seed = [](std::string_view account) {
    json::object with_account = crowd(3);
    for (json::value& user : with_account.at("users").as_array()) {
      if (user.at("email") == "p1@acme.example") user.as_object()["id"] = std::string(account);
    }
    return with_account;
  };
  start(seed("712020:11111111-0000-4000-8000-000000000001"));
  write_policy(acme_policy());
  rolecall_exits(0, {"apply", "--yes"});
  start(seed("712020:22222222-0000-4000-8000-000000000002"));
  write_policy(policy_for_crowd());
  const Outcome held = rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(held.out, HasSubstr("account 712020:22222222-0000-4000-8000-000000000002 has"));
  EXPECT_THAT(writes(), IsEmpty());
  write_policy(with(policy_for_crowd(), "{ state = \"removed\" }",
                    "{ state = \"suspended\", account_id = "
                    "\"712020:22222222-0000-4000-8000-000000000002\" }"));
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(writes().size(), 1U);
}

TEST_F(Trust, WhatTheStoreKnowsOfPeopleGoesIntoAPolicyAndHoldsWithoutTheStore) {
  const auto seed = [](std::string_view account) {
    json::object with_account = crowd(2);
    for (json::value& user : with_account.at("users").as_array()) {
      if (user.at("email") == "p1@acme.example") user.as_object()["id"] = std::string(account);
    }
    return with_account;
  };
  constexpr std::string_view kFirst = "712020:11111111-0000-4000-8000-000000000001";
  start(seed(kFirst));
  write_policy(acme_policy());
  rolecall_exits(1, {"get", "pins"});
  rolecall_exits(0, {"apply", "--yes"});
  simulator->forget_requests();

  const Outcome lines = rolecall_exits(0, {"get", "pins"}, {{"ROLECALL_API_KEY_FILE", ""}});
  EXPECT_THAT(lines.out, HasSubstr(fmt::format(
                             "\n\"p1@acme.example\" = {{ account_id = \"{}\" }}\n", kFirst)));
  EXPECT_THAT(simulator->requests(), IsEmpty()) << "the API is not asked";
  EXPECT_THAT(rolecall_exits(0, {"get", "pins", "--format", "csv"}).out,
              HasSubstr(fmt::format("\np1@acme.example,{}\r\n", kFirst)));
  const json::value items = json_of({"get", "pins"}).at("items");
  EXPECT_EQ(items.as_array().size(), 7U);
  EXPECT_EQ(items.at(0).at("email"), "ada@acme.example");
  rolecall_exits(1, {"get", "pins", "ada@acme.example"});

  // Without the store, and with somebody else behind the address, the policy alone knows.
  std::string pins = "[users]\n";
  std::istringstream all(lines.out);
  for (std::string line; std::getline(all, line);) {
    if (line.starts_with("\"p")) pins += line + "\n";
  }
  start(seed("712020:22222222-0000-4000-8000-000000000002"));
  write_policy(with(acme_policy(), "[users]\n", pins));
  remove_store();
  const Outcome held = rolecall({"plan"});
  EXPECT_THAT(held.out + held.err, HasSubstr("712020:22222222-0000-4000-8000-000000000002"));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Trust, ARemovalThatIsAnsweredAndNotDoneIsNamedByTheNextRun) {
  start(crowd(3));
  write_policy(policy_for_crowd());
  simulator->set_faults(
      R"({"rules": [{"operation": "removeDirectoryUser", "times": 1,
          "action": {"status": 204, "shape": "empty"}}]})");
  const Outcome first = rolecall_exits(3, {"apply", "--yes"}, {{"ROLECALL_SETTLE_WINDOW", "1s"}});
  EXPECT_THAT(first.out, HasSubstr("reads still show it undone"));
  const Outcome next = rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(next.out, HasSubstr("p1@acme.example: remove_user by run 1 on "));
  const Outcome last = rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(last.out, ::testing::Not(HasSubstr("by run")));
}

}  // namespace
}  // namespace rolecall::test
