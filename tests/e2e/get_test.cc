// Everything `get` can show, as text and as JSON, and check-key.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class GetEndToEnd : public EndToEnd {
 protected:
  void SetUp() override {
    json::object seed = acme();
    seed["users"].as_array().push_back(
        json::object{{"email", "outside@acme.example"}, {"status", "not_invited"}});
    seed["users"].as_array().push_back(
        json::object{{"email", "away@acme.example"}, {"status", "suspended"}});
    start(seed);
    write_policy(acme_policy());
  }
  void TearDown() override {
    EXPECT_THAT(writes(), IsEmpty());
    EndToEnd::TearDown();
  }
  /// One member of every item of a list.
  [[nodiscard]] std::vector<std::string> listed(const Arguments& arguments,
                                                std::string_view name) const {
    const json::value answer = json_of(arguments);
    EXPECT_EQ(answer.as_object().size(), 2U) << answer;
    EXPECT_EQ(answer.at("format_version"), "1.0");
    std::vector<std::string> out;
    for (const json::value& item : answer.at("items").as_array())
      out.push_back(text(item.at(name)));
    return out;
  }
  void expect_shown(const Arguments& arguments, const std::vector<std::string>& parts) const {
    const Outcome outcome = rolecall_exits(0, arguments);
    for (const std::string& part : parts) EXPECT_THAT(outcome.out, HasSubstr(part));
  }
};

