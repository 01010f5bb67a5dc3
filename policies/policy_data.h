#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "policies/desired.h"
#include "policies/policy.h"
#include "state/model/keys.h"
#include "state/model/role.h"

// What parse_policy makes and resolve_policy reads. Private to policies/.

namespace rolecall {

/// A Place without its string: `file` is an index into Policy::files.
struct At {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A person whom the policy names anywhere; index into People.
using PersonId = std::uint32_t;

/// The addresses of a policy, each normalised once however often it is written.
class People {
 public:
  [[nodiscard]] Result<PersonId> intern(std::string_view spelling);
  /// Nothing for somebody whom the policy does not name.
  [[nodiscard]] std::optional<PersonId> find(const Email& email) const;
  [[nodiscard]] const Email& email(PersonId person) const { return emails_[person]; }
  [[nodiscard]] std::size_t size() const { return emails_.size(); }

 private:
  // The views point into the two deques, whose elements stay where they are.
  std::unordered_map<std::string_view, PersonId> ids_;
  std::deque<Email> emails_;
  std::deque<std::string> spellings_;
};

/// One bound of a window as it was written.
struct Bound {
  Instant instant;   ///< of `until`: the first instant outside
  std::string text;  ///< "2027-02-28"
  At at;
};

struct Window {
  std::optional<Bound> from;
  std::optional<Bound> until;
};

struct GrantDecl {
  std::string alias;
  At alias_at;
  std::vector<std::pair<Role, At>> roles;
};

struct AccessDecl {
  At at;
  std::vector<GrantDecl> grants;
};

struct RolesDecl {
  At at;
  std::optional<At> org_admin;
};

enum class UserState : std::uint8_t { active, suspended, removed };

struct Attribute {
  std::string name;
  std::string value;
  At at;  ///< in [users], or the field of a roster
};

/// Somebody whom [users], a roster that declares people, or both declare: each says what the other
/// does not.
struct UserDecl {
  PersonId person = 0;
  At at;                        ///< the key in [users], else the address in the roster
  std::optional<At> roster_at;  ///< the address in the roster that declares them
  UserState state = UserState::active;
  std::optional<At> state_at;  ///< where it is written
  std::string status;          ///< what a roster says of who is not active: "Status = Left"
  std::string account_id;
  std::optional<RolesDecl> roles;
  std::optional<AccessDecl> access;
  std::uint32_t window = 0;           ///< index into Policy::windows
  std::vector<Attribute> attributes;  ///< by name
  std::string reason;
};

/// One entry of `members`. There may be a million.
struct MemberEntry {
  PersonId person = 0;
  At at;
  std::uint32_t window = 0;  ///< index into Policy::windows
  std::uint32_t reason = 0;  ///< index into Policy::reasons
};

struct MatchKey {
  std::string attribute;
  std::vector<std::string> values;  ///< any of
  At at;
};

struct GroupNameAt {
  GroupName name;
  At at;
};

/// One name of `include`.
struct IncludeRef {
  GroupName name;
  At at;
  std::optional<std::uint32_t> group{};  ///< index into Policy::groups, once checked
};

struct GroupDecl {
  explicit GroupDecl(GroupName written) : name(std::move(written)) {}

  GroupName name;
  At at;
  bool tombstone = false;
  At state_at;
  std::string reason;
  std::string description;
  std::optional<At> members_at;
  std::vector<MemberEntry> members;
  std::optional<At> include_at;
  std::vector<IncludeRef> include;
  std::optional<At> match_at;
  std::vector<MatchKey> match;
  std::optional<At> exclude_at;
  std::vector<std::pair<PersonId, At>> exclude;
  std::optional<At> membership_at;
  bool additive = false;
  std::optional<At> empty_at;
  bool empty = false;
  std::optional<AccessDecl> access;
  std::vector<GroupNameAt> previous_names;
  bool membership_broken = false;  ///< has errors of its own: nothing follows from its emptiness

