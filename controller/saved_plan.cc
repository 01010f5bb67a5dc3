#include "controller/saved_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "controller/logged_run.h"
#include "controller/policy_files.h"
#include "controller/private_file.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kAgain = "make a new plan";
/// As many digits as name a plan elsewhere.
constexpr std::size_t kShownDigits = 12;

/// A policy is a folder or TOML, a saved plan a JSON object.
bool looks_like_plan(const std::string& path, std::string_view bytes) {
  const std::string ending = std::filesystem::path(path).extension().string();
  if (bytes.empty()) return ending != ".toml";
  if (ending == ".plan" || ending == ".json") return true;
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return trim_ascii(bytes).starts_with('{');
}

Result<std::string> read_all(int file, const std::string& path) {
  std::string bytes;
  std::string part(std::size_t{1} << 16U, '\0');
  while (bytes.size() <= kLargestPlanFile) {
    const ssize_t count = read(file, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    if (count == 0) return bytes;
    bytes.append(part, 0, static_cast<std::size_t>(count));
  }
  return fail(fmt::format("{}: more than {} MB, which no saved plan has", path,
                          kLargestPlanFile / 1'000'000),
              std::string(kAgain));
}

/// What is in it is recomputed before it is applied. All the same: a file that somebody else can
/// write is not what was reviewed.
Result<void> check_owner(const struct stat& about, const std::string& path) {
  if (about.st_uid != geteuid() && about.st_uid != 0) {
    return fail(fmt::format("{} belongs to somebody else (user {})", path, about.st_uid),
                "make a new plan, or copy this one once you have read it");
  }
  if ((about.st_mode & 022U) != 0) {
    return fail(fmt::format("{} is writable by others (mode {:04o})", path, about.st_mode & 07777U),
                fmt::format("chmod go-w {}, once you have read it", path));
  }
  return {};
}

Result<std::optional<std::string>> read_open_file(int file, const std::string& path) {
  struct stat about {};
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  auto bytes = read_all(file, path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!looks_like_plan(path, *bytes)) return std::nullopt;
  if (trim_ascii(*bytes).empty()) {
    return fail(fmt::format("{}: empty file", path), std::string(kAgain));
  }
  if (const auto fine = check_owner(about, path); !fine) return tl::make_unexpected(fine.error());
  return *std::move(bytes);
}

/// The policy it was made from: as it was named, from the current folder or from the plan's.
std::string policy_of(const SavedPlan& saved, const std::string& plan_file) {
  std::error_code ignored;
  const std::filesystem::path named = saved.info.policy_path;
  if (std::filesystem::exists(named, ignored)) return named.string();
  const std::filesystem::path beside = std::filesystem::path(plan_file).parent_path() / named;
  return std::filesystem::exists(beside, ignored) ? beside.string() : named.string();
}

bool is_same(const std::string& path, const std::string& other) {
  std::error_code ignored;
  return path == other || std::filesystem::equivalent(path, other, ignored);
}

/// Leaves the plan no choice of policy, day and undone run.
std::string command_to_apply(const std::string& plan_file, const Named& named) {
  std::string out = "rolecall apply " + shell_word(plan_file);
  if (!is_same(named.policy, default_policy_path().value_or(""))) {
    out += " " + shell_word(named.policy);
  }
  if (named.at) out += " --at " + format_instant(*named.at);
  if (named.undo != 0) out += fmt::format(" --undo {}", named.undo);
  return out;
}

std::string shown(const SavedPlan& saved) {
  return saved.checksum.substr(0, kShownDigits);
}

}  // namespace

Result<std::optional<std::string>> read_plan_file(const std::string& path) {
  // O_NONBLOCK: a FIFO without a writer would hang the open.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return std::nullopt;
  auto read = read_open_file(file, path);
  close(file);
  return read;
}

