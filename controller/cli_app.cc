#include "controller/cli_app.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <map>

#include "controller/get_things.h"
#include "controller/option_values.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

CLI::Option* option(CLI::App& app, const std::string& name, std::string& target,
                    const std::string& what, const std::string& type) {
  return app.add_option(name, target, what)->type_name(type);
}

/// An option whose text is read by `parse`; what that does not take is refused with `must`.
template <class T, class Parse>
CLI::Option* parsed_option(CLI::App& app, const std::string& name, T& target,
                           const std::string& what, const std::string& type,
                           const std::string& must, Parse parse) {
  const auto set = [name, &target, must, parse](const std::string& text) {
    const auto value = parse(text);
    if (!value) throw CLI::ValidationError(name, must);
    target = static_cast<T>(*value);
  };
  return app.add_option_function<std::string>(name, set, what)->type_name(type);
}

/// An option that takes one of a few words.
template <class T>
CLI::Option* word_option(CLI::App& app, const std::string& name, T& target, const std::string& what,
                         const std::vector<std::pair<std::string, T>>& words) {
  std::string list;
  for (const auto& [word, value] : words) list += (list.empty() ? "" : ", ") + word;
  const auto parse = [words](const std::string& text) -> std::optional<T> {
    for (const auto& [word, value] : words) {
      if (word == text) return value;
    }
    return std::nullopt;
  };
  return parsed_option(app, name, target, what + ": " + list, "WORD", "must be one of " + list,
                       parse);
}

template <class T>
CLI::Option* whole_option(CLI::App& app, const std::string& name, T& target,
                          const std::string& what, std::uint64_t least, std::uint64_t most) {
  return parsed_option(
      app, name, target, what, "N",
      fmt::format("must be a whole number from {} to {}", least, most),
      [least, most](const std::string& text) { return parse_whole(text, least, most); });
}

CLI::App& command(CLI::App& parent, const std::string& name, const std::string& what,
                  const std::string& examples) {
  CLI::App* app = parent.add_subcommand(name, what);
  app->footer(examples + "\nOptions for every command: rolecall --help");
  return *app;
}

/// Which command was named, with its options as they then are.
template <class Options>
void choose(CLI::App& app, CommandLine& line, const Options& options) {
  app.callback([&line, &options] { line.command = options; });
}

constexpr const char* kPolicyHelp =
    "A policy file or a folder of them (default: rolecall.toml, else the folder access/)";

void define_log_options(CLI::App& app, LogOptions& log) {
  option(app, "--sign-key", log.sign_key,
         "SSH key to sign the end of the log with after the run: a private key without passphrase, "
         "or a public one that ssh-agent has",
         "FILE")
      ->envname("ROLECALL_SIGN_KEY");
  option(app, "--accept-log-gap", log.accept_log_gap,
         "Go on although the log was cut or altered; the reason is recorded in it", "REASON");
}

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
         "Organization id for get and check-key (default: the policy's, else the key's only one)",
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
                             {"markdown", OutputFormat::markdown}})
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

void define_policy_commands(CLI::App& app, CommandLine& line) {
  CLI::App& validate =
      command(app, "validate", "Check a policy without any network, every problem at once",
              "Examples:\n"
              "  rolecall validate\n"
              "  rolecall validate access/ --at 2027-01-01   as it will read on that day\n"
              "  rolecall validate --format json\n");
  option(validate, "policy", line.validate.policy, kPolicyHelp, "POLICY");
  choose(validate, line, line.validate);

  CLI::App& plan = command(
      app, "plan", "Compare a policy with the organization and print the changes; writes nothing",
      "Exit codes: 0 planned, 2 with --detailed-exitcode where there are changes, 4 refused by a\n"
      "safety rule, 6 the organization could not be read completely.\n"
      "Examples:\n"
      "  rolecall plan\n"
      "  rolecall plan --out changes.plan      save it for rolecall apply changes.plan\n"
      "  rolecall plan --format markdown       for a review\n");
  option(plan, "policy", line.plan.policy, kPolicyHelp, "POLICY");
  option(plan, "--out", line.plan.out, "Save the plan to this file", "FILE");
  plan.add_flag("--detailed-exitcode", line.plan.detailed_exitcode,
                "Exit with 2 where there are changes");
  choose(plan, line, line.plan);

  CLI::App& apply = command(
      app, "apply", "Plan, ask for \"yes\", and make the changes; or apply exactly a saved plan",
      "Exit codes: 0 all done, 3 some changes failed, 4 refused by a safety rule, 5 the saved "
      "plan\n"
      "is stale, 6 removals held back, 7 another run holds the lock, 8 the store cannot be "
      "written.\n"
      "Examples:\n"
      "  rolecall apply\n"
      "  rolecall apply --yes            without asking, for scripts\n"
      "  rolecall apply changes.plan     what was reviewed, and nothing else\n");
  option(apply, "target", line.apply.target,
         "A policy (file or folder), or a plan that rolecall plan --out saved", "POLICY|PLANFILE");
  apply.add_flag("--yes", line.apply.yes, "Do not ask");
  apply.add_flag("--accept-shrink", line.apply.accept_shrink,
                 "Believe a listing that shows fewer than half of what the last run saw");
  apply
      .add_option("--invite-again", line.apply.invite_again,
                  "Invite this person again although an earlier invitation may have left")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  define_log_options(apply, line.apply.log);
  choose(apply, line, line.apply);

  CLI::App& run = command(
      app, "run", "Keep the organization as the policy says: plan and apply again and again",
      "Examples:\n"
      "  rolecall run --interval 15m\n"
      "  rolecall run --once             one cycle, for cron\n");
  option(run, "policy", line.run.policy, kPolicyHelp, "POLICY");
  const auto interval = [](const std::string& text) -> std::optional<std::chrono::seconds> {
    const auto value = parse_duration(text);
    if (!value || *value < std::chrono::minutes(1) || *value > std::chrono::days(7)) return {};
    return value;
  };
  parsed_option(run, "--interval", line.run.interval, "Time between cycles (default 15m)",
                "DURATION", "must be between 1m and 7d, with a unit: 90s, 15m, 2h", interval);
  run.add_flag("--once", line.run.once, "One cycle, then end");
  define_log_options(run, line.run.log);
  choose(run, line, line.run);
}