  [[nodiscard]] bool members_managed() const { return members_at || include_at || match_at; }
};

struct Lookup {
  std::string app;
  std::string host;  ///< lower case; may be empty
};

struct ResourceDecl {
  std::string alias;
  At at;
  std::variant<std::string, Lookup> target;  ///< ARI, or how to find it
};

struct OrganizationDecl {
  At at;
  std::string id;
  std::string directory;
  UnlistedUsers unlisted_users = UnlistedUsers::ignore;
  UnlistedGroups unlisted_groups = UnlistedGroups::ignore;
  std::optional<At> unlisted_users_at;
  std::optional<At> unlisted_groups_at;
};

struct SafetyDecl {
  std::int64_t min_org_admins = Safety{}.min_org_admins;
  std::vector<std::pair<PersonId, At>> protected_users;
  std::vector<GroupNameAt> protected_groups;
  std::array<Limit, kLimitClassCount> limits = default_limits();
  /// Where each key was set, as "limits.remove_members.free", to refuse a second setting.
  std::unordered_map<std::string, At> set_at;
};

struct AcknowledgeDecl {
  LimitClass klass{};
  std::int64_t count = 0;
  std::string plan;
  Bound until;
  std::string reason;
  At at;
};

/// A [[rosters]] table.
struct RosterDecl {
  struct Column {
    std::string name;
    At at;
  };
  struct Active {
    Column column;
    std::vector<std::pair<std::string, At>> values;  ///< of who is wanted active
    At at;
  };
  std::string path;  ///< of its SourceFile
  At at;
  At file_at;
  Column email;
  std::vector<std::pair<std::string, Column>> attributes;  ///< attribute and its column
  std::optional<Active> active;
  bool declare_users = false;
};

/// Whom a rule is about: everybody of whom all parts hold that are there.
struct SelectorDecl {
  At at;
  std::vector<std::pair<std::string, At>> domains;  ///< any of; as in an Email
  std::vector<GroupNameAt> groups;                  ///< any of
  std::vector<MatchKey> attributes;                 ///< every key
};

/// What somebody may have: in `deny` of a rule, in `has` and `lacks` of a test.
struct HoldingsDecl {
  std::vector<GroupNameAt> groups;  ///< tests only
  std::optional<RolesDecl> roles;
  std::optional<AccessDecl> access;
};

struct RequireDecl {
  At at;
  std::optional<std::int64_t> until_within_days;
  bool reason = false;
};

/// A [[rules]] table.
struct RuleDecl {
  std::string name;
  At at;
  Severity severity = Severity::error;
  std::optional<SelectorDecl> users;
  HoldingsDecl deny;
  std::vector<GroupNameAt> exclusive_groups;
  std::optional<RequireDecl> require;
};

/// A [[tests]] table.
struct TestDecl {
  std::string name;
  At at;
  std::optional<Email> user;
  At user_at;
  std::optional<Bound> when;  ///< the run's instant without
  HoldingsDecl has;
  HoldingsDecl lacks;
};

struct Policy {
  std::vector<std::string> files;  ///< TOML first, then rosters
  std::uint32_t first_roster = 0;  ///< index into `files`
  std::string digest;
  std::optional<OrganizationDecl> organization;
  std::vector<ResourceDecl> resources;
  std::unordered_map<std::string, std::uint32_t> resource_by_alias;
  std::unordered_map<std::string, std::uint32_t> resource_by_target;  ///< to find two for one
  People people;
  std::vector<UserDecl> users;
  std::unordered_map<PersonId, std::uint32_t> user_by_person;
  std::vector<GroupDecl> groups;
  std::unordered_map<std::string, std::uint32_t> group_by_key;
  std::vector<std::uint32_t> group_order;  ///< each group after those it includes; none in a cycle
  SafetyDecl safety;
  std::vector<AcknowledgeDecl> acknowledgements;
  std::vector<RosterDecl> rosters;
  std::vector<RuleDecl> rules;
  std::vector<TestDecl> tests;
  std::unordered_map<std::string, At> rule_names;
  std::unordered_map<std::string, At> test_names;
  /// Looking for a near name costs; a policy full of unknown names needs no more guesses than this.
  int guesses_left = 100;
  bool users_broken = false;  ///< some [users] entry has errors: who matches is not known
  std::vector<Window> windows{Window{}};            ///< entry 0 is always open
  std::vector<std::string> reasons{std::string{}};  ///< entry 0 is empty

  [[nodiscard]] Place place(const At& at) const { return {files[at.file], at.line, at.column}; }
  [[nodiscard]] bool is_roster(const At& at) const { return at.file >= first_roster; }
  [[nodiscard]] const UserDecl* user(PersonId person) const {
    const auto found = user_by_person.find(person);
    return found == user_by_person.end() ? nullptr : &users[found->second];
  }
  [[nodiscard]] std::optional<std::uint32_t> group(const GroupName& name) const {
    const auto found = group_by_key.find(name.key());
    if (found == group_by_key.end()) return std::nullopt;
    return found->second;
  }
};

}  // namespace rolecall
