#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>

#include "controller/options.h"

namespace rolecall {

/// What the definition below writes into while CLI11 parses.
struct CommandLine {
  GlobalOptions global;
  ValidateOptions validate;
  FmtOptions fmt;
  PlanOptions plan;
  ApplyOptions apply;
  RunOptions run;
  ExplainOptions explain;
  ImportOptions import;
  GetOptions get;
  AuditListOptions audit_list;
  AuditShowOptions audit_show;
  AuditVerifyOptions audit_verify;
  AuditExportOptions audit_export;
  UndoOptions undo;
  ReportOptions report;
  SimulateOptions simulate;
  UnlockOptions unlock;
  StopOptions stop;
  ResumeOptions resume;
  InitOptions init;
  SchemaOptions schema;
  CompletionOptions completion;
  std::optional<Command> command;  ///< the one that was named, with its options
};

/// The whole command line: commands, options, help. The one place that says what there is; parsing,
/// help and shell completion all come from it. `line` must outlive the result.
[[nodiscard]] std::unique_ptr<CLI::App> define_command_line(CommandLine& line);

/// Why CLI11 refused, in the words of guarantees.md 4.3. No value is echoed but for a command name.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace rolecall
