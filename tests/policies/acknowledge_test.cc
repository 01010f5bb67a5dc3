#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/digested_lines.h"
#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kStanza =
    "[[acknowledge]]\n"
    "class  = \"remove_members\"\n"
    "count  = 212              # admits up to 212, not 213\n"
    "plan   = \"9f2c41d07a3e\"   # first 12 hex digits of the plan digest\n"
    "until  = 2026-12-01\n"
    "reason = \"department closed, CHG-4411\"\n";

std::string with(std::string_view line, std::string_view instead) {
  std::string out(kStanza);
  const std::size_t at = out.find(line);
  return out.replace(at, out.find('\n', at) + 1 - at, instead);
}

TEST(Acknowledge, IsReadAsTheReferenceShowsIt) {
  const Resolved resolved = resolve(with_head(kStanza));
  ASSERT_EQ(resolved.problems, "");
  const auto& all = resolved.desired.safety.acknowledgements;
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].klass, LimitClass::remove_members);
  EXPECT_EQ(all[0].count, 212);
  EXPECT_EQ(all[0].plan, "9f2c41d07a3e");
  EXPECT_EQ(all[0].until, *parse_instant("2026-12-02"));
  EXPECT_EQ(all[0].reason, "department closed, CHG-4411");
  EXPECT_EQ(all[0].place, (Place{"policy.toml", 4, 1}));
}

TEST(Acknowledge, ADateTimeIsTheFirstInstantAfterIt) {
  const auto found = resolve(with_head(with("until", "until = 2026-12-01T08:00:00Z\n")));
  ASSERT_EQ(found.problems, "");
  EXPECT_EQ(found.desired.safety.acknowledgements[0].until, *parse_instant("2026-12-01T08:00:00Z"));
}

TEST(Acknowledge, IdentityIsWhatItSaysWhereverItStands) {
  const auto id = [](const std::vector<SourceFile>& files) {
    return resolve(files).desired.safety.acknowledgements.at(0).id;
  };
  const std::string first = id(with_head(kStanza));
  EXPECT_EQ(first, id({{"a.toml", std::string(kHead)}, {"b.toml", "\n\n" + std::string(kStanza)}}));
  for (const auto& [line, instead] : {std::pair{"class", "class = \"remove_users\"\n"},
                                      {"count", "count = 213\n"},
                                      {"plan", "plan = \"9f2c41d07a3f\"\n"},
                                      {"until", "until = 2026-12-02\n"},
                                      {"reason", "reason = \"once more\"\n"}}) {
    EXPECT_NE(first, id(with_head(with(line, instead)))) << line;
  }
}

struct Mistake {
  std::string line;
  std::string instead;
  std::string message;
  std::string hint;
};

