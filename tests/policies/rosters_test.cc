#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kRoster =
    "[[rosters]]\n"
    "file = \"hr.csv\"\n"
    "email = \"Work Email\"\n"
    "attributes = { department = \"Department\", manager = \"Manager\" }\n"
    "active = { column = \"Status\", values = [\"Active\", \"Leave\"] }\n"
    "declare_users = true\n";
constexpr std::string_view kHeader = "Work Email,Department,Manager,Status\n";

SourceFile csv(std::string bytes, std::string path = "hr.csv") {
  return {std::move(path), std::move(bytes), true};
}

std::vector<SourceFile> policy(std::string_view body, std::string bytes) {
  std::vector<SourceFile> files = with_head(body);
  files.push_back(csv(std::move(bytes)));
  return files;
}

/// The roster above, `body` below it, and rows.
std::vector<SourceFile> with_rows(std::string_view rows, std::string_view body = {}) {
  return policy(std::string(kRoster) + std::string(body), std::string(kHeader).append(rows));
}

Resolved good(const std::vector<SourceFile>& files) {
  Resolved out = resolve(files);
  EXPECT_EQ(out.problems, "");
  return out;
}

TEST(Rosters, RowsDeclarePeople) {
  const Resolved r =
      good(with_rows("Ada@acme.example,Engineering,,Active\n"
                     "grace@acme.example,Sales,ada@acme.example,Leave\n"
                     "left@acme.example,Sales,,Terminated\n"
                     "blank@acme.example,Sales,,\n"));
  EXPECT_EQ(r.user("ada@acme.example").presence, Presence::active);
  EXPECT_TRUE(r.user_scope("ada@acme.example").declared);
  EXPECT_FALSE(r.user_scope("ada@acme.example").roles_managed);
  EXPECT_EQ(r.user("grace@acme.example").presence, Presence::active);
  EXPECT_EQ(r.user("left@acme.example").presence, Presence::suspended);
  EXPECT_EQ(r.user("blank@acme.example").presence, Presence::suspended);
}

TEST(Rosters, CausesPointToTheRow) {
  const Resolved r =
      good(with_rows("ada@acme.example,Engineering,,Active\n"
                     "left@acme.example,Sales,,Terminated\n",
                     "[groups.eng]\nmatch = { department = \"Engineering\" }\n"));
  EXPECT_EQ(r.cause(r.user_scope("ada@acme.example").state_cause),
            "hr.csv:2:1 declared by a roster");
  EXPECT_EQ(r.cause(r.user_scope("left@acme.example").state_cause),
            "hr.csv:3:26 Status = \"Terminated\"");
  const GroupScope& scope = r.group_scope("eng");
  ASSERT_EQ(scope.member_causes.size(), 1U);
  EXPECT_EQ(r.cause(scope.member_causes[0]), "hr.csv:2:18 matches department = Engineering");
}

TEST(Rosters, AttributesMatch) {
  const Resolved r =
      good(with_rows("ada@acme.example,Engineering,,Active\n"
                     "bob@acme.example, Engineering ,ada@acme.example,Active\n"
                     "left@acme.example,Engineering,,Terminated\n"
                     "sue@acme.example,,ada@acme.example,Active\n",
                     "[groups.eng]\nmatch = { department = \"Engineering\" }\n"
                     "[groups.of-ada]\nmatch = { manager = [\"ada@acme.example\", \"x\"] }\n"));
  EXPECT_THAT(r.members("eng"), ElementsAre("ada@acme.example: matches department = Engineering",
                                            "bob@acme.example: matches department = Engineering"));
  EXPECT_THAT(r.members("of-ada"),
              ElementsAre("bob@acme.example: matches manager = ada@acme.example",
                          "sue@acme.example: matches manager = ada@acme.example"));
}

TEST(Rosters, UsersAddWhatTheRosterDoesNotSay) {
  const Resolved r = good(with_rows(
      "ada@acme.example,Engineering,,Active\nbob@acme.example,,,Active\n",
      "[users]\n\"ADA@acme.example\" = { roles = [\"org-admin\"], account_id = \"7:1\","
      " attributes = { site = \"Berlin\" }, reason = \"x\" }\n"
      "\"bob@acme.example\" = { until = 2026-12-01, attributes = { department = \"Sales\" } }\n"
      "[groups.g]\nmatch = { department = \"Engineering\", site = \"Berlin\" }\n"));
  EXPECT_TRUE(r.user("ada@acme.example").org_admin);
  EXPECT_EQ(r.user_scope("ada@acme.example").account_id, "7:1");
  EXPECT_EQ(r.cause(r.user_scope("ada@acme.example").state_cause), "policy.toml:11:1 declared (x)");
  EXPECT_EQ(r.group("g").members.size(), 1U);
  EXPECT_EQ(r.user("bob@acme.example").presence, Presence::suspended) << "outside its window";
}