void define_evidence_commands(CLI::App& audit, CommandLine& line) {
  CLI::App& verify = command(
      audit, "verify", "Check that no row of the log was altered, removed, added or moved",
      "Needs no key and no network, and writes nothing. Exit code 8 where the log does not "
      "verify.\n"
      "Examples:\n"
      "  rolecall audit verify\n"
      "  rolecall audit verify --head 812:9f86d081884c7d659a2feaa0c55ad015...   kept elsewhere\n"
      "  rolecall audit verify audit.jsonl --allowed-signers signers            an export\n");
  option(verify, "file", line.audit_verify.file,
         "An export, or a copy of a store (default: the store)", "FILE");
  parsed_option(verify, "--head", line.audit_verify.head,
                "What an earlier run printed as its audit head: the log must still have it",
                "SEQ:HEX", "must be a number, a colon and 64 hexadecimal digits", parse_head);
  option(verify, "--allowed-signers", line.audit_verify.allowed_signers,
         "Check the signed checkpoints against these people's keys (see ssh-keygen(1), ALLOWED "
         "SIGNERS)",
         "FILE");
  choose(verify, line, line.audit_verify);

  CLI::App& exported =
      command(audit, "export", "The whole log, as evidence that verifies by itself",
              "Examples:\n"
              "  rolecall audit export --out audit.jsonl\n"
              "  rolecall audit export --format csv > audit.csv\n");
  word_option<ExportFormat>(exported, "--format", line.audit_export.format,
                            "JSON Lines (default), or a table for spreadsheets",
                            {{"jsonl", ExportFormat::jsonl}, {"csv", ExportFormat::csv}});
  option(exported, "--out", line.audit_export.out, "Write it to this file", "FILE");
  choose(exported, line, line.audit_export);
}

void define_reading_commands(CLI::App& app, CommandLine& line) {
  CLI::App& get = command(
      app, "get", "Show something of the live organization",
      fmt::format("THING is one of:\n  {}\n", things_in_words()) +
          "Examples:\n"
          "  rolecall get users\n"
          "  rolecall get user ada@acme.example\n"
          "  rolecall get group engineering --format json\n"
          "  rolecall get users --all        also managed accounts outside the directory\n");
  const auto known = [](const std::string& text) -> std::string {
    if (find_thing(text) != nullptr) return {};
    const auto near = closest(text, thing_names());
    return fmt::format("{} is nothing that can be shown{}", quote(text),
                       near ? fmt::format(" - did you mean \"{}\"?", *near) : "");
  };
  option(get, "thing", line.get.thing, "What to show", "THING")->required()->check(known);
  option(get, "which", line.get.argument, "Which one: an address, a name or an id", "WHICH");
  get.add_flag("--all", line.get.all, "Also people outside the directory");
  choose(get, line, line.get);

  CLI::App& check = command(app, "check-key", "Show what the API key may read",
                            "Examples:\n"
                            "  rolecall check-key\n"
                            "  rolecall check-key --api-key-file key --org 1b2c...\n");
  check.callback([&line] { line.command = CheckKeyOptions{}; });

  CLI::App& audit = command(app, "audit", "Read the log of every run and call",
                            "Examples:\n"
                            "  rolecall audit list\n"
                            "  rolecall audit show 12\n"
                            "  rolecall audit verify\n"
                            "  rolecall audit export --out audit.jsonl\n");
  audit.require_subcommand(1);
  CLI::App& list = command(audit, "list", "The runs, newest first",
                           "Examples:\n"
                           "  rolecall audit list --limit 5\n");
  whole_option(list, "--limit", line.audit_list.limit, "Most runs to show, 0 for all (default 20)",
               0, 1'000'000);
  choose(list, line, line.audit_list);
  CLI::App& show = command(audit, "show", "One run and every change it tried",
                           "Examples:\n"
                           "  rolecall audit show 12 --format json\n");
  parsed_option(
      show, "run", line.audit_show.run, "The run's number in audit list", "RUN",
      "must be the number of a run",
      [](const std::string& text) { return parse_whole(text, 1, std::uint64_t{1} << 62U); })
      ->required();
  choose(show, line, line.audit_show);
  define_evidence_commands(audit, line);
}

