#include "controller/define_commands.h"

namespace rolecall {
namespace {

void define_log_options(CLI::App& app, LogOptions& log) {
  option(app, "--sign-key", log.sign_key,
         "SSH key to sign the end of the log with after the run: a private key without passphrase, "
         "or a public one that ssh-agent has",
         "FILE")
      ->envname("ROLECALL_SIGN_KEY");
  option(app, "--accept-log-gap", log.accept_log_gap,
         "Go on although the log was cut or altered; the reason is recorded in it", "REASON");
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

}  // namespace

void define_policy_commands(CLI::App& app, CommandLine& line) {
  CLI::App& validate =
      command(app, "validate", "Check a policy without any network, every problem at once",
              "Examples:\n"
              "  rolecall validate\n"
              "  rolecall validate access/ --at 2027-01-01   as it will read on that day\n"
              "  rolecall validate --format json\n");
  option(validate, "policy", line.validate.policy, kPolicyHelp, "POLICY");
  choose(validate, line, line.validate);

  CLI::App& fmt = command(
      app, "fmt", "Bring policy files into their canonical form; comments and order stay",
      "Prints which files it rewrote. A file that is no TOML is left alone. Exit codes: 0 "
      "formatted,\n"
      "1 an error, or with --check a file that is not formatted.\n"
      "Examples:\n"
      "  rolecall fmt\n"
      "  rolecall fmt --check access/     in a build: what is not formatted? Writes nothing\n");
  option(fmt, "policy", line.fmt.policy, kPolicyHelp, "POLICY");
  fmt.add_flag("--check", line.fmt.check, "Only say which files are not formatted");
  choose(fmt, line, line.fmt);

  CLI::App& plan = command(
      app, "plan", "Compare a policy with the organization and print the changes; writes nothing",
      "Exit codes: 0 planned, 2 with --detailed-exitcode where there are changes, 4 refused by a\n"
      "safety rule, 6 the organization could not be read completely.\n"
      "Examples:\n"
      "  rolecall plan\n"
      "  rolecall plan --out changes.plan      save it for rolecall apply changes.plan\n"
      "  rolecall plan --format markdown       for a review\n"
      "  rolecall plan --base main             what a branch changes, apart from earlier drift\n"
      "  rolecall plan --quick                 did anything change since nothing was to do?\n");
  option(plan, "policy", line.plan.policy, kPolicyHelp, "POLICY");
  option(plan, "--out", line.plan.out, "Save the plan to this file", "FILE");
  option(plan, "--base", line.plan.base,
         "The policy before a change (file, folder, or a branch or commit of its repository): what "
         "the change itself does is shown apart from what was to be done before it",
         "POLICY|COMMIT");
  plan.add_flag("--detailed-exitcode", line.plan.detailed_exitcode,
                "Exit with 2 where there are changes");
  plan.add_flag("--quick", line.plan.quick,
                "Look only at counts and groups where nothing was to be done before; read "
                "everything once they differ")
      ->excludes(plan.get_option("--out"))
      ->excludes(plan.get_option("--base"));
  choose(plan, line, line.plan);

  CLI::App& apply = command(
      app, "apply", "Plan, ask for \"yes\", and make the changes; or apply exactly a saved plan",
      "Exit codes: 0 all done, 3 some changes failed, 4 refused by a safety rule, 5 the saved "
      "plan\n"
      "is stale or the digest another, 6 removals held back, 7 another run holds the lock, 8 the "
      "store\n"
      "cannot be written.\n"
      "Examples:\n"
      "  rolecall apply\n"
      "  rolecall apply --yes            without asking, for scripts\n"
      "  rolecall apply changes.plan     what was reviewed, and nothing else\n"
      "  rolecall apply undo.plan        what takes back a run, made by rolecall undo\n"
      "  rolecall apply --expect-digest 9f2c41d07a3e   only if the plan is still that one\n");
  option(apply, "target", line.apply.target,
         "A policy (file or folder), or a plan that rolecall plan --out saved", "POLICY|PLANFILE");
  option(apply, "policy", line.apply.policy,
         "The policy of a saved plan (default: as without a plan)", "POLICY");
  run_option(apply, "--undo", line.apply.undo,
             "Apply a saved plan that takes back this run, as rolecall undo saves it");
  apply.add_flag("--yes", line.apply.yes, "Do not ask");
  parsed_option(apply, "--expect-digest", line.apply.expect_digest,
                "Apply, without asking, only a plan with this digest: the one that was reviewed",
                "DIGEST", "must be the first 12 or more, or all 64, hexadecimal digits of a digest",
                parse_digest);
  apply.add_flag("--accept-shrink", line.apply.accept_shrink,
                 "Believe a listing that shows fewer than half of what the last run saw");
  apply
      .add_option("--invite-again", line.apply.invite_again,
                  "Invite this person again although they may have an invitation already")
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
  parsed_option(
      run, "--interval", line.run.interval,
      "Time between cycles (default 15m); at least 2m after one that wrote, as reads may lag",
      "DURATION", "must be between 1m and 7d, with a unit: 90s, 15m, 2h", interval);
  parsed_option(run, "--full-every", line.run.full_every,
                "Read everything this often, and in between only what plan --quick looks at "
                "(default: every cycle reads everything)",
                "DURATION", "must be between 1m and 7d, with a unit: 24h", interval);
  run.add_flag("--once", line.run.once, "One cycle, then end");
  define_log_options(run, line.run.log);
  choose(run, line, line.run);

  define_stop_commands(app, line);
}

}  // namespace rolecall
