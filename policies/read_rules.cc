#include <fmt/format.h>

#include <algorithm>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kRuleKeys = language::names(language::kRuleKeys);
constexpr auto kSelectorKeys = language::names(language::kSelectorKeys);
constexpr auto kDenyKeys = language::names(language::kDenyKeys);
constexpr auto kRequireKeys = language::names(language::kRequireKeys);
constexpr auto kTestKeys = language::names(language::kTestKeys);
constexpr auto kHoldingsKeys = language::names(language::kHoldingsKeys);
/// Each is asked of everybody: a hostile file must not keep anybody waiting for hours.
constexpr std::size_t kMostRules = 1'000;

const Owner kRule{"[[rules]]"};
const Owner kUsers{"\"users\" of [[rules]]"};
const Owner kDeny{"\"deny\" of [[rules]]"};
const Owner kRequire{"\"require\" of [[rules]]"};
const Owner kTest{"[[tests]]"};

Entry itself(const Owner& owner, const Entry& entry) {
  return {owner.kind, entry.value.at(), entry.value};
}

/// A name that messages call a rule or test by, so every one has its own.
std::optional<std::string> read_name(FileReader& reader, const Owner& owner, const Entry& entry,
                                     std::unordered_map<std::string, At>& taken) {
  std::optional<std::string> name = reader.text(owner, entry);
  if (!name) return name;
  if (trim_ascii(*name).empty()) {
    reader.error(entry.value.at(), fmt::format("\"name\" of {} is empty", owner.str()),
                 "messages call it by its name");
    return std::nullopt;
  }
  const auto [first, added] = taken.try_emplace(*name, reader.at(entry.value.at()));
  if (added) return name;
  reader.declared_twice(entry.value.at(),
                        fmt::format("{} {} is declared twice", owner.str(), quote(*name)),
                        first->second);
  return std::nullopt;
}

/// A value, or a list of those of which any is meant.
std::vector<std::pair<std::string_view, Position>> one_or_more(FileReader& reader,
                                                               const Owner& owner,
                                                               const Entry& entry) {
  if (entry.value.is(ValueKind::string)) return {{entry.value.string(), entry.value.at()}};
  if (!reader.expect(owner, entry, ValueKind::array, "write a string or a list of strings")) {
    return {};
  }
  if (entry.value.size() == 0) {
    reader.error(entry.value.at(),
                 fmt::format("{} of {} lists nothing", quote(entry.key), owner.str()),
                 "the rule would be about nobody; leave the key out to have it about everybody");
  }
  return reader.strings(owner, entry);
}

/// As the domain of an Email.
void read_domain(FileReader& reader, std::string_view word, Position where, SelectorDecl& out) {
  const bool has_at = word.find('@') != std::string_view::npos;
  const Result<Email> email = Email::parse(fmt::format("x@{}", word));
  if (has_at || !email) {
    reader.error(where, fmt::format("{} is not a domain", quote(word)),
                 "write what follows the \"@\", as in \"vendor.example\"");
    return;
  }
  out.domains.emplace_back(email->domain(), reader.at(where));
}

SelectorDecl read_selector(FileReader& reader, const Entry& entry) {
  SelectorDecl out;
  out.at = reader.at(entry.at);
  const std::vector<Entry> keys = reader.table(kUsers, itself(kUsers, entry), kSelectorKeys);
  for (const Entry& key : keys) {
    if (key.key == "attributes") {
      auto match = reader.match(kUsers, key, "it would say nothing");
      out.attributes = std::move(match).value_or(std::vector<MatchKey>{});
      continue;
    }
    for (const auto& [word, where] : one_or_more(reader, kUsers, key)) {
      if (key.key == "domain") {
        read_domain(reader, word, where, out);
      } else if (auto name = reader.group_name(word, where)) {
        out.groups.push_back({*std::move(name), reader.at(where)});
      }
    }
  }
  if (entry.value.is(ValueKind::table) && entry.value.entries().empty()) {
    reader.error(entry.value.at(), "\"users\" of [[rules]] names nobody",
                 "write { domain = \"vendor.example\" }, or leave it out to mean everybody");
  }
  return out;
}

/// A list of roles that names none would forbid, or ask for, nothing.
void refuse_empty_lists(FileReader& reader, const Entry& access) {
  if (!access.value.is(ValueKind::table)) return;
  const std::vector<Entry> entries = access.value.entries();
  for (const Entry& grant : entries) {
    if (!grant.value.is(ValueKind::array) || grant.value.size() > 0) continue;
    reader.error(grant.value.at(), fmt::format("no role is listed for {}", quote(grant.key)),
                 fmt::format("write {} = [\"user\", \"admin\"]", grant.key));
  }
}

/// `deny` of a rule, `has` and `lacks` of a test.
HoldingsDecl read_holdings(FileReader& reader, const Owner& owner, const Entry& entry,
                           std::span<const std::string_view> known) {
  HoldingsDecl out;
  for (const Entry& key : reader.table(owner, itself(owner, entry), known)) {
    if (key.key == "groups") {
      out.groups = reader.group_names(owner, key);
    } else if (key.key == "roles") {
      out.roles = reader.org_roles(owner, key);
    } else {
      out.access = reader.access(owner, key, true);
      refuse_empty_lists(reader, key);
    }
    const bool list = key.value.is(ValueKind::array);
    if ((list && key.value.size() == 0) ||
        (key.value.is(ValueKind::table) && key.value.entries().empty())) {
      reader.error(key.value.at(),
                   fmt::format("{} of {} names nothing", quote(key.key), owner.str()),
                   "leave the key out, or say what is meant");
    }
  }
  if (entry.value.is(ValueKind::table) && entry.value.entries().empty()) {
    reader.error(entry.value.at(), fmt::format("{} names nothing", owner.str()),
                 "write { access = { jira = [\"admin\"] } }");
  }
  return out;
}

