#include "diff/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "diff/matter.h"
#include "diff/plan_view.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

ChangeKind inverse_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::create_group:
      return ChangeKind::delete_group;
    case ChangeKind::grant_group_access:
      return ChangeKind::revoke_group_access;
    case ChangeKind::restore_user:
      return ChangeKind::suspend_user;
    case ChangeKind::invite_user:
      return ChangeKind::remove_user;
    case ChangeKind::add_member:
      return ChangeKind::remove_member;
    case ChangeKind::grant_user_access:
      return ChangeKind::revoke_user_access;
    case ChangeKind::grant_org_role:
      return ChangeKind::revoke_org_role;
    case ChangeKind::revoke_group_access:
      return ChangeKind::grant_group_access;
    case ChangeKind::revoke_user_access:
      return ChangeKind::grant_user_access;
    case ChangeKind::remove_member:
      return ChangeKind::add_member;
    case ChangeKind::suspend_user:
      return ChangeKind::restore_user;
    case ChangeKind::remove_user:
      return ChangeKind::invite_user;
    case ChangeKind::delete_group:
      return ChangeKind::create_group;
    case ChangeKind::revoke_org_role:
      break;
  }
  return ChangeKind::grant_org_role;
}

using Key = ChangeKey;

constexpr const char* kOtherAccess = "it has app access that the run did not give";
constexpr const char* kTheirOtherAccess = "they have app access that the run did not give";

class Inverter {
 public:
  Inverter(const LoggedRun& run, const PlanInput& input)
      : run_(run), live_(input.live), catalog_(input.catalog) {
    for (const Resource& resource : input.desired.resources) {
      aliases_[catalog_.name(resource.ref)] = resource.alias;
    }
    for (const OpenInvitation& open : input.open_invitations) open_invitations_.insert(open.email);
    for (const LoggedRun::Later& later : run_.later) later_[key_of(later.change)] = later.run;
    for (const Change& change : run_.made) {
      made_.insert(key_of(change));
      if (change.kind == ChangeKind::create_group || change.group_id.empty()) continue;
      group_ids_[key_of(change.group)] = change.group_id;
    }
    remember_memberships();
  }

  Differences run() {
    for (const Change& change : run_.unknown) leave(change, "nobody knows whether it was made");
    // What goes or comes back as a whole decides about its parts.
    for (const Change& change : run_.made) {
      const Matter matter = matter_of(change.kind);
      if (matter == Matter::group || matter == Matter::presence) consider(change);
    }
    for (const Change& change : run_.made) {
      const Matter matter = matter_of(change.kind);
      if (matter != Matter::group && matter != Matter::presence) consider(change);
    }
    bring_back_losses();
    if (!out_.changes.empty() && !run_.is_undo) {
      note(kUndoPolicy, fmt::format("the next apply or run of the policy does what run {} did once "
                                    "more, unless the policy is reverted too",
                                    run_.run));
    }
    return std::move(out_);
  }

 private:
  void note(std::string_view kind, std::string subject) {
    out_.notes.push_back({std::string(kind), std::move(subject)});
  }
  void leave(const Change& change, std::string_view why) {
    note(kUndoLeftAlone, fmt::format("{}: {}", change_in_words(change), why));
  }

