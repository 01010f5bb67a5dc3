#include "controller/logged_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rolecall {
namespace {

constexpr std::string_view kUndo = "undo ";

/// A change in the words of the log; nothing for a kind that this version does not know.
template <class Row>
std::optional<Change> change_of(const Row& row) {
  const auto kind = parse_change_kind(row.kind);
  if (!kind) return std::nullopt;
  Change change;
  change.kind = *kind;
  change.user = row.user;
  change.group = row.group;
  change.role = row.role;
  // Of org roles the log holds no resource.
  change.ari = row.resource;
  change.resource = row.resource;
  return change;
}

}  // namespace

std::optional<Change> logged_change(const CallRecord& record) {
  const Intent& intent = record.intent;
  auto change = change_of(intent);
  if (!change) return change;
  change->account_id = intent.account_id;
  change->group_id = intent.group_id;
  change->cause.place.file = intent.cause_file;
  change->cause.place.line = static_cast<std::uint32_t>(intent.cause_line);
  change->cause.why = intent.why;
  change->cause.reason = intent.reason;
  return change;
}

Result<LoggedRun> logged_run(const Store& store, RunId run) {
  const auto record = store.run(run);
  if (!record) return tl::make_unexpected(record.error());
  if (!*record) {
    return fail(fmt::format("there is no run {} in the log", run), "see `rolecall audit list`");
  }
  LoggedRun out;
  out.run = run;
  out.is_undo = (*record)->start.command.starts_with(kUndo);
  const auto calls = store.calls(run);
  if (!calls) return tl::make_unexpected(calls.error());
  for (const CallRecord& call : *calls) {
    auto change = logged_change(call);
    if (!change) continue;
    if (!call.outcome || call.outcome->result == ChangeResult::in_doubt) {
      out.unknown.push_back(*std::move(change));
    } else if (call.outcome->result == ChangeResult::applied) {
      out.made.push_back(*std::move(change));
    }
  }
  const auto losses = store.losses(run);
  if (!losses) return tl::make_unexpected(losses.error());
  for (const Store::Loss& loss : *losses) {
    auto change = change_of(loss);
    if (!change) continue;
    change->account_id = loss.account_id;
    change->group_id = loss.group_id;
    change->description = loss.description;
    out.lost.push_back({std::move(*change), loss.whole});
  }
  const auto later = store.touched_after(run);
  if (!later) return tl::make_unexpected(later.error());
  for (const Store::Touch& touch : *later) {
    if (auto change = change_of(touch)) out.later.push_back({touch.run, std::move(*change)});
  }
  return out;
}

void widen(const LoggedRun& run, Catalog& catalog, Desired& desired, FetchScope& scope) {
  std::set<ResourceRef> declared;
  for (const Resource& resource : desired.resources) declared.insert(resource.ref);
  const auto widen_for = [&](const Change& change) {
    if (!change.group.empty()) {
      const GroupRef ref = catalog.group(GroupName::from_server(change.group));
      if (desired.groups.size() <= index(ref)) desired.groups.resize(index(ref) + 1);
      desired.groups[index(ref)].members_managed = true;
      desired.groups[index(ref)].access_managed = true;
      // Those whose members alone changed need no look at their access.
      if (change.user.empty()) scope.all_access.push_back(ref);
    }
    if (!change.ari.empty()) {
      const ResourceRef ref = catalog.resource(change.ari);
      if (declared.insert(ref).second) desired.resources.push_back({change.ari, ref});
      scope.resources.push_back(ref);
    }
    const auto email = Email::parse(change.user);
    const bool access = change.kind == ChangeKind::invite_user || !change.ari.empty();
    if (email && access) {
      const UserRef ref = catalog.user(*email);
      if (desired.users.size() <= index(ref)) desired.users.resize(index(ref) + 1);
      desired.users[index(ref)].access_managed = true;
      scope.user_access.push_back(ref);
    }
  };
  for (const Change& change : run.made) widen_for(change);
  for (const Loss& loss : run.lost) widen_for(loss.change);
  const auto unique = [](auto& refs) {
    std::sort(refs.begin(), refs.end());
    refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  };
  unique(scope.all_access);
  unique(scope.resources);
  unique(scope.user_access);
  scope.whole_user_access = true;
}

std::vector<Store::Loss> to_rows(const std::vector<Loss>& losses) {
  std::vector<Store::Loss> rows;
  for (const Loss& loss : losses) {
    const Change& change = loss.change;
    rows.push_back({std::string(name(change.kind)), change.user, change.account_id, change.group,
                    change.group_id, change.ari, change.role, change.description, loss.whole});
  }
  return rows;
}

std::string undo_command(std::int64_t run) {
  return fmt::format("{}{}", kUndo, run);
}

}  // namespace rolecall
