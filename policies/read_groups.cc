#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kGroupNames = language::names(language::kGroupKeys);
constexpr auto kMemberKeys = language::names(language::kMemberKeys);

/// `{ user, from, until, reason }`
std::optional<MemberEntry> read_member_table(FileReader& reader, const Owner& owner,
                                             const Value& value) {
  const Owner member{"an entry of \"members\" of", owner.name};
  MemberEntry out;
  bool has_user = false;
  std::optional<PersonId> person;
  const std::vector<Entry> keys = reader.table(member, {"members", value.at(), value}, kMemberKeys);
  for (const Entry& key : keys) {
    if (key.key == "user") {
      has_user = true;
      if (!reader.expect(member, key, ValueKind::string)) continue;
      person = reader.person(key.value.string(), key.value.at());
      out.at = reader.at(key.value.at());
    } else if (key.key == "reason") {
      const std::optional<std::string> reason = reader.text(member, key);
      if (!reason) continue;
      out.reason = static_cast<std::uint32_t>(reader.policy().reasons.size());
      reader.policy().reasons.push_back(*reason);
    }
  }
  out.window = reader.window(member, keys);
  if (!has_user) {
    reader.error(value.at(), member.str() + " has no \"user\"",
                 "write { user = \"ada@acme.example\", until = 2026-12-31 }");
  }
  if (!person) return std::nullopt;
  out.person = *person;
  return out;
}

std::optional<MemberEntry> read_member(FileReader& reader, const Owner& owner, const Value& value,
                                       std::size_t number) {
  if (value.is(ValueKind::table)) return read_member_table(reader, owner, value);
  if (value.is(ValueKind::string)) {
    const std::optional<PersonId> person = reader.person(value.string(), value.at());
    if (!person) return std::nullopt;
    return MemberEntry{*person, reader.at(value.at()), 0, 0};
  }
  reader.error(value.at(),
               fmt::format("element {} of \"members\" must be an address or a table, found {}",
                           number, describe(value.kind())),
               "write \"ada@acme.example\" or { user = \"ada@acme.example\" }");
  return std::nullopt;
}

void read_members(FileReader& reader, const Owner& owner, const Entry& entry, GroupDecl& out) {
  out.members_at = reader.at(entry.at);
  const std::string hint = entry.value.is(ValueKind::string)
                               ? fmt::format("write [{}]", quote(entry.value.string()))
                               : std::string{};
  if (!reader.expect(owner, entry, ValueKind::array, hint)) {
    out.membership_broken = true;
    return;
  }
  const std::size_t count = entry.value.size();
  out.members.reserve(count);
  std::vector<std::uint32_t>& named_in = reader.policy().named_in;
  const auto group = static_cast<std::uint32_t>(reader.policy().groups.size() + 1);
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = entry.value[i];
    const std::optional<MemberEntry> member = read_member(reader, owner, value, i + 1);
    if (!member) {
      out.membership_broken = true;
      continue;
    }
    if (named_in.size() <= member->person) named_in.resize(member->person + 1);
    if (std::exchange(named_in[member->person], group) != group) {
      out.members.push_back(*member);
    } else {
      const auto first =
          std::find_if(out.members.begin(), out.members.end(),
                       [&](const MemberEntry& one) { return one.person == member->person; });
      reader.declared_twice(
          {member->at.line, member->at.column},
          fmt::format("{} is listed twice in \"members\" of {}",
                      quote(reader.policy().people.email(member->person).str()), owner.str()),
          first->at);
    }
  }
}

void read_match(FileReader& reader, const Owner& owner, const Entry& entry, GroupDecl& out) {
  out.match_at = reader.at(entry.at);
  auto keys = reader.match(owner, entry, "it would match everybody");
  if (!keys) out.membership_broken = true;
  out.match = std::move(keys).value_or(std::vector<MatchKey>{});
}

