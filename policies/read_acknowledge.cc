#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kAcknowledgeNames = language::names(language::kAcknowledgeKeys);
constexpr std::array<std::string_view, 5> kExamples = {
    "class = \"remove_members\"", "count = 12", "plan = \"9f2c41d07a3e\"", "until = 2026-12-01",
    "reason = \"department closed, CHG-4411\""};
constexpr std::size_t kFewestDigits = 12;
constexpr std::size_t kMostDigits = 64;

const Owner kAcknowledgeOwner{"[[acknowledge]]"};

std::optional<std::string> read_plan(FileReader& reader, const Entry& entry) {
  std::optional<std::string> digits = reader.text(kAcknowledgeOwner, entry);
  if (!digits) return digits;
  const bool fits = digits->size() >= kFewestDigits && digits->size() <= kMostDigits &&
                    digits->find_first_not_of("0123456789abcdef") == std::string::npos;
  if (fits) return digits;
  reader.error(entry.value.at(),
               fmt::format("\"plan\" of [[acknowledge]] cannot be {}", quote(*digits)),
               "write the first 12 hexadecimal digits of the plan's digest, as the refusal shows "
               "them");
  return std::nullopt;
}

std::optional<std::string> read_reason(FileReader& reader, const Entry& entry) {
  std::optional<std::string> reason = reader.text(kAcknowledgeOwner, entry);
  if (!reason || !trim_ascii(*reason).empty()) return reason;
  reader.error(entry.value.at(), "\"reason\" of [[acknowledge]] is empty",
               "say why so much is to go: reviewers and the log read it");
  return std::nullopt;
}

/// Everything is asked for: an acknowledgement without a bound would be a way around the limit.
bool has_all(FileReader& reader, Position where, const std::vector<Entry>& entries) {
  bool all = true;
  for (std::size_t i = 0; i < kAcknowledgeNames.size(); ++i) {
    const bool there = std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
      return entry.key == kAcknowledgeNames[i];
    });
    if (there) continue;
    all = false;
    reader.error(where, fmt::format("[[acknowledge]] has no {}", quote(kAcknowledgeNames[i])),
                 fmt::format("write {}", kExamples[i]));
  }
  return all;
}

void read_one(FileReader& reader, const Value& value) {
  const Entry itself{kAcknowledgeOwner.kind, value.at(), value};
  const std::vector<Entry> entries = reader.table(kAcknowledgeOwner, itself, kAcknowledgeNames);
  bool fine = has_all(reader, value.at(), entries);
  AcknowledgeDecl decl;
  decl.at = reader.at(value.at());
  const auto take = [&](auto read, auto& into) {
    fine = fine && read;
    if (read) into = *std::move(read);
  };
  for (const Entry& entry : entries) {
    if (entry.key == "class") {
      const auto word = reader.word(kAcknowledgeOwner, entry, kLimitClassNames);
      if (word) decl.klass = static_cast<LimitClass>(*word);
      fine = fine && word;
    } else if (entry.key == "count") {
      take(reader.whole(kAcknowledgeOwner, entry, 1, language::kMostRemovals), decl.count);
    } else if (entry.key == "plan") {
      take(read_plan(reader, entry), decl.plan);
    } else if (entry.key == "until") {
      take(reader.bound(kAcknowledgeOwner, entry), decl.until);
    } else {
      take(read_reason(reader, entry), decl.reason);
    }
  }
  if (!fine) return;
  for (const AcknowledgeDecl& other : reader.policy().acknowledgements) {
    if (other.klass != decl.klass || other.plan != decl.plan) continue;
    return reader.declared_twice(
        value.at(),
        fmt::format("class {} of plan {} is acknowledged twice", name(decl.klass), decl.plan),
        other.at);
  }
  reader.policy().acknowledgements.push_back(std::move(decl));
}

}  // namespace

void read_acknowledge(FileReader& reader, const Entry& entry) {
  for (const Value& value : reader.tables(kAcknowledgeOwner, entry)) read_one(reader, value);
}

}  // namespace rolecall