// guarantees.md I5: a name is no way to write rows, or to a terminal.
TEST_F(GetEndToEnd, CsvIsALineAPersonWhateverTheyAreCalled) {
  json::object seed = acme();
  seed["users"].as_array().push_back(
      json::object{{"email", "odd@acme.example"}, {"name", "A\r\nFAKE,row \x1b[31m\xe2\x80\xae"}});
  start(seed);
  const std::string csv = rolecall_exits(0, {"get", "users", "--format", "csv"}).out;
  EXPECT_EQ(csv.find('\x1b'), std::string::npos);
  EXPECT_EQ(csv.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_THAT(csv, HasSubstr("A\\u{D}\\u{A}FAKE"));
}

TEST_F(GetEndToEnd, Org) {
  expect_shown({"get", "org"}, {"Acme", std::string(kOrganization)});
  const json::value org = json_of({"get", "org"});
  EXPECT_EQ(org.at("id"), json::string(kOrganization));
  EXPECT_EQ(org.at("attributes").at("name"), "Acme");
}

TEST_F(GetEndToEnd, Orgs) {
  expect_shown({"get", "orgs"}, {"Acme", std::string(kOrganization)});
  EXPECT_THAT(listed({"get", "orgs"}, "id"), ElementsAre(kOrganization));
}

TEST_F(GetEndToEnd, Directories) {
  expect_shown({"get", "directories"}, {"Acme", "6d1f0000-0000-4000-8000-000000000001"});
  EXPECT_THAT(listed({"get", "directories"}, "directoryId"),
              ElementsAre("6d1f0000-0000-4000-8000-000000000001"));
}

TEST_F(GetEndToEnd, DomainsAndOneDomain) {
  expect_shown({"get", "domains"}, {"acme.example", "verified"});
  const auto ids = listed({"get", "domains"}, "id");
  ASSERT_EQ(ids.size(), 1U);
  expect_shown({"get", "domain", ids[0]}, {"acme.example"});
  EXPECT_EQ(json_of({"get", "domain", ids[0]}).at("attributes").at("name"), "acme.example");
  EXPECT_THAT(rolecall_exits(1, {"get", "domain", "no-such-domain"}).err, Not(IsEmpty()));
}

TEST_F(GetEndToEnd, Workspaces) {
  expect_shown({"get", "workspaces"}, {"acme.atlassian.net", "confluence", std::string(kJira)});
  EXPECT_THAT(listed({"get", "workspaces"}, "id"), UnorderedElementsAre(kJira, kConfluence));
}

TEST_F(GetEndToEnd, UsersInTheDirectoryAndAll) {
  expect_shown({"get", "users"}, {"Ada Lovelace", "rosa@acme.example", "away@acme.example"});
  EXPECT_THAT(rolecall_exits(0, {"get", "users"}).out, Not(HasSubstr("outside@acme.example")));
  expect_shown({"get", "users", "--all"}, {"outside@acme.example", "rosa@acme.example"});
  EXPECT_THAT(listed({"get", "users"}, "email"),
              UnorderedElementsAre("ada@acme.example", "grace@acme.example", "lin@acme.example",
                                   "omar@acme.example", "rosa@acme.example", "away@acme.example"));
  EXPECT_THAT(listed({"get", "users", "--all"}, "email"), Contains("outside@acme.example"));
}

TEST_F(GetEndToEnd, OneUserByAddressAndById) {
  const std::string id = "712020:00000000-0000-4000-8000-000000000001";
  for (const std::string& who :
       {std::string("ada@acme.example"), std::string("Ada@ACME.example"), id}) {
    expect_shown({"get", "user", who}, {"Ada Lovelace", "ada@acme.example", "engineering"});
    const json::value user = json_of({"get", "user", who});
    EXPECT_EQ(user.at("accountId"), json::string(id));
    EXPECT_EQ(user.at("email"), "ada@acme.example");
    EXPECT_THAT(texts(user.at("platformRoles")), Contains("atlassian/org-admin"));
  }
  EXPECT_THAT(rolecall_exits(1, {"get", "user", "nobody@acme.example"}).err,
              HasSubstr("nobody@acme.example"));
  rolecall_exits(1, {"get", "user", "outside@acme.example"});
  expect_shown({"get", "user", "outside@acme.example", "--all"}, {"outside@acme.example"});
}

TEST_F(GetEndToEnd, Groups) {
  expect_shown({"get", "groups"}, {"engineering", "design", "3"});
  EXPECT_THAT(listed({"get", "groups"}, "name"), UnorderedElementsAre("design", "engineering"));
}

TEST_F(GetEndToEnd, OneGroupByNameAndById) {
  for (const std::string& which :
       {std::string("engineering"), std::string("Engineering"), std::string(kEngineering)}) {
    expect_shown({"get", "group", which}, {"engineering", "lin@acme.example", "Omar Haddad"});
    const json::value group = json_of({"get", "group", which});
    EXPECT_EQ(group.at("name"), "engineering");
    EXPECT_THAT(text(group.at("id")), HasSubstr(std::string(kEngineering)));
  }
  EXPECT_THAT(rolecall_exits(1, {"get", "group", "missing"}).err, HasSubstr("missing"));
}

TEST_F(GetEndToEnd, Counts) {
  expect_shown({"get", "counts"}, {"users", "groups"});
  const json::value counts = json_of({"get", "counts"});
  EXPECT_EQ(counts.at("groups"), 2);
  EXPECT_GE(counts.at("users").as_int64(), 6);
}

TEST_F(GetEndToEnd, TheOrganizationComesFromTheOptionThePolicyOrTheKey) {
  const std::string other = "00000000-0000-4000-8000-000000000000";
  rolecall_exits(1, {"get", "groups", "--org", other});
  rolecall_exits(1, {"get", "groups"}, {{"ROLECALL_ORG", other}});
  rolecall_exits(0, {"get", "groups", "--org", std::string(kOrganization)},
                 {{"ROLECALL_ORG", other}});
  write_policy(with(acme_policy(), kOrganization, other));
  rolecall_exits(1, {"get", "groups"});
  std::filesystem::remove(folder.path() / "rolecall.toml");
  rolecall_exits(0, {"get", "groups"});
}

TEST_F(GetEndToEnd, WhatComesFromTheApiCannotSteerATerminal) {
  json::object seed = acme();
  seed["users"].as_array().push_back(json::object{
      {"email", "mallory@acme.example"}, {"name", "Mal\x1b[2Jlory\r\nada@acme.example\u202e"}});
  start(seed);
  const Outcome outcome = rolecall_exits(0, {"get", "users"});
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\r")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\u202e")));
  EXPECT_THAT(outcome.out, HasSubstr("mallory@acme.example"));
}

TEST_F(GetEndToEnd, CheckKey) {
  expect_shown({"check-key"}, {"users", "groups", std::string(kOrganization)});
  const json::value checked = json_of({"check-key"});
  EXPECT_EQ(checked.at("format_version"), "1.0");

  // A key that may not search is of no use for a plan, and one hears so.
  simulator->set_faults(
      R"({"rules": [{"operation": "searchDirectoryUsers", "action": {"status": 403}}]})");
  EXPECT_THAT(rolecall_exits(1, {"check-key"}).err, HasSubstr("key"));
}

}  // namespace
}  // namespace rolecall::test
