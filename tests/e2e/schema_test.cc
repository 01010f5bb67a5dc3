// The schema against the parser, judged by a validator of others.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "diff/plan_schema.h"
#include "policies/language_tables.h"
#include "policies/policy.h"
#include "policies/schema.h"
#include "state/store/export_schema.h"
#include "tests/support/cases.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/random_case.h"
#include "tests/support/random_policy.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {
namespace {

/// Prints the name of every file that the schema refuses, and why.
constexpr std::string_view kValidate = R"(
import json, pathlib, sys, tomllib, datetime
from jsonschema import Draft7Validator
def plain(value):
    if isinstance(value, dict): return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list): return [plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.datetime)): return value.isoformat()
    return value
schema = json.loads(pathlib.Path("schema.json").read_text())
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)
for path in sorted(pathlib.Path("policies").iterdir()):
    error = next(validator.iter_errors(plain(tomllib.loads(path.read_text()))), None)
    if error: print(path.name, "/".join(map(str, error.absolute_path)), error.message[:200])
print("end")
)";

void add_names(std::span<const language::Key> keys, std::set<std::string>& out) {
  for (const language::Key& key : keys) {
    out.emplace(key.name);
    add_names(key.keys, out);
    if (key.form == language::Form::tables_by_name) out.insert(key.words.begin(), key.words.end());
  }
}

const std::set<std::string>& known_names() {
  static const std::set<std::string> names = [] {
    std::set<std::string> out;
    add_names(language::kTopKeys, out);
    return out;
  }();
  return names;
}

std::string misspelt(std::string word, Dice& dice) {
  const std::string right = word;
  do {
    const auto at = static_cast<std::size_t>(dice.below(static_cast<int>(word.size())));
    const char letter = static_cast<char>('a' + dice.below(26));
    switch (dice.below(3)) {
      case 0:
        word.insert(at, 1, letter);
        break;
      case 1:
        if (word.size() > 2) word.erase(at, 1);
        break;
      default:
        word[at] = letter;
    }
  } while (word == right || known_names().contains(word));
  return word;
}

/// Where keys of the language stand in a policy.
std::vector<std::pair<std::size_t, std::string>> keys_in(const std::string& policy) {
  static const std::regex kKey(R"(([a-z_]+)(?= =)|\[+([a-z_]+)(?=[.\]])|\.([a-z_]+)(?=[.\]]))");
  std::vector<std::pair<std::size_t, std::string>> found;
  for (std::sregex_iterator it(policy.begin(), policy.end(), kKey), end; it != end; ++it) {
    for (std::size_t group = 1; group <= 3; ++group) {
      if (!(*it)[group].matched || !known_names().contains((*it)[group])) continue;
      found.emplace_back(it->position(group), (*it)[group]);
    }
  }
  return found;
}

std::string with_a_misspelt_key(const std::string& policy, Dice& dice) {
  const auto keys = keys_in(policy);
  const auto& [at, word] =
      keys.at(static_cast<std::size_t>(dice.below(static_cast<int>(keys.size()))));
  std::string out = policy;
  return out.replace(at, word.size(), misspelt(word, dice));
}

class Schema : public ::testing::Test {
 protected:
  void add(const std::string& name, const std::string& policy) {
    (void)folder_.write("policies/" + name, policy);
  }
  /// A line for each file that was refused.
  std::vector<std::string> refused() {
    (void)folder_.write("schema.json", policy_schema());
    const ProcessWish wish{
        {"/usr/bin/python3", "-c", std::string(kValidate)}, {}, folder_.path().string()};
    const Outcome outcome = Process(wish).wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
    std::vector<std::string> lines;
    std::istringstream out(outcome.out);
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    EXPECT_TRUE(!lines.empty() && lines.back() == "end") << outcome.said();
    if (!lines.empty()) lines.pop_back();
    return lines;
  }

 private:
  TempDir folder_;
};

/// Valid to the parser, both on its own and as of a day.
std::string problems(const std::string& policy) {
  std::vector<SourceFile> files{{"rolecall.toml", policy}};
  for (const std::string& path : roster_paths(files.front())) {
    files.push_back({path, random_policys_roster(), true});
  }
  const ParsedPolicy parsed = parse_policy(files);
  return parsed.diagnostics.has_errors() ? render(parsed.diagnostics) : "";
}

