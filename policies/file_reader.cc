#include "policies/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policies/misplaced_keys.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Longer words have no typing error in common with anything, only a cost.
constexpr std::size_t kLongestGuess = 100;

std::string example_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::string:
      return "write it in quotes";
    case ValueKind::integer:
      return "write a whole number, as in 3";
    case ValueKind::boolean:
      return "write true or false";
    case ValueKind::array:
      return "write a list, as in [\"a\", \"b\"]";
    case ValueKind::table:
      return "write keys with their values in { }, or below a header of its own";
    default:
      return {};
  }
}

const Entry* find(const std::vector<Entry>& entries, std::string_view key) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::string Owner::str() const {
  return name.empty() ? std::string(kind) : fmt::format("{} {}", kind, quote(name));
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + quote(word);
  return out;
}

std::string hint_for_key(Policy& policy, std::string_view key,
                         std::span<const std::string_view> known, std::string otherwise) {
  const std::string_view misplaced = hint_for_misplaced(key.substr(0, kLongestGuess));
  if (!misplaced.empty()) return std::string(misplaced);
  return did_you_mean(policy, key, known, std::move(otherwise));
}

std::string did_you_mean(Policy& policy, std::string_view word,
                         std::span<const std::string_view> candidates, std::string otherwise) {
  if (word.size() > kLongestGuess || policy.guesses_left <= 0) return otherwise;
  --policy.guesses_left;
  const std::optional<std::string> near = closest(word, candidates);
  return near ? fmt::format("did you mean {}?", quote(*near)) : otherwise;
}

Result<PersonId> People::intern(std::string_view spelling) {
  if (const auto known = ids_.find(spelling); known != ids_.end()) return known->second;
  Result<Email> email = Email::parse(spelling);
  if (!email) return tl::make_unexpected(email.error());
  auto known = ids_.find(email->str());
  if (known == ids_.end()) {
    const auto id = static_cast<PersonId>(emails_.size());
    known = ids_.emplace(emails_.emplace_back(*std::move(email)).str(), id).first;
  }
  const PersonId id = known->second;
  if (spelling != emails_[id].str()) ids_.emplace(spellings_.emplace_back(spelling), id);
  return id;
}

std::optional<PersonId> People::find(const Email& email) const {
  const auto known = ids_.find(email.str());
  return known == ids_.end() ? std::nullopt : std::optional(known->second);
}

void FileReader::error(Position where, std::string what, std::string hint,
                       std::vector<Place> related) {
  diagnostics_.error(policy_.place(at(where)), std::move(what), std::move(hint),
                     std::move(related));
}

void FileReader::declared_twice(Position where, std::string what, const At& first) {
  error(where, std::move(what), "keep one of the two", {policy_.place(first)});
}

std::vector<Entry> FileReader::table(const Owner& owner, const Entry& entry) {
  // [[users]]: as other formats have lists of people.
  const bool listed = owner.name.empty() && entry.value.is(ValueKind::array);
  if (!expect(owner, entry, ValueKind::table,
              listed ? fmt::format("write {0} once, with single brackets, and what it holds by its "
                                   "name or address below it",
                                   owner.kind)
                     : std::string())) {
    return {};
  }
  return entry.value.entries();
}

std::vector<Value> FileReader::tables(const Owner& owner, const Entry& entry) {
  const std::string hint = fmt::format("write it as a table, {}", owner.kind);
  std::vector<Value> out;
  if (entry.value.is(ValueKind::table)) {
    error(entry.at, fmt::format("[{}] is one table, of which there may be several", entry.key),
          fmt::format("write {}", owner.kind));
    return out;
  }
  if (!expect(owner, {owner.kind, entry.at, entry.value}, ValueKind::array, hint)) return out;
  for (std::size_t i = 0; i < entry.value.size(); ++i) {
    const Value value = entry.value[i];
    if (expect(owner, {owner.kind, value.at(), value}, ValueKind::table, hint)) {
      out.push_back(value);
    }
  }
  return out;
}

