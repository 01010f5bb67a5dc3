#include "policies/write_declarations.h"

#include <fmt/format.h>

#include <algorithm>

#include "policies/toml_text.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Members that may stand on one line.
constexpr std::size_t kShortList = 3;

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + toml_string(word);
  return "[" + out + "]";
}

bool is_account_id(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t") == std::string_view::npos &&
         !find_hidden_character(text);
}

}  // namespace

DeclarationWriter::DeclarationWriter(Input input) : input_(std::move(input)) {
  constexpr std::string_view kPrefix = "group ";
  for (const Note& note : input_.live.notes) {
    const std::size_t end = note.subject.rfind(": ");
    if (note.kind != "unmanageable_role" || end == std::string::npos) continue;
    if (!note.subject.starts_with(kPrefix)) continue;
    other_roles_.emplace(note.subject.substr(kPrefix.size(), end - kPrefix.size()),
                         note.subject.substr(end + 2));
  }
}

std::string DeclarationWriter::why_not(UserRef ref) const {
  const LiveUser& about = input_.live.about(ref);
  if (!about.opaque.empty()) return about.opaque;
  const std::string& address = input_.catalog.name(ref);
  if (const auto scripts = find_mixed_scripts(address)) {
    return fmt::format("the address mixes {} letters", *scripts);
  }
  return {};
}

std::string DeclarationWriter::why_not(GroupRef ref) const {
  const LiveGroup& about = input_.live.about(ref);
  if (!about.opaque.empty()) return about.opaque;
  const auto name = GroupName::parse(input_.catalog.name(ref).display());
  return name ? std::string() : "its name " + name.error().what;
}

bool DeclarationWriter::access_only(GroupRef ref) const {
  const LiveGroup& about = input_.live.about(ref);
  return about.synced || !about.modifiable;
}

DeclarationWriter::Standing DeclarationWriter::standing(UserRef ref) const {
  if (!input_.live.about(ref).opaque.empty()) return Standing::opaque;
  if (!why_not(ref).empty()) return Standing::unwritable;
  const User* live = input_.live.live.find(ref);
  Presence presence = live == nullptr ? Presence::absent : live->presence;
  if (input_.wanted != nullptr && input_.wanted->scope(ref).declared) {
    const User* wanted = input_.wanted->state.find(ref);
    presence = wanted == nullptr ? Presence::absent : wanted->presence;
  }
  if (presence == Presence::absent) return Standing::removed;
  return presence == Presence::suspended ? Standing::suspended : Standing::listed;
}

std::size_t DeclarationWriter::listed_members(GroupRef ref) const {
  if (access_only(ref)) return 0;
  const std::vector<UserRef>& members = input_.live.live.groups[index(ref)].members;
  return static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [&](UserRef one) {
    return standing(one) == Standing::listed;
  }));
}

std::string DeclarationWriter::access(const std::vector<Grant>& grants) const {
  std::map<std::string, std::vector<std::string>> roles;
  for (const Grant& grant : grants) {
    const auto alias = input_.aliases.find(grant.resource);
    if (alias != input_.aliases.end()) roles[alias->second].emplace_back(name(grant.role));
  }
  std::string out;
  for (const auto& [alias, names] : roles) {
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml_key(alias), listed(names));
  }
  return out.empty() ? "{}" : "{ " + out + " }";
}

std::string DeclarationWriter::user(UserRef ref) const {
  const User& live = *input_.live.live.find(ref);
  const LiveUser& about = input_.live.about(ref);
  std::vector<std::string> keys;
  if (live.presence == Presence::suspended) keys.emplace_back("state = \"suspended\"");
  if (is_account_id(about.account_id)) {
    keys.push_back("account_id = " + toml_string(about.account_id));
  }
  keys.emplace_back(live.org_admin ? "roles = [\"org-admin\"]" : "roles = []");
  // Managing somebody's direct grants costs every plan a call: only where there are any.
  const std::string direct = access(live.grants);
  if (input_.direct_access && direct != "{}") keys.push_back("access = " + direct);
  std::string table;
  for (const std::string& key : keys) table += (table.empty() ? "" : ", ") + key;

  std::vector<std::string> remarks;
  if (!about.name.empty()) remarks.push_back(toml_comment(about.name));
  if (!about.account_active) remarks.emplace_back("the account is deactivated");
  if (!is_account_id(about.account_id)) remarks.emplace_back("its account id cannot be written");
  std::string comment;
  for (const std::string& remark : remarks) comment += (comment.empty() ? "  # " : "; ") + remark;
  return fmt::format("{} = {{ {} }}{}\n", toml_string(input_.catalog.name(ref)), table, comment);
}

