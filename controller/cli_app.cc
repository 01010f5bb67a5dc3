#include "controller/cli_app.h"

#include <CLI/Config.hpp>
#include <initializer_list>

#include "controller/define_commands.h"
#include "controller/help_format.h"
#include "controller/option_values.h"

namespace rolecall {
namespace {

void define_globals(CLI::App& app, GlobalOptions& global) {
  const std::string api = "API";
  const std::string output = "Output";
  option(app, "--api-url", global.api_url,
         "Address of the API (default https://api.atlassian.com/admin); plain http only to this "
         "machine",
         "URL")
      ->envname("ROLECALL_API_URL")
      ->group(api);
  option(app, "--api-key-file", global.api_key_file,
         "File that holds the organization's API key and that only you can read. Without it the "
         "key is taken from the variable ROLECALL_API_KEY",
         "FILE")
      ->envname("ROLECALL_API_KEY_FILE")
      ->group(api);
  option(app, "--ca-file", global.ca_file, "Certificates (PEM) to trust beside the system's",
         "FILE")
      ->envname("ROLECALL_CA_FILE")
      ->group(api);
  option(app, "--org", global.org,
         "Organization id for get, import and check-key (default: the policy's, else the key's "
         "only one)",
         "ID")
      ->envname("ROLECALL_ORG")
      ->group(api);
  whole_option(app, "--parallelism", global.parallelism, "Calls in flight (default 8)", 1, 32)
      ->group(api);
  parsed_option(app, "--max-rate", global.max_rate, "Most calls a second, such as 20/s", "N/s",
                "must be calls a second, such as 20/s or 0.5/s", parse_rate)
      ->group(api);
  option(app, "--store", global.store,
         "Audit log and memory (default .rolecall/rolecall.db beside the policy)", "FILE")
      ->envname("ROLECALL_STORE");
  parsed_option(app, "--at", global.at, "Decide dates for this moment (default: now)", "INSTANT",
                "must be a date or a moment, such as 2026-12-01 or 2026-12-01T08:00:00Z",
                parse_instant);
  word_option<OutputFormat>(app, "--format", global.format, "How results are printed",
                            {{"text", OutputFormat::text},
                             {"json", OutputFormat::json},
                             {"markdown", OutputFormat::markdown},
                             {"csv", OutputFormat::csv}})
      ->group(output);
  word_option<ProgressStyle>(app, "--progress", global.progress, "Progress of long reads on stderr",
                             {{"auto", ProgressStyle::automatic},
                              {"plain", ProgressStyle::plain},
                              {"none", ProgressStyle::none}})
      ->group(output);
  word_option<LogLevel>(app, "--log-level", global.log_level, "What is logged to stderr",
                        {{"debug", LogLevel::debug},
                         {"info", LogLevel::info},
                         {"warn", LogLevel::warn},
                         {"error", LogLevel::error},
                         {"off", LogLevel::off}})
      ->group(output);
  word_option<LogFormat>(app, "--log-format", global.log_format, "How log lines look",
                         {{"text", LogFormat::text}, {"json", LogFormat::json}})
      ->group(output);
  app.add_flag("--quiet", global.quiet, "Log errors only, show no progress")->group(output);
  app.add_flag("--no-color", global.no_color, "No colors (also with NO_COLOR set)")->group(output);
}

void arrange(CLI::App& app, const char* heading, std::initializer_list<const char*> commands) {
  for (const char* command : commands) app.get_subcommand(command)->group(heading);
}

/// CLI11 takes whatever follows an option as its value, so that a forgotten value would swallow the
/// next option.
void refuse_options_as_values(CLI::App& app) {
  for (CLI::Option* known : app.get_options()) {
    if (known->get_positional() || known->get_items_expected_max() != 1) continue;
    known->check([name = known->get_name()](const std::string& value) -> std::string {
      if (value.starts_with("--")) throw CLI::ArgumentMismatch(name + ": no value");
      return {};
    });
  }
  for (CLI::App* below : app.get_subcommands([](CLI::App*) { return true; })) {
    refuse_options_as_values(*below);
  }
}

}  // namespace

std::unique_ptr<CLI::App> define_command_line(CommandLine& line) {
  auto app = std::make_unique<CLI::App>(
      "rolecall keeps an Atlassian organization's people, groups and access as a policy says.",
      "rolecall");
  app->formatter(std::make_shared<HelpFormatter>());
  app->set_help_flag("-h,--help", "Show this help");
  app->set_version_flag("--version", "rolecall " ROLECALL_VERSION, "Show the version");
  app->fallthrough();  // before the commands are added: they take it over
  app->require_subcommand(1);
  app->footer(
      "Options may stand before or after the command. Results go to stdout, all else to stderr.\n"
      "Examples:\n"
      "  rolecall validate                 is the policy sound?\n"
      "  rolecall plan                     what would change?\n"
      "  rolecall apply                    change it\n"
      "  rolecall simulate --size small    an organization to rehearse on\n"
      "Each command has its own help: rolecall plan --help");
  define_globals(*app, line.global);
  define_policy_commands(*app, line);
  define_reading_commands(*app, line);
  define_audit_commands(*app, line);
  define_other_commands(*app, line);
  arrange(*app, kBeginning, {"init", "import", "check-key", "simulate"});
  arrange(*app, kEveryDay, {"validate", "fmt", "plan", "apply", "run"});
  arrange(*app, kLooking, {"explain", "get", "report", "audit"});
  arrange(*app, kHelping, {"undo", "stop", "resume", "unlock"});
  arrange(*app, kToolbox, {"schema", "completion"});
  refuse_options_as_values(*app);
  return app;
}

}  // namespace rolecall
