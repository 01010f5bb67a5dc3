#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "state/model/instant.h"
#include "state/simulator/options.h"
#include "state/simulator/role_set.h"

namespace rolecall::simulator {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using StringIndex = std::unordered_map<std::string, Index, StringHash, std::equal_to<>>;

enum class AccountStatus : std::uint8_t { active, inactive, closed };
enum class MembershipStatus : std::uint8_t { active, suspended, no_membership };
/// The composite one.
enum class Status : std::uint8_t { active, suspended, not_invited, deactivated, for_deletion };

inline constexpr std::array<std::string_view, 3> kAccountStatuses = {"active", "inactive",
                                                                     "closed"};
inline constexpr std::array<std::string_view, 3> kMembershipStatuses = {"active", "suspended",
                                                                        "no_membership"};
inline constexpr std::array<std::string_view, 5> kStatuses = {"active", "suspended", "not_invited",
                                                              "deactivated", "for_deletion"};
inline constexpr std::array<std::string_view, 4> kManagedBy = {"external", "admins", "team-members",
                                                               "open"};

struct Directory {
  std::string id, name;
};

struct Domain {
  std::string id, name, claim_type = "dns", status = "verified";
};

struct Workspace {
  std::string ari, owner, type_key, type, name, host, status = "online";
  Index directory = 0;
  RoleSet roles = kAllRoles;  ///< those that fit it
  std::optional<std::int64_t> capacity;
  std::int64_t usage = 0;  ///< seats taken: kept by World
};

struct Person {
  struct In {
    Index directory = 0;
    bool suspended = false;
  };
  std::string id, email, email_key, name, nickname, account_type = "atlassian";
  std::string management_source = "invited";  ///< empty: null
  AccountStatus account = AccountStatus::active;
  bool managed = false, mfa = false, for_deletion = false;
  bool pending = false;  ///< invited, has not accepted yet
  std::vector<In> directories;
  AccessList access;          ///< direct
  RoleSet platform = 0;       ///< within kPlatformRoles
  std::vector<Index> groups;  ///< sorted
  Instant added{};
  std::vector<std::pair<Index, Instant>> last_active;  ///< by workspace

  [[nodiscard]] const In* in(Index directory) const;
  [[nodiscard]] MembershipStatus membership() const;
  [[nodiscard]] Status status() const;
  /// People in no directory are listed only when their account is managed.
  [[nodiscard]] bool listed() const { return managed || !directories.empty(); }
};

struct Group {
  std::string id, name, description;
  Index directory = 0;
  bool alive = true, synced = false, built_in = false, modifiable = true, deletable = true;
  std::string managed_by = "admins";
  std::vector<Index> members;  ///< sorted
  AccessList access;
  AccessList default_roles;  ///< what a resource gives by default: shown, no grant
  Instant visible_from{};    ///< a new group shows up in listings only later
  std::string brief;         ///< {"id","name","description"} as users[].groups shows it
};

struct Event {
  std::uint64_t n = 0;
  Instant time{};
  std::string action, subject, object;  ///< ids of what was changed and with what
};

/// The organization: plain tables, their indices, and the few changes that keep them consistent.
/// The rules of the API are not here but in the operations.
struct World {
  std::string org_id, org_name, api_key;  ///< no key: any is accepted
  Options options;
  std::vector<Directory> directories;
  std::vector<Domain> domains;
  std::vector<Workspace> workspaces;
  std::vector<Person> people;
  std::vector<Group> groups;
  std::map<std::string, std::int64_t> mails;  ///< notifications sent, by address
  std::deque<Event> events;
  std::uint64_t last_event = 0, groups_made = 0;

  [[nodiscard]] std::optional<Index> find_directory(std::string_view id) const;
  [[nodiscard]] std::optional<Index> find_workspace(std::string_view ari) const;
  [[nodiscard]] std::optional<Index> find_person(std::string_view account_id) const;
  [[nodiscard]] std::optional<Index> find_person_by_email(std::string_view email) const;
  [[nodiscard]] std::optional<Index> find_group(std::string_view id) const;
  [[nodiscard]] std::optional<Index> find_group_by_name(Index directory,
                                                        std::string_view name) const;

  /// Fills in the indexed fields (keys, id where empty) and files it. The id, address or name must
  /// be free.
  Index add_workspace(Workspace workspace);
  Index add_person(Person person);
  Index add_group(Group group);
  void delete_group(Index group);

  void join_group(Index person, Index group);
  void leave_group(Index person, Index group);
  void join_directory(Index person, Index directory);
  /// Roles and memberships in that directory go with it.
  void leave_directory(Index person, Index directory);
  void set_suspended(Index person, Index directory, bool suspended);
  void grant_person(Index person, Index resource, RoleSet roles);
  void revoke_person(Index person, Index resource, RoleSet roles);
  void grant_group(Index group, Index resource, RoleSet roles);
  void revoke_group(Index group, Index resource, RoleSet roles);

  /// Whether the person takes up a seat there: in a directory, not suspended, with a seat role.
  [[nodiscard]] bool holds_seat(const Person& person, Index resource) const;
  [[nodiscard]] bool has_seats(Index resource, std::int64_t more) const;
  /// The first app that has no seat left for this person, were they given these roles.
  [[nodiscard]] std::optional<Index> first_without_seat(const Person& person,
                                                        const AccessList& extra) const;
  /// All roles of a person on each resource: their own and their groups'.
  [[nodiscard]] AccessList effective_access(const Person& person) const;
  [[nodiscard]] std::size_t active_org_admins() const;
  /// Everybody by nickname; those of one nickname in the order of the table.
  [[nodiscard]] const std::vector<Index>& by_nickname(bool descending) const;

  void record(Instant now, std::string action, std::string subject, std::string object = {});

 private:
  [[nodiscard]] std::vector<Index> seats_of(const Person& person) const;
  template <class Change>
  void with_seats(Index person, Change change);

  /// Made when asked for; nicknames never change, so only people who were added make it old.
  mutable std::array<std::vector<Index>, 2> by_nickname_;
  StringIndex workspace_index_, person_index_, email_index_, group_index_, name_index_;
};

/// A UUID that depends on nothing but its arguments.
[[nodiscard]] std::string make_uuid(std::uint64_t seed, std::string_view kind,
                                    std::string_view name);

}  // namespace rolecall::simulator