std::vector<Entry> FileReader::table(const Owner& owner, const Entry& entry,
                                     std::span<const std::string_view> known) {
  std::vector<Entry> entries = table(owner, entry);
  std::erase_if(entries, [&](const Entry& inner) {
    if (std::find(known.begin(), known.end(), inner.key) != known.end()) return false;
    error(inner.at, fmt::format("unknown key {} in {}", quote(inner.key), owner.str()),
          hint_for_key(policy_, inner.key, known, "known are " + listed(known)));
    return true;
  });
  return entries;
}

bool FileReader::expect(const Owner& owner, const Entry& entry, ValueKind kind, std::string hint) {
  const ValueKind found = entry.value.kind();
  if (found == kind) return true;
  const bool digits = found == ValueKind::string && !entry.value.string().empty() &&
                      entry.value.string().find_first_not_of("0123456789") == std::string::npos;
  if (hint.empty() && (kind == ValueKind::boolean || (kind == ValueKind::integer && digits)) &&
      found == ValueKind::string) {
    hint = "write it without quotes";
  } else if (hint.empty()) {
    hint = example_of(kind);
  }
  const bool itself = entry.key == owner.name || entry.key == owner.kind;
  error(entry.value.at(),
        fmt::format("{} must be {}, found {}",
                    itself ? owner.str() : fmt::format("{} of {}", quote(entry.key), owner.str()),
                    describe(kind), describe(found)),
        std::move(hint));
  return false;
}

bool FileReader::visible(std::string_view text, Position where, std::string_view called) {
  const std::optional<char32_t> hidden = find_hidden_character(text);
  if (!hidden) return true;
  error(where,
        fmt::format("{} holds the invisible character U+{:04X}", called,
                    static_cast<std::uint32_t>(*hidden)),
        "remove it: reviewers cannot see it");
  return false;
}

