// The catalogue of bad input, policy files: each row T.. is a case of this test, through the
// commands themselves: what is said, where, what to do about it, exit code 1, and no call.
//
// Rows that the policy language has decided otherwise, and where the rest is:
//   T03 to T07, T05, T06   policy_files_test.cc too
//   T12                    the byte-order mark is accepted: byte_scan_test.cc
//   T34                    a local date-time is UTC, no error
//   T35                    a window that has ended is no mistake
//   T46                    people do not name groups; T45 by groups is UnknownMember below
//   T50                    what a suspended person holds stays as it is
//   T51, T52, T60, T61     safety_test.cc: they need the organization
//   T59                    hostile_policy_test.cc
//   I01, I02, I04, I05, I07  there is no include; a folder is read whole
//   I03, I06, I09, I10     policy_files_test.cc
//   I11                    needs reviewed sources, which do not exist yet
//   C..                    cli_test.cc; C08 to C10: base_url_test.cc
//   E01 to E07             secret_test.cc; E09, E10: surroundings_test.cc; E13: clock_test.cc
//   R..                    answers_test.cc, http_client_test.cc, tls_test.cc, retry_test.cc;
//                          R04: surroundings_test.cc, R47: clock_test.cc
//   P..                    plan_file_test.cc; P14, P15: reconciler and apply
//   D..                    store_files_test.cc, store_full_disk_test.cc, lock_test.cc
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "controller/cli.h"
#include "tests/policies/policy_text.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

Ended command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "rolecall");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ended ended;
  ended.code = run_command_line(static_cast<int>(argv.size()), argv.data());
  std::fflush(stdout);
  ended.err = ::testing::internal::GetCapturedStderr();
  ended.out = ::testing::internal::GetCapturedStdout();
  return ended;
}

/// What both commands say of a policy; `plan` could reach nothing, and must not try to.
std::string refusal_of(const test::TempDir& dir, const std::string& path) {
  const std::string key = dir.write("key", "canary-key");
  ::chmod(key.c_str(), 0600);
  const Ended validated = command({"validate", path});
  EXPECT_EQ(validated.code, 1);
  EXPECT_EQ(validated.out, "");
  const Ended planned = command({"plan", path, "--api-url", "http://127.0.0.1:1", "--api-key-file",
                                 key, "--store", (dir.path() / "store.db").string()});
  EXPECT_EQ(planned.code, 1);
  EXPECT_EQ(planned.out, "");
  EXPECT_THAT(planned.err, HasSubstr(validated.err));
  EXPECT_THAT(planned.err, Not(HasSubstr("127.0.0.1")));
  return validated.err;
}

struct Row {
  std::string name;
  std::string bytes;
  std::string where;  ///< "LINE:COLUMN", or nothing for the file as a whole
  std::string what;
  std::string hint;
};

std::string head(std::string_view body) {
  return std::string(testing::kHead) + std::string(body);
}

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class BadPolicies : public ::testing::TestWithParam<Row> {};

TEST_P(BadPolicies, AreRefusedInWords) {
  const Row& row = GetParam();
  const test::TempDir dir;
  const std::string path = dir.write("policy.toml", row.bytes);
  const std::string said = refusal_of(dir, path);
  const std::string place = row.where.empty() ? path : path + ":" + row.where;
  EXPECT_THAT(said, HasSubstr(place + ": error: " + row.what));
  EXPECT_THAT(said, HasSubstr("  hint: "));
  EXPECT_THAT(said, HasSubstr(row.hint));
  EXPECT_THAT(said, ::testing::ContainsRegex("\n[0-9]+ errors? in 1 file\n"));
}