void read_exclusive(FileReader& reader, const Entry& entry, RuleDecl& out) {
  out.exclusive_groups = reader.group_names(kRule, entry);
  if (!entry.value.is(ValueKind::array) || entry.value.size() >= 2) return;
  reader.error(entry.value.at(), "\"exclusive_groups\" of [[rules]] needs two groups or more",
               "list those of which nobody may be in two");
}

RequireDecl read_require(FileReader& reader, const Entry& entry) {
  RequireDecl out;
  out.at = reader.at(entry.at);
  bool broken = !entry.value.is(ValueKind::table);
  for (const Entry& key : reader.table(kRequire, itself(kRequire, entry), kRequireKeys)) {
    if (key.key == "reason") {
      const std::optional<bool> reason = reader.boolean(kRequire, key);
      out.reason = reason.value_or(true);
    } else {
      out.until_within_days = reader.whole(kRequire, key, 0, language::kMostDays);
      broken = broken || !out.until_within_days;
    }
  }
  if (!broken && !out.reason && !out.until_within_days) {
    reader.error(entry.value.at(), "\"require\" of [[rules]] requires nothing",
                 "write { until_within_days = 90, reason = true }, or one of the two");
  }
  return out;
}

bool has(const std::vector<Entry>& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Entry& entry) { return entry.key == key; });
}

void read_rule(FileReader& reader, const Value& value) {
  RuleDecl out;
  out.at = reader.at(value.at());
  const std::vector<Entry> entries =
      reader.table(kRule, {kRule.kind, value.at(), value}, kRuleKeys);
  for (const Entry& entry : entries) {
    if (entry.key == "name") {
      out.name = read_name(reader, kRule, entry, reader.policy().rule_names).value_or("");
    } else if (entry.key == "severity") {
      out.severity =
          static_cast<Severity>(reader.word(kRule, entry, language::kSeverities).value_or(0));
    } else if (entry.key == "users") {
      out.users = read_selector(reader, entry);
    } else if (entry.key == "deny") {
      out.deny = read_holdings(reader, kDeny, entry, kDenyKeys);
    } else if (entry.key == "exclusive_groups") {
      read_exclusive(reader, entry, out);
    } else {
      out.require = read_require(reader, entry);
    }
  }
  if (!has(entries, "name")) {
    reader.error(value.at(), "[[rules]] has no \"name\"",
                 "write name = \"contractors never administer\"");
  }
  if (!has(entries, "deny") && !has(entries, "exclusive_groups") && !has(entries, "require")) {
    reader.error(value.at(), "[[rules]] demands nothing",
                 "add \"deny\", \"exclusive_groups\" or \"require\"");
  }
  reader.policy().rules.push_back(std::move(out));
}

void read_test(FileReader& reader, const Value& value) {
  TestDecl out;
  out.at = reader.at(value.at());
  const std::vector<Entry> entries =
      reader.table(kTest, {kTest.kind, value.at(), value}, kTestKeys);
  for (const Entry& entry : entries) {
    if (entry.key == "name") {
      out.name = read_name(reader, kTest, entry, reader.policy().test_names).value_or("");
    } else if (entry.key == "user") {
      out.user_at = reader.at(entry.value.at());
      if (!reader.expect(kTest, entry, ValueKind::string)) continue;
      out.user = reader.address(entry.value.string(), entry.value.at());
    } else if (entry.key == "at") {
      out.when = reader.bound(kTest, entry);
    } else {
      const bool wanted = entry.key == "has";
      const Owner owner{wanted ? "\"has\" of [[tests]]" : "\"lacks\" of [[tests]]"};
      (wanted ? out.has : out.lacks) = read_holdings(reader, owner, entry, kHoldingsKeys);
    }
  }
  if (!has(entries, "name")) {
    reader.error(value.at(), "[[tests]] has no \"name\"", "write name = \"Temp is out in March\"");
  }
  if (!has(entries, "user")) {
    reader.error(value.at(), "[[tests]] has no \"user\"", "write user = \"ada@acme.example\"");
  }
  if (!has(entries, "has") && !has(entries, "lacks")) {
    reader.error(value.at(), "[[tests]] expects nothing",
                 "add \"has\" or \"lacks\", as in has = { groups = [\"engineering\"] }");
  }
  reader.policy().tests.push_back(std::move(out));
}

bool has_room(FileReader& reader, const Owner& owner, const Value& value, std::size_t count) {
  if (count < kMostRules) return true;
  if (count == kMostRules) {
    reader.error(value.at(), fmt::format("more than {} {}", kMostRules, owner.str()));
  }
  return false;
}

}  // namespace

void read_rules(FileReader& reader, const Entry& entry) {
  for (const Value& value : reader.tables(kRule, entry)) {
    if (has_room(reader, kRule, value, reader.policy().rules.size())) read_rule(reader, value);
  }
}

void read_tests(FileReader& reader, const Entry& entry) {
  for (const Value& value : reader.tables(kTest, entry)) {
    if (has_room(reader, kTest, value, reader.policy().tests.size())) read_test(reader, value);
  }
}

}  // namespace rolecall