TEST(Rosters, WithoutDeclaringOnlyAddAttributes) {
  const std::string body =
      "[[rosters]]\nfile = \"hr.csv\"\nemail = \"Mail\"\nattributes = { team = \"Team\" }\n"
      "[users]\n\"ada@acme.example\" = {}\n[groups.g]\nmatch = { team = \"Core\" }\n";
  const Resolved r =
      good(policy(body, "Mail,Team\nada@acme.example,Core\nstranger@acme.example,Core\n"));
  EXPECT_THAT(r.members("g"), ElementsAre("ada@acme.example: matches team = Core"));
  EXPECT_FALSE(r.ref("stranger@acme.example"));
  EXPECT_EQ(r.cause(r.user_scope("ada@acme.example").state_cause), "policy.toml:9:1 declared");
}

TEST(Rosters, AddToWhomAnotherDeclares) {
  std::vector<SourceFile> files = with_head(
      "[[rosters]]\nfile = \"a.csv\"\nemail = \"m\"\nattributes = { team = \"t\" }\n"
      "[[rosters]]\nfile = \"sub/b.csv\"\nemail = \"m\"\ndeclare_users = true\n"
      "[groups.g]\nmatch = { team = \"Core\" }\n");
  files.push_back(csv("m,t\nada@acme.example,Core\n", "a.csv"));
  files.push_back(csv("m\nada@acme.example\n", "sub/b.csv"));
  EXPECT_THAT(good(files).members("g"), ElementsAre("ada@acme.example: matches team = Core"));
}

TEST(Rosters, AreBesideTheFileThatNamesThem) {
  const std::string body =
      "[[rosters]]\nfile = \"./hr.csv\"\nemail = \"m\"\ndeclare_users = true\n";
  EXPECT_THAT(roster_paths({"access/people/hr.toml", body}), ElementsAre("access/people/hr.csv"));
  EXPECT_THAT(roster_paths({"hr.toml", body}), ElementsAre("hr.csv"));
  EXPECT_THAT(roster_paths({"hr.toml", "[[\"r\\u006Fsters\"]]\nfile = 'x'\n"}), ElementsAre("x"));
  EXPECT_THAT(roster_paths({"hr.toml", "[[rosters]]\nfile = '/etc/passwd'\n"}), IsEmpty());
  EXPECT_THAT(roster_paths({"hr.toml", "rosters = [["}), IsEmpty());
}

std::string digest_of(std::string bytes) {
  return good(policy("[[rosters]]\nfile = \"hr.csv\"\nemail = \"m\"\ndeclare_users = true\n",
                     std::move(bytes)))
      .desired.policy_digest;
}

TEST(Rosters, AreAPartOfThePolicysDigest) {
  const std::string before = digest_of("m,x\nada@acme.example,1\n");
  EXPECT_EQ(before, digest_of("\xEF\xBB\xBFm,x\r\nada@acme.example,1\r\n"));
  EXPECT_NE(before, digest_of("m,x\nada@acme.example,2\n"));
  EXPECT_NE(before, digest_of("m,x\nada@acme.example,1\nbob@acme.example,1\n"));
}

struct Bad {
  std::string name;
  std::string csv;
  std::string message;
  std::string hint = {};
};
void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.name;
}
class BadRosters : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRosters, AreRefusedAtTheirPlace) {
  const std::string found = report(policy(kRoster, GetParam().csv));
  EXPECT_THAT(found, HasSubstr("hr.csv:" + GetParam().message));
  EXPECT_THAT(found, HasSubstr(GetParam().hint));
  EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
}