TEST(Acknowledge, EveryMistakeHasItsPlaceAndAHint) {
  const std::vector<Mistake> mistakes = {
      {"class", "", "4:1: error: [[acknowledge]] has no \"class\"", "class = \"remove_members\""},
      {"count", "", "4:1: error: [[acknowledge]] has no \"count\"", "count = 12"},
      {"plan", "", "4:1: error: [[acknowledge]] has no \"plan\"", "plan = "},
      {"until", "", "4:1: error: [[acknowledge]] has no \"until\"", "until = 2026-12-01"},
      {"reason", "", "4:1: error: [[acknowledge]] has no \"reason\"", "reason = "},
      {"class", "class = \"remove_member\"\n",
       "5:9: error: \"class\" of [[acknowledge]] cannot be \"remove_member\"",
       "did you mean \"remove_members\"?"},
      {"class", "class = \"min_org_admins\"\n", "5:9: error: \"class\"", "one of"},
      {"class", "class = \"protected_users\"\n", "5:9: error: \"class\"", "one of"},
      {"count", "count = 0\n", "6:9: error: \"count\" of [[acknowledge]] must be between 1", ""},
      {"count", "count = \"12\"\n", "6:9: error: \"count\" of [[acknowledge]] must be an integer",
       ""},
      {"plan", "plan = \"9f2c41d07a3\"\n", "7:8: error: \"plan\"", "12 hexadecimal digits"},
      {"plan", "plan = \"9F2C41D07A3E\"\n", "7:8: error: \"plan\"", "12 hexadecimal digits"},
      {"plan", "plan = \"" + std::string(65, 'a') + "\"\n", "7:8: error: \"plan\"", "digits"},
      {"plan", "plan = 912341507838\n", "7:8: error: \"plan\" of [[acknowledge]] must be a string",
       ""},
      {"until", "until = \"2026-12-01\"\n", "8:9: error: \"until\"", "without quotes"},
      {"reason", "reason = \"  \"\n", "9:10: error: \"reason\" of [[acknowledge]] is empty", "why"},
      {"reason", "reason = \"x\"\ngroup = \"a\"\n", "10:1: error: unknown key \"group\"", "known"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::string found = report(with_head(with(mistake.line, mistake.instead)));
    EXPECT_THAT(found, HasSubstr("policy.toml:" + mistake.message));
    EXPECT_THAT(found, HasSubstr(mistake.hint));
    EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
  }
}

TEST(Acknowledge, TwiceForOneClassAndPlanNamesBothPlaces) {
  const std::string found =
      report(with_head(std::string(kStanza) + with("reason", "reason = \"again\"\n")));
  EXPECT_THAT(found, HasSubstr("policy.toml:10:1: error: class remove_members of plan 9f2c41d07a3e "
                               "is acknowledged twice"));
  EXPECT_THAT(found, HasSubstr("policy.toml:4:1"));
}

TEST(Acknowledge, OtherShapesAreRefused) {
  EXPECT_THAT(report(one_file("acknowledge = 3\n" + std::string(kHead))),
              HasSubstr("policy.toml:1:15: error: [[acknowledge]] must be an array"));
  EXPECT_THAT(report(one_file("acknowledge = [3]\n" + std::string(kHead))),
              HasSubstr("policy.toml:1:16: error: [[acknowledge]] must be a table"));
}

// --- the digest of the policy ------------------------------------------------------------------

TEST(Acknowledge, IsLeftOutOfThePolicyDigestWhereverItStands) {
  const std::string rest = "\n# people\n[users]\n\"ada@acme.example\" = {}\n";
  const auto digest = [](const std::vector<SourceFile>& files) {
    const Resolved found = resolve(files);
    EXPECT_EQ(found.problems, "");
    return found.desired.policy_digest;
  };
  const std::string stanza(kStanza);
  const std::string without = digest(with_head(rest));
  EXPECT_EQ(without, digest(with_head(rest + stanza)));
  EXPECT_EQ(without, digest(with_head(rest + "\n# CHG-4411\n" + stanza + "# end\n")));
  EXPECT_EQ(without, digest(with_head(stanza + rest)));
  EXPECT_EQ(without, digest(one_file("acknowledge = [\n# CHG-1\n{ class = \"remove_users\", "
                                     "count = 1, plan = \"9f2c41d07a3e\", until = 2026-12-01, "
                                     "reason = \"[users]\" }\n]\n" +
                                     std::string(kHead) + rest)));
  const SourceFile policy{"policy.toml", std::string(kHead) + rest};
  EXPECT_EQ(without, digest({policy, {"ack.toml", stanza}}));
  EXPECT_EQ(without, digest({policy, {"ack.toml", "version = 1\n" + stanza}}));
  EXPECT_NE(without, digest({policy, {"ack.toml", stanza + "[safety]\nmin_org_admins = 0\n"}}));
}

TEST(DigestedLines, LosesNoLineThatSaysSomething) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"a = 1", "a = 1\n"},
      {"a = 1\r\nb = 2\r\n", "a = 1\nb = 2\n"},
      {"  # x\n\n\t\na = 1 # y\n", "  # x\na = 1 # y\n"},
      {"a = [ # x\n# y\n\n1,\n]\n", "a = [ # x\n# y\n1,\n]\n"},
      {"a = \"\"\"\n# no comment\n\n[[acknowledge]]\n\"\"\"\n",
       "a = \"\"\"\n# no comment\n\n[[acknowledge]]\n\"\"\"\n"},
      {"a = '''\n\\'''\n#\nb = 1\n", "a = '''\n\\'''\n#\nb = 1\n"},
      {"a = \"\"\"x\\\"\"\"\"\n#\nb = 1\n", "a = \"\"\"x\\\"\"\"\"\n#\nb = 1\n"},
      {"a = \"\"\"x\"\"\"\"\"\n#\nb = 1\n", "a = \"\"\"x\"\"\"\"\"\n#\nb = 1\n"},
      {"a = \"\"\n#\nb = ''\n#\n", "a = \"\"\n#\nb = ''\n#\n"},
      {"a = \"\\\"[\" # [\n#\nb = '\\'\n#\n", "a = \"\\\"[\" # [\n#\nb = '\\'\n#\n"},
      {"a = \"[[acknowledge]]\"\n", "a = \"[[acknowledge]]\"\n"},
      {"a = [\n[\"acknowledge\"]\n]\nb = 1\n", "a = [\n[\"acknowledge\"]\n]\nb = 1\n"},
      {"[users]\nacknowledge = 1\n", "[users]\nacknowledge = 1\n"},
      {"acknowledged = 1\n[[acknowledges]]\na = 1\n",
       "acknowledged = 1\n[[acknowledges]]\na = 1\n"},
      {"[[ acknowledge ]] # x\na = 1\n[b]\nc = 1\n", "[b]\nc = 1\n"},
      {"[[\"acknowledge\"]]\na = [\n1]\n[b]\n", "[b]\n"},
      {"[[acknowledge]]\nreason = \"\"\"\n[b]\n\"\"\"\n[c]\n", "[c]\n"},
      {"a = 1\nacknowledge = [\n{ a = 1 },\n]\nb = 1\n", "a = 1\nb = 1\n"},
  };
  for (const auto& [text, lines] : cases) EXPECT_EQ(digested_lines(text), lines) << text;
}

}  // namespace
}  // namespace rolecall::testing
