#pragma once

#include "controller/options.h"

namespace rolecall {

/// The exit code where a log, or an export of one, does not verify.
inline constexpr int kDoesNotVerify = 8;

// One function a command. Results go to stdout, everything else to stderr; what is returned is the
// exit code (command-line.md, "Exit codes").

[[nodiscard]] int run_validate(const GlobalOptions& global, const ValidateOptions& options);
[[nodiscard]] int run_fmt(const GlobalOptions& global, const FmtOptions& options);
[[nodiscard]] int run_plan(const GlobalOptions& global, const PlanOptions& options);
[[nodiscard]] int run_apply(const GlobalOptions& global, const ApplyOptions& options);
/// The command `run`.
[[nodiscard]] int run_service(const GlobalOptions& global, const RunOptions& options);
[[nodiscard]] int run_explain(const GlobalOptions& global, const ExplainOptions& options);
[[nodiscard]] int run_import(const GlobalOptions& global, const ImportOptions& options);
[[nodiscard]] int run_get(const GlobalOptions& global, const GetOptions& options);
[[nodiscard]] int run_check_key(const GlobalOptions& global, const CheckKeyOptions& options);
[[nodiscard]] int run_audit_list(const GlobalOptions& global, const AuditListOptions& options);
[[nodiscard]] int run_audit_show(const GlobalOptions& global, const AuditShowOptions& options);
[[nodiscard]] int run_audit_verify(const GlobalOptions& global, const AuditVerifyOptions& options);
[[nodiscard]] int run_audit_export(const GlobalOptions& global, const AuditExportOptions& options);
[[nodiscard]] int run_report(const GlobalOptions& global, const ReportOptions& options);
[[nodiscard]] int run_undo(const GlobalOptions& global, const UndoOptions& options);
[[nodiscard]] int run_simulate(const GlobalOptions& global, const SimulateOptions& options);
[[nodiscard]] int run_stop(const GlobalOptions& global, const StopOptions& options);
[[nodiscard]] int run_resume(const GlobalOptions& global, const ResumeOptions& options);
[[nodiscard]] int run_unlock(const GlobalOptions& global, const UnlockOptions& options);
[[nodiscard]] int run_init(const GlobalOptions& global, const InitOptions& options);
[[nodiscard]] int run_man(const GlobalOptions& global, const ManOptions& options);
[[nodiscard]] int run_schema(const GlobalOptions& global, const SchemaOptions& options);
[[nodiscard]] int run_completion(const GlobalOptions& global, const CompletionOptions& options);

}  // namespace rolecall
