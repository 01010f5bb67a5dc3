#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "diff/change.h"
#include "diff/lean.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// The kind of a note about somebody whose invitation may have left without an answer, or was
/// accepted without their being seen afterwards: not sent again until a person decides
/// (guarantees.md A4).
inline constexpr std::string_view kOpenInvitation = "invitation_in_doubt";
/// Likewise where that is too lately for anybody to decide.
inline constexpr std::string_view kFreshInvitation = "invitation_just_sent";

/// Likewise where it was answered 409 that lately: it may be there already, or have been sent by a
/// gateway before. It is sent once more by itself where it does not show.
inline constexpr std::string_view kConflictingInvitation = "invitation_answered_409";

/// The kind of a note that it could not be read how many seats there are.
inline constexpr std::string_view kSeatsUnknown = "seats_unknown";

/// A safety rule that forbids the plan. `klass` is a limit class or "min_org_admins",
/// "protected_users", "protected_groups".
struct Refusal {
  std::string klass;
  std::int64_t n = 0;
  std::int64_t of = 0;
  /// The rule in words: "free 3, percent 10, count 100", with "; 2 already in the last 24 hours,
  /// which count too" behind it where there were any.
  std::string limit;
  std::string subject;  ///< the group or person concerned, where it is one
  auto operator<=>(const Refusal&) const = default;
};

/// A limit that the plan goes beyond and an acknowledgement of the policy admits.
struct Admission {
  LimitClass klass{};
  std::string acknowledgement;  ///< its id: used up once the plan is applied
  bool operator==(const Admission&) const = default;
};

/// One HTTP request of the apply and the changes it carries (indices into Plan::changes). All but
/// invitations carry exactly one.
struct Call {
  ChangeKind kind{};
  std::vector<std::size_t> changes;
};

/// What somebody may do on one app, by every path that was read: granted directly or through
/// groups.
struct AppEffect {
  std::string resource;      ///< alias, or the ARI where the policy declares none
  std::vector<Role> before;  ///< sorted, unique
  std::vector<Role> after;   ///< never the same as `before`
  auto operator<=>(const AppEffect&) const = default;
};

/// What a plan means for one person, after all paths are merged. A new path to what they have
/// already is no effect.
struct PersonEffect {
  std::string user;
  std::vector<AppEffect> apps;  ///< by resource; never empty
  /// Every path was read. Otherwise they may have had, or may keep, an app by a direct grant or a
  /// group that the policy does not manage.
  bool certain = true;
  bool operator==(const PersonEffect&) const = default;
};

/// The seats of an app that the plan takes or frees; roles that need none do not count.
struct Seats {
  struct Taker {
    std::size_t call = 0;  ///< index into Plan::calls: the one after which they need it
    std::string user;
    auto operator<=>(const Taker&) const = default;
  };
  std::string resource;
  std::string ari;
  std::vector<Taker> takers;               ///< in the order of apply, then by address
  std::size_t freed = 0;                   ///< at the end: what takes comes after what gives
  bool takers_certain = true;              ///< false: some of them may have a seat already
  bool freed_certain = true;               ///< false: some may keep theirs
  std::optional<std::int64_t> capacity{};  ///< nothing while not known, or without bound
  std::optional<std::int64_t> usage{};     ///< taken before the plan
  /// Whose call comes when no seat is left for all whom it gives one; in the order of apply.
  std::vector<std::string> left_over{};
  bool operator==(const Seats&) const = default;
};

/// The organization's own domains, against which people from outside are told.
struct OwnDomains {
  std::vector<std::string> names;  ///< sorted; empty: not known, so nobody counts as from outside
  bool verified = false;           ///< as the organization has claimed them; else a guess
  bool operator==(const OwnDomains&) const = default;
};

