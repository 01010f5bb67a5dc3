#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "state/model/instant.h"
#include "state/model/memory.h"
#include "state/model/result.h"
#include "state/store/chain.h"

namespace rolecall {

using RunId = std::int64_t;
using IntentId = std::int64_t;

/// A run of apply (of a policy or a saved plan) or of one cycle of the service.
struct RunStart {
  std::string command;  ///< "apply", "run"
  std::string user;     ///< login name, with host: who
  std::string host;
  std::int64_t pid = 0;
  Instant at;
  std::string tool_version;
  std::string organization;
  std::string directory;
  std::string policy_path;
  std::string policy_digest;
  std::string
      git_commit;  ///< of the policy; "+dirty" at its end when files differ; empty without git
  std::string plan_digest;
};

/// One change about to be made. Changes that one HTTP call carries share `call`.
struct Intent {
  std::int64_t call = 0;  ///< number of the call within its run
  std::string kind;       ///< "add_member", ...
  std::string user, account_id, group, group_id, resource, role;  ///< empty where not meant
  std::string cause_file;
  std::int64_t cause_line = 0;
  std::string why, reason;
  std::string request;  ///< method and path of the call
  std::string body_digest;
};

/// What became of a change.
enum class ChangeResult : std::uint8_t { applied, already_so, failed, in_doubt };
[[nodiscard]] std::string_view name(ChangeResult result);

struct Outcome {
  IntentId intent = 0;
  ChangeResult result{};
  int http_status = 0;  ///< 0: no answer
  int attempts = 0;
  std::int64_t duration_ms = 0;
  std::string message;  ///< the API's words or ours; at most 512 bytes
};

struct RunEnd {
  Instant at;
  int exit_code = 0;  ///< -1: the process died, nobody saw one
  std::string state;  ///< "finished", "interrupted", "refused", "failed"
  /// reads and writes count calls, the others changes
  std::int64_t reads = 0, writes = 0, applied = 0, already_so = 0, failed = 0, in_doubt = 0,
               skipped = 0;
};

struct RunRecord {
  RunId id = 0;
  RunStart start;
  std::optional<RunEnd> end;  ///< nothing: still going on, or its process died
};

struct CallRecord {
  IntentId id = 0;
  RunId run = 0;
  Instant at;
  Intent intent;
  std::optional<Outcome> outcome;  ///< nothing: the answer is not known
  std::optional<Instant> outcome_at;
};

/// Somebody's decision to go on with a log that was cut or altered.
struct AcceptedGap {
  Instant at;
  std::string user;  ///< login name, with host
  std::string reason;
};

/// The audit log and what a run must remember. One SQLite file, mode 0600 in a folder made with
/// 0700.
///
/// Speaks of runs, intents and outcomes, never of SQL. After any error from a function that writes,
/// nothing more may be sent to the API (exit code 8). WAL with synchronous=FULL: when a function
/// that writes has returned, its rows are on disk.
class Store {
 public:
  enum class Access : std::uint8_t {
    look,  ///< of Store::look: holds only if nobody writes meanwhile
    read,
    write,
  };

  /// Opens, for `write` creates and migrates; a missing folder is made (0700), its parents are not.
  /// Refuses: files that are not a rolecall store, ones written by a newer version or altered by
  /// other means, ones open to others or owned by them, symbolic and hard links. `read` never
  /// creates or migrates, and works where file and folder are read-only; elsewhere it may leave
  /// SQLite's -wal and -shm files beside the store, with no row in them. `write` wants the
  /// StoreLock held, and refuses a log that does not reach, or disagrees with, the head file beside
  /// the store, and one whose hashes are wrong (chain.h); all hashes are computed up to 50,000
  /// rows, beyond that the newest. `accepted` goes on with such a log and says so in it.
  [[nodiscard]] static Result<Store> open(
      const std::string& path, Access access,
      const std::optional<AcceptedGap>& accepted = std::nullopt);
  /// For commands that only look and are soon done: as `read`, and opens nothing for writing, not
  /// even files beside the store (guarantees.md F8), unless a run writes, or a crash has left rows
  /// in -wal. Calls `read` once more when somebody wrote while it read.
  [[nodiscard]] static Result<void> look(const std::string& path,
                                         const std::function<Result<void>(const Store&)>& read);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// A random id given to the store when it was made.
  [[nodiscard]] const std::string& id() const;
  /// The last row that this object knows to be in the log.
  [[nodiscard]] const ChainHead& head() const;

  /// From here on nothing is written once this says no: the lock is another run's, whose rows and
  /// chain these would come between. Asked within each transaction.
  void write_only_while(std::function<bool()> lock_is_ours);

  [[nodiscard]] Result<RunId> begin_run(const RunStart& start);
  [[nodiscard]] Result<void> end_run(RunId run, const RunEnd& end);

  /// One transaction for all: intents durable before any of their calls may leave. Returns an id
  /// for each, in order. The space for their outcomes and for the end of the run is taken with
  /// them, so that a full disk fails here, before the next call, and not when its outcome is known.
  /// That is 16 KiB a change: batches are what is about to be sent, not a whole plan.
  [[nodiscard]] Result<std::vector<IntentId>> record_intents(RunId run, Instant at,
                                                             std::span<const Intent> intents);
  /// One transaction for all. An outcome is final: a second one for the same intent is an error.
  [[nodiscard]] Result<void> record_outcomes(Instant at, std::span<const Outcome> outcomes);
  /// Both in one transaction: what has ended, and what leaves next. Where that cannot be written,
  /// for want of space say, the outcomes are recorded alone, if they can be.
  [[nodiscard]] Result<std::vector<IntentId>> record(RunId run, Instant at,
                                                     std::span<const Outcome> outcomes,
                                                     std::span<const Intent> intents);