  void remember_memberships() {
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto group = static_cast<GroupRef>(i);
      if (live_.live.find(group) == nullptr) continue;
      for (const UserRef member : live_.live.groups[i].members) groups_of_[member].push_back(group);
    }
  }

  // --- what is there ------------------------------------------------------------------------

  [[nodiscard]] std::optional<UserRef> person(const std::string& address) const {
    const auto email = Email::parse(address);
    const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
    return ref && live_.live.find(*ref) != nullptr ? ref : std::nullopt;
  }
  /// An invitation to the address would reach an account that is another person's.
  [[nodiscard]] bool is_claimed(const std::string& address) const {
    const auto email = Email::parse(address);
    const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
    return ref && std::any_of(live_.conflicts.begin(), live_.conflicts.end(),
                              [&](const AccountConflict& it) { return it.user == *ref; });
  }
  [[nodiscard]] std::optional<GroupRef> group(const std::string& name) const {
    const auto ref = catalog_.find_group(GroupName::from_server(name));
    return ref && live_.live.find(*ref) != nullptr ? ref : std::nullopt;
  }
  [[nodiscard]] std::optional<Grant> grant(const Change& change) const {
    const auto resource = catalog_.find_resource(change.ari);
    const auto role = parse_role(change.role);
    return resource && role ? std::optional(Grant{*resource, *role}) : std::nullopt;
  }
  [[nodiscard]] bool holds(const std::vector<Grant>& grants, const Change& change) const {
    const auto wanted = grant(change);
    return wanted && std::binary_search(grants.begin(), grants.end(), *wanted);
  }

  /// Why the person is not to be touched on account of the change; empty when they are.
  [[nodiscard]] std::string doubt_about(UserRef ref, const Change& change) const {
    const LiveUser& about = live_.about(ref);
    if (!about.opaque.empty()) return about.opaque;
    if (!change.account_id.empty() && about.account_id != change.account_id) {
      return "the address stands for another account now";
    }
    if (!about.account_active) return "the account is deactivated now";
    return {};
  }
  [[nodiscard]] std::string doubt_about(GroupRef ref, const Change& change) const {
    const LiveGroup& about = live_.about(ref);
    const auto known = group_ids_.find(key_of(change.group));
    const std::string& id = !change.group_id.empty()    ? change.group_id
                            : known == group_ids_.end() ? change.group_id
                                                        : known->second;
    if (!about.opaque.empty()) return about.opaque;
    if (!id.empty() && about.id != id) return "another group has that name now";
    const Matter matter = matter_of(change.kind);
    if (matter == Matter::group_access) return {};
    if (about.synced) return "the group is synced from an identity provider now";
    const bool possible = matter == Matter::group ? about.deletable : about.modifiable;
    return possible ? std::string() : "the group cannot be changed here";
  }

  // --- making changes -----------------------------------------------------------------------

  [[nodiscard]] Cause cause_of(const Change& change) const {
    const std::string before = cause_in_words(change.cause);
    Cause cause;
    cause.why = fmt::format("undoes run {}", run_.run);
    if (run_.is_undo && !change.cause.why.empty()) {
      cause.reason = fmt::format("which {}", change.cause.why);
    } else if (!before.empty()) {
      cause.reason = fmt::format("it was {}", before);
    }
    return cause;
  }

  Change& add(ChangeKind kind, const Change& because) {
    Change& change = out_.changes.emplace_back();
    change.kind = kind;
    change.cause = cause_of(because);
    change.user = because.user;
    change.role = because.role;
    change.ari = because.ari;
    const auto alias = aliases_.find(because.ari);
    change.resource = alias == aliases_.end() ? because.ari : alias->second;
    if (const auto ref = person(because.user)) change.account_id = live_.about(*ref).account_id;
    change.group = because.group;
    if (const auto ref = group(because.group)) {
      change.group = catalog_.name(*ref).display();
      change.group_id = live_.about(*ref).id;
    }
    added_.insert(key_of(change));
    return change;
  }

  // --- change by change ---------------------------------------------------------------------

  void consider(const Change& change) {
    const auto later = later_.find(key_of(change));
    if (later != later_.end()) {
      return leave(change, fmt::format("run {} changed it since", later->second));
    }
    switch (matter_of(change.kind)) {
      case Matter::group:
        return consider_group(change);
      case Matter::presence:
        return consider_presence(change);
      default:
        return consider_part(change);
    }
  }

  void consider_group(const Change& change) {
    const auto ref = group(change.group);
    if (change.kind == ChangeKind::delete_group) {
      if (ref) return leave(change, "there is a group of that name now");
      back_groups_.insert(key_of(change.group));
      return;  // what came with it is looked up below
    }
    if (!ref) return leave(change, "the group is not there any more");
    std::string why = doubt_about(*ref, change);
    if (why.empty()) why = foreign_in(*ref);
    if (!why.empty()) return leave(change, why);
    gone_groups_.insert(key_of(change.group));
    add(ChangeKind::delete_group, change);
    for (const Change& other : run_.made) {
      if (other.kind != ChangeKind::delete_group) continue;
      if (other.cause.why != renamed_in_words(change.group)) continue;
      out_.renamed[out_.changes.back().group] = other.group;
      out_.copied[out_.changes.back().group] = other.group;
    }
  }

  /// What the group holds that did not come from the run.
  [[nodiscard]] std::string foreign_in(GroupRef ref) const {
    const std::string key = catalog_.name(ref).key();
    for (const UserRef member : live_.live.find(ref)->members) {
      if (made_.contains({Matter::membership, catalog_.name(member), key, "", ""})) continue;
      return fmt::format("{} is in it, whom the run did not add", catalog_.name(member));
    }
    const LiveGroup& about = live_.about(ref);
    if (!about.grants_read && about.resource_count > 0) return "its app access could not be read";
    for (const Grant& held : live_.live.find(ref)->grants) {
      const Key grant{Matter::group_access, "", key, catalog_.name(held.resource),
                      std::string(name(held.role))};
      if (!made_.contains(grant)) return kOtherAccess;
    }
    return about.other_grants.empty() ? "" : kOtherAccess;
  }

  void consider_presence(const Change& change) {
    const auto ref = person(change.user);
    if (change.kind == ChangeKind::remove_user) {
      if (ref) return leave(change, "they are in the directory again");
      if (open_invitations_.contains(change.user)) {
        return leave(change, "an invitation to them may be on its way");
      }
      if (is_claimed(change.user)) {
        return leave(change, "an account that is somebody else's shows their address now");
      }
      const bool suspended = std::any_of(run_.lost.begin(), run_.lost.end(), [&](const Loss& loss) {
        return loss.change.kind == ChangeKind::suspend_user && loss.change.user == change.user;
      });
      if (suspended) {
        return leave(change, "they were suspended, and an invitation would give them access");
      }
      back_people_.insert(change.user);
      return;
    }
    if (!ref) return leave(change, "they are not in the directory any more");
    std::string why = doubt_about(*ref, change);
    const Presence now = live_.live.find(*ref)->presence;
    const Presence left =
        change.kind == ChangeKind::suspend_user ? Presence::suspended : Presence::active;
    if (why.empty() && now != left) {
      why = now == Presence::active ? "they are active now" : "they are suspended now";
    }
    if (why.empty() && change.kind == ChangeKind::invite_user) why = foreign_in(*ref);
    if (!why.empty()) return leave(change, why);
    add(inverse_of(change.kind), change);
    if (change.kind != ChangeKind::invite_user) return;
    gone_people_.insert(change.user);
    note(kUndoMail, change.user);
  }

  /// What the person holds that did not come from the run.
  [[nodiscard]] std::string foreign_in(UserRef ref) const {
    const std::string& user = catalog_.name(ref);
    if (const auto groups = groups_of_.find(ref); groups != groups_of_.end()) {
      for (const GroupRef in : groups->second) {
        const GroupName& group = catalog_.name(in);
        if (made_.contains({Matter::membership, user, group.key(), "", ""})) continue;
        return fmt::format("they are in group {}, which the run did not add them to",
                           quote(group.display()));
      }
    }
    const User& live = *live_.live.find(ref);
    const LiveUser& about = live_.about(ref);
    if (!about.other_groups.empty()) {
      return "they are in a group that the run did not add them to, and that is not listed";
    }
    if (live.org_admin && !made_.contains({Matter::role, user, "", "", std::string(kOrgAdmin)})) {
      return "they are org-admin, which the run did not make them";
    }
    for (const Grant& held : live.grants) {
      const Key grant{Matter::user_access, user, "", catalog_.name(held.resource),
                      std::string(name(held.role))};
      if (!made_.contains(grant)) return kTheirOtherAccess;
    }
    return about.other_grants.empty() ? "" : kTheirOtherAccess;
  }

  /// A membership, a grant, a role.
  void consider_part(const Change& change) {
    // What goes with its person or group.
    if (gone_people_.contains(change.user) || gone_groups_.contains(key_of(change.group))) return;
    if (const std::string why = cannot_invert(change); !why.empty()) return leave(change, why);
    add(inverse_of(change.kind), change);
  }

  [[nodiscard]] std::string cannot_invert(const Change& change) const {
    const auto user = person(change.user);
    const auto in = group(change.group);
    if (!change.user.empty()) {
      if (!user) return "they are not in the directory any more";
      if (std::string why = doubt_about(*user, change); !why.empty()) return why;
    }
    if (!change.group.empty()) {
      if (!in) return "the group is not there any more";
      if (std::string why = doubt_about(*in, change); !why.empty()) return why;
    }
    return is_as_left(change, user, in) ? std::string() : "it is no longer so";
  }

  /// Whether the part is (or is not) there, as the run left it.
  [[nodiscard]] bool is_as_left(const Change& change, std::optional<UserRef> user,
                                std::optional<GroupRef> in) const {
    bool there = false;
    switch (matter_of(change.kind)) {
      case Matter::membership: {
        const std::vector<UserRef>& members = live_.live.find(*in)->members;
        there = std::binary_search(members.begin(), members.end(), *user);
        break;
      }
      case Matter::group_access:
        if (!live_.about(*in).grants_read && live_.about(*in).resource_count > 0) return false;
        there = holds(live_.live.find(*in)->grants, change);
        break;
      case Matter::user_access:
        there = holds(live_.live.find(*user)->grants, change);
        break;
      default:
        there = live_.live.find(*user)->org_admin;
    }
    return there != takes_away(change.kind);
  }

  // --- what went along ----------------------------------------------------------------------

  void bring_back_losses() {
    std::set<std::string> known_people;
    std::set<std::string> known_groups;
    for (const Loss& loss : run_.lost) {
      if (loss.change.kind == ChangeKind::invite_user && loss.whole) {
        known_people.insert(loss.change.user);
      }
      if (loss.change.kind == ChangeKind::create_group) bring_back_group(loss, known_groups);
    }
    for (const Change& change : run_.made) {
      if (change.kind == ChangeKind::remove_user && back_people_.contains(change.user)) {
        add(ChangeKind::invite_user, change).account_id.clear();
        note(kUndoInvites,
             change.user +
                 (known_people.contains(change.user)
                      ? ""
                      : ": app access of their own, if they had any, is not all in the log"));
      }
      const std::string key = key_of(change.group);
      if (change.kind == ChangeKind::delete_group && back_groups_.contains(key) &&
          !known_groups.contains(key)) {
        add(ChangeKind::create_group, change).group_id.clear();
        note(kUndoNewGroup,
             quote(change.group) + ": its description, members and app access are not in the log");
      }
    }
    for (const Loss& loss : run_.lost) bring_back_part(loss.change);
  }

  void bring_back_group(const Loss& loss, std::set<std::string>& known) {
    const std::string key = key_of(loss.change.group);
    if (!back_groups_.contains(key)) return;
    const auto deletion =
        std::find_if(run_.made.begin(), run_.made.end(), [&](const Change& change) {
          return change.kind == ChangeKind::delete_group && key_of(change.group) == key;
        });
    if (deletion == run_.made.end() || !known.insert(key).second) return;
    Change& change = add(ChangeKind::create_group, *deletion);
    change.group_id.clear();
    change.description = loss.change.description;
    note(kUndoNewGroup,
         quote(change.group) + (loss.whole ? "" : ": not all the app access it had is in the log"));
  }

  /// What went along with people and groups that come back.
  void bring_back_part(const Change& lost) {
    const bool with_person = !lost.user.empty() && back_people_.contains(lost.user);
    const bool with_group = !lost.group.empty() && back_groups_.contains(key_of(lost.group));
    const bool part =
        lost.kind == ChangeKind::add_member || lost.kind == ChangeKind::grant_group_access ||
        lost.kind == ChangeKind::grant_user_access || lost.kind == ChangeKind::grant_org_role;
    if (!part || (!with_person && !with_group) || added_.contains(key_of(lost))) return;
    if (!lost.user.empty() && !with_person) {
      const auto user = person(lost.user);
      if (!user) return leave(lost, "they are not in the directory");
      if (const std::string why = doubt_about(*user, lost); !why.empty()) return leave(lost, why);
    }
    if (!lost.group.empty() && !with_group) {
      const auto in = group(lost.group);
      if (!in) return leave(lost, "the group is not there any more");
      if (const std::string why = doubt_about(*in, lost); !why.empty()) return leave(lost, why);
    }
    Change& change = add(lost.kind, lost);
    if (with_person) change.account_id.clear();
    if (with_group) change.group_id.clear();
  }

  const LoggedRun& run_;
  const Snapshot& live_;
  const Catalog& catalog_;
  std::map<std::string, std::string> aliases_;    ///< by ARI
  std::map<std::string, std::string> group_ids_;  ///< as the run knew them, by key
  std::set<std::string> open_invitations_;
  std::map<Key, std::int64_t> later_;
  std::set<Key> made_;
  std::unordered_map<UserRef, std::vector<GroupRef>> groups_of_;
  std::set<std::string> gone_people_, gone_groups_;  ///< removed and deleted by the undo
  std::set<std::string> back_people_, back_groups_;
  std::set<Key> added_;
  Differences out_;
};

}  // namespace

PlanResult make_undo_plan(const LoggedRun& run, const PlanInput& input) {
  PlanResult result = plan_of(input, Inverter(run, input).run());
  result.plan.undo_of = run.run;
  remember_holdings(input, result.plan, ChangeKind::remove_user);
  return result;
}

}  // namespace rolecall