Result<Agreed> agree(const SavedPlan& saved, const std::string& plan_file, const Named& named) {
  Agreed out{named.policy, named.at, {}};
  if (named.policy.empty()) {
    out.policy = policy_of(saved, plan_file);
    if (!is_same(out.policy, default_policy_path().value_or(""))) {
      out.unsaid.push_back(fmt::format("it was made from the policy {}", quote(out.policy)));
    }
  }
  std::vector<std::string> against;
  if (saved.info.at_given) {
    const std::string day = fmt::format("it decides dates for {}", format_instant(saved.plan.at));
    if (named.at && named.at != saved.plan.at) against.push_back(day);
    if (!named.at) out.unsaid.push_back(day);
    out.at = saved.plan.at;
  }
  const std::string undone = saved.plan.undo_of == 0
                                 ? std::string("it is no undo")
                                 : fmt::format("it takes back run {}", saved.plan.undo_of);
  if (named.undo != 0 && named.undo != saved.plan.undo_of) against.push_back(undone);
  if (named.undo == 0 && saved.plan.undo_of != 0) out.unsaid.push_back(undone);
  if (against.empty()) return out;
  return fail(fmt::format("{}: {}, which is not what the command says", plan_file,
                          fmt::join(against, ", and ")),
              fmt::format("if that is what you want: {}",
                          command_to_apply(plan_file, {out.policy, out.at, saved.plan.undo_of})));
}

Result<std::string> write_plan_file(const std::string& path, const PlanRequest& request,
                                    const Planned& planned, const std::optional<Instant>& at,
                                    Instant now) {
  const Plan& plan = *planned.plan;
  const SavedPlanInfo info{ROLECALL_VERSION,   now,           request.policy_path,
                           at.has_value(),     request.store, request.audit_head,
                           planned.server_date};
  const std::string bytes = save_plan(plan, info);
  if (bytes.size() > kLargestPlanFile) {
    return fail(fmt::format("the plan is too large to be saved: {} MB of at most {}",
                            bytes.size() / 1'000'000, kLargestPlanFile / 1'000'000),
                "apply the policy itself, with --expect-digest where the plan was reviewed");
  }
  if (const auto written = write_private_file(path, bytes); !written) {
    return tl::make_unexpected(written.error());
  }
  return command_to_apply(path, {request.policy_path, at, plan.undo_of});
}

std::string saved_plan_command(const SavedPlan& saved) {
  const std::string what = saved.plan.undo_of == 0 ? "apply" : undo_command(saved.plan.undo_of);
  return fmt::format("{} PLANFILE {}", what, shown(saved));
}

bool needs_store(const SavedPlan& saved) {
  return !saved.info.store.empty() || saved.plan.undo_of != 0;
}

std::string other_store(const SavedPlan& saved, std::string_view found) {
  return fmt::format("it was made with the store {}, and {}: name the right one with --store",
                     quote(saved.info.store), found);
}

Result<std::vector<std::string>> log_reasons(const SavedPlan& saved, const Store& store) {
  std::vector<std::string> out;
  if (needs_store(saved) && saved.info.store != store.id()) {
    return std::vector{other_store(saved, fmt::format("this is {}", store.id()))};
  }
  const auto then = parse_head(saved.info.audit_head);
  if (then && then->seq > 0) {
    const auto now = store.head_at(then->seq);
    if (!now) return tl::make_unexpected(now.error());
    if (*now != *then) {
      out.push_back(fmt::format(
          "the log of the store was at {} when it was made; this one {}: it is an older copy of "
          "the store, or has gone another way since",
          format_head(*then),
          *now ? fmt::format("has {}", format_head(**now))
               : fmt::format("ends at {}", format_head(store.head()))));
    }
  }
  const auto before = store.last_sent_by(saved_plan_command(saved));
  if (!before) return tl::make_unexpected(before.error());
  if (*before) {
    const RunRecord& run = **before;
    out.push_back(fmt::format("it was applied on {} by run {} ({}); see rolecall audit show {}",
                              format_instant(run.start.at), run.id,
                              run.end ? run.end->state : "not ended", run.id));
  }
  return out;
}

Result<Clocks> clocks(const SavedPlan& saved, const Store& store, Instant local) {
  Clocks out{local};
  if (const auto then = parse_head(saved.info.audit_head)) {
    const auto latest = store.latest_after(then->seq);
    if (!latest) return tl::make_unexpected(latest.error());
    out.log = *latest;
    return out;
  }
  // Which rows came after the plan is not known. The newest run alone counts, or a clock that was
  // ahead once would do so for ever.
  const auto newest = store.runs(1);
  if (!newest) return tl::make_unexpected(newest.error());
  for (const RunRecord& run : *newest) out.log = run.end ? run.end->at : run.start.at;
  return out;
}

}  // namespace rolecall