/// What is to be done, as a value: printed, compared, hashed, saved, applied.
///
/// `changes` are sorted by Change::order. The digest covers organization, directory and changes
/// (without causes), so it is the same for the same work, whenever and from wherever it was
/// planned.
struct Plan {
  std::string organization;
  std::string directory;  ///< id
  Instant at;
  std::string policy_digest;
  std::string live_digest;
  std::string digest;
  bool complete = true;  ///< live state was proved complete; else nothing is taken away
  std::vector<Change> changes;
  std::vector<Call> calls;
  std::vector<Note> notes;          ///< sorted, unique
  std::vector<Refusal> refusals;    ///< sorted
  std::vector<Admission> admitted;  ///< by class
  /// Of the classes refused: acknowledgements that do not admit this plan, and why.
  std::vector<std::string> unfit_acknowledgements;
  std::vector<std::string> gaps;                   ///< why it is not complete
  std::size_t withheld = 0;                        ///< changes left out because of the gaps
  std::size_t reads = 0;                           ///< calls made to read
  std::map<std::string, std::size_t> reads_for{};  ///< likewise, by what was read; not saved
  std::size_t look_ups = 0;  ///< reads that the apply will make for the ids of new groups
  std::map<std::string, std::string> names;  ///< e-mail address -> display name, people spoken of
  std::int64_t min_org_admins = 0;
  std::vector<std::string> org_admins;  ///< addresses of active org admins before the plan, sorted
  /// Those of them whom an earlier run may have taken out a moment ago: they count for no floor.
  std::set<std::string> org_admins_in_doubt{};
  std::map<std::string, std::string>
      renamed;  ///< group that is deleted -> the name it lives on under
  std::vector<std::string> suspended_org_admins;  ///< likewise those who are suspended
  /// Likewise everybody who holds the role, also whom the floor does not count: who has not
  /// answered an invitation, or whose account is deactivated. Not saved.
  std::vector<std::string> org_role_holders{};
  std::vector<std::string> org_admin_accounts{};  ///< ids of org_admins, in their order; not saved
  /// Person -> the address that their account shows, where it is another one (LiveUser::shows); not
  /// saved.
  std::map<std::string, std::string> shown{};
  /// Group that is deleted -> how many people were in it when that was planned; not saved.
  std::map<std::string, std::uint32_t> members_of_deleted{};
  /// Likewise who they were, as sorted account ids, where all of them are known; not saved.
  std::map<std::string, std::vector<std::string>> accounts_in_deleted{};
  /// Likewise how many resources it had access to, where the API said.
  std::map<std::string, std::uint32_t> resources_of_deleted{};
  /// How large a group is that is given something: at most so many are in it where the policy says
  /// who, and it has access to so many resources where the policy says to which, with those that
  /// the plan gives it.
  struct Size {
    std::optional<std::uint32_t> members{};
    std::optional<std::uint32_t> resources{};
  };
  std::map<std::string, Size> sizes{};  ///< by group id; not saved
  /// Id of a group or an account, ARI, role: where that is revoked, and another one that stands in
  /// for it (role_rules.h) is there and stays; not saved.
  std::set<std::tuple<std::string, std::string, std::string>> other_roles_stay{};
  /// What somebody held: more must not be lost with whom an undo removes, nor come back with whom
  /// is restored.
  struct Holdings {
    std::set<std::string> groups{};    ///< ids
    std::set<std::string> unlisted{};  ///< those of them that no listing of groups shows
    std::set<std::pair<std::string, std::string>> grants{};  ///< ARI, role
    bool grants_read = false;
  };
  std::map<std::string, Holdings> holdings{};  ///< by account id; not saved
  /// What a renamed group has, as it was read, and what of it must live on in its successor; also
  /// of one that stays meanwhile.
  struct Copied {
    std::string id;                       ///< of the old group
    std::string successor;                ///< its name
    std::string successor_id;             ///< empty: it is made
    bool keeps_members = false;           ///< the policy does not say all of them
    bool members_known = false;           ///< all of them
    std::vector<std::string> accounts{};  ///< members, sorted
    std::set<std::string> leaving{};      ///< those who are to be removed from the directory
    std::set<std::string> taken_over{};   ///< those who go along though the policy says who does
    std::set<std::pair<std::string, std::string>> grants{};  ///< ARI, role
    std::set<std::string> managed{};  ///< ARIs on which the policy says what the successor has

    [[nodiscard]] bool keeps(const std::string& ari) const { return !managed.contains(ari); }
    [[nodiscard]] bool keeps_member(const std::string& account) const {
      return keeps_members || taken_over.contains(account);
    }
  };
  std::map<std::string, Copied> copied{};  ///< by the old group; not saved
  std::int64_t undo_of = 0;  ///< the run whose changes it takes back; 0: it follows the policy
  /// People in the directory who are made admins and have not accepted their invitation yet.
  std::vector<std::string> pending_org_admins;

  std::vector<PersonEffect> effects;  ///< by address
  std::vector<Seats> seats;           ///< by resource; where any is taken or freed
  OwnDomains own_domains;
  std::optional<std::int64_t> since_run;  ///< the run that origins are told against
  Instant since;                          ///< when it began

  /// Who leans on what the plan gives, by the group that something is taken from, empty for what is
  /// taken from them directly; each sorted; not saved.
  std::map<std::string, std::vector<Lean>> leans{};
  /// What is not to be held back for them, as far as these gifts came about; not saved.
  std::map<TakenKey, LetsIn> lets_in{};
  /// What the leans count on and the plan does not hold any more: a saved plan held less, or it is
  /// left to people; not saved.
  std::vector<Change> left_out{};

  /// May be applied: not refused. (A plan that is not complete may: it only adds.)
  [[nodiscard]] bool applyable() const { return refusals.empty(); }
  /// Those of the leans that the change is about.
  [[nodiscard]] std::vector<const Lean*> leans_on(const Change& change) const;
  /// Somebody waits for a person to decide about an invitation.
  [[nodiscard]] bool has_open_invitations() const;
  [[nodiscard]] std::array<std::size_t, kChangeKindCount> counts() const;
};

/// SHA-256 of what a plan does, 64 hexadecimal digits.
[[nodiscard]] std::string digest_of(const Plan& plan);

/// Makes calls, look-ups and digest anew from the changes, which must be sorted.
void reschedule(Plan& plan);

}  // namespace rolecall
