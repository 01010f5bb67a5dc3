// Options, the environment, consent, help and completion.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "tests/support/end_to_end.h"
#include "tests/support/places.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CommandLineEndToEnd : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(with(acme_policy(), R"(["grace@acme.example", "rosa@acme.example"])",
                      R"(["grace@acme.example", "lin@acme.example"])"));
  }
  /// A line of a shell, which may call "$ROLECALL".
  [[nodiscard]] Outcome shell(const std::string& line) const {
    ProcessWish wish;
    wish.command = {"/bin/sh", "-c", line};
    wish.folder = folder.path().string();
    wish.environment = bare_environment();
    wish.environment["ROLECALL"] = rolecall_binary();
    wish.environment["ROLECALL_API_URL"] = simulator->url();
    wish.environment["ROLECALL_CA_FILE"] = simulator->ca_file();
    wish.environment["ROLECALL_API_KEY_FILE"] = key_file();
    return Process(wish).wait();
  }
  [[nodiscard]] std::string key_file() const { return (folder.path() / "key").string(); }
};

TEST_F(CommandLineEndToEnd, OptionsStandBeforeOrAfterTheCommand) {
  const std::string after =
      rolecall_exits(0, {"plan", "--format", "json", "--at", "2026-01-01"}).out;
  EXPECT_EQ(rolecall_exits(0, {"--format", "json", "--at", "2026-01-01", "plan"}).out, after);
  EXPECT_EQ(rolecall_exits(0, {"--format=json", "plan", "rolecall.toml", "--at=2026-01-01"}).out,
            after);
  EXPECT_EQ(json::parse(after).at("at"), "2026-01-01T00:00:00Z");
}

TEST_F(CommandLineEndToEnd, TheEnvironmentStandsForOptionsAndOptionsGoFirst) {
  const Variables nothing{
      {"ROLECALL_API_URL", ""}, {"ROLECALL_CA_FILE", ""}, {"ROLECALL_API_KEY_FILE", ""}};
  rolecall_exits(0,
                 {"plan", "--api-url", simulator->url(), "--ca-file", simulator->ca_file(),
                  "--api-key-file", key_file()},
                 nothing);
  rolecall_exits(0,
                 {"plan", "--api-url", simulator->url(), "--ca-file", simulator->ca_file(),
                  "--api-key-file", key_file()},
                 {{"ROLECALL_API_URL", "https://127.0.0.1:9"},
                  {"ROLECALL_CA_FILE", "/missing"},
                  {"ROLECALL_API_KEY_FILE", "/missing"}});
  rolecall_exits(0, {"plan"}, {{"ROLECALL_API_KEY_FILE", ""}, {"ROLECALL_API_KEY", "a-key"}});
  rolecall_exits(0, {"apply", "--yes"}, {{"ROLECALL_STORE", "kept/here.db"}});
  EXPECT_TRUE(fs::exists(folder.path() / "kept" / "here.db"));
  EXPECT_FALSE(fs::exists(folder.path() / ".rolecall"));
  EXPECT_THAT(rolecall_exits(0, {"audit", "list", "--store", "kept/here.db"}).out,
              HasSubstr("apply"));
}

TEST_F(CommandLineEndToEnd, TheStoreStandsBesideThePolicy) {
  fs::create_directories(folder.path() / "somewhere");
  fs::rename(folder.path() / "rolecall.toml", folder.path() / "somewhere" / "rolecall.toml");
  rolecall_exits(0, {"apply", "--yes", "somewhere/rolecall.toml"});
  const fs::path store = folder.path() / "somewhere" / ".rolecall" / "rolecall.db";
  ASSERT_TRUE(fs::exists(store));
  EXPECT_EQ(fs::status(store).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
}

TEST_F(CommandLineEndToEnd, ThePolicyIsAFileOrAFolder) {
  fs::create_directories(folder.path() / "access" / "deeper");
  fs::create_directories(folder.path() / "access" / ".hidden");
  fs::rename(folder.path() / "rolecall.toml", folder.path() / "access" / "all.toml");
  folder.write("access/deeper/more.toml", "[groups.more]\nmembers = [\"lin@acme.example\"]\n");
  folder.write("access/.hidden/bad.toml", "nonsense");
  folder.write("access/.bad.toml", "nonsense");
  folder.write("access/notes.txt", "nonsense");
  folder.write("outside.toml", "nonsense");
  fs::create_symlink("../outside.toml", folder.path() / "access" / "link.toml");
  const json::value plan = json_of({"plan"});
  EXPECT_EQ(plan.at("summary").at("create_group"), 1);
  EXPECT_EQ(json_of({"plan", "access"}).at("digest"), plan.at("digest"));
}

TEST_F(CommandLineEndToEnd, ApplyAsksATerminalOrNobody) {
  const Outcome outcome = rolecall_exits(1, {"apply"});
  EXPECT_THAT(outcome.err, HasSubstr("--yes"));
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("lin@acme.example")) << "the plan is shown all the same";
}

