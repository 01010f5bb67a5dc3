#include "controller/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "policies/format_policy.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Whether a policy that was made changes nothing beyond what was expected anyway, by planning it
/// before anybody sees it.
Result<void> prove(const Wanted& wanted, const Snapshot& live, const Catalog& catalog,
                   const std::vector<Change>& expected) {
  const std::string hint = "nothing was written; please report this";
  if (wanted.error) return tl::make_unexpected(*wanted.error);
  if (wanted.diagnostics.has_errors()) {
    return fail("the policy that was made is not sound: " + render(wanted.diagnostics), hint);
  }
  const PlanResult planned = make_plan({wanted.desired, live, catalog});
  if (planned.diagnostics.has_errors()) {
    return fail("the policy that was made does not fit: " + render(planned.diagnostics), hint);
  }
  // Both lists are sorted.
  for (const Change& change : planned.plan.changes) {
    const auto same = std::lower_bound(
        expected.begin(), expected.end(), change,
        [](const Change& left, const Change& right) { return left.order(right) < 0; });
    if (same != expected.end() && same->order(change) == 0) continue;
    return fail(fmt::format("the policy that was made would change something: {} {} {} {}",
                            name(change.kind), change.user, change.group, change.role),
                hint);
  }
  return {};
}

/// As rolecall fmt would have it. What cannot be formatted is no TOML, which its proof will say.
std::string formatted(std::string text) {
  Diagnostics ignored;
  auto out = format_policy({"policy.toml", text}, ignored);
  return out ? *std::move(out) : std::move(text);
}

/// The declared group that this one becomes, if any.
const GroupScope* renamed_from(GroupRef old, const Desired& wanted) {
  for (const GroupScope& scope : wanted.groups) {
    const auto& names = scope.previous;
    if (std::find(names.begin(), names.end(), old) != names.end()) return &scope;
  }
  return nullptr;
}

/// The live groups asked for, by name.
Result<std::vector<GroupRef>> groups_to_adopt(const std::vector<std::string>& names,
                                              const Snapshot& live, const Catalog& catalog,
                                              const Desired& wanted) {
  std::vector<GroupRef> out;
  for (const std::string& text : names) {
    const auto ref = catalog.find_group(GroupName::from_server(text));
    if (ref && wanted.scope(*ref).declared) {
      const Place place = wanted.causes[wanted.scope(*ref).state_cause].place;
      return fail(fmt::format("group {} is declared already, at {}:{}", quote(text), place.file,
                              place.line));
    }
    if (!ref || live.live.find(*ref) == nullptr) {
      std::vector<std::string_view> known;
      for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
        const auto other = static_cast<GroupRef>(i);
        if (live.live.find(other) != nullptr) known.push_back(catalog.name(other).display());
      }
      const auto near = closest(text, known);
      return fail(fmt::format("there is no group {}", quote(text)),
                  near ? fmt::format("did you mean {}?", quote(*near))
                       : "rolecall get groups lists them all");
    }
    if (const GroupScope* renamed = renamed_from(*ref, wanted)) {
      const Place place = wanted.causes[renamed->state_cause].place;
      return fail(fmt::format("group {} is one of the previous_names at {}:{}", quote(text),
                              place.file, place.line),
                  "the policy has it already, under its new name");
    }
    if (std::find(out.begin(), out.end(), *ref) == out.end()) out.push_back(*ref);
  }
  std::sort(out.begin(), out.end(),
            [&](GroupRef a, GroupRef b) { return catalog.name(a) < catalog.name(b); });
  return out;
}

}  // namespace

Result<Imported> import_policy(ReadClient& client, const ImportRequest& request,
                               const FetchProgress& progress) {
  const auto workspaces = fetch_workspaces(client, request.organization);
  if (!workspaces) return tl::make_unexpected(workspaces.error());
  Catalog catalog;
  FetchScope scope;
  scope.organization = request.organization;
  scope.directory = request.directory;
  scope.every_group = true;
  scope.every_user = request.direct_access;
  for (const Workspace& workspace : *workspaces) {
    scope.resources.push_back(catalog.resource(workspace.ari));
  }
  const auto live = fetch(client, scope, catalog, progress);
  if (!live) return tl::make_unexpected(live.error());
  if (!live->complete()) return Imported{{}, live->gaps};
  Imported out{write_policy({*live, catalog, request.organization, !request.directory.empty(),
                             *workspaces, request.direct_access, request.at}),
               {}};
  for (SourceFile& file : out.policy.files) file.bytes = formatted(std::move(file.bytes));
  const Wanted wanted = resolve_wanted(out.policy.files, request.at, nullptr, catalog);
  if (const auto proved = prove(wanted, *live, catalog, {}); !proved) {
    return tl::make_unexpected(proved.error());
  }
  return out;
}

Result<Adopted> adopt_groups(ReadClient& client, const std::string& folder, const Wanted& wanted,
                             Catalog& catalog, const std::vector<std::string>& groups,
                             const FetchProgress& progress) {
  FetchScope scope = fetch_scope(wanted.desired);
  for (const std::string& text : groups) {
    scope.group_keys.push_back(GroupName::from_server(text).key());
  }
  const auto live = fetch(client, scope, catalog, progress);
  if (!live) return tl::make_unexpected(live.error());
  if (!live->complete()) return Adopted{{}, {}, live->gaps};
  const PlanResult before = make_plan({wanted.desired, *live, catalog});
  if (before.diagnostics.has_errors()) {
    return fail("the policy does not fit the organization: " + render(before.diagnostics),
                "mend that first; rolecall plan shows it");
  }
  const auto refs = groups_to_adopt(groups, *live, catalog, wanted.desired);
  if (!refs) return tl::make_unexpected(refs.error());
  Adopted out{write_adoption(*live, catalog, wanted.desired, *refs),
              "groups/adopted-" + file_stem(catalog.name(refs->front()).key()),
              {}};
  if (out.adoption.groups == 0) {
    const LeftOut& first = out.adoption.left_out.front();
    return fail(
        fmt::format("{} {} cannot be declared: {}", first.kind, quote(first.subject), first.why));
  }
  out.adoption.text = formatted(std::move(out.adoption.text));
  std::vector<SourceFile> files = wanted.files;
  files.push_back({fmt::format("{}/{}+.toml", folder, out.stem), out.adoption.text});
  const Wanted after = resolve_wanted(std::move(files), wanted.desired.at, &client, catalog);
  if (const auto proved = prove(after, *live, catalog, before.plan.changes); !proved) {
    return tl::make_unexpected(proved.error());
  }
  return out;
}

}  // namespace rolecall
