#include <fmt/format.h>

#include <array>

#include "policies/file_reader.h"
#include "policies/language.h"
#include "state/model/text.h"

namespace rolecall {

std::vector<std::pair<Role, At>> FileReader::roles(const Owner& owner, const Entry& entry,
                                                   bool of_group) {
  std::vector<std::pair<Role, At>> out;
  std::array<std::optional<At>, kRoleCount> seen;
  for (const auto& [word, where] : strings(owner, entry)) {
    const std::optional<Role> role = parse_role(word);
    if (!role) {
      const bool prefixed = word.starts_with("atlassian/");
      error(where, fmt::format("unknown role {}", quote(word)),
            prefixed ? std::string("role names are written without \"atlassian/\"")
                     : did_you_mean(policy_, word, kRoleNames, "one of " + listed(kRoleNames)));
    } else if (*role == Role::viewer && !of_group) {
      error(where, "role \"viewer\" can be granted to groups only",
            "put the person in a group that has it");
    } else if (std::optional<At>& first = seen[static_cast<std::size_t>(*role)]) {
      declared_twice(where, fmt::format("role {} is listed twice", quote(word)), *first);
    } else {
      first = at(where);
      out.emplace_back(*role, *first);
    }
  }
  return out;
}

std::optional<AccessDecl> FileReader::access(const Owner& owner, const Entry& entry,
                                             bool of_group) {
  if (!expect(owner, entry, ValueKind::table, "write { alias = [\"user\"] }")) return std::nullopt;
  AccessDecl access;
  access.at = at(entry.at);
  for (const Entry& grant : entry.value.entries()) {
    access.grants.push_back({std::string(grant.key), at(grant.at),
                             roles({"\"access\" of", owner.name}, grant, of_group)});
  }
  return access;
}

RolesDecl FileReader::org_roles(const Owner& owner, const Entry& entry) {
  RolesDecl roles;
  roles.at = at(entry.at);
  for (const auto& [word, where] : strings(owner, entry)) {
    if (word != kOrgAdmin) {
      error(where, fmt::format("unknown organization role {}", quote(word)),
            did_you_mean(policy_, word, language::kOrgRoles,
                         "the one known is \"org-admin\"; roles on apps go into \"access\""));
    } else if (roles.org_admin) {
      declared_twice(where, "role \"org-admin\" is listed twice", *roles.org_admin);
    } else {
      roles.org_admin = at(where);
    }
  }
  return roles;
}

}  // namespace rolecall
