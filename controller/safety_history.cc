#include "controller/safety_history.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace rolecall {
namespace {

constexpr std::chrono::hours kWindow{24};

std::optional<LimitClass> class_of(std::string_view kind) {
  const auto known = parse_change_kind(kind);
  if (!known) return std::nullopt;
  switch (*known) {
    case ChangeKind::suspend_user:
      return LimitClass::suspend_users;
    case ChangeKind::remove_user:
      return LimitClass::remove_users;
    case ChangeKind::delete_group:
      return LimitClass::delete_groups;
    case ChangeKind::remove_member:
      return LimitClass::remove_members;
    case ChangeKind::revoke_group_access:
      return LimitClass::revoke_group_access;
    case ChangeKind::revoke_user_access:
      return LimitClass::revoke_user_access;
    case ChangeKind::revoke_org_role:
      return LimitClass::revoke_admins;
    default:
      return std::nullopt;
  }
}

void count(const Store::RecentChanges& changes, SafetyHistory& history) {
  const auto counts = [&](LimitClass klass) {
    return std::find(changes.admitted.begin(), changes.admitted.end(), name(klass)) ==
           changes.admitted.end();
  };
  const auto add = [&](LimitClass klass) {
    if (counts(klass)) history.recent[static_cast<std::size_t>(klass)] += changes.n;
  };
  const auto klass = class_of(changes.kind);
  if (!klass) return;
  add(*klass);
  if (changes.loses_admin) add(LimitClass::revoke_admins);
  if (*klass == LimitClass::remove_members && counts(LimitClass::remove_members_per_group)) {
    history.recent_members[GroupName::from_server(changes.group).key()] += changes.n;
  }
}

/// See CleanRun. Runs that sent nothing and did not come to an end of their own are passed over.
std::optional<CleanRun> last_clean(const std::vector<RunRecord>& newest_first,
                                   const std::string& organization) {
  for (const RunRecord& run : newest_first) {
    if (run.start.organization != organization) continue;
    if (!run.end) return std::nullopt;
    const bool whole = run.start.command == kApplyCommand || run.start.command == kServiceCommand;
    if (whole && run.end->exit_code == 0) {
      return CleanRun{run.id, run.start.at, run.start.policy_digest, run.start.git_commit};
    }
    const RunEnd& end = *run.end;
    if (end.writes + end.applied + end.already_so + end.failed + end.in_doubt > 0) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Remembered> remembered(const Store& store, const std::string& organization, Instant now,
                              std::chrono::seconds settle_window) {
  Remembered out;
  auto protections = store.remembered_protections(organization);
  if (!protections) return tl::make_unexpected(protections.error());
  out.protections = std::move(*protections);
  auto memory = store.memory(organization, now - settle_window);
  if (!memory) return tl::make_unexpected(memory.error());
  out.memory = std::move(*memory);
  auto used = store.used_acknowledgements();
  if (!used) return tl::make_unexpected(used.error());
  out.history.used = std::move(*used);
  const auto recent = store.changes_since(organization, now - kWindow);
  if (!recent) return tl::make_unexpected(recent.error());
  for (const Store::RecentChanges& changes : *recent) count(changes, out.history);
  constexpr std::size_t kRunsLookedAt = 200;
  const auto runs = store.runs(kRunsLookedAt);
  if (!runs) return tl::make_unexpected(runs.error());
  out.last_clean = last_clean(*runs, organization);
  const auto here = std::find_if(runs->begin(), runs->end(), [&](const RunRecord& run) {
    return run.start.organization == organization && !run.start.directory.empty();
  });
  if (here != runs->end()) out.memory.directory = here->start.directory;
  auto own = own_writes(store, organization, now - settle_window);
  if (!own) return tl::make_unexpected(own.error());
  out.own_writes = std::move(own->made);
  out.history.admins_taken = std::move(own->admins_taken);
  out.store = store.id();
  out.audit_head = format_head(store.head());
  return out;
}

Result<Remembered> remembered_at(const std::string& store_path, const std::string& organization,
                                 Instant now, std::chrono::seconds settle_window) {
  std::error_code ignored;
  if (!std::filesystem::exists(store_path, ignored)) return Remembered();
  const auto store = Store::open(store_path, Store::Access::read);
  if (!store) return tl::make_unexpected(store.error());
  return remembered(*store, organization, now, settle_window);
}

Store::SafetyRecord safety_record(const Plan& plan) {
  Store::SafetyRecord record;
  for (const Admission& admission : plan.admitted) {
    record.admitted.emplace_back(name(admission.klass), admission.acknowledgement);
  }
  for (const Change& change : plan.changes) {
    const bool goes =
        change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::remove_user;
    if (goes && std::binary_search(plan.org_admins.begin(), plan.org_admins.end(), change.user)) {
      record.admins_lost.push_back(change.user);
    }
  }
  return record;
}

}  // namespace rolecall
