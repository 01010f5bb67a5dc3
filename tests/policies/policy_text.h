#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/policy.h"
#include "policies/policy_data.h"

// Short ways to write policies in tests.

namespace rolecall::testing {

/// The least every policy has: three lines, so what follows begins on line 4.
inline constexpr std::string_view kHead =
    "version = 1\n"
    "[organization]\n"
    "id = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n";
inline constexpr std::string_view kJira =
    "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";

inline std::vector<SourceFile> one_file(std::string bytes) {
  return {{"policy.toml", std::move(bytes)}};
}

/// kHead and `body`.
inline std::vector<SourceFile> with_head(std::string_view body) {
  return one_file(std::string(kHead) + std::string(body));
}

inline std::string report(const std::vector<SourceFile>& files) {
  return render(parse_policy(files).diagnostics);
}

/// A policy that resolved without a problem, and the names its refs stand for.
struct Resolved {
  Catalog catalog;
  Desired desired;
  std::string problems;

  [[nodiscard]] std::optional<UserRef> ref(std::string_view email) const {
    return catalog.find_user(*Email::parse(email));
  }
  [[nodiscard]] std::optional<GroupRef> group_ref(std::string_view name) const {
    return catalog.find_group(*GroupName::parse(name));
  }
  [[nodiscard]] const User& user(std::string_view email) const {
    return desired.state.users.at(index(ref(email).value()));
  }
  [[nodiscard]] const UserScope& user_scope(std::string_view email) const {
    return desired.users.at(index(ref(email).value()));
  }
  [[nodiscard]] const Group& group(std::string_view name) const {
    return desired.state.groups.at(index(group_ref(name).value()));
  }
  [[nodiscard]] const GroupScope& group_scope(std::string_view name) const {
    return desired.groups.at(index(group_ref(name).value()));
  }
  /// "ada@x.example: why", in the order of the addresses.
  [[nodiscard]] std::vector<std::string> members(std::string_view name) const;
  /// "alias-less" grants: "ARI role".
  [[nodiscard]] std::vector<std::string> grants(const std::vector<Grant>& grants) const;
  [[nodiscard]] std::string cause(CauseRef ref) const;
};

inline std::vector<std::string> Resolved::members(std::string_view name) const {
  std::vector<std::string> out;
  const Group& found = group(name);
  const GroupScope& scope = group_scope(name);
  for (std::size_t i = 0; i < found.members.size(); ++i) {
    const Cause why = desired.causes[scope.member_causes.at(i)];
    out.push_back(catalog.name(found.members[i]) + ": " + why.why);
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline std::vector<std::string> Resolved::grants(const std::vector<Grant>& grants) const {
  std::vector<std::string> out;
  for (const Grant& grant : grants) {
    out.push_back(catalog.name(grant.resource) + " " + std::string(name(grant.role)));
  }
  return out;
}

/// "policy.toml:4:1 why (reason)"
inline std::string Resolved::cause(CauseRef ref) const {
  const Cause found = desired.causes[ref];
  std::string out = found.place.file + ":" + std::to_string(found.place.line) + ":" +
                    std::to_string(found.place.column) + " " + found.why;
  if (!found.reason.empty()) out += " (" + found.reason + ")";
  return out;
}

inline Resolved resolve(const std::vector<SourceFile>& files, std::string_view at = "2026-12-10",
                        const std::vector<Workspace>* workspaces = nullptr) {
  Resolved out;
  const ParsedPolicy parsed = parse_policy(files);
  ResolvedPolicy resolved =
      resolve_policy(*parsed.policy, *parse_instant(at), workspaces, out.catalog);
  out.desired = std::move(resolved.desired);
  Diagnostics all = parsed.diagnostics;
  all.append(resolved.diagnostics);
  out.problems = render(all);
  return out;
}

}  // namespace rolecall::testing
