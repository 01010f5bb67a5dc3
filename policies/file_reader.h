#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/diagnostics.h"
#include "policies/policy_data.h"
#include "policies/toml_document.h"
#include "state/model/digest.h"

namespace rolecall {

/// Whose keys are being read, for messages: {"[organization]"} or {"user", "ada@acme.example"}.
struct Owner {
  std::string_view kind;
  std::string_view name = {};
  [[nodiscard]] std::string str() const;
};

/// Each in quotes, with commas between.
[[nodiscard]] std::string listed(std::span<const std::string_view> words);

/// "did you mean "x"?" when something is close, else `otherwise`.
[[nodiscard]] std::string did_you_mean(Policy& policy, std::string_view word,
                                       std::span<const std::string_view> candidates,
                                       std::string otherwise = {});

/// The same for a key that is not known. Keys that would hold a secret or the address of the API
/// get the reason why a policy has none.
[[nodiscard]] std::string hint_for_key(Policy& policy, std::string_view key,
                                       std::span<const std::string_view> known,
                                       std::string otherwise);

/// Turns the values of one file into the Policy's types, reporting what does not fit.
class FileReader {
 public:
  FileReader(Policy& policy, std::uint32_t file, Diagnostics& diagnostics)
      : policy_(policy), file_(file), diagnostics_(diagnostics) {}

  [[nodiscard]] Policy& policy() { return policy_; }
  [[nodiscard]] At at(Position position) const { return {file_, position.line, position.column}; }
  void error(Position where, std::string what, std::string hint = {},
             std::vector<Place> related = {});
  /// Names both places.
  void declared_twice(Position where, std::string what, const At& first);

  /// The entries of a table. Unknown keys are reported and left out; nothing when it is no table.
  std::vector<Entry> table(const Owner& owner, const Entry& entry,
                           std::span<const std::string_view> known);
  /// The same where any key is allowed.
  std::vector<Entry> table(const Owner& owner, const Entry& entry);
  /// The tables of a list, `owner` its name as a header: "[[rules]]".
  std::vector<Value> tables(const Owner& owner, const Entry& entry);

  /// All of these report a value of another kind, and are then nothing.
  bool expect(const Owner& owner, const Entry& entry, ValueKind kind, std::string hint = {});
  std::optional<std::string> text(const Owner& owner, const Entry& entry);
  std::optional<bool> boolean(const Owner& owner, const Entry& entry);
  /// A whole number in [low, high].
  std::optional<std::int64_t> whole(const Owner& owner, const Entry& entry, std::int64_t low,
                                    std::int64_t high);
  /// Index of the word among `words`.
  std::optional<std::size_t> word(const Owner& owner, const Entry& entry,
                                  std::span<const std::string_view> words);
  /// The strings of an array, each with its place; others are reported.
  std::vector<std::pair<std::string_view, Position>> strings(const Owner& owner,
                                                             const Entry& entry);
  std::optional<PersonId> person(std::string_view spelling, Position where);
  /// The same of somebody whom this does not make one of the people the policy names.
  std::optional<Email> address(std::string_view spelling, Position where);
  std::optional<GroupName> group_name(std::string_view spelling, Position where);
  std::vector<std::pair<PersonId, At>> people(const Owner& owner, const Entry& entry);
  std::vector<GroupNameAt> group_names(const Owner& owner, const Entry& entry);
  std::optional<AccessDecl> access(const Owner& owner, const Entry& entry, bool of_group);
  /// Organization-level roles.
  RolesDecl org_roles(const Owner& owner, const Entry& entry);
  /// A table of attributes, each with a value or a list of those of which any is meant. Nothing
  /// when some of it cannot be used. `without` says what a table without any would do.
  std::optional<std::vector<MatchKey>> match(const Owner& owner, const Entry& entry,
                                             std::string_view without);
  /// Index into Policy::windows of what `from` and `until` among `entries` say.
  std::uint32_t window(const Owner& owner, const std::vector<Entry>& entries);
  /// A date or a date-time; of `until` the first instant after it, else its beginning.
  std::optional<Bound> bound(const Owner& owner, const Entry& entry);

  /// Reports control, bidirectional and zero-width characters in text that people review.
  bool visible(std::string_view text, Position where, std::string_view called);

 private:
  std::vector<std::pair<Role, At>> roles(const Owner& owner, const Entry& entry, bool of_group);
  std::vector<std::string> match_values(const Owner& owner, const Entry& entry);
  void bad_address(std::string_view spelling, Position where, const Error& why);
  bool one_script(std::string_view spelling, Position where);

  Policy& policy_;
  std::uint32_t file_;
  Diagnostics& diagnostics_;
};

/// The readers of the top-level tables; `entry` is the table with its key.
void read_organization(FileReader& reader, const Entry& entry);
void read_resources(FileReader& reader, const Entry& entry);
void read_users(FileReader& reader, const Entry& entry);
void read_groups(FileReader& reader, const Entry& entry);
void read_safety(FileReader& reader, const Entry& entry);
void read_acknowledge(FileReader& reader, const Entry& entry);
void read_rosters(FileReader& reader, const Entry& entry);
void read_rules(FileReader& reader, const Entry& entry);
void read_tests(FileReader& reader, const Entry& entry);

/// The rows of the rosters, once all TOML files are read: declares people and adds to what others
/// declare. False when some of it could not be used, so that who is declared is not known in full.
bool apply_rosters(Policy& policy, std::span<const SourceFile* const> files, Digest& digest,
                   Diagnostics& diagnostics);

/// What only all files together can tell: references, cycles, who is in no group. `incomplete`
/// means that a file could not be read, so that nothing missing is reported as missing.
void check_policy(Policy& policy, bool incomplete, Diagnostics& diagnostics);
/// The same for what [[rules]] and [[tests]] refer to.
void check_rule_references(Policy& policy, Diagnostics& diagnostics);

}  // namespace rolecall