void read_key(FileReader& reader, const Owner& owner, const Entry& key, GroupDecl& out) {
  if (key.key == "state") {
    out.tombstone = reader.word(owner, key, language::kGroupStates).value_or(0) == 1;
    out.state_at = reader.at(key.at);
  } else if (key.key == "description") {
    out.description = reader.text(owner, key).value_or("");
  } else if (key.key == "members") {
    read_members(reader, owner, key, out);
  } else if (key.key == "include") {
    out.include_at = reader.at(key.at);
    for (GroupNameAt& name : reader.group_names(owner, key)) {
      out.include.push_back({std::move(name.name), name.at});
    }
    const bool whole = key.value.is(ValueKind::array) && out.include.size() == key.value.size();
    out.membership_broken = out.membership_broken || !whole;
  } else if (key.key == "match") {
    read_match(reader, owner, key, out);
  } else if (key.key == "exclude") {
    out.exclude_at = reader.at(key.at);
    out.exclude = reader.people(owner, key);
  } else if (key.key == "membership") {
    out.additive = reader.word(owner, key, language::kMembership).value_or(0) == 1;
    out.membership_at = reader.at(key.at);
  } else if (key.key == "empty") {
    const std::optional<bool> empty = reader.boolean(owner, key);
    out.membership_broken = out.membership_broken || !empty;
    out.empty = empty.value_or(false);
    out.empty_at = reader.at(key.at);
  } else if (key.key == "access") {
    out.access = reader.access(owner, key, true);
  } else if (key.key == "previous_names") {
    out.previous_names = reader.group_names(owner, key);
  } else {
    out.reason = reader.text(owner, key).value_or("");
  }
}

void check_tombstone(FileReader& reader, const Owner& owner, const std::vector<Entry>& keys,
                     bool tombstone) {
  for (const Entry& key : keys) {
    if (key.key == "state" || (key.key == "reason") == tombstone) continue;
    if (tombstone) {
      reader.error(key.at,
                   fmt::format("{} is wanted absent, and has {}", owner.str(), quote(key.key)),
                   "an absent group may have a \"reason\" and nothing else");
    } else if (key.key == "reason") {
      reader.error(key.at, fmt::format("\"reason\" of {} has nothing to explain", owner.str()),
                   "a group has a reason with state = \"absent\"; entries of \"members\" may have "
                   "their own");
    }
  }
}

/// `exclude`, `empty`, `membership` shape a managed membership; alone they look as if they did
/// more.
void check_unmanaged(FileReader& reader, const Owner& owner, const std::vector<Entry>& keys) {
  for (const Entry& key : keys) {
    if (key.key != "exclude" && key.key != "empty" && key.key != "membership") continue;
    reader.error(
        key.at,
        fmt::format("{} has {}, but its membership is not managed", owner.str(), quote(key.key)),
        "add \"members\" (which may be []), \"include\" or \"match\"");
  }
}

void read_group(FileReader& reader, const Entry& entry) {
  Policy& policy = reader.policy();
  const std::optional<GroupName> name = reader.group_name(entry.key, entry.at);
  if (!name) return;
  const auto index = static_cast<std::uint32_t>(policy.groups.size());
  const auto [first, added] = policy.group_by_key.try_emplace(name->key(), index);
  if (!added) {
    const GroupDecl& other = policy.groups[first->second];
    const bool respelled = other.name.display() != name->display();
    return reader.declared_twice(entry.at,
                                 fmt::format("group {} is declared twice{}", quote(entry.key),
                                             respelled ? " (group names ignore case)" : ""),
                                 other.at);
  }
  const Owner owner{"group", entry.key};
  GroupDecl out{*name};
  out.at = reader.at(entry.at);
  const std::vector<Entry> keys = reader.table(owner, entry, kGroupNames);
  for (const Entry& key : keys) read_key(reader, owner, key, out);
  check_tombstone(reader, owner, keys, out.tombstone);
  if (!out.tombstone && !out.members_managed()) check_unmanaged(reader, owner, keys);
  policy.groups.push_back(std::move(out));
}

}  // namespace

void read_groups(FileReader& reader, const Entry& entry) {
  for (const Entry& group : reader.table({"[groups]"}, {"[groups]", entry.at, entry.value})) {
    read_group(reader, group);
  }
}

}  // namespace rolecall
