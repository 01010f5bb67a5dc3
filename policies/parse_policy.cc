#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "policies/byte_scan.h"
#include "policies/digested_lines.h"
#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "policies/policy.h"
#include "policies/policy_data.h"
#include "policies/toml_document.h"
#include "state/model/digest.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

using TableReader = void (*)(FileReader&, const Entry&);
struct TopLevel {
  std::string_view name;
  TableReader read;
};
constexpr std::array kTables = {
    TopLevel{"organization", read_organization},
    TopLevel{"resources", read_resources},
    TopLevel{"users", read_users},
    TopLevel{"groups", read_groups},
    TopLevel{"safety", read_safety},
    TopLevel{"acknowledge", read_acknowledge},
    TopLevel{"rosters", read_rosters},
    TopLevel{"rules", read_rules},
    TopLevel{"tests", read_tests},
};
constexpr auto kKnown = language::names(language::kTopKeys);

void read_version(FileReader& reader, const Entry& entry) {
  if (!reader.expect({"version"}, entry, ValueKind::integer)) return;
  const std::int64_t version = entry.value.integer();
  if (version == language::kVersion) return;
  reader.error(
      entry.value.at(),
      fmt::format("policy version {}, this tool knows version {}", version, language::kVersion),
      version > language::kVersion ? "use a newer rolecall" : "write version = 1");
}

void unknown_entry(FileReader& reader, const Entry& entry) {
  const bool table = entry.value.is(ValueKind::table) || entry.value.is(ValueKind::array);
  const std::string shown =
      table ? fmt::format("table [{}]", escape_terminal(entry.key.substr(0, 80)))
            : fmt::format("key {}", quote(entry.key));
  reader.error(entry.at, "unknown " + shown,
               hint_for_key(reader.policy(), entry.key, kKnown,
                            "known are [organization], [resources], [users], [groups], [safety], "
                            "[[rules]], [[tests]], [[rosters]], [[acknowledge]]"));
}

void read_entry(FileReader& reader, const Entry& entry) {
  if (entry.key == "version") return read_version(reader, entry);
  for (const TopLevel& table : kTables) {
    if (entry.key != table.name) continue;
    return table.read(reader, entry);
  }
  unknown_entry(reader, entry);
}

/// A file as far as it can be read without the others.
struct ReadFile {
  std::optional<Document> document{};  ///< nothing: it is no TOML
  std::string said{};                  ///< what of it the policy's digest covers
  Diagnostics diagnostics{};
};

ReadFile read_alone(const SourceFile& source) {
  ReadFile out;
  std::vector<PlainList> lists;
  const std::optional<std::string_view> text = scan_bytes(source, out.diagnostics, &lists);
  if (!text) return out;
  out.document = Document::parse(source.path, *text, out.diagnostics, std::move(lists));
  if (out.document) out.said = digested_lines(*text);
  return out;
}

/// Returns whether it holds nothing at all.
bool add_to_policy(const Document& document, std::uint32_t file, Policy& policy,
                   Diagnostics& diagnostics) {
  FileReader reader(policy, file, diagnostics);
  const std::vector<Entry> entries = document.root().entries();
  const bool first = !policy.organization;
  bool has_version = false;
  for (const Entry& entry : entries) {
    const std::size_t errors_before = diagnostics.error_count();
    read_entry(reader, entry);
    has_version = has_version || entry.key == "version";
    // Who is said to be whom in a roster is not known either then.
    const bool people = entry.key == "users" || entry.key == "rosters";
    if (people && diagnostics.error_count() > errors_before) {
      policy.users_broken = true;
    }
  }
  if (first && policy.organization && !has_version) {
    diagnostics.error(policy.place(policy.organization->at),
                      "the file with [organization] has no version",
                      "write version = 1 above all tables");
  }
  return entries.empty();
}

/// A file of acknowledgements alone, with or without a version, is no part of what is wanted.
bool says_nothing(std::string_view said) {
  return said.empty() || (said.starts_with("version") && said.find('\n') == said.size() - 1);
}