const std::string kH(kHeader);
const std::string kAda = "ada@acme.example,Eng,,Active\n";
const Bad kBad[] = {
    {"Empty", "", "1:1: error: roster is empty", "never means \"remove everybody\""},
    {"NoRows", kH, "1:1: error: roster has a header and no rows", "never means"},
    {"MissingColumn", "Email,Department,Manager,Status\n" + kAda,
     "1:1: error: roster has no column \"Work Email\"", "the header has \"Email\", \"Department\""},
    {"NearColumn", "Work Emial,Department,Manager,Status\n" + kAda,
     "1:1: error: roster has no column \"Work Email\"", "did you mean \"Work Emial\"?"},
    {"ColumnTwice", "Work Email,Department,Manager,Status,Status\n" + kAda,
     "1:38: error: column \"Status\" stands twice in the header"},
    {"TwoDelimiters", "Work Email,x;Department;Manager;Status\n" + kAda,
     "1:1: error: roster has no column \"Work Email\"", "did you mean \"Work Email,x\"?"},
    {"ShortRow", kH + kAda + "bob@acme.example,Eng\n",
     "3:1: error: row has 2 fields, the header has 4", "delimiter"},
    {"LongRow", kH + "bob@acme.example,Eng,,Active,\n" + kAda,
     "2:1: error: row has 5 fields, the header has 4"},
    {"BlankLine", kH + "\n" + kAda, "2:1: error: blank line", "take it out"},
    {"NoAddress", kH + kAda + " ,Eng,,Active\n", "3:1: error: row has no \"Work Email\""},
    {"NotAnAddress", kH + kAda + "bob,Eng,,Active\n", "3:1: error: address \"bob\" is not"},
    {"MixedScripts", kH + kAda + "\xD0\xB0" + "nn@acme.example,Eng,,Active\n",
     "3:1: error: address", "retype"},
    {"Twice", kH + kAda + "bob@acme.example,Eng,,Active\n" + kAda,
     "4:1: error: address \"ada@acme.example\" stands twice in the roster", "see: hr.csv:2:1"},
    {"TwiceRespelt", kH + kAda + "\" ADA@ACME.example\",Eng,,Active\n",
     "3:1: error: address \"ada@acme.example\" stands twice", "see: hr.csv:2:1"},
    {"BadUtf8", kH + kAda + "bob@acme.example,M\xFCller,,Active\n",
     "3:19: error: invalid UTF-8 byte 0xFC", "save the file as UTF-8"},
    {"Utf16", std::string("\xFF\xFEW\0", 4), "1:1: error: file is UTF-16, CSV must be UTF-8"},
    {"Nul", kH + kAda + std::string("x\0\n", 3), "3:1: error: NUL byte"},
    {"Quote", kH + "ada@acme.example,\"Eng,,Active\n",
     "2:18: error: not CSV: quoted field is never closed"},
    {"BareCarriageReturn", "Work Email,Department,Manager,Status\rx\r",
     "1:37: error: not CSV: carriage return without line feed"},
    {"HiddenCharacter",
     kH + "ada@acme.example,\xE2\x80\xAE"
          "Eng,,Active\n",
     "2:18: error: \"department\" holds the invisible character U+202E"},
    {"CutOffInTheLastField", kH + "ada@acme.example,Eng,,Active\nbob@acme.example,Eng,,Act",
     "3:23: error: the roster ends with \"Act\", which is how \"Active\" begins",
     "end its last line with a line break"},
    {"CutOffBeforeTheLastField", kH + "ada@acme.example,Eng,,Active\nbob@acme.example,Eng,,",
     "3:23: error: the roster ends with \"\"", "it may have been cut off"},
    {"NobodyActive", kH + "ada@acme.example,Eng,,active\nbob@acme.example,Eng,,gone\n",
     "1:31: error: no row has any of \"values\" in column \"Status\": everybody would be wanted "
     "suspended",
     "did you mean \"active\"?"},
};
INSTANTIATE_TEST_SUITE_P(All, BadRosters, ::testing::ValuesIn(kBad),
                         [](const auto& test) { return test.param.name; });

struct BadTable {
  std::string name;
  std::string body;
  std::string message;
  std::string hint = {};
};
void PrintTo(const BadTable& bad, std::ostream* out) {
  *out << bad.name;
}
class BadRosterTables : public ::testing::TestWithParam<BadTable> {};

TEST_P(BadRosterTables, AreRefusedAtTheirPlace) {
  const std::string found = report(policy(GetParam().body, "m,t\nada@acme.example,x\n"));
  EXPECT_THAT(found, HasSubstr(GetParam().message));
  EXPECT_THAT(found, HasSubstr(GetParam().hint));
  EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
}

