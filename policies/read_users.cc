#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kUserNames = language::names(language::kUserKeys);

void read_attributes(FileReader& reader, const Owner& owner, const Entry& entry, UserDecl& out) {
  for (const Entry& attribute : reader.table(owner, entry)) {
    if (!reader.visible(attribute.key, attribute.at, "attribute name")) continue;
    std::optional<std::string> value = reader.text(owner, attribute);
    if (!value) continue;
    out.attributes.push_back(
        {std::string(attribute.key), *std::move(value), reader.at(attribute.at)});
  }
  std::sort(out.attributes.begin(), out.attributes.end(),
            [](const Attribute& left, const Attribute& right) { return left.name < right.name; });
}

void read_account_id(FileReader& reader, const Owner& owner, const Entry& entry, UserDecl& out) {
  const std::optional<std::string> id = reader.text(owner, entry);
  if (!id) return;
  if (id->empty() || id->find_first_of(" \t") != std::string::npos) {
    reader.error(entry.value.at(),
                 fmt::format("{} of {} cannot be {}", quote(entry.key), owner.str(), quote(*id)),
                 "write the account's id, or leave the key out");
    return;
  }
  out.account_id = *id;
}

void read_key(FileReader& reader, const Owner& owner, const Entry& key, UserDecl& out) {
  if (key.key == "state") {
    out.state = static_cast<UserState>(reader.word(owner, key, language::kUserStates).value_or(0));
    out.state_at = reader.at(key.at);
  } else if (key.key == "account_id") {
    read_account_id(reader, owner, key, out);
  } else if (key.key == "roles") {
    out.roles = reader.org_roles(owner, key);
  } else if (key.key == "access") {
    out.access = reader.access(owner, key, false);
  } else if (key.key == "attributes") {
    read_attributes(reader, owner, key, out);
  } else if (key.key == "reason") {
    out.reason = reader.text(owner, key).value_or("");
  }
}

void read_user(FileReader& reader, const Entry& entry) {
  Policy& policy = reader.policy();
  const std::optional<PersonId> person = reader.person(entry.key, entry.at);
  if (!person) return;
  const auto index = static_cast<std::uint32_t>(policy.users.size());
  const auto [first, added] = policy.user_by_person.try_emplace(*person, index);
  if (!added) {
    return reader.declared_twice(
        entry.at,
        fmt::format("user {} is declared twice", quote(policy.people.email(*person).str())),
        policy.users[first->second].at);
  }
  const Owner owner{"user", entry.key};
  UserDecl out;
  out.person = *person;
  out.at = reader.at(entry.at);
  const std::vector<Entry> keys = reader.table(owner, entry, kUserNames);
  for (const Entry& key : keys) read_key(reader, owner, key, out);
  out.window = reader.window(owner, keys);
  if (out.state == UserState::removed) {
    for (const Entry& key : keys) {
      if (key.key == "state" || key.key == "reason" || key.key == "account_id") continue;
      reader.error(key.at,
                   fmt::format("{} is wanted removed, and has {}", owner.str(), quote(key.key)),
                   "a removed user may have an \"account_id\" and a \"reason\", and nothing else");
    }
  }
  policy.users.push_back(std::move(out));
}

}  // namespace

void read_users(FileReader& reader, const Entry& entry) {
  for (const Entry& user : reader.table({"[users]"}, {"[users]", entry.at, entry.value})) {
    read_user(reader, user);
  }
}

}  // namespace rolecall
