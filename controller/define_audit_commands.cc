#include "controller/define_commands.h"

namespace rolecall {
namespace {

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

void define_undo_command(CLI::App& app, CommandLine& line) {
  CLI::App& undo =
      command(app, "undo", "Plan to take back what a run did; writes nothing",
              "Takes back what the run changed and is still so. What cannot be brought back is "
              "said in the\n"
              "plan. rolecall apply FILE makes it, under the limits of the policy as it "
              "is then. "
              "The policy\n"
              "stays as it is: revert it too, or the next apply makes the run's changes again.\n"
              "Examples:\n"
              "  rolecall audit list                     which run was it?\n"
              "  rolecall undo 12 --out undo.plan        read what it prints\n"
              "  rolecall apply undo.plan                do it\n");
  run_option(undo, "run", line.undo.run, "The run's number in audit list")->required();
  option(undo, "policy", line.undo.policy, kPolicyHelp, "POLICY");
  option(undo, "--out", line.undo.out, "Save the plan to this file", "FILE");
  choose(undo, line, line.undo);
}

}  // namespace

void define_audit_commands(CLI::App& app, CommandLine& line) {
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
  run_option(show, "run", line.audit_show.run, "The run's number in audit list")->required();
  choose(show, line, line.audit_show);
  define_evidence_commands(audit, line);
  define_undo_command(app, line);
}

}  // namespace rolecall