std::string DeclarationWriter::comments(GroupRef ref) const {
  const LiveGroup& about = input_.live.about(ref);
  const Group& live = *input_.live.live.find(ref);
  const std::string& shown = input_.catalog.name(ref).display();
  std::string out;
  if (about.synced) {
    out +=
        "# Synced from an identity provider, which manages its members; only access is managed "
        "here.\n";
  } else if (!about.modifiable) {
    out +=
        "# Built in: its members cannot be changed through the API; only access is managed "
        "here.\n";
  } else if (!about.deletable) {
    out += "# Built in: cannot be deleted.\n";
  }
  if (find_hidden_character(live.description)) {
    out += fmt::format("# Its description holds invisible characters: {}\n",
                       toml_comment(quote(live.description)));
  }
  for (const Grant& grant : live.grants) {
    if (input_.aliases.contains(grant.resource)) continue;
    out += fmt::format(
        "# Not managed: {} on {}, which [resources] does not declare. Once it does, name it here: "
        "what `access` leaves out is revoked.\n",
        name(grant.role), toml_comment(input_.catalog.name(grant.resource)));
  }
  const auto [first, last] = other_roles_.equal_range(shown);
  for (auto other = first; other != last; ++other) {
    out += fmt::format("# Not managed: the role {}, which the API cannot change.\n",
                       toml_comment(other->second));
  }
  return out;
}

std::string DeclarationWriter::members(GroupRef ref) const {
  std::vector<std::string> plain;
  std::vector<std::pair<std::string, std::string>> lines;  ///< address, line
  bool unwritable = false;
  for (const UserRef member : input_.live.live.find(ref)->members) {
    const std::string& address = input_.catalog.name(member);
    switch (standing(member)) {
      case Standing::listed: {
        const bool active = input_.live.about(member).account_active;
        plain.push_back(address);
        lines.emplace_back(address, fmt::format("  {},{}\n", toml_string(address),
                                                active ? "" : "  # deactivated account"));
        break;
      }
      case Standing::suspended:
        lines.emplace_back(address,
                           fmt::format("  # {},  suspended, keeps this membership; list again "
                                       "with their return\n",
                                       toml_comment(toml_string(address))));
        break;
      case Standing::removed:
        lines.emplace_back(
            address, fmt::format("  # {},  wanted removed\n", toml_comment(toml_string(address))));
        break;
      case Standing::opaque:
      case Standing::unwritable:
        unwritable = unwritable || standing(member) == Standing::unwritable;
        lines.emplace_back(address, fmt::format("  # {}: left alone, {}\n", toml_comment(address),
                                                toml_comment(why_not(member))));
        break;
    }
  }
  std::sort(plain.begin(), plain.end());
  std::sort(lines.begin(), lines.end());
  std::string out;
  if (unwritable) {
    out += "membership = \"additive\"  # so that a member who cannot be listed stays\n";
  }
  if (plain.size() == lines.size() && plain.size() <= kShortList) {
    out += fmt::format("members = {}\n", listed(plain));
  } else {
    out += "members = [\n";
    for (const auto& [address, line] : lines) out += line;
    out += "]\n";
  }
  return out + (plain.empty() ? "empty = true\n" : "");
}

std::string DeclarationWriter::group(GroupRef ref) const {
  const Group& live = *input_.live.live.find(ref);
  std::string out = comments(ref);
  out += fmt::format("[groups.{}]\n", toml_key(input_.catalog.name(ref).display()));
  if (!live.description.empty() && !find_hidden_character(live.description)) {
    out += fmt::format("description = {}\n", toml_string(live.description));
  }
  out += fmt::format("access = {}\n", access(live.grants));
  if (!access_only(ref)) out += members(ref);
  return out;
}

}  // namespace rolecall