std::optional<std::string> FileReader::text(const Owner& owner, const Entry& entry) {
  if (!expect(owner, entry, ValueKind::string)) return std::nullopt;
  const std::string_view text = entry.value.string();
  if (find_hidden_character(text)) {
    (void)visible(text, entry.value.at(), quote(entry.key));
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<bool> FileReader::boolean(const Owner& owner, const Entry& entry) {
  if (!expect(owner, entry, ValueKind::boolean)) return std::nullopt;
  return entry.value.boolean();
}

std::optional<std::int64_t> FileReader::whole(const Owner& owner, const Entry& entry,
                                              std::int64_t low, std::int64_t high) {
  if (!expect(owner, entry, ValueKind::integer)) return std::nullopt;
  const std::int64_t number = entry.value.integer();
  if (number >= low && number <= high) return number;
  error(entry.value.at(),
        fmt::format("{} of {} must be between {} and {}, found {}", quote(entry.key), owner.str(),
                    low, high, number),
        fmt::format("write a whole number from {} to {}", low, high));
  return std::nullopt;
}

std::optional<std::size_t> FileReader::word(const Owner& owner, const Entry& entry,
                                            std::span<const std::string_view> words) {
  if (!entry.value.is(ValueKind::string)) {
    (void)expect(owner, entry, ValueKind::string, "one of " + listed(words));
    return std::nullopt;
  }
  const std::string_view found = entry.value.string();
  const auto known = std::find(words.begin(), words.end(), found);
  if (known != words.end()) return static_cast<std::size_t>(known - words.begin());
  error(entry.value.at(),
        fmt::format("{} of {} cannot be {}", quote(entry.key), owner.str(), quote(found)),
        did_you_mean(policy_, found, words, "one of " + listed(words)));
  return std::nullopt;
}

std::vector<std::pair<std::string_view, Position>> FileReader::strings(const Owner& owner,
                                                                       const Entry& entry) {
  std::vector<std::pair<std::string_view, Position>> out;
  std::string hint;
  if (entry.value.is(ValueKind::string)) {
    hint = "write [";
    std::string_view rest = entry.value.string();
    for (bool first = true; first || !rest.empty(); first = false) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      hint += (first ? "" : ", ") + quote(trim_ascii(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (hint.size() > kLongestGuess) break;
    }
    hint += "]";
  }
  if (!expect(owner, entry, ValueKind::array, std::move(hint))) return out;
  for (std::size_t i = 0; i < entry.value.size(); ++i) {
    const Value element = entry.value[i];
    if (element.is(ValueKind::string)) {
      out.emplace_back(element.string(), element.at());
      continue;
    }
    error(element.at(),
          fmt::format("element {} of {} must be a string, found {}", i + 1, quote(entry.key),
                      describe(element.kind())),
          "write each of them in quotes");
  }
  return out;
}

void FileReader::bad_address(std::string_view spelling, Position where, const Error& why) {
  error(
      where, fmt::format("address {} {}", quote(spelling), why.what),
      !why.hint.empty() ? why.hint
      : spelling.find('@') == std::string_view::npos
          ? "write it as in \"ada@acme.example\"; what a group's members are taken from stands in "
            "\"include\""
          : "write it as in \"ada@acme.example\"");
}

bool FileReader::one_script(std::string_view spelling, Position where) {
  // No error: it may stand in an address, and an import has written what is there.
  if (spelling.find('*') != std::string_view::npos) {
    diagnostics_.warning(
        policy_.place(at(where)),
        fmt::format("address {} has a \"*\", which stands for itself", quote(spelling)),
        "there are no patterns in addresses; `match` takes many people at once "
        "into a group");
  }
  const std::optional<std::string> scripts = find_mixed_scripts(spelling);
  if (!scripts) return true;
  error(where, fmt::format("address {} mixes {} letters", quote(spelling), *scripts),
        "retype it: a letter may be another one than it looks like");
  return false;
}

std::optional<PersonId> FileReader::person(std::string_view spelling, Position where) {
  const Result<PersonId> person = policy_.people.intern(spelling);
  if (!person) {
    bad_address(spelling, where, person.error());
    return std::nullopt;
  }
  return one_script(spelling, where) ? std::optional(*person) : std::nullopt;
}

std::optional<Email> FileReader::address(std::string_view spelling, Position where) {
  Result<Email> email = Email::parse(spelling);
  if (!email) {
    bad_address(spelling, where, email.error());
    return std::nullopt;
  }
  if (!one_script(spelling, where)) return std::nullopt;
  return *std::move(email);
}

std::optional<GroupName> FileReader::group_name(std::string_view spelling, Position where) {
  const Result<GroupName> name = GroupName::parse(spelling);
  if (name) {
    // No error: the organization may have a group of such a name.
    if (const std::optional<std::string> scripts = find_mixed_scripts(spelling)) {
      diagnostics_.warning(policy_.place(at(where)),
                           fmt::format("group name {} mixes {} letters", quote(spelling), *scripts),
                           "make sure that no letter is another one than it looks like");
    }
    return *name;
  }
  error(where, fmt::format("group name {} {}", quote(spelling), name.error().what),
        name.error().hint);
  return std::nullopt;
}

std::vector<std::pair<PersonId, At>> FileReader::people(const Owner& owner, const Entry& entry) {
  std::vector<std::pair<PersonId, At>> out;
  std::unordered_map<PersonId, At> seen;
  for (const auto& [spelling, where] : strings(owner, entry)) {
    const std::optional<PersonId> id = person(spelling, where);
    if (!id) continue;
    const auto [first, added] = seen.try_emplace(*id, at(where));
    if (added) {
      out.emplace_back(*id, at(where));
    } else {
      declared_twice(where,
                     fmt::format("{} is listed twice in {}", quote(spelling), quote(entry.key)),
                     first->second);
    }
  }
  return out;
}

std::vector<GroupNameAt> FileReader::group_names(const Owner& owner, const Entry& entry) {
  std::vector<GroupNameAt> out;
  std::unordered_map<std::string, At> seen;
  for (const auto& [spelling, where] : strings(owner, entry)) {
    std::optional<GroupName> name = group_name(spelling, where);
    if (!name) continue;
    const auto [first, added] = seen.try_emplace(name->key(), at(where));
    if (added) {
      out.push_back({*std::move(name), at(where)});
    } else {
      declared_twice(where,
                     fmt::format("{} is listed twice in {}", quote(spelling), quote(entry.key)),
                     first->second);
    }
  }
  return out;
}

/// A string, or an array of strings of which any is meant.
std::vector<std::string> FileReader::match_values(const Owner& owner, const Entry& entry) {
  std::vector<std::string> values;
  if (entry.value.is(ValueKind::string)) {
    if (auto value = text(owner, entry)) values.push_back(*std::move(value));
    return values;
  }
  if (!expect(owner, entry, ValueKind::array, "write a string or a list of strings")) {
    return values;
  }
  for (const auto& [value, where] : strings(owner, entry)) {
    if (!visible(value, where, quote(entry.key))) continue;
    if (std::find(values.begin(), values.end(), value) != values.end()) {
      error(where, fmt::format("{} is listed twice in {}", quote(value), quote(entry.key)));
    } else {
      values.emplace_back(value);
    }
  }
  if (entry.value.size() == 0) {
    error(entry.value.at(), fmt::format("no value is listed for {}", quote(entry.key)),
          "a list means any of its values, so an empty one matches nobody");
  }
  return values;
}

std::optional<std::vector<MatchKey>> FileReader::match(const Owner& owner, const Entry& entry,
                                                       std::string_view without) {
  if (!expect(owner, entry, ValueKind::table, "write { department = \"Engineering\" }")) {
    return std::nullopt;
  }
  const std::vector<Entry> keys = entry.value.entries();
  bool fine = !keys.empty();
  if (!fine) {
    error(
        entry.value.at(), fmt::format("{} of {} names no attribute", quote(entry.key), owner.str()),
        fmt::format("{}; name at least one attribute, or leave {} out", without, quote(entry.key)));
  }
  const std::string called = quote(entry.key);
  std::vector<MatchKey> out;
  for (const Entry& key : keys) {
    std::vector<std::string> values = match_values({called}, key);
    fine = fine && !values.empty();
    out.push_back({std::string(key.key), std::move(values), at(key.at)});
  }
  if (!fine) return std::nullopt;
  return out;
}

std::optional<Bound> FileReader::bound(const Owner& owner, const Entry& entry) {
  if (entry.value.is(ValueKind::date) || entry.value.is(ValueKind::date_time)) {
    const Moment moment = entry.value.moment();
    return Bound{entry.key == "until" ? moment.end : moment.begin, moment.text, at(entry.at)};
  }
  expect(owner, entry, ValueKind::date,
         entry.value.is(ValueKind::string) ? "write it without quotes, as in 2026-12-01"
                                           : "write a day, as in 2026-12-01");
  return std::nullopt;
}

std::uint32_t FileReader::window(const Owner& owner, const std::vector<Entry>& entries) {
  const Entry* from = find(entries, "from");
  const Entry* until = find(entries, "until");
  Window window;
  if (from != nullptr) window.from = bound(owner, *from);
  if (until != nullptr) window.until = bound(owner, *until);
  if (!window.from && !window.until) return 0;
  if (window.from && window.until && window.from->instant >= window.until->instant) {
    error(from->value.at(),
          fmt::format("{} starts {} and ends {}, before it starts", owner.str(), window.from->text,
                      window.until->text),
          "swap \"from\" and \"until\", or mend one of them", {policy_.place(window.until->at)});
  }
  policy_.windows.push_back(std::move(window));
  return static_cast<std::uint32_t>(policy_.windows.size() - 1);
}

}  // namespace rolecall
