#include "controller/cli.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "controller/cli_app.h"
#include "controller/commands.h"
#include "controller/log.h"
#include "controller/output.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kLongestArgument = std::size_t{64} * 1024;

Answered refused(std::string_view what, std::string_view hint) {
  return {fmt::format("error: {}\n  hint: {}\n", what, hint), 1};
}

/// Option names somebody who wants to hand over a secret would try.
bool wants_a_secret(std::string_view argument) {
  if (!argument.starts_with("-")) return false;
  argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
  std::string name = to_lower_ascii(argument.substr(0, argument.find('=')));
  std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
  constexpr std::array<std::string_view, 14> kNames = {
      "key",      "apikey",      "token",      "apitoken",     "accesstoken",
      "bearer",   "bearertoken", "bearerauth", "secret",       "apisecret",
      "password", "passwd",      "credential", "authorization"};
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

/// What must be refused before CLI11 sees, or quotes, anything of it.
std::optional<Answered> refuse_arguments(std::span<const std::string> arguments) {
  bool options = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() > kLongestArgument) {
      return refused(fmt::format("argument {} is too long", i + 1), "at most 64 KiB are taken");
    }
    if (find_invalid_utf8(argument)) {
      return refused(fmt::format("argument {} is not valid UTF-8", i + 1),
                     "set the terminal to UTF-8");
    }
    if (argument == "--") options = false;
    if (options && wants_a_secret(argument)) {
      return refused(
          "secrets are not taken from the command line, where every process can see them",
          "put the key into a file that only you can read and name it with --api-key-file, or "
          "set ROLECALL_API_KEY");
    }
  }
  return std::nullopt;
}

/// What no single option can know.
std::optional<Answered> refuse_combination(const Invocation& invocation) {
  const bool shows_plans = std::holds_alternative<PlanOptions>(invocation.command) ||
                           std::holds_alternative<ApplyOptions>(invocation.command) ||
                           std::holds_alternative<ExplainOptions>(invocation.command) ||
                           std::holds_alternative<UndoOptions>(invocation.command);
  if (invocation.global.format == OutputFormat::markdown && !shows_plans) {
    return refused("--format markdown is for plan, apply, explain and undo", "use text or json");
  }
  if (invocation.global.format == OutputFormat::csv &&
      !std::holds_alternative<GetOptions>(invocation.command)) {
    return refused("--format csv is for get",
                   shows_plans ? "use text, json or markdown" : "use text or json");
  }
  if (invocation.global.format == OutputFormat::json &&
      std::holds_alternative<ReportOptions>(invocation.command)) {
    return refused("--format json is not for report",
                   "it writes a page with --out and tables with --csv; rolecall get prints JSON");
  }
  return std::nullopt;
}

struct Dispatch {
  const GlobalOptions& global;
  int operator()(const ValidateOptions& options) const { return run_validate(global, options); }
  int operator()(const FmtOptions& options) const { return run_fmt(global, options); }
  int operator()(const PlanOptions& options) const { return run_plan(global, options); }
  int operator()(const ApplyOptions& options) const { return run_apply(global, options); }
  int operator()(const RunOptions& options) const { return run_service(global, options); }
  int operator()(const ExplainOptions& options) const { return run_explain(global, options); }
  int operator()(const ImportOptions& options) const { return run_import(global, options); }
  int operator()(const GetOptions& options) const { return run_get(global, options); }
  int operator()(const CheckKeyOptions& options) const { return run_check_key(global, options); }
  int operator()(const AuditListOptions& options) const { return run_audit_list(global, options); }
  int operator()(const AuditShowOptions& options) const { return run_audit_show(global, options); }
  int operator()(const AuditVerifyOptions& options) const {
    return run_audit_verify(global, options);
  }
  int operator()(const AuditExportOptions& options) const {
    return run_audit_export(global, options);
  }
  int operator()(const ReportOptions& options) const { return run_report(global, options); }
  int operator()(const UndoOptions& options) const { return run_undo(global, options); }
  int operator()(const SimulateOptions& options) const { return run_simulate(global, options); }
  int operator()(const UnlockOptions& options) const { return run_unlock(global, options); }
  int operator()(const StopOptions& options) const { return run_stop(global, options); }
  int operator()(const ResumeOptions& options) const { return run_resume(global, options); }
  int operator()(const InitOptions& options) const { return run_init(global, options); }
  int operator()(const ManOptions& options) const { return run_man(global, options); }
  int operator()(const SchemaOptions& options) const { return run_schema(global, options); }
  int operator()(const CompletionOptions& options) const { return run_completion(global, options); }
};

}  // namespace

std::variant<Invocation, Answered> parse_command_line(std::span<const std::string> arguments) {
  if (auto refusal = refuse_arguments(arguments)) return *std::move(refusal);
  CommandLine line;
  const auto app = define_command_line(line);
  if (arguments.empty()) return Answered{app->help(), 1};
  try {
    app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForVersion& version) {
    return Answered{fmt::format("{}\n", version.what()), 0};
  } catch (const CLI::CallForHelp&) {
    return Answered{app->help(), 0};
  } catch (const CLI::ParseError& error) {
    return Answered{usage_error(*app, error), 1};
  }
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') line.global.no_color = true;
  Invocation invocation{std::move(line.global), *std::move(line.command)};
  if (auto refusal = refuse_combination(invocation)) return *std::move(refusal);
  return invocation;
}

int run_command_line(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto parsed = parse_command_line(arguments);
  if (const auto* answered = std::get_if<Answered>(&parsed)) {
    if (answered->exit_code != 0) {
      print_message(answered->text);
      return answered->exit_code;
    }
    print(answered->text);
    return finish_output(0);
  }
  const auto& invocation = std::get<Invocation>(parsed);
  set_up_log(invocation.global);
  if (invocation.global.log_format == LogFormat::json) write_messages_as_json();
  return finish_output(std::visit(Dispatch{invocation.global}, invocation.command));
}

}  // namespace rolecall
