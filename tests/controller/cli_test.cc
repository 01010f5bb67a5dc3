#include "controller/cli.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/test_name.h"

namespace rolecall {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A variable of the environment for one test.
class Variable {
 public:
  Variable(const char* variable, const char* value) : name_(variable) {
    setenv(variable, value, 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

Invocation accepted(const std::vector<std::string>& arguments) {
  auto parsed = parse_command_line(arguments);
  if (const auto* answered = std::get_if<Answered>(&parsed)) {
    ADD_FAILURE() << answered->text;
    return {};
  }
  return std::get<Invocation>(std::move(parsed));
}

Answered answered(const std::vector<std::string>& arguments) {
  auto parsed = parse_command_line(arguments);
  if (std::holds_alternative<Invocation>(parsed)) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return std::get<Answered>(std::move(parsed));
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  const std::vector<std::vector<std::string>> spellings{
      {"--store", "s.db", "--parallelism", "3", "plan", "p.toml", "--out", "f"},
      {"plan", "p.toml", "--out", "f", "--store", "s.db", "--parallelism", "3"},
      {"--store=s.db", "plan", "--parallelism=3", "--out=f", "p.toml"},
  };
  for (const auto& spelling : spellings) {
    const Invocation invocation = accepted(spelling);
    EXPECT_EQ(invocation.global.store, "s.db");
    EXPECT_EQ(invocation.global.parallelism, 3U);
    const auto& plan = std::get<PlanOptions>(invocation.command);
    EXPECT_EQ(plan.policy, "p.toml");
    EXPECT_EQ(plan.out, "f");
  }
}

TEST(CommandLine, HasTheDocumentedDefaults) {
  const Invocation invocation = accepted({"run"});
  const auto& run = std::get<RunOptions>(invocation.command);
  EXPECT_EQ(run.interval, std::chrono::minutes(15));
  EXPECT_FALSE(run.once);
  EXPECT_EQ(invocation.global.parallelism, 8U);
  EXPECT_EQ(invocation.global.format, OutputFormat::text);
  EXPECT_FALSE(invocation.global.at.has_value());
  EXPECT_FALSE(invocation.global.max_rate.has_value());
  EXPECT_EQ(invocation.global.progress, ProgressStyle::automatic);
}

TEST(CommandLine, ReadsEveryGlobalOption) {
  const Invocation invocation = accepted({"--api-url",      "https://x.example",
                                          "--api-key-file", "k",
                                          "--ca-file",      "c",
                                          "--org",          "o",
                                          "--format",       "json",
                                          "--at",           "2026-12-01",
                                          "--max-rate",     "20/s",
                                          "--log-level",    "debug",
                                          "--log-format",   "json",
                                          "--quiet",        "--no-color",
                                          "--progress",     "none",
                                          "apply",          "--yes"});
  const GlobalOptions& global = invocation.global;
  EXPECT_EQ(global.api_url, "https://x.example");
  EXPECT_EQ(global.api_key_file, "k");
  EXPECT_EQ(global.ca_file, "c");
  EXPECT_EQ(global.org, "o");
  EXPECT_EQ(global.format, OutputFormat::json);
  EXPECT_EQ(global.at, parse_instant("2026-12-01"));
  EXPECT_EQ(global.max_rate, 20.0);
  EXPECT_EQ(global.log_level, LogLevel::debug);
  EXPECT_EQ(global.log_format, LogFormat::json);
  EXPECT_TRUE(global.quiet);
  EXPECT_TRUE(global.no_color);
  EXPECT_EQ(global.progress, ProgressStyle::none);
  EXPECT_TRUE(std::get<ApplyOptions>(invocation.command).yes);
}

TEST(CommandLine, TakesVariablesWhereNoOptionIsGiven) {
  const Variable url("ROLECALL_API_URL", "https://env.example");
  const Variable key("ROLECALL_API_KEY_FILE", "env-key");
  const Variable ca("ROLECALL_CA_FILE", "env-ca");
  const Variable store("ROLECALL_STORE", "env.db");
  const Variable org("ROLECALL_ORG", "env-org");
  const Variable color("NO_COLOR", "1");
  const GlobalOptions global = accepted({"plan", "--store", "option.db"}).global;
  EXPECT_EQ(global.api_url, "https://env.example");
  EXPECT_EQ(global.api_key_file, "env-key");
  EXPECT_EQ(global.ca_file, "env-ca");
  EXPECT_EQ(global.org, "env-org");
  EXPECT_EQ(global.store, "option.db");
  EXPECT_TRUE(global.no_color);
}

TEST(CommandLine, FindsCommandsBelowCommands) {
  const Invocation show = accepted({"audit", "show", "12", "--format", "json"});
  EXPECT_EQ(std::get<AuditShowOptions>(show.command).run, 12);
  EXPECT_EQ(show.global.format, OutputFormat::json);
  EXPECT_EQ(std::get<AuditListOptions>(accepted({"audit", "list", "--limit", "0"}).command).limit,
            0U);
  const Invocation invocation = accepted({"get", "user", "ada@acme.example", "--all"});
  const auto& get = std::get<GetOptions>(invocation.command);
  EXPECT_EQ(get.thing, "user");
  EXPECT_EQ(get.argument, "ada@acme.example");
  EXPECT_TRUE(get.all);
}

TEST(CommandLine, TakesWhatImportExplainAndPlanAreAsked) {
  const Invocation invocation =
      accepted({"import", "--adopt", "a", "--adopt", "b", "--out", "access", "--overwrite"});
  const auto& import = std::get<ImportOptions>(invocation.command);
  EXPECT_EQ(import.adopt, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(import.out, "access");
  EXPECT_TRUE(import.overwrite);
  EXPECT_FALSE(import.direct_access);
  const Invocation asked =
      accepted({"explain", "ada@acme.example", "access", "--without", "x", "--format", "markdown"});
  const auto& explain = std::get<ExplainOptions>(asked.command);
  EXPECT_EQ(explain.who, "ada@acme.example");
  EXPECT_EQ(explain.policy, "access");
  EXPECT_EQ(explain.without, "x");
  EXPECT_EQ(std::get<PlanOptions>(accepted({"plan", "--base", "../main"}).command).base, "../main");
}

TEST(CommandLine, TakesUndoReportAndTheHistoryOfCounts) {
  const Invocation undo = accepted({"undo", "12", "access/", "--out", "undo.plan"});
  EXPECT_EQ(std::get<UndoOptions>(undo.command).run, 12);
  EXPECT_EQ(std::get<UndoOptions>(undo.command).policy, "access/");
  EXPECT_EQ(std::get<UndoOptions>(undo.command).out, "undo.plan");
  const Invocation taken_back = accepted({"apply", "undo.plan", "access/", "--undo", "12"});
  EXPECT_EQ(std::get<ApplyOptions>(taken_back.command).target, "undo.plan");
  EXPECT_EQ(std::get<ApplyOptions>(taken_back.command).policy, "access/");
  EXPECT_EQ(std::get<ApplyOptions>(taken_back.command).undo, 12);
  const Invocation report =
      accepted({"report", "--out", "a.html", "--csv", "t", "--direct-access"});
  EXPECT_EQ(std::get<ReportOptions>(report.command).out, "a.html");
  EXPECT_EQ(std::get<ReportOptions>(report.command).csv, "t");
  EXPECT_TRUE(std::get<ReportOptions>(report.command).direct_access);
  const Invocation counts = accepted({"get", "counts", "--history", "--format", "csv"});
  EXPECT_TRUE(std::get<GetOptions>(counts.command).history);
  EXPECT_EQ(counts.global.format, OutputFormat::csv);
  EXPECT_EQ(answered({"get", "counts", "--history", "--record"}).exit_code, 1);
}

TEST(CommandLine, LeavesWhatFollowsTheTwoDashesAlone) {
  EXPECT_EQ(std::get<ValidateOptions>(accepted({"validate", "--", "--odd.toml"}).command).policy,
            "--odd.toml");
}

struct Refused {
  std::vector<std::string> arguments;
  std::string says;
};

class UsageErrors : public testing::TestWithParam<Refused> {};

TEST_P(UsageErrors, ExitWithOneAndSayWhatToDo) {
  const Answered answer = answered(GetParam().arguments);
  EXPECT_EQ(answer.exit_code, 1);
  EXPECT_THAT(answer.text, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Table, UsageErrors,
    testing::Values(
        Refused{{}, "Usage"}, Refused{{}, "validate"}, Refused{{"--quiet"}, "needs a command"},
        Refused{{"aply"}, "unknown command \"aply\" - did you mean \"apply\"?"},
        Refused{{"help"}, "unknown command \"help\" - did you mean \"--help\"?"},
        Refused{{"version"}, "unknown command \"version\" - did you mean \"--version\"?"},
        Refused{{"audit", "lst"}, "unknown command \"lst\" - did you mean \"list\"?"},
        Refused{{"audit"}, "rolecall audit needs a command"},
        Refused{{"plan", "--pararellism", "3"},
                "unknown option \"--pararellism\" - did you mean --parallelism?"},
        Refused{{"plan", "--outt=x"}, "unknown option \"--outt\" - did you mean --out?"},
        Refused{{"plan", "--yes"}, "--yes is an option of apply, not of rolecall plan"},
        Refused{{"--yes", "apply"}, "--yes is an option of apply: write it after the command"},
        Refused{{"plan", "--store", "a", "--store", "b"}, "--store given twice"},
        Refused{{"plan", "--store"}, "--store needs a value"},
        Refused{{"plan", "--out", "--detailed-exitcode"}, "--out needs a value"},
        Refused{{"plan", "a", "b"}, "takes no further argument: \"b\""},
        Refused{{"plan", "--parallelism", "0"}, "must be a whole number from 1 to 32"},
        Refused{{"plan", "--parallelism", "-1"}, "must be a whole number from 1 to 32"},
        Refused{{"plan", "--parallelism", "1e9"}, "must be a whole number from 1 to 32"},
        Refused{{"plan", "--parallelism", "\xd9\xa3"}, "must be a whole number from 1 to 32"},
        Refused{{"plan", "--max-rate", "fast"}, "must be calls a second"},
        Refused{{"plan", "--at", "2026-02-30"}, "must be a date or a moment"},
        Refused{{"apply", "--expect-digest", "9f2c41d07a3"}, "must be the first 12 or more"},
        Refused{{"apply", "--expect-digest", ""}, "must be the first 12 or more"},
        Refused{{"apply", "undo.plan", "--undo", "0"}, "must be the number of a run"},
        Refused{{"plan", "--expect-digest", "9f2c41d07a3e"},
                "--expect-digest is an option of apply, not of rolecall plan"},
        Refused{{"plan", "--format", "xml"}, "must be one of text, json, markdown"},
        Refused{{"run", "--interval", "0s"}, "must be between 1m and 7d, with a unit"},
        Refused{{"run", "--interval", "5"}, "must be between 1m and 7d, with a unit"},
        Refused{{"run", "--interval", "-1m"}, "must be between 1m and 7d, with a unit"},
        Refused{{"run", "--interval", "999999h"}, "must be between 1m and 7d, with a unit"},
        Refused{{"get"}, "rolecall get needs THING"},
        Refused{{"get", "usres"}, "did you mean \"users\"?"},
        Refused{{"stop"}, "rolecall stop needs --reason TEXT"},
        Refused{{"stop", "--reason"}, "--reason needs a value"},
        Refused{{"resume", "--reason", "x"}, "--reason is an option of stop"},
        Refused{{"audit", "show", "x"}, "must be the number of a run"},
        Refused{{"get", "users", "--format", "markdown"}, "--format markdown is for plan"},
        Refused{{"plan", "--format", "csv"}, "use text, json or markdown"},
        Refused{{"validate", "--format", "csv"}, "--format csv is for get"},
        Refused{{"report", "--out", "r.html", "--format", "json"}, "not for report"},
        Refused{{"undo"}, "RUN"}, Refused{{"undo", "0"}, "must be the number of a run"},
        Refused{{"plan", std::string("a\xff")}, "argument 2 is not valid UTF-8"},
        Refused{{"plan", std::string(1'000'000, 'a')}, "argument 2 is too long"}),
    [](const auto& it) {
      return fmt::format("Row{}{}", it.index + 1,
                         test::test_name(fmt::to_string(fmt::join(it.param.arguments, " "))));
    });

TEST(CommandLine, TakesNoSecretsAndNeverEchoesThem) {
  const std::vector<std::string> options{"--api-key", "--token",  "--api-token", "--API_KEY",
                                         "--secret",  "--apikey", "--password",  "-token"};
  for (const std::string& option : options) {
    for (const bool joined : {false, true}) {
      const std::vector<std::string> arguments =
          joined ? std::vector<std::string>{"plan", option + "=s3cr3t"}
                 : std::vector<std::string>{"plan", option, "s3cr3t"};
      const Answered answer = answered(arguments);
      EXPECT_EQ(answer.exit_code, 1);
      EXPECT_THAT(answer.text, HasSubstr("--api-key-file"));
      EXPECT_THAT(answer.text, Not(HasSubstr("s3cr3t")));
    }
  }
}

TEST(CommandLine, NeverEchoesTheValueOfAnUnknownOption) {
  EXPECT_THAT(answered({"plan", "--api-kye=s3cr3t"}).text, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(answered({"plan", "--api-kye", "s3cr3t"}).text, Not(HasSubstr("s3cr3t")));
}

TEST(CommandLine, EscapesWhatItQuotes) {
  const std::string text = answered({"pl\x1b[31man"}).text;
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("unknown command"));
}

TEST(CommandLine, TellsItsVersion) {
  const Answered answer = answered({"--version"});
  EXPECT_EQ(answer.text, "rolecall 0.1.0\n");
  EXPECT_EQ(answer.exit_code, 0);
}

TEST(CommandLine, HelpsOnEveryLevelWithExamples) {
  const std::vector<std::vector<std::string>> levels{{"--help"},
                                                     {"plan", "--help"},
                                                     {"apply", "-h"},
                                                     {"run", "-h"},
                                                     {"get", "--help"},
                                                     {"import", "--help"},
                                                     {"explain", "--help"},
                                                     {"audit", "--help"},
                                                     {"unlock", "-h"},
                                                     {"stop", "--help"},
                                                     {"resume", "--help"},
                                                     {"audit", "show", "--help"},
                                                     {"simulate", "--help"},
                                                     {"--help", "plan"}};
  for (const auto& level : levels) {
    const Answered answer = answered(level);
    EXPECT_EQ(answer.exit_code, 0);
    EXPECT_THAT(answer.text, HasSubstr("Examples:"));
  }
}

}  // namespace
}  // namespace rolecall