TEST_F(CommandLineEndToEnd, ResultsGoToStdoutAndTheRestToStderr) {
  const Outcome outcome = rolecall_exits(0, {"plan", "--format", "json", "--log-level", "debug",
                                             "--progress", "plain", "--log-format", "json"});
  EXPECT_TRUE(json::parse(outcome.out).is_object());
  const Outcome quiet = rolecall_exits(0, {"plan", "--quiet"});
  EXPECT_THAT(quiet.err, IsEmpty());
}

// As a service writes them that is read by a machine.
TEST_F(CommandLineEndToEnd, WithALogInJsonAllOfStderrIs) {
  const auto records = [](const Outcome& outcome) {
    std::vector<json::object> out;
    std::istringstream lines(outcome.err);
    for (std::string line; std::getline(lines, line);) {
      out.push_back(json::parse(line).as_object());
      EXPECT_TRUE(out.back().contains("time") && out.back().contains("level")) << line;
      EXPECT_TRUE(out.back().contains("message")) << line;
    }
    return out;
  };
  EXPECT_THAT(records(rolecall_exits(0, {"run", "--once", "--log-format", "json"})),
              testing::SizeIs(testing::Gt(1U)));
  write_policy("version = 1\n[organization]\nid = 7\nname = 8\n");
  EXPECT_THAT(records(rolecall_exits(1, {"run", "--once", "--log-format", "json"})),
              testing::Not(IsEmpty()));
  write_policy(acme_policy());
  const Outcome unreached =
      rolecall({"apply", "--yes", "--log-format", "json"}, {{"ROLECALL_API_KEY_FILE", "/none"}});
  EXPECT_EQ(unreached.exit_code, 1);
  EXPECT_EQ(records(unreached).back().at("level"), "error");
}

TEST_F(CommandLineEndToEnd, AFullDiskBehindStdoutIsNoSuccess) {
  // What could not be shown must not pass for a plan that was reviewed.
  EXPECT_NE(shell("exec \"$ROLECALL\" plan > /dev/full").exit_code, 0);
}

TEST_F(CommandLineEndToEnd, AReaderThatHasSeenEnoughIsNoFailure) {
  // More than a stream's buffer, so that the write itself fails and not only the last flush.
  std::string policy = acme_policy();
  for (int i = 0; i < 100; ++i)
    policy += fmt::format("\n[groups.made-{}]\nempty = true\nmembers = []\n", i);
  write_policy(policy);
  ASSERT_GT(rolecall({"plan", "--format", "json"}).out.size(), 4096U);
  EXPECT_THAT(shell("\"$ROLECALL\" plan --format json --progress none | true").err, IsEmpty());
}