const BadTable kTables[] = {
    {"OneTable", "[rosters]\nfile = 'x'\n", "policy.toml:4:2: error: [rosters] is one table",
     "write [[rosters]]"},
    {"UnknownKey", "[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\nfiel=1\n",
     "policy.toml:8:1: error: unknown key \"fiel\" in [[rosters]]", "did you mean \"file\"?"},
    {"NoFile", "[[rosters]]\nemail='m'\ndeclare_users=true\n",
     "policy.toml:4:1: error: [[rosters]] has no \"file\"", "hr-export.csv"},
    {"NoEmail", "[[rosters]]\nfile='hr.csv'\ndeclare_users=true\n",
     "policy.toml:4:1: error: [[rosters]] has no \"email\""},
    {"Absolute", "[[rosters]]\nfile='/hr.csv'\nemail='m'\ndeclare_users=true\n",
     "policy.toml:5:6: error: \"file\" of [[rosters]] cannot be \"/hr.csv\"",
     "relative to this file"},
    {"Missing", "[[rosters]]\nfile='h.csv'\nemail='m'\ndeclare_users=true\n",
     "policy.toml:5:6: error: roster h.csv: no such file"},
    {"Twice",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\n"
     "[[rosters]]\nfile='./hr.csv'\nemail='m'\ndeclare_users=true\n",
     "policy.toml:9:6: error: \"hr.csv\" is a roster twice", "see: policy.toml:5:6"},
    {"SaysNothing", "[[rosters]]\nfile='hr.csv'\nemail='m'\n",
     "policy.toml:4:1: error: [[rosters]] has neither \"attributes\" nor declare_users = true"},
    {"ActiveOfTheUndeclared",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\nactive={column='t', values=['x']}\n",
     "policy.toml:7:1: error: \"active\" of [[rosters]] says nothing", "declare_users = true"},
    {"NoValues", "[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\nactive={column='t'}\n",
     "policy.toml:8:8: error: \"active\" of [[rosters]] has no \"values\""},
    {"EmptyValues",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\nactive={column='t',values=[]}\n",
     "policy.toml:8:27: error: \"values\" of \"active\" lists nothing", "everybody would be"},
    {"ColumnForTwoAttributes",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\nattributes={a='t', b=' t'}\n",
     "policy.toml:7:22: error: column \"t\" is taken for two attributes", "see: policy.toml:7:15"},
    {"StateTwice",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\nactive={column='t',values=['x']}\n"
     "[users]\n'ada@acme.example'={state='suspended'}\n",
     "hr.csv:2:18: error: \"state\" of user \"ada@acme.example\" is said here and in [users]"},
    {"AttributeTwice",
     "[[rosters]]\nfile='hr.csv'\nemail='m'\nattributes={team='t'}\n"
     "[users]\n'ada@acme.example'={attributes={team='y'}}\n",
     "hr.csv:2:18: error: attribute \"team\" of user \"ada@acme.example\" is set twice"},
};
INSTANTIATE_TEST_SUITE_P(All, BadRosterTables, ::testing::ValuesIn(kTables),
                         [](const auto& test) { return test.param.name; });

TEST(Rosters, TwoThatDeclareOnePersonAreRefused) {
  std::vector<SourceFile> files = with_head(
      "[[rosters]]\nfile = \"a.csv\"\nemail = \"m\"\ndeclare_users = true\n"
      "[[rosters]]\nfile = \"b.csv\"\nemail = \"m\"\ndeclare_users = true\n");
  files.push_back(csv("m\nada@acme.example\n", "a.csv"));
  files.push_back(csv("m\nbob@acme.example\nADA@acme.example\n", "b.csv"));
  EXPECT_THAT(report(files),
              AllOf(HasSubstr("b.csv:3:1: error: user \"ada@acme.example\" is declared by two"),
                    HasSubstr("see: a.csv:2:1"), HasSubstr("\n1 error in 1 file\n")));
}

TEST(Rosters, AListedMemberWhoIsNotActiveIsAnErrorThatShowsTheRow) {
  const std::string found =
      report(with_rows("ada@acme.example,Eng,,Active\n"
                       "bob@acme.example,Eng,,Gone\n",
                       "[groups.g]\nmembers = [\"bob@acme.example\"]\n"));
  EXPECT_THAT(found, HasSubstr("policy.toml:11:12: error: \"bob@acme.example\" is listed in "
                               "\"members\" of group \"g\", and is wanted suspended"));
  EXPECT_THAT(found, HasSubstr("see: hr.csv:3:23"));
}

TEST(Rosters, CountAsDeclaredForUnlistedUsers) {
  const std::string body =
      "unlisted_users = \"suspend\"\n" + std::string(kRoster) +
      "[groups.g]\nmembers = [\"ada@acme.example\", \"nobody@acme.example\"]\n";
  const std::string found = report(policy(body, kH + kAda));
  EXPECT_THAT(found, HasSubstr("unknown user \"nobody@acme.example\""));
  EXPECT_THAT(found, Not(HasSubstr("\"ada@acme.example\"")));
}

