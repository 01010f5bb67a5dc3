#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/model/instant.h"
#include "state/model/org_state.h"

namespace rolecall {

/// What the API says about a live person beyond what is compared.
struct LiveUser {
  std::string account_id;
  std::string name;   ///< display name, as sent; empty where unknown
  std::string shows;  ///< its address, where that is not the one it stands for; "-": none visible
  bool account_active = true;  ///< false: deactivated or closed; not changed through this API
  bool accepted = true;        ///< false: has never answered at this address (emailVerified)
  /// Why nothing is ever done to this object (unknown status, no address, ...); empty when fine.
  std::string opaque;
  /// ARI and word of direct grants of roles that are not managed here; they end with the person,
  /// and come back with them. Read where `grants` of the live user are.
  std::vector<std::pair<std::string, std::string>> other_grants{};
  /// Ids of groups that they are in and that no listing of groups shows.
  std::vector<std::string> other_groups{};
};

struct LiveGroup {
  std::string id;            ///< bare UUID
  bool synced = false;       ///< owned by an identity provider
  bool modifiable = true;    ///< false: membership is not to be changed here (synced, built in)
  bool deletable = true;     ///< false: built in or a default group
  bool grants_read = false;  ///< `grants` of the live group holds all it has on the asked resources
  std::uint32_t user_count = 0;
  /// kNotCounted where the API does not say: there may be some.
  std::uint32_t resource_count = 0;
  static constexpr std::uint32_t kNotCounted = UINT32_MAX;
  std::string opaque;
  /// ARI and word of grants of roles that are not managed here; nothing but deleting it ends them.
  std::vector<std::pair<std::string, std::string>> other_grants{};
};

/// A fact worth telling that is no change. `kind` is one of a fixed set of words.
struct Note {
  std::string kind;
  std::string subject;
  auto operator<=>(const Note&) const = default;
};

/// Of roles that a group or person has and no policy can change: "group NAME: ROLE", "ADDRESS:
/// ROLE".
inline constexpr std::string_view kUnmanageableRole = "unmanageable_role";

/// An account that claims a person's place although another one has it, or although it has a place
/// of its own: the address of somebody the policy pins to another account, an address that two live
/// accounts share, or one that somebody shows who is known to be another person. Who is not there
/// and is claimed is not invited: that account would get what is theirs.
struct AccountConflict {
  UserRef user{};
  std::string account_id;
};

/// The live organization as it was read in one run.
///
/// `users` and `groups` run parallel to `live.users` and `live.groups`. The reads are complete only
/// where proved: every cursor chain closed, no cursor or id repeated, counts agree (guarantees.md
/// B1). What could not be proved is said in `gaps`; then nothing may be taken away from anybody.
struct Snapshot {
  OrgState live;
  std::vector<LiveUser> users;
  std::vector<LiveGroup> groups;
  std::string directory_id;
  std::string directory_name;
  std::vector<AccountConflict> conflicts;
  std::vector<std::string> gaps;  ///< one sentence each: endpoint and what did not add up
  bool users_proved = true;       ///< who is not in `live` is not in the directory
  bool groups_proved = true;      ///< likewise for groups
  bool clock_trusted = true;      ///< dates, and what happened when, were decided by a true clock
  std::vector<Note> notes;
  std::size_t read_calls = 0;
  std::map<std::string, std::size_t> calls_for{};  ///< what they were made for
  std::optional<Instant> server_date;              ///< of the last answer

  [[nodiscard]] bool complete() const { return gaps.empty(); }

  [[nodiscard]] const LiveUser& about(UserRef ref) const {
    static const LiveUser nobody;
    return index(ref) < users.size() ? users[index(ref)] : nobody;
  }
  [[nodiscard]] const LiveGroup& about(GroupRef ref) const {
    static const LiveGroup nothing;
    return index(ref) < groups.size() ? groups[index(ref)] : nothing;
  }
};

}  // namespace rolecall