TEST_F(CommandLineEndToEnd, VersionAndHelpNeedNothing) {
  const Variables bare{
      {"ROLECALL_API_URL", ""}, {"ROLECALL_CA_FILE", ""}, {"ROLECALL_API_KEY_FILE", ""}};
  EXPECT_THAT(rolecall_exits(0, {"--version"}, bare).out,
              ::testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  for (const Arguments& level : std::vector<Arguments>{{},
                                                       {"validate"},
                                                       {"plan"},
                                                       {"apply"},
                                                       {"run"},
                                                       {"get"},
                                                       {"audit"},
                                                       {"audit", "list"},
                                                       {"audit", "show"},
                                                       {"simulate"},
                                                       {"check-key"},
                                                       {"unlock"},
                                                       {"completion"}}) {
    Arguments arguments = level;
    arguments.emplace_back("--help");
    EXPECT_THAT(rolecall_exits(0, arguments, bare).out, HasSubstr("rolecall"));
  }
  rolecall_exits(0, {"validate"}, bare);
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

TEST_F(CommandLineEndToEnd, LimitsOnTheRateAreKept) {
  const auto begin = std::chrono::steady_clock::now();
  const json::value plan = json_of({"plan", "--max-rate", "5/s", "--parallelism", "1"});
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto reads = plan.at("calls").at("reads").to_number<std::int64_t>();
  EXPECT_GE(took, std::chrono::milliseconds(200 * (reads - 2)));
}

// --- completion ----------------------------------------------------------------------------

class Completion : public EndToEnd {
 protected:
  /// Sources the script in a shell that stops at the first error.
  void expect_sources(const std::string& shell, const std::string& program,
                      const std::vector<std::string>& options) {
    const Outcome script = rolecall_exits(0, {"completion", shell});
    EXPECT_THAT(script.out, HasSubstr("rolecall"));
    EXPECT_THAT(script.out, HasSubstr("check-key"));
    ProcessWish wish;
    wish.command = {program};
    wish.command.insert(wish.command.end(), options.begin(), options.end());
    wish.command.push_back(folder.write("completion", script.out));
    wish.folder = folder.path().string();
    wish.environment = bare_environment();
    const Outcome sourced = Process(wish).wait();
    EXPECT_EQ(sourced.exit_code, 0) << sourced.said();
    EXPECT_THAT(sourced.err, IsEmpty());
  }
  static std::string installed(const std::string& shell) {
    for (const char* place : {"/bin/", "/usr/bin/", "/usr/local/bin/"}) {
      if (fs::exists(place + shell)) return place + shell;
    }
    return "";
  }
};

TEST_F(Completion, BashSourcesIt) {
  ASSERT_NE(installed("bash"), "");
  expect_sources("bash", installed("bash"), {"--norc", "-eu"});
}

TEST_F(Completion, BashCompletesWithIt) {
  const std::string script = rolecall_exits(0, {"completion", "bash"}).out;
  const std::string ask = folder.write("ask", script + R"sh(
function_of() { complete -p rolecall | sed 's/.*-F \([^ ]*\).*/\1/'; }
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        COMPREPLY=(); "$(function_of)"; printf '%s\n' "${COMPREPLY[@]}";
}
ask rolecall va
ask rolecall get direc
ask rolecall plan --det
ask rolecall plan --format = mark
ask rolecall audit export --format js
ask rolecall --log-level de
)sh");
  ProcessWish wish{{installed("bash"), "--norc", ask}, bare_environment(), folder.path().string()};
  const Outcome asked = Process(wish).wait();
  for (const char* word :
       {"validate", "directories", "--detailed-exitcode", "markdown", "jsonl", "debug"}) {
    EXPECT_THAT(asked.out, HasSubstr(word)) << asked.said();
  }
}

/// What every shell makes of the beginning of a command line.
constexpr std::array<std::array<std::string_view, 2>, 11> kCompleted = {{
    {"rolecall va", "validate"},
    {"rolecall --store x.db va", "validate"},
    {"rolecall plan --det", "--detailed-exitcode"},
    {"rolecall plan --paral", "--parallelism"},
    {"rolecall plan --format mark", "markdown"},
    {"rolecall audit export --format js", "jsonl"},
    {"rolecall get direc", "directories"},
    {"rolecall audit ver", "verify"},
    {"rolecall completion fi", "fish"},
    {"rolecall validate org", "organization.toml"},
    {"rolecall plan --base org", "organization.toml"},
}};

TEST_F(Completion, ZshCompletesWithItWhereInstalled) {
  folder.write("functions/_rolecall", rolecall_exits(0, {"completion", "zsh"}).out);
  if (installed("zsh").empty()) GTEST_SKIP() << "zsh is not installed";
  folder.write("organization.toml", "");
  // zsh completes on a terminal only: on one of its own, where Tab is pressed behind each line, and
  // then a key that shows what has become of it.
  std::string ask = R"sh(zmodload zsh/zpty
zpty shell zsh -f -i
tell() { zpty -w shell "$1" }
tell "PS1=; stty -echo; fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -u -D"
tell "bindkey -e; bindkey '^I' complete-word"
tell 'show() { print -r -- "LINE:$BUFFER:END"; BUFFER=; }; zle -N show; bindkey "^O" show'
tell 'print -r read""y'
zpty -r shell out '*ready*'
ask() {
  zpty -w -n shell "$1"$'\t\x0f'
  zpty -r shell out '*:END*'
  print -r -- "${out#*LINE:}"
}
)sh";
  for (const auto& [line, wanted] : kCompleted) ask += fmt::format("ask '{}'\n", line);
  ProcessWish wish{{installed("zsh"), "-f", folder.write("ask", ask)},
                   bare_environment(),
                   folder.path().string()};
  const Outcome asked = Process(wish).wait();
  for (const auto& [line, wanted] : kCompleted) {
    const std::string whole = fmt::format("{}{} ", line.substr(0, line.rfind(' ') + 1), wanted);
    EXPECT_THAT(asked.out, HasSubstr(whole)) << asked.said();
  }
}

TEST_F(Completion, FishCompletesWithItWhereInstalled) {
  const std::string script = rolecall_exits(0, {"completion", "fish"}).out;
  if (installed("fish").empty()) GTEST_SKIP() << "fish is not installed";
  folder.write("organization.toml", "");
  std::string ask = script;
  for (const auto& [line, wanted] : kCompleted) {
    ask += fmt::format("echo 'Of {}:'\ncomplete -C '{}'\n", line, line);
  }
  ask += "echo Commands:\ncomplete -C 'rolecall '\necho End\n";
  ProcessWish wish{{installed("fish"), "--no-config", folder.write("ask", ask)},
                   bare_environment(),
                   folder.path().string()};
  const Outcome asked = Process(wish).wait();
  for (const auto& [line, wanted] : kCompleted) {
    // The only answer; a description may follow behind a tab.
    EXPECT_THAT(asked.out, testing::ContainsRegex(
                               fmt::format("Of {}:\n{}(\t[^\n]*)?\n(Of |Commands)", line, wanted)))
        << asked.said();
  }
  const std::string commands = asked.out.substr(asked.out.find("Commands:"));
  EXPECT_THAT(commands, HasSubstr("\nplan\t"));
  EXPECT_THAT(commands, testing::Not(HasSubstr("organization.toml"))) << "no command is a file";
}

}  // namespace
}  // namespace rolecall::test