TEST(Rosters, ABrokenOneMakesNobodyElseLookMissing) {
  const std::string body = "unlisted_users = \"suspend\"\n" + std::string(kRoster) +
                           "[groups.g]\nmembers = [\"zoe@acme.example\"]\n"
                           "[groups.h]\nmatch = { department = \"Engineering\" }\n";
  EXPECT_THAT(report(policy(body, kH + "ada@acme.example,\"Eng,,Active\n")),
              HasSubstr("\n1 error in 1 file\n"));
}

TEST(Rosters, AMisspeltValueIsWarnedOf) {
  const std::string found =
      report(policy("[[rosters]]\nfile='hr.csv'\nemail='m'\ndeclare_users=true\n"
                    "active={column='s',values=['Active','leave']}\n",
                    "m,s\nada@acme.example,Active\nbob@acme.example,Leave\n"));
  EXPECT_THAT(found, HasSubstr("policy.toml:8:37: warning: no row has \"leave\" in column \"s\""));
  EXPECT_THAT(found, HasSubstr("did you mean \"Leave\"?"));
}

TEST(Rosters, ManyProblemsAreCutShort) {
  std::string rows;
  for (int i = 0; i < 5'000; ++i) rows += "x\n";
  const std::string found = report(with_rows(rows));
  EXPECT_THAT(found, HasSubstr("hr.csv: error: more than 50 problems in this roster"));
  EXPECT_THAT(found, HasSubstr("\n51 errors in 1 file\n"));
}

TEST(Rosters, TooManyLinesAreRefused) {
  EXPECT_THAT(report(with_rows(std::string(1'000'001, '\n'))),
              HasSubstr("hr.csv: error: roster has more than 1000000 lines"));
}

// --- hostile ----------------------------------------------------------------------------------

/// Either every row is used or something is said, at a place inside the file.
void survive(const std::string& bytes) {
  const std::vector<SourceFile> files = policy(kRoster, bytes);
  const ParsedPolicy parsed = parse_policy(files);
  const auto lines = std::count(bytes.begin(), bytes.end(), '\n') + 1;
  for (const Diagnostic& item : parsed.diagnostics.sorted()) {
    if (item.place.file != "hr.csv") continue;
    EXPECT_LE(item.place.line, lines) << item.what;
  }
  if (parsed.diagnostics.has_errors()) return;
  Catalog catalog;
  const ResolvedPolicy resolved = resolve_policy(*parsed.policy, Instant{}, nullptr, catalog);
  EXPECT_GT(catalog.user_count(), 0U);
}

const std::string kSeed = "\xEF\xBB\xBF" + kH +
                          "ada@acme.example,\"Eng, \"\"core\"\"\",,Active\r\n"
                          "\"bob@acme.example\",\"two\nlines\",x,Leave\n"
                          "c\xC3\xA9@acme.example,M\xC3\xBCller,,Gone\n";

TEST(HostileRosters, EveryCutIsReadOrRefused) {
  for (std::size_t cut = 0; cut <= kSeed.size(); ++cut) survive(kSeed.substr(0, cut));
}

TEST(HostileRosters, EveryByteChangedIsReadOrRefused) {
  for (std::size_t at = 0; at < kSeed.size(); ++at) {
    for (const char byte : {'\0', '"', ',', ';', '\n', '\r', '\xFF', 'a'}) {
      std::string bytes = kSeed;
      bytes[at] = byte;
      survive(bytes);
    }
  }
}

TEST(HostileRosters, RandomBytesAreReadOrRefused) {
  std::mt19937 random(20261201);
  constexpr std::string_view kAlphabet = "\",;\r\n a@.\xC3\xA9x\0";
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = random() % 2 == 0 ? kH : std::string{};
    for (std::size_t length = random() % 60; length > 0; --length) {
      bytes +=
          random() % 8 == 0 ? static_cast<char>(random()) : kAlphabet[random() % kAlphabet.size()];
    }
    survive(bytes);
  }
}

TEST(HostileRosters, EndInTime) {
  const auto repeat = [](std::string_view what, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += what;
    return out;
  };
  const auto start = std::chrono::steady_clock::now();
  survive(kH + repeat("\"", 4'000'000));
  survive(repeat(",", 2'000'000) + "\n" + repeat(",", 2'000'000));
  survive(kH + "\"" + repeat("\n", 900'000) + "\"" + repeat(",", 10'000) + "\n");
  survive(kH + repeat("\n", 900'000) + "x");
  survive(kH + "a@x.example,\"" + repeat("\"\"\n", 900'000) + "\",,Active\n");
  // A second on an idle machine; sanitizers and neighbours get the rest.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace rolecall::testing