void define_stop_commands(CLI::App& app, CommandLine& line) {
  CLI::App& stop = command(
      app, "stop", "Keep every run of apply and run from writing, also those going on now",
      "What is in flight is finished and recorded; nothing more is sent until rolecall resume.\n"
      "plan goes on working. The order is a file beside the store, so that it outlives restarts.\n"
      "Examples:\n"
      "  rolecall stop --reason \"wrong branch merged, INC-12\"\n");
  option(stop, "policy", line.stop.policy, kPolicyHelp, "POLICY");
  option(stop, "--reason", line.stop.reason, "Why, for whoever finds it stopped", "TEXT")
      ->required();
  choose(stop, line, line.stop);

  CLI::App& resume = command(app, "resume", "Take back rolecall stop",
                             "Examples:\n"
                             "  rolecall resume\n");
  option(resume, "policy", line.resume.policy, kPolicyHelp, "POLICY");
  choose(resume, line, line.resume);
}

void define_other_commands(CLI::App& app, CommandLine& line) {
  CLI::App& simulate = command(
      app, "simulate", "Serve a made-up organization on this machine that speaks the same API",
      "Examples:\n"
      "  rolecall simulate --size small\n"
      "  rolecall simulate --listen 127.0.0.1:0 --seed org.json\n"
      "  rolecall --api-url http://127.0.0.1:8080/admin plan     in another terminal\n");
  option(simulate, "--listen", line.simulate.listen,
         "Address and port (default 127.0.0.1:8080; port 0 takes a free one)", "HOST:PORT");
  CLI::Option* seed =
      option(simulate, "--seed", line.simulate.seed_file, "The organization, as JSON", "FILE");
  word_option<std::string>(simulate, "--size", line.simulate.size,
                           "A generated organization (default small)",
                           {{"small", "small"}, {"medium", "medium"}, {"large", "large"}})
      ->excludes(seed);
  whole_option(simulate, "--users", line.simulate.users, "People to generate", 1, 1'000'000)
      ->excludes(seed);
  whole_option(simulate, "--groups", line.simulate.groups, "Groups to generate", 0, 100'000)
      ->excludes(seed);
  whole_option(simulate, "--memberships", line.simulate.memberships, "Memberships to generate", 0,
               10'000'000)
      ->excludes(seed);
  whole_option(simulate, "--random-seed", line.simulate.random_seed,
               "Other numbers give other organizations (default 1)", 0, ~std::uint64_t{0} >> 1U)
      ->excludes(seed);
  CLI::Option* tls =
      simulate.add_flag("--tls", line.simulate.tls, "Serve https, with a certificate made for it");
  option(simulate, "--ca-out", line.simulate.ca_out,
         "With --tls: where to write the certificate that clients take as --ca-file", "FILE")
      ->needs(tls);
  choose(simulate, line, line.simulate);

  CLI::App& unlock = command(
      app, "unlock", "Show who holds the lock of the store, and take it away after a \"yes\"",
      "The lock goes by itself when its holder ends. Take it away only from a run that hangs: it\n"
      "will stop before its next write.\n"
      "Examples:\n"
      "  rolecall unlock\n"
      "  rolecall unlock --yes\n");
  unlock.add_flag("--yes", line.unlock.yes, "Do not ask");
  choose(unlock, line, line.unlock);

  CLI::App& completion =
      command(app, "completion", "Print a shell's completion script",
              "Examples:\n"
              "  source <(rolecall completion bash)\n"
              "  rolecall completion zsh > ~/.zfunc/_rolecall\n"
              "  rolecall completion fish > ~/.config/fish/completions/rolecall.fish\n");
  word_option<Shell>(completion, "shell", line.completion.shell, "Which shell",
                     {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}})
      ->required()
      ->type_name("SHELL");
  choose(completion, line, line.completion);
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
  app->set_version_flag("--version", "rolecall " ROLECALL_VERSION);
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
  define_stop_commands(*app, line);
  define_other_commands(*app, line);
  refuse_options_as_values(*app);
  return app;
}

}  // namespace rolecall
