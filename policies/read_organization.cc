#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kOrganizationNames = language::names(language::kOrganizationKeys);

/// The id becomes a part of URLs.
bool is_organization_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_uuid(std::string_view id) {
  return id.size() == 36 && std::all_of(id.begin(), id.end(), [](char c) {
           return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                  (c >= 'A' && c <= 'F');
         });
}

void read_id(FileReader& reader, const Owner& owner, const Entry& entry, OrganizationDecl& out) {
  const std::optional<std::string> id = reader.text(owner, entry);
  if (!id) return;
  if (!is_organization_id(*id)) {
    reader.error(
        entry.value.at(), fmt::format("{} is not an organization id", quote(*id)),
        "it looks like 1b2c3d4e-0000-4000-8000-0000000000aa, and is part of the address of "
        "admin.atlassian.com");
    return;
  }
  // In another letter case it would be another organization to the store.
  out.id = is_uuid(*id) ? to_lower_ascii(*id) : *id;
}

}  // namespace

void read_organization(FileReader& reader, const Entry& entry) {
  const Owner owner{"[organization]"};
  Policy& policy = reader.policy();
  if (policy.organization) {
    return reader.declared_twice(entry.at, "[organization] is declared twice",
                                 policy.organization->at);
  }
  OrganizationDecl& out = policy.organization.emplace();
  out.at = reader.at(entry.at);
  bool has_id = !entry.value.is(ValueKind::table);
  for (const Entry& key :
       reader.table(owner, {owner.kind, entry.at, entry.value}, kOrganizationNames)) {
    if (key.key == "id") {
      has_id = true;
      read_id(reader, owner, key, out);
    } else if (key.key == "directory") {
      const auto directory = reader.text(owner, key);
      if (directory && trim_ascii(*directory).empty()) {
        reader.error(key.value.at(), "\"directory\" of [organization] is empty",
                     "leave it out when the organization has one directory");
      }
      out.directory = directory.value_or("");
    } else if (key.key == "unlisted_users") {
      const auto word = reader.word(owner, key, language::kUnlistedUsers);
      out.unlisted_users = static_cast<UnlistedUsers>(word.value_or(0));
      out.unlisted_users_at = reader.at(key.at);
    } else {
      const auto word = reader.word(owner, key, language::kUnlistedGroups);
      out.unlisted_groups = static_cast<UnlistedGroups>(word.value_or(0));
      out.unlisted_groups_at = reader.at(key.at);
    }
  }
  if (!has_id) {
    reader.error(entry.at, "[organization] has no \"id\"",
                 "add the organization id, which is part of the address of admin.atlassian.com");
  }
}

}  // namespace rolecall
