#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/options.h"
#include "controller/reconciler.h"
#include "controller/stop_switch.h"
#include "state/api/api_client.h"
#include "state/api/clock.h"
#include "state/store/lock.h"
#include "state/store/store.h"

namespace rolecall {

/// The store, opened for writing, with its lock held. `exit_code` says why there is none.
struct OpenStore {
  std::optional<StoreLock> lock;
  std::optional<Store> store;
  Error error;
  /// 1: the key cannot sign, 7: somebody else holds the lock, 8: the store cannot be used
  int exit_code = 0;
  std::string path;
  std::string sign_key;  ///< empty: the log is not signed
};
[[nodiscard]] OpenStore open_store(const std::string& path, const std::string& command,
                                   const LogOptions& log);

/// After a run: signs the end of the log where that was asked for.
[[nodiscard]] Result<void> sign_log(const OpenStore& opened);

/// Settles what earlier runs left open when they were cut off, and says so. 0, or the exit code.
[[nodiscard]] int settle_earlier_runs(Store& store, ReadClient& client,
                                      const std::string& policy_path);

/// One run of apply on a plan that was made: into the log, through the applier, out of the log.
struct ApplyRun {
  const GlobalOptions& global;
  WriteClient& client;
  const Clock& clock;
  OpenStore& opened;
  std::string command;
  std::string policy_path;
  std::string git_commit;  ///< of the policy
  StopSwitch stop;

  /// Records a plan that is refused, or has nothing to do, as a run of its own.
  [[nodiscard]] Result<RunId> record_without_calls(const Planned& planned, int exit_code);
  /// Records a plan that is not applied because somebody stopped all writing. It uses nothing up:
  /// what was protected stays so.
  [[nodiscard]] Result<RunId> record_stopped(const Plan& plan);
  struct Done {
    RunId run = 0;
    ApplyReport report;
    int exit_code = 0;
  };
  [[nodiscard]] Result<Done> apply(const Planned& planned);
  /// Who has stopped all writing, why, and how to go on; empty where nobody has.
  [[nodiscard]] std::string stop_order() const;

 private:
  [[nodiscard]] RunStart start_of(const Plan& plan) const;
};

/// What was applied, already so, failed (with the API's words), in doubt, skipped because of what.
[[nodiscard]] std::string render_report(const Plan& plan, const ApplyReport& report, RunId run);
[[nodiscard]] std::string render_report_json(const Plan& plan, const ApplyReport& report, RunId run,
                                             int exit_code, const ChainHead& audit_head);

}  // namespace rolecall