void check_presence(const Policy& policy, bool empty, Diagnostics& diagnostics) {
  if (policy.files.empty()) {
    diagnostics.error({}, "there is no policy file",
                      "an empty policy never means \"remove everybody\"");
  } else if (empty) {
    diagnostics.error(
        {policy.files.front(), 1, 1}, "policy is empty",
        "an empty policy never means \"remove everybody\"; begin with version = 1 and "
        "[organization]");
  } else if (!policy.organization) {
    diagnostics.error({policy.files.front(), 0, 0}, "no [organization] in any policy file",
                      "add version = 1 and [organization] with the id of the organization");
  }
}

}  // namespace

void PolicyDeleter::operator()(Policy* policy) const {
  delete policy;
}

FileRole role_of(const SourceFile& toml) {
  FileRole role = FileRole::none;
  const auto take = [&](const TopLevel& table) {
    role = std::max(role, table.read == read_organization ? FileRole::whole : FileRole::part);
  };
  const ReadFile file = read_alone(toml);
  if (!file.document) {
    const std::string text = "\n" + toml.bytes;
    for (const TopLevel& table : kTables) {
      const bool named = text.find(fmt::format("\n[{}", table.name)) != std::string::npos ||
                         text.find(fmt::format("\n[[{}", table.name)) != std::string::npos;
      if (named) take(table);
    }
    return role;
  }
  for (const Entry& entry : file.document->root().entries()) {
    for (const TopLevel& table : kTables) {
      if (entry.key == table.name) take(table);
    }
  }
  return role;
}

void one_by_one(std::size_t count, const std::function<void(std::size_t)>& make,
                const std::function<void(std::size_t)>& take) {
  for (std::size_t i = 0; i < count; ++i) {
    make(i);
    take(i);
  }
}

ParsedPolicy parse_policy(std::span<const SourceFile> files, const InOrder& in_order) {
  std::vector<const SourceFile*> sources;
  std::vector<const SourceFile*> rosters;
  for (const SourceFile& file : files) (file.roster ? rosters : sources).push_back(&file);
  std::sort(sources.begin(), sources.end(), [](const SourceFile* left, const SourceFile* right) {
    return left->path < right->path;
  });

  ParsedPolicy parsed{PolicyPtr(new Policy), {}};
  Policy& policy = *parsed.policy;
  policy.first_roster = static_cast<std::uint32_t>(sources.size());
  Digest digest("rolecall policy 1");
  bool incomplete = false;
  bool empty = true;
  // A document takes six times the room of its file: few of them are there at any time.
  std::vector<ReadFile> read(sources.size());
  const auto make = [&](std::size_t i) { read[i] = read_alone(*sources[i]); };
  const auto take = [&](std::size_t i) {
    const ReadFile one = std::exchange(read[i], {});
    policy.files.push_back(sources[i]->path);
    parsed.diagnostics.append(one.diagnostics);
    if (!says_nothing(one.said)) {
      digest.field(sources[i]->path);
      digest.field(one.said);
    }
    const bool is_empty =
        one.document &&
        add_to_policy(*one.document, static_cast<std::uint32_t>(i), policy, parsed.diagnostics);
    incomplete = incomplete || !one.document;
    empty = empty && is_empty;
  };
  in_order(sources.size(), make, take);
  if (!incomplete) check_presence(policy, empty, parsed.diagnostics);
  if (!apply_rosters(policy, rosters, digest, parsed.diagnostics)) {
    incomplete = true;
    policy.users_broken = true;
  }
  policy.digest = digest.hex();
  check_policy(policy, incomplete, parsed.diagnostics);
  if (!incomplete) check_rule_references(policy, parsed.diagnostics);
  return parsed;
}

const std::string& organization_id(const Policy& policy) {
  static const std::string none;
  return policy.organization ? policy.organization->id : none;
}

bool needs_workspaces(const Policy& policy) {
  return std::any_of(
      policy.resources.begin(), policy.resources.end(),
      [](const ResourceDecl& resource) { return std::holds_alternative<Lookup>(resource.target); });
}

}  // namespace rolecall