std::string repeat(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

const Row kBytes[] = {
    {"T01_Empty", "", "1:1", "policy is empty", "an empty policy never means \"remove everybody\""},
    {"T02_OnlyComments", "# a\n\n# b\n", "1:1", "policy is empty", "begin with version = 1"},
    {"T08_Utf16", "\xFF\xFEv\0"s, "1:1", "file is UTF-16, TOML must be UTF-8", "save the file as"},
    {"T09_InvalidByte", head("[safety]\nx = \"\xFF\""), "5:6", "invalid UTF-8 byte 0xFF",
     "save the file as UTF-8"},
    {"T10_Overlong", "# \xC0\xAF", "1:3", "invalid UTF-8 byte 0xC0", "UTF-8"},
    {"T10_Surrogate", "# \xED\xA0\x80", "1:3", "invalid UTF-8 byte 0xED", "UTF-8"},
    {"T11_Nul", "a = 1\nb = 2\n\0"s, "3:1", "NUL byte in file", "policy files are text"},
    {"T13_BareCarriageReturn", "a = 1\rb = 2\r", "1:6", "carriage return without line feed",
     "LF or CR LF"},
    {"T14_ConflictMarkers", head("<<<<<<< HEAD\n[users]\n"), "4:1",
     "unresolved merge conflict marker \"<<<<<<<\"", "finish the merge"},
    {"T15_BareHeader", "a = 1\n[[\n", "2:1", "unfinished table header \"[[\"", "write [[name]]"},
    {"T16_OpenHeader", "[a\n", "1:3", "not TOML: ", "close it with \"]\""},
    {"T17_LongKey", repeat("a.", 100'000) + "a = 1", "1:32", "key has more than 16 parts",
     "quotes"},
    {"T18_DeepArrays", "a = " + repeat("[", 300), "1:37", "brackets nested deeper than 32",
     "needs no"},
    {"T19_CyrillicKey",
     head("\xD0\xB0"
          "dmins = 1\n"),
     "4:1", "character U+0430", "it looks like the Latin letter \"a\"; retype it"},
};

const Row kStructure[] = {
    {"T20_UnknownKey", head("[users]\n\"a@x.example\" = { emial = 1 }\n"), "5:19",
     "unknown key \"emial\" in user \"a@x.example\"", "known are "},
    {"T20_MisspeltKey", head("[groups.a]\nmembres = []\n"), "5:1", "unknown key \"membres\"",
     "did you mean \"members\"?"},
    {"T21_UnknownTable", head("[usres]\n"), "4:2", "unknown table [usres]",
     "did you mean \"users\"?"},
    {"T22_Singular", head("[user]\n"), "4:2", "unknown table [user]", "did you mean \"users\"?"},
    {"T23_DuplicateKey", head("[users]\n\"a@x.example\" = {}\n\"a@x.example\" = {}\n"), "6:17",
     "not TOML: this is defined already", "stands once; keep one of the two: line 5 has it too"},
    {"T24_DuplicateTable", head("[safety]\n[safety]\n"), "5:1", "not TOML: this is defined already",
     "keep one of the two: line 4 has it too"},
    {"T24_ListOfPeople", head("[[users]]\nemail = \"a@x.example\"\n"), "4:1",
     "[users] must be a table, found an array", "write [users] once, with single brackets"},
    {"T25_MissingId", "version = 1\n[organization]\n", "2:2", "[organization] has no \"id\"",
     "add the organization id"},
    {"T25_MissingUser", head("[groups.a]\nmembers = [{ until = 2026-12-01 }]\n"), "5:12",
     "an entry of \"members\" of \"a\" has no \"user\"", "write { user = "},
    {"T26_WrongType", head("[groups.a]\nmembers = \"b@x.example\"\n"), "5:11",
     "\"members\" of group \"a\" must be an array, found a string", "write [\"b@x.example\"]"},
    {"T27_MixedArray", head("[groups.a]\nmembers = [\"b@x.example\", 1]\n"), "5:27",
     "element 2 of \"members\" must be an address or a table, found an integer", "write "},
    {"T27_MixedRoles", head("[users]\n\"a@x.example\" = { roles = [\"org-admin\", 1] }\n"), "5:41",
     "element 2 of \"roles\" must be a string, found an integer", "quotes"},
    {"T28_Negative", head("[safety.limits.remove_members]\ncount = -1\n"), "5:9",
     "\"count\" of [safety.limits.remove_members] must be between 0 and", "write a whole number"},
    {"T29_PercentTooHigh", head("[safety.limits.remove_members]\npercent = 250\n"), "5:11",
     "\"percent\" of [safety.limits.remove_members] must be between 0 and 100",
     "write a whole number from 0 to 100"},
    {"T30_PercentNan", head("[safety.limits.remove_members]\npercent = nan\n"), "5:11",
     "\"percent\" of [safety.limits.remove_members] must be an integer", "whole number"},
    {"T30_PercentInf", head("[safety.limits.remove_members]\npercent = inf\n"), "5:11",
     "\"percent\" of [safety.limits.remove_members] must be an integer", "whole number"},
    {"T31_LongInteger", head("[safety]\nmin_org_admins = 9223372036854775808\n"), "5:37",
     "not TOML: ", "64 bits"},
    {"T32_BooleanInQuotes", head("[groups.a]\nmembers = []\nempty = \"true\"\n"), "6:9",
     "\"empty\" of group \"a\" must be true or false, found a string", "write it without quotes"},
    {"T33_NoSuchDay", head("[users]\n\"a@x.example\" = { from = 2026-02-30 }\n"), "5:36",
     "not TOML: ", "a day that exists"},
    {"T36_Backwards",
     head("[users]\n\"a@x.example\" = { from = 2026-12-02, until = 2026-12-01 }\n"), "5:26",
     "user \"a@x.example\" starts 2026-12-02 and ends 2026-12-01, before it starts",
     "swap \"from\" and \"until\""},
};

const Row kAddresses[] = {
    {"T37_NoAddress", head("[users]\nbob = {}\n"), "5:1",
     "address \"bob\" is not an e-mail address: no \"@\"", "ada@acme.example"},
    {"T38_SpaceInside", head("[users]\n\"bob@ex ample.com\" = {}\n"), "5:1",
     "address \"bob@ex ample.com\" is not an e-mail address: space", "ada@acme.example"},
    {"T38_SecondAt", head("[users]\n\"bob@@x.example\" = {}\n"), "5:1",
     "address \"bob@@x.example\" is not an e-mail address: second \"@\"", "ada@acme.example"},
    {"T39_ControlCharacter", head("[groups.\"a\\u001b[31m\"]\n"), "4:9",
     "group name \"a\\u{1B}[31m\" holds the invisible character U+001B", "remove it"},
    {"T40_Bidirectional", head("[groups.\"a\\u202Eb\"]\n"), "4:9",
     "group name \"a\\u{202E}b\" holds the invisible character U+202E", "remove it"},
    {"T40_InReason", head("[users]\n\"a@x.example\" = { reason = \"x\\u202Ey\" }\n"), "5:28",
     "\"reason\" holds the invisible character U+202E", "remove it"},
    {"T41_ZeroWidth", head("[users]\n\"bo\\u200Bb@x.example\" = {}\n"), "5:1",
     "address \"bo\\u{200B}b@x.example\" holds the invisible character U+200B", "remove it"},
    {"T42_MixedScripts",
     head("[users]\n\"\xD0\xB0"
          "dmin@example.com\" = {}\n"),
     "5:1",
     "address \"\xD0\xB0"
     "dmin@example.com\" mixes Cyrillic and Latin letters",
     "retype it"},
    {"T42_MixedScriptsInDomain", head("[groups.a]\nmembers = [\"a@ex\xD0\xB0mple.com\"]\n"), "5:12",
     "address \"a@ex\xD0\xB0mple.com\" mixes Latin and Cyrillic letters", "retype it"},
    {"T42_GreekInLatin",
     head("[users]\n\"b\xCE\xBF"
          "b@example.com\" = {}\n"),
     "5:1",
     "address \"b\xCE\xBF"
     "b@example.com\" mixes Latin and Greek letters",
     "retype it"},
    {"T43_OtherCase", head("[users]\n\"bob@x.example\" = {}\n\" Bob@X.example\" = {}\n"), "6:1",
     "user \"bob@x.example\" is declared twice", "keep one of the two\n  see: "},
    {"T44_OtherNormalForm", head("[groups.\"Caf\xC3\xA9\"]\n[groups.\"Cafe\xCC\x81\"]\n"), "5:9",
     "group \"Cafe\xCC\x81\" is declared twice", "keep one of the two\n  see: "},
    {"T54_LongName", head("[groups." + std::string(300, 'x') + "]\n"), "4:9", "group name ",
     "has 300 characters, limit 255"},
};

const Row kMeaning[] = {
    {"T45_UnknownMember",
     head("unlisted_users = \"suspend\"\n[groups.a]\nmembers = [\"eve@x.example\"]\n"), "6:12",
     "unknown user \"eve@x.example\"", "declare them in [users]"},
    {"T46_UnknownGroup", head("[groups.dev]\n[groups.a]\ninclude = [\"devs\"]\n"), "6:12",
     "unknown group \"devs\"", "did you mean \"dev\"?"},
    {"T47_UnknownRole", head("[users]\n\"a@x.example\" = { roles = [\"superadmin\"] }\n"), "5:28",
     "unknown organization role \"superadmin\"", "the one known is \"org-admin\""},
    {"T47_UnknownResource", head("[groups.a]\naccess = { jria = [\"user\"] }\n"), "5:12",
     "unknown resource \"jria\"", "[resources]"},
    {"T48_IncludesItself", head("[groups.a]\ninclude = [\"A\"]\n"), "5:12",
     "groups include each other: a -> a", "take one of them out of \"include\""},
    {"T48_Cycle", head("[groups.a]\ninclude = [\"b\"]\n[groups.b]\ninclude = [\"a\"]\n"), "7:12",
     "groups include each other: a -> b -> a", "take one of them out of \"include\""},
    {"T49_MemberAndExcluded",
     head("[groups.a]\nmembers = [\"b@x.example\", \"c@x.example\"]\nexclude = "
          "[\"b@x.example\"]\n"),
     "6:12", "\"b@x.example\" is both in \"members\" and in \"exclude\" of group \"a\"",
     "keep one of the two\n  see: "},
    {"T53_EmptyGroup", head("[groups.dev]\nmembers = []\n"), "4:9", "group \"dev\" has no members",
     "write empty = true if you mean it"},
    {"T55_NoOrganization", "version = 1\n", "", "no [organization] in any policy file",
     "add version = 1 and [organization]"},
    {"T55_OrganizationId", "version = 1\n[organization]\nid = \"x/y\"\n", "3:6",
     "\"x/y\" is not an organization id", "admin.atlassian.com"},
    {"T56_BaseUrl", head("base_url = \"https://evil.example\"\n"), "4:1",
     "unknown key \"base_url\" in [organization]",
     "the address of the API is not for a policy to say"},
    {"T57_Secret", head("[safety]\napi_token = \"s3cret\"\n"), "5:1",
     "unknown key \"api_token\" in [safety]", "secrets do not belong in a policy"},
    {"T57_SecretOnTop", "token = \"s3cret\"\n" + head(""), "1:1", "unknown key \"token\"",
     "secrets do not belong in a policy"},
    {"T58_NewerFormat", "version = 9\n[organization]\nid = \"1b\"\n", "1:11",
     "policy version 9, this tool knows version 1", "use a newer rolecall"},
};

constexpr auto kName = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(Bytes, BadPolicies, ::testing::ValuesIn(kBytes), kName);
INSTANTIATE_TEST_SUITE_P(Structure, BadPolicies, ::testing::ValuesIn(kStructure), kName);
INSTANTIATE_TEST_SUITE_P(Addresses, BadPolicies, ::testing::ValuesIn(kAddresses), kName);
INSTANTIATE_TEST_SUITE_P(Meaning, BadPolicies, ::testing::ValuesIn(kMeaning), kName);

TEST(BadPolicyFiles, AreRefusedInWords) {
  const test::TempDir dir;
  const std::string folder = (dir.path() / "policy").string();
  EXPECT_THAT(refusal_of(dir, folder),
              HasSubstr("error: " + folder + ": no such file or folder\n  hint: run in"));  // T03
  ASSERT_EQ(::mkdir(folder.c_str(), 0755), 0);
  EXPECT_THAT(refusal_of(dir, folder),
              HasSubstr(folder + ": no policy files in this folder\n  hint: at least one"));  // T04
  const std::string file = folder + "/a.toml";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(dir, folder), HasSubstr("not a regular file but a named pipe"));  // T06
  ::unlink(file.c_str());
  (void)dir.write("policy/a.toml", std::string(9U << 20U, '#'));
  EXPECT_THAT(refusal_of(dir, folder), HasSubstr("9.0 MiB is over the limit of 8 MiB"));  // T07
}

TEST(BadPolicyFiles, ASecretIsNeverRepeated) {
  const test::TempDir dir;
  for (const char* line : {"api_token = \"s3cret\"", "token = \"s3cret", "password = s3cret",
                           "[safety]\nsecret = [\"s3cret\"]"}) {
    const std::string said = refusal_of(dir, dir.write("policy.toml", head(line)));
    EXPECT_THAT(said, Not(HasSubstr("s3cret"))) << line;
  }
}

// C15: before anything is asked of anybody.
TEST(BadPlaces, ForAPlanAreRefusedFirst) {
  const test::TempDir dir;
  const std::string policy = dir.write("policy.toml", head(""));
  const std::string nowhere = (dir.path() / "no" / "dir" / "p").string();
  const Ended ended = command({"plan", policy, "--out", nowhere, "--api-url", "http://127.0.0.1:1",
                               "--store", (dir.path() / "store.db").string()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("no/dir: no such directory"));
  EXPECT_THAT(ended.err, Not(HasSubstr("127.0.0.1")));
  EXPECT_THAT(command({"plan", policy, "--out", dir.path().string()}).err,
              HasSubstr(" is a directory"));
}

// I6: a group may have such a name already, so this is for people to look at.
TEST(BadPolicyFiles, AGroupNameOfTwoScriptsIsAWarning) {
  const test::TempDir dir;
  const std::string path =
      dir.write("policy.toml", head("[groups.\"\xD0\xB0"
                                    "dmins\"]\n[groups.\"\xD0\x9E\xD1\x82-IT\"]\n"));
  const Ended ended = command({"validate", path});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr(":4:9: warning: group name \"\xD0\xB0"
                                   "dmins\" mixes Cyrillic and Latin letters"));
  EXPECT_THAT(ended.err, HasSubstr("1 warning in 1 file"));
}

TEST(BadPolicyFiles, AStarInAnAddressIsAWarning) {
  const test::TempDir dir;
  const std::string path = dir.write("policy.toml", head("[users]\n\"*@acme.example\" = {}\n"));
  const Ended ended = command({"validate", path});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr(":5:1: warning: address \"*@acme.example\" has a \"*\""));
}

}  // namespace
}  // namespace rolecall