  /// Newest first; `limit` 0 for all.
  [[nodiscard]] Result<std::vector<RunRecord>> runs(std::size_t limit) const;
  [[nodiscard]] Result<std::optional<RunRecord>> run(RunId run) const;
  [[nodiscard]] Result<std::vector<CallRecord>> calls(RunId run) const;
  /// The newest run that was begun with this command and sent something, or may have.
  [[nodiscard]] Result<std::optional<RunRecord>> last_sent_by(const std::string& command) const;

  /// The head of the log when this was its last row; nothing where there is no such row.
  [[nodiscard]] Result<std::optional<ChainHead>> head_at(std::int64_t seq) const;
  /// The latest time that rows after this one tell; nothing where none of them tells any.
  [[nodiscard]] Result<std::optional<Instant>> latest_after(std::int64_t seq) const;

  /// Runs without an end are closed as "interrupted", with what their rows tell: an intent without
  /// outcome counts as in doubt. To be called with the lock held, before begin_run: then their
  /// processes are dead. Returns how many there were.
  [[nodiscard]] Result<std::size_t> close_interrupted_runs(Instant at);

  /// Intents of any run that have no outcome, oldest first: before begin_run, those whose calls may
  /// or may not have taken effect.
  [[nodiscard]] Result<std::vector<CallRecord>> open_intents() const;

  /// What goes along with a removed person or a deleted group, as the change that would bring it
  /// back. For each of them one that brings back the person or the group itself, with `whole` when
  /// all that went along is known.
  struct Loss {
    std::string kind, user, account_id, group, group_id, resource, role, description;
    bool whole = false;
    auto operator<=>(const Loss&) const = default;
  };
  /// To be recorded before the run's first intent.
  [[nodiscard]] Result<void> record_losses(RunId run, std::span<const Loss> losses);
  [[nodiscard]] Result<std::vector<Loss>> losses(RunId run) const;

  /// A change that a run made, or may have made.
  struct Touch {
    RunId run = 0;
    std::string kind, user, group, resource, role;
  };
  /// Those of the runs after this one on the same organization, in their order.
  [[nodiscard]] Result<std::vector<Touch>> touched_after(RunId run) const;

  /// How large the organization was over time, oldest first.
  [[nodiscard]] Result<std::vector<Counts>> counts(const std::string& organization) const;

  /// What the safety rules made of a run's plan, for the runs after it.
  struct SafetyRecord {
    /// Limit classes that the plan goes beyond, each with the acknowledgement that admits it.
    std::vector<std::pair<std::string, std::string>> admitted;
    /// Addresses of active org admins whom the plan suspends or removes.
    std::vector<std::string> admins_lost;
  };
  /// To be recorded before the run's first intent: its acknowledgements are used up from then on.
  [[nodiscard]] Result<void> record_safety(RunId run, const SafetyRecord& record);
  /// The acknowledgements that runs have used up, with the run.
  [[nodiscard]] Result<std::map<std::string, RunId>> used_acknowledgements() const;

  /// Changes of one run and kind that were applied, or may have been: no outcome, or in doubt.
  struct RecentChanges {
    RunId run = 0;
    std::string kind;
    std::string group;                  ///< empty where the kind has none
    bool loses_admin = false;           ///< it suspended or removed active org admins
    std::vector<std::string> admitted;  ///< classes whose limit the run was let exceed
    std::int64_t n = 0;
  };
  /// Of every run on the organization, in the order of runs. Times are compared by the second, and
  /// one that lies in the future counts.
  [[nodiscard]] Result<std::vector<RecentChanges>> changes_since(const std::string& organization,
                                                                 Instant since) const;

  /// What the last apply protected: "user" or "group" and natural key (policy-language.md,
  /// "Protected").
  struct Protection {
    std::string kind;
    std::string key;
    auto operator<=>(const Protection&) const = default;
  };
  [[nodiscard]] Result<std::vector<Protection>> remembered_protections(
      const std::string& organization) const;
  /// Replaces what is remembered for that organization.
  [[nodiscard]] Result<void> remember_protections(const std::string& organization,
                                                  std::span<const Protection> protections);

  /// What earlier runs know of the organization.
  /// Reads do not tell yet what became of invitations that left at `settling` or later.
  [[nodiscard]] Result<Memory> memory(const std::string& organization,
                                      std::optional<Instant> settling = std::nullopt) const;
  struct Remembered {
    std::vector<Identity> identities;  ///< new, or confirmed to be others than before
    std::vector<std::string> arrived;  ///< addresses of open invitations that have been seen since
    std::optional<Sighting> sighting;
    /// Kept where it differs from the last one, and otherwise once a day (UTC).
    std::optional<Counts> counts;
  };
  [[nodiscard]] Result<void> remember(const std::string& organization,
                                      const Remembered& remembered);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rolecall
