#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "state/model/instant.h"
#include "state/store/chain.h"
#include "state/store/export.h"

namespace rolecall {

enum class OutputFormat : std::uint8_t { text, json, markdown, csv };
enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };
enum class ProgressStyle : std::uint8_t { automatic, plain, none };
enum class Shell : std::uint8_t { bash, zsh, fish };

/// What every command takes. Empty texts are "not given".
struct GlobalOptions {
  std::string api_url{};  ///< empty: the API's own address
  std::string api_key_file{};
  std::string ca_file{};
  std::string store{};
  std::string org{};
  OutputFormat format = OutputFormat::text;
  std::optional<Instant> at{};
  std::size_t parallelism = 8;
  std::optional<double> max_rate{};  ///< calls a second
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  bool quiet = false;
  bool no_color = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

/// In all of them `policy` is a file or folder; empty means the default one.
struct ValidateOptions {
  std::string policy{};
};

struct FmtOptions {
  std::string policy{};
  bool check = false;  ///< only say what is not formatted
};

struct PlanOptions {
  std::string policy{};
  std::string out{};  ///< where the plan is saved; empty: nowhere
  bool detailed_exitcode = false;
  std::string base{};  ///< the policy before a change: its plan is told apart; empty: none
  bool quick = false;  ///< look only at what a few calls show, where nothing was to be done before
};

/// How a run keeps its log.
struct LogOptions {
  std::string accept_log_gap{};  ///< the reason to go on with a log that was cut or altered
  std::string sign_key{};        ///< SSH key that signs the end of the log; empty: nobody does
};

struct ApplyOptions {
  std::string target{};  ///< a policy or a saved plan
  bool yes = false;
  std::string expect_digest{};  ///< how the plan's digest must begin; empty: any
  bool accept_shrink = false;
  std::vector<std::string> invite_again{};
  LogOptions log{};
  std::string policy{};   ///< of a saved plan; empty: the default one
  std::int64_t undo = 0;  ///< the run that a saved plan takes back; 0: it is no undo
};

struct RunOptions {
  std::string policy{};
  std::chrono::seconds interval{std::chrono::minutes(15)};
  bool once = false;
  LogOptions log{};
  std::chrono::seconds full_every{0};  ///< 0: every cycle reads everything
};

struct ExplainOptions {
  std::string who{};     ///< an address; with `group` or `resource`: the policy
  std::string policy{};  ///< file or folder; empty means the default one
  std::string group{};
  std::string resource{};
  std::string without{};  ///< a group whose going is thought through
  bool offline = false;
};

struct ImportOptions {
  std::string out{};  ///< the folder to write, or with `adopt` the policy folder to add to
  bool overwrite = false;
  bool direct_access = false;        ///< also what people were granted directly
  std::string directory{};           ///< id or name; empty: the organization's only one
  std::vector<std::string> adopt{};  ///< groups to add; empty: everything, as a new policy
};

struct GetOptions {
  std::string thing{};
  std::string argument{};
  bool all = false;      ///< also people outside the directory
  bool record = false;   ///< counts: read everything, and keep them in the store
  bool history = false;  ///< counts: those that the store has
};

struct CheckKeyOptions {};

struct AuditListOptions {
  std::size_t limit = 20;  ///< 0: all
};

struct AuditShowOptions {
  std::int64_t run = 0;
};

struct AuditVerifyOptions {
  std::string file{};  ///< an export, or a store; empty: the store
  std::optional<ChainHead> head{};
  std::string allowed_signers{};
};

struct AuditExportOptions {
  ExportFormat format = ExportFormat::jsonl;
  std::string out{};  ///< empty: to stdout
};

struct ReportOptions {
  std::string policy{};
  std::string out{};           ///< the page; empty: none
  std::string csv{};           ///< folder for its tables; empty: none
  bool direct_access = false;  ///< look up everybody's direct access: a call for each person
};

struct UndoOptions {
  std::int64_t run = 0;
  std::string policy{};
  std::string out{};  ///< where the plan is saved; empty: nowhere
};

struct SimulateOptions {
  std::string listen = "127.0.0.1:8080";
  std::string seed_file{};
  std::string size{};  ///< "small", "medium", "large"
  std::optional<std::size_t> users{}, groups{}, memberships{};
  std::uint64_t random_seed = 1;
  bool tls = false;
  std::string ca_out{};
};

struct UnlockOptions {
  bool yes = false;
};

struct StopOptions {
  std::string policy{};
  std::string reason{};
};

struct ResumeOptions {
  std::string policy{};
};

struct InitOptions {
  std::string folder = ".";
  std::string directory{};
  std::vector<std::string> admins{};
  std::string unlisted_users{};  ///< "ignore", "suspend", "remove"; empty: not said
};

/// Of what there is a JSON Schema.
enum class SchemaOf : std::uint8_t { policy, plan, plan_file, audit };

struct SchemaOptions {
  SchemaOf of = SchemaOf::policy;
};

struct ManOptions {};

struct CompletionOptions {
  Shell shell = Shell::bash;
};

using Command =
    std::variant<ValidateOptions, FmtOptions, PlanOptions, ApplyOptions, RunOptions, ExplainOptions,
                 ImportOptions, GetOptions, CheckKeyOptions, AuditListOptions, AuditShowOptions,
                 AuditVerifyOptions, AuditExportOptions, UndoOptions, ReportOptions,
                 SimulateOptions, UnlockOptions, StopOptions, ResumeOptions, InitOptions,
                 SchemaOptions, ManOptions, CompletionOptions>;

}  // namespace rolecall