TEST_F(Schema, AcceptsEveryPolicyThatIsValid) {
  const int cases = static_cast<int>(test::cases(1'000));
  std::set<std::string> written;
  for (int i = 0; i < cases; ++i) {
    Dice dice(static_cast<std::uint64_t>(i));
    const std::string policy = i % 2 == 0 ? make_random_policy(dice)
                                          : make_random_case(static_cast<std::uint64_t>(i)).policy;
    ASSERT_EQ(problems(policy), "") << policy;
    for (const auto& [at, key] : keys_in(policy)) written.insert(key);
    add(fmt::format("{:04}.toml", i), policy);
  }
  EXPECT_EQ(refused(), std::vector<std::string>());
  EXPECT_EQ(written, known_names()) << "some key of the language was never tried";
}

TEST_F(Schema, RefusesEveryPolicyWithAMisspeltKey) {
  const int cases = static_cast<int>(test::cases(1'000));
  for (int i = 0; i < cases; ++i) {
    Dice dice(static_cast<std::uint64_t>(i));
    const std::string policy = with_a_misspelt_key(make_random_policy(dice), dice);
    ASSERT_NE(problems(policy), "") << policy;
    add(fmt::format("{:04}.toml", i), policy);
  }
  const std::vector<std::string> lines = refused();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(cases));
}

TEST_F(Schema, KnowsWordsNumbersAndKindsOfValues) {
  const std::vector<std::string> wrong = {
      "version = 2",
      "version = \"1\"",
      "[organization]\nunlisted_users = \"ignore\"",
      "[organization]\nid = \"x\"\nunlisted_users = \"delete\"",
      "[resources]\njira = \"jira\"",
      "[resources]\nwiki = { host = \"x\" }",
      "[users]\nada = {}",
      "[users.\"a@x\"]\nroles = [\"admin\"]",
      "[users.\"a@x\"]\nroles = \"org-admin\"",
      "[users.\"a@x\"]\naccess = { jira = [\"viewer\"] }",
      "[users.\"a@x\"]\nuntil = \"tomorrow\"",
      "[groups.g]\nmembers = [1]",
      "[groups.g]\nmembers = [{ until = 2026-12-01 }]",
      "[groups.g]\nempty = \"true\"",
      "[groups.g]\nmatch = {}",
      "[safety]\nmin_org_admins = -1",
      "[safety.limits.revoke_admins]\npercent = 101",
      "[acknowledge]\ncount = 1",
      "[[acknowledge]]\ncount = 1",
      "[rules]\nname = \"x\"",
      "[[rules]]\ndeny = { roles = [\"org-admin\"] }",
      "[[rules]]\nname = \"x\"\nexclusive_groups = [\"a\"]",
      "[[rules]]\nname = \"x\"\nrequire = { until_within_days = -1 }",
      "[[rules]]\nname = \"x\"\nseverity = \"note\"\ndeny = { roles = [\"org-admin\"] }",
      "[[tests]]\nname = \"x\"\nuser = \"a@x\"\nhas = { access = { jira = [] } }",
      "[[tests]]\nname = \"x\"\nhas = { groups = [\"g\"] }",
      "[[rosters]]\nfile = \"/hr.csv\"\nemail = \"m\"",
      "[[rosters]]\nfile = \"hr.csv\"",
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) add(fmt::format("{:02}.toml", i), wrong[i]);
  std::set<std::string> found;
  for (const std::string& line : refused()) found.insert(line.substr(0, 2));
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_TRUE(found.contains(fmt::format("{:02}", i))) << wrong[i];
  }
}

TEST_F(Schema, IsNamedByTheExamplesAndAcceptsThem) {
  namespace fs = std::filesystem;
  int seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir() + "/examples")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string text = read_file(entry.path());
    constexpr std::string_view kDirective = "#:schema ";
    ASSERT_TRUE(text.starts_with(kDirective)) << entry.path();
    const std::string named = text.substr(kDirective.size(), text.find('\n') - kDirective.size());
    EXPECT_TRUE(fs::exists(entry.path().parent_path() / named)) << entry.path();
    add(fmt::format("{}.toml", ++seen), text);
  }
  EXPECT_GE(seen, 7);
  EXPECT_EQ(refused(), std::vector<std::string>());
}

TEST(SchemaFile, IsTheOneThatIsShipped) {
  for (const auto& [word, schema] :
       std::vector<std::pair<std::string, std::string>>{{"policy", policy_schema()},
                                                        {"plan", plan_schema()},
                                                        {"plan-file", plan_file_schema()},
                                                        {"audit", export_schema()}}) {
    const std::string file =
        word == "policy" ? "rolecall.schema.json" : fmt::format("rolecall-{}.schema.json", word);
    EXPECT_EQ(read_file(source_dir() + "/examples/" + file), schema)
        << "rolecall schema " << word << " > examples/" << file;
    const Outcome printed = Process({{rolecall_binary(), "schema", word}, {}, source_dir()}).wait();
    EXPECT_EQ(printed.out, schema) << printed.said();
  }
  EXPECT_EQ(Process({{rolecall_binary(), "schema"}, {}, source_dir()}).wait().out, policy_schema());
}

}  // namespace
}  // namespace rolecall::test
