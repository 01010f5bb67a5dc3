#include <fmt/format.h>

#include <algorithm>

#include "policies/byte_scan.h"
#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kRosterNames = language::names(language::kRosterKeys);
constexpr auto kActiveKeys = language::names(language::kActiveKeys);
/// More is a mistake: each is a file to read.
constexpr std::size_t kMaxRosters = 100;

const Owner kRosterOwner{"[[rosters]]"};
const Owner kActive{"\"active\" of [[rosters]]"};

/// Beside the TOML file that names it.
std::string beside(std::string_view toml_path, std::string_view file) {
  while (file.starts_with("./")) file.remove_prefix(2);
  return std::string(toml_path.substr(0, toml_path.rfind('/') + 1)).append(file);
}

std::optional<RosterDecl::Column> read_column(FileReader& reader, const Owner& owner,
                                              const Entry& entry) {
  const std::optional<std::string> name = reader.text(owner, entry);
  if (!name) return std::nullopt;
  if (!trim_ascii(*name).empty()) {
    return RosterDecl::Column{std::string(trim_ascii(*name)), reader.at(entry.value.at())};
  }
  reader.error(entry.value.at(), fmt::format("{} of {} is empty", quote(entry.key), owner.str()),
               "write the name of a column as it stands in the first line of the file");
  return std::nullopt;
}

void read_file(FileReader& reader, const Entry& entry, RosterDecl& out) {
  const std::optional<std::string> file = reader.text(kRosterOwner, entry);
  if (!file) return;
  if (file->empty() || file->front() == '/') {
    reader.error(entry.value.at(),
                 fmt::format("\"file\" of [[rosters]] cannot be {}", quote(*file)),
                 "write a path relative to this file, as in \"hr-export.csv\"");
    return;
  }
  out.path = beside(reader.policy().files[reader.at(entry.at).file], *file);
  out.file_at = reader.at(entry.value.at());
}

void read_attributes(FileReader& reader, const Entry& entry, RosterDecl& out) {
  const Owner owner{"\"attributes\" of [[rosters]]"};
  const std::vector<Entry> entries =
      reader.table(owner, {owner.kind, entry.value.at(), entry.value});
  std::unordered_map<std::string, At> taken;
  for (const Entry& attribute : entries) {
    if (!reader.visible(attribute.key, attribute.at, "attribute name")) continue;
    auto column = read_column(reader, owner, attribute);
    if (!column) continue;
    // So that what is kept of a file is not many times its size.
    const auto [first, added] = taken.try_emplace(column->name, column->at);
    if (!added) {
      reader.declared_twice(
          attribute.value.at(),
          fmt::format("column {} is taken for two attributes", quote(column->name)), first->second);
      continue;
    }
    out.attributes.emplace_back(attribute.key, *std::move(column));
  }
}

void read_active(FileReader& reader, const Entry& entry, RosterDecl& out) {
  RosterDecl::Active& active = out.active.emplace();
  active.at = reader.at(entry.at);
  bool has_column = !entry.value.is(ValueKind::table);
  bool has_values = has_column;
  for (const Entry& key :
       reader.table(kActive, {kActive.kind, entry.value.at(), entry.value}, kActiveKeys)) {
    if (key.key == "column") {
      has_column = true;
      active.column = read_column(reader, kActive, key).value_or(RosterDecl::Column{});
      continue;
    }
    has_values = true;
    for (const auto& [value, where] : reader.strings(kActive, key)) {
      active.values.emplace_back(trim_ascii(value), reader.at(where));
    }
    if (key.value.is(ValueKind::array) && key.value.size() == 0) {
      reader.error(key.value.at(), "\"values\" of \"active\" lists nothing",
                   "everybody would be wanted suspended; list what stands there for people who "
                   "work, as in [\"Active\"]");
    }
  }
  constexpr std::string_view kHint =
      "write active = { column = \"Status\", values = [\"Active\"] }";
  if (!has_column) {
    reader.error(entry.value.at(), kActive.str() + " has no \"column\"", std::string(kHint));
  }
  if (!has_values) {
    reader.error(entry.value.at(), kActive.str() + " has no \"values\"", std::string(kHint));
  }
}

void check_whole(FileReader& reader, Position where, const std::vector<Entry>& entries,
                 const RosterDecl& decl) {
  const auto has = [&](std::string_view key) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const Entry& entry) { return entry.key == key; });
  };
  if (!has("file")) {
    reader.error(where, "[[rosters]] has no \"file\"", "write file = \"hr-export.csv\"");
  }
  if (!has("email")) {
    reader.error(where, "[[rosters]] has no \"email\"",
                 "name the column with the addresses: email = \"Work Email\"");
  }
  if (decl.declare_users) return;
  if (decl.active) {
    reader.error({decl.active->at.line, decl.active->at.column},
                 "\"active\" of [[rosters]] says nothing where the roster does not declare people",
                 "write declare_users = true, or take \"active\" out");
  } else if (!has("attributes")) {
    reader.error(where, "[[rosters]] has neither \"attributes\" nor declare_users = true",
                 "as it is, the file says nothing");
  }
}

void read_roster(FileReader& reader, const Value& value) {
  Policy& policy = reader.policy();
  RosterDecl out;
  out.at = reader.at(value.at());
  const std::vector<Entry> entries =
      reader.table(kRosterOwner, {kRosterOwner.kind, value.at(), value}, kRosterNames);
  for (const Entry& entry : entries) {
    if (entry.key == "file") {
      read_file(reader, entry, out);
    } else if (entry.key == "email") {
      out.email = read_column(reader, kRosterOwner, entry).value_or(RosterDecl::Column{});
    } else if (entry.key == "attributes") {
      read_attributes(reader, entry, out);
    } else if (entry.key == "active") {
      read_active(reader, entry, out);
    } else {
      out.declare_users = reader.boolean(kRosterOwner, entry).value_or(false);
    }
  }
  check_whole(reader, value.at(), entries, out);
  if (out.path.empty()) return;
  for (const RosterDecl& other : policy.rosters) {
    if (other.path != out.path) continue;
    return reader.declared_twice({out.file_at.line, out.file_at.column},
                                 fmt::format("{} is a roster twice", quote(out.path)),
                                 other.file_at);
  }
  if (policy.rosters.size() == kMaxRosters) {
    return reader.error(value.at(), fmt::format("more than {} rosters", kMaxRosters));
  }
  policy.rosters.push_back(std::move(out));
}

}  // namespace

void read_rosters(FileReader& reader, const Entry& entry) {
  for (const Value& value : reader.tables(kRosterOwner, entry)) read_roster(reader, value);
}

std::vector<std::string> roster_paths(const SourceFile& toml) {
  // A quoted key may spell the word with escapes.
  const auto holds = [&](std::string_view what) {
    return toml.bytes.find(what) != std::string::npos;
  };
  if (!holds("rosters") && !holds("\\u") && !holds("\\U")) return {};
  // What is wrong with it, parse_policy says.
  Policy scratch;
  Diagnostics ignored;
  const std::optional<std::string_view> text = scan_bytes(toml, ignored);
  if (!text) return {};
  const std::optional<Document> document = Document::parse(toml.path, *text, ignored);
  if (!document) return {};
  scratch.files.push_back(toml.path);
  FileReader reader(scratch, 0, ignored);
  for (const Entry& entry : document->root().entries()) {
    if (entry.key == "rosters") read_rosters(reader, entry);
  }
  std::vector<std::string> paths;
  for (RosterDecl& roster : scratch.rosters) paths.push_back(std::move(roster.path));
  return paths;
}

}  // namespace rolecall
