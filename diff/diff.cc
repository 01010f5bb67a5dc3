#include "diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Visits the elements of one sorted range that are not in another, with their positions.
template <class T, class Visit>
void for_each_missing(const std::vector<T>& from, const std::vector<T>& in, Visit visit) {
  auto other = in.begin();
  for (std::size_t i = 0; i < from.size(); ++i) {
    while (other != in.end() && *other < from[i]) ++other;
    if (other == in.end() || from[i] < *other) visit(from[i], i);
  }
}

class Differ {
 public:
  explicit Differ(const PlanInput& input)
      : desired_(input.desired), live_(input.live), catalog_(input.catalog) {
    declared_.resize(catalog_.resource_count());
    aliases_.resize(catalog_.resource_count());
    for (const Resource& resource : desired_.resources) {
      declared_[index(resource.ref)] = true;
      aliases_[index(resource.ref)] = resource.alias;
    }
    for (const UserRef ref : desired_.safety.protected_users) protected_users_.push_back(ref);
    for (const GroupRef ref : desired_.safety.protected_groups) protected_groups_.push_back(ref);
    std::sort(protected_users_.begin(), protected_users_.end());
    std::sort(protected_groups_.begin(), protected_groups_.end());
    for (const std::string& text : input.remembered_groups) {
      const GroupName name = GroupName::from_server(text);
      const auto ref = catalog_.find_group(name);
      const bool there = ref && live_.live.find(*ref) != nullptr;
      const bool meant = ref && contains(protected_groups_, *ref);
      if (!there && meant) gone_protected_.push_back(name.display());
    }
    for (const OpenInvitation& open : input.open_invitations) {
      const auto email = Email::parse(open.email);
      const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
      if (ref) open_invitations_.emplace(*ref, &open);
    }
    for (const AccountConflict& conflict : live_.conflicts) {
      if (live_.live.find(conflict.user) == nullptr) claimed_.emplace(conflict.user, &conflict);
    }
  }

  Differences run() {
    report_conflicts();
    find_moved_addresses();
    note_unknown_protected();
    find_renames();
    for (std::size_t i = 0; i < catalog_.user_count(); ++i) diff_user(static_cast<UserRef>(i));
    for (std::size_t i = 0; i < catalog_.group_count(); ++i) diff_group(static_cast<GroupRef>(i));
    return std::move(out_);
  }

 private:
  // --- what is wanted of a person -----------------------------------------------------------

  /// Nobody asked for anything here; whether to act at all is decided by the caller.
  [[nodiscard]] Presence wanted_presence(UserRef ref) const {
    if (desired_.scope(ref).declared) {
      const User* wanted = desired_.state.find(ref);
      return wanted == nullptr ? Presence::absent : wanted->presence;
    }
    const User* live = live_.live.find(ref);
    const Presence now = live == nullptr ? Presence::absent : live->presence;
    if (contains(protected_users_, ref)) return now;
    switch (desired_.unlisted_users) {
      case UnlistedUsers::ignore:
        return now;
      case UnlistedUsers::suspend:
        return now == Presence::absent ? now : Presence::suspended;
      case UnlistedUsers::remove:
        return Presence::absent;
    }
    return now;
  }
  [[nodiscard]] bool is_opaque(UserRef ref) const {
    return !live_.about(ref).opaque.empty() || moved_.contains(ref);
  }
  /// Wanted suspended: what they hold stays as it is, so that restoring brings everything back.
  [[nodiscard]] bool is_kept(UserRef ref) const {
    const bool asked =
        desired_.scope(ref).declared || desired_.unlisted_users == UnlistedUsers::suspend;
    return asked && wanted_presence(ref) == Presence::suspended;
  }
  [[nodiscard]] bool is_leaving(UserRef ref) const {
    return live_.live.find(ref) != nullptr && wanted_presence(ref) == Presence::absent;
  }
  /// Somebody whom changes to groups may concern.
  [[nodiscard]] bool is_touchable(UserRef ref) const {
    return !is_opaque(ref) && !is_leaving(ref) && live_.about(ref).account_active;
  }

  /// Not in the directory, and a mail may be on its way.
  [[nodiscard]] bool waits_for_invitation(UserRef ref) const {
    return live_.live.find(ref) == nullptr && open_invitations_.contains(ref);
  }

  /// Not in the directory, and an account that is somebody else's has the address, or had it.
  [[nodiscard]] bool is_claimed(UserRef ref) const { return claimed_.contains(ref); }

  template <class T>
  static bool contains(const std::vector<T>& sorted, T item) {
    return std::binary_search(sorted.begin(), sorted.end(), item);
  }

  // --- making changes -----------------------------------------------------------------------

  [[nodiscard]] Cause cause(CauseRef ref) const { return desired_.causes[ref]; }
  [[nodiscard]] Cause cause(CauseRef ref, std::string why) const {
    Cause out = cause(ref);
    out.why = std::move(why);
    return out;
  }

  Change& add(ChangeKind kind, Cause why) {
    Change& change = out_.changes.emplace_back();
    change.kind = kind;
    change.cause = std::move(why);
    return change;
  }
  void about_user(Change& change, UserRef ref) const {
    change.user = catalog_.name(ref);
    change.account_id = live_.about(ref).account_id;
    if (change.account_id.empty()) change.account_id = desired_.scope(ref).account_id;
  }
  void about_group(Change& change, GroupRef ref) const {
    change.group = catalog_.name(ref).display();
    change.group_id = live_.about(ref).id;
  }
  void about_grant(Change& change, const Grant& grant) const {
    change.ari = catalog_.name(grant.resource);
    const std::string& alias = aliases_[index(grant.resource)];
    change.resource = alias.empty() ? change.ari : alias;
    change.role = name(grant.role);
  }
  void note(std::string kind, std::string subject) {
    out_.notes.push_back({std::move(kind), std::move(subject)});
  }

  // --- people -------------------------------------------------------------------------------

  void report_conflicts() {
    for (const AccountConflict& conflict : live_.conflicts) {
      const UserScope& scope = desired_.scope(conflict.user);
      if (!scope.declared) continue;
      // Without a pin nobody knows which of the two is meant: they are opaque, others go on.
      if (scope.account_id.empty()) continue;
      out_.diagnostics.error(
          cause(scope.state_cause).place,
          fmt::format("{} is account {} in the directory, not {} as pinned by account_id",
                      quote(catalog_.name(conflict.user)), quote(conflict.account_id),
                      quote(scope.account_id)),
          "if this is really the same person, change account_id; if not, find out who it is");
    }
  }

  /// Who is pinned and has another address now is known. Where the policy speaks of that address
  /// too, it may mean somebody else by it, or protect them by it.
  void find_moved_addresses() {
    for (std::size_t i = 0; i < live_.users.size(); ++i) {
      const auto ref = static_cast<UserRef>(i);
      if (live_.live.find(ref) == nullptr || live_.about(ref).shows.empty()) continue;
      const auto email = Email::parse(live_.about(ref).shows);
      if (!email || !desired_.scope(ref).declared) continue;
      note("other_address", fmt::format("{}: {}", catalog_.name(ref), email->str()));
      const auto shown = catalog_.find_user(*email);
      if (!shown || *shown == ref || !speaks_of(*shown)) continue;
      moved_.insert(ref);
      note("opaque_user",
           fmt::format("{}: the account shows the address {} now, of which the policy speaks too; "
                       "write the address of today for them everywhere, in one entry",
                       catalog_.name(ref), email->str()));
    }
  }

  [[nodiscard]] bool speaks_of(UserRef ref) const {
    const auto& groups = desired_.state.groups;
    return desired_.scope(ref).declared || contains(protected_users_, ref) ||
           std::any_of(groups.begin(), groups.end(), [&](const Group& group) {
             return std::binary_search(group.members.begin(), group.members.end(), ref);
           });
  }

  /// A misspelt name protects nobody, and nobody would notice.
  void note_unknown_protected() {
    for (const UserRef ref : protected_users_) {
      if (live_.live.find(ref) != nullptr || desired_.scope(ref).declared) continue;
      note("protected_unknown", catalog_.name(ref));
    }
    for (const GroupRef ref : protected_groups_) {
      if (live_.live.find(ref) != nullptr || desired_.scope(ref).declared) continue;
      note("protected_unknown", catalog_.name(ref).display());
    }
  }

  void diff_user(UserRef ref) {
    const UserScope& scope = desired_.scope(ref);
    const User* live = live_.live.find(ref);
    if (moved_.contains(ref)) return;
    if (live != nullptr && is_opaque(ref)) {
      note("opaque_user", fmt::format("{}: {}", catalog_.name(ref), live_.about(ref).opaque));
      return;
    }
    if (!scope.declared && live != nullptr) note_unlisted(ref);
    const Presence now = live == nullptr ? Presence::absent : live->presence;
    const Presence wanted = wanted_presence(ref);
    if (waits_for_invitation(ref) && wanted != Presence::absent) {
      const OpenInvitation& open = *open_invitations_.at(ref);
      const bool fresh = open.answered && open.settling;
      note(std::string(open.conflict ? kConflictingInvitation
                       : fresh       ? kFreshInvitation
                                     : kOpenInvitation),
           fmt::format("{}: run {} sent one on {}{}", catalog_.name(ref), open.run,
                       format_instant(open.at),
                       open.conflict    ? ", which was answered 409"
                       : !open.answered ? " and saw no answer"
                       : fresh          ? ""
                                        : ", it was accepted, and nobody has seen them since"));
      return;
    }
    if (is_claimed(ref)) {
      if (scope.declared && wanted == Presence::active) {
        note("opaque_user", fmt::format("{}: not invited, because account {}, which is somebody "
                                        "else's by what is known, shows or had this address",
                                        catalog_.name(ref), claimed_.at(ref)->account_id));
      }
      return;
    }
    const Cause why =
        scope.declared ? cause(scope.state_cause) : cause(desired_.unlisted_users_cause);
    if (live != nullptr && !live_.about(ref).account_active && wanted != Presence::absent) {
      if (scope.declared) note("deactivated_account", catalog_.name(ref));
      return;
    }
    if (wanted == Presence::absent) {
      if (now != Presence::absent) about_user(add(ChangeKind::remove_user, why), ref);
      return;
    }
    if (wanted == Presence::suspended) {
      if (now == Presence::active) about_user(add(ChangeKind::suspend_user, why), ref);
      return;
    }
    if (!scope.declared) return;
    if (now == Presence::absent) about_user(add(ChangeKind::invite_user, why), ref);
    if (now == Presence::suspended) about_user(add(ChangeKind::restore_user, why), ref);
    diff_org_roles(ref, scope, live);
    diff_user_access(ref, scope, live);
  }

  void note_unlisted(UserRef ref) {
    if (contains(protected_users_, ref) && desired_.unlisted_users != UnlistedUsers::ignore) {
      note("protected_user", catalog_.name(ref));
    } else if (desired_.unlisted_users == UnlistedUsers::ignore) {
      note("unmanaged_user", catalog_.name(ref));
    }
  }

  void diff_org_roles(UserRef ref, const UserScope& scope, const User* live) {
    if (!scope.roles_managed) return;
    const bool wanted = desired_.state.users[index(ref)].org_admin;
    const bool now = live != nullptr && live->org_admin;
    if (wanted == now) return;
    Change& change =
        wanted ? add(ChangeKind::grant_org_role, cause(scope.roles_cause))
               : add(ChangeKind::revoke_org_role, cause(scope.roles_cause, "not listed in roles"));
    about_user(change, ref);
    change.role = kOrgAdmin;
  }

  void diff_user_access(UserRef ref, const UserScope& scope, const User* live) {
    if (!scope.access_managed) return;
    static const std::vector<Grant> kNone;
    const std::vector<Grant>& wanted = desired_.state.users[index(ref)].grants;
    const std::vector<Grant>& now = live == nullptr ? kNone : live->grants;
    for_each_missing(wanted, now, [&](const Grant& grant, std::size_t i) {
      Change& change = add(ChangeKind::grant_user_access, cause(scope.grant_causes[i]));
      about_user(change, ref);
      about_grant(change, grant);
    });
    for_each_missing(now, wanted, [&](const Grant& grant, std::size_t) {
      if (!declared_[index(grant.resource)]) return;
      Change& change =
          add(ChangeKind::revoke_user_access, cause(scope.access_cause, "not listed in access"));
      about_user(change, ref);
      about_grant(change, grant);
    });
  }

  // --- groups -------------------------------------------------------------------------------

  struct Rename {
    GroupRef from{};
    GroupRef to{};
  };

  void find_renames() {
    for (std::size_t i = 0; i < desired_.groups.size(); ++i) {
      const GroupRef to = static_cast<GroupRef>(i);
      if (desired_.state.find(to) == nullptr) continue;
      for (const GroupRef from : desired_.groups[i].previous) {
        if (live_.live.find(from) == nullptr) continue;
        if (live_.about(from).opaque.empty()) renames_.push_back({from, to});
      }
    }
  }

  /// An error where the policy asks for what cannot be done to a synced or built-in group.
  bool refuse_foreign(GroupRef ref, const Cause& at, std::string_view asked, bool possible) {
    if (possible) return false;
    const bool synced = live_.about(ref).synced;
    out_.diagnostics.error(
        at.place,
        fmt::format("group {} is {}; {} cannot be managed here",
                    quote(catalog_.name(ref).display()),
                    synced ? "synced from an identity provider" : "built in", asked),
        synced ? "change it at the identity provider, or leave only `access` here"
               : "leave only `access` here");
    return true;
  }

  void diff_group(GroupRef ref) {
    const GroupScope& scope = desired_.scope(ref);
    const Group* live = live_.live.find(ref);
    const LiveGroup& about = live_.about(ref);
    if (live != nullptr && !about.opaque.empty()) {
      note("opaque_group", fmt::format("{}: {}", catalog_.name(ref).display(), about.opaque));
      return;
    }
    if (!scope.declared) {
      if (live != nullptr) diff_unlisted_group(ref, about);
      return;
    }
    const Group* wanted = desired_.state.find(ref);
    const Cause why = cause(scope.state_cause);
    if (wanted == nullptr) {
      if (live == nullptr) return;
      if (refuse_foreign(ref, why, "its deletion", about.deletable && !about.synced)) return;
      about_group(add(ChangeKind::delete_group, why), ref);
      return;
    }
    if (live == nullptr) {
      Change& change = add(ChangeKind::create_group, why);
      about_group(change, ref);
      change.description = wanted->description;
    } else if (!wanted->description.empty() && wanted->description != live->description) {
      note("description_differs", catalog_.name(ref).display());
    }
    std::vector<GroupRef> sources;
    for (const Rename& rename : renames_) {
      if (rename.to == ref) sources.push_back(rename.from);
    }
    const bool touches_members = scope.members_managed || !sources.empty();
    if (live != nullptr && touches_members &&
        refuse_foreign(ref, cause(scope.members_managed ? scope.members_cause : scope.state_cause),
                       "its membership", about.modifiable && !about.synced)) {
      return;
    }
    diff_members(ref, scope, *wanted, live, sources);
    diff_group_access(ref, scope, *wanted, live, sources);
    for (const GroupRef from : sources) retire(from, ref, why);
  }

  void diff_unlisted_group(GroupRef ref, const LiveGroup& about) {
    const bool renamed = std::any_of(renames_.begin(), renames_.end(),
                                     [&](const Rename& rename) { return rename.from == ref; });
    if (renamed) return;
    const std::string& shown = catalog_.name(ref).display();
    if (about.synced) return note("synced_group", shown);
    if (!about.deletable || !about.modifiable) return note("built_in_group", shown);
    if (desired_.unlisted_groups == UnlistedGroups::ignore) return note("unmanaged_group", shown);
    if (contains(protected_groups_, ref)) return note("protected_group", shown);
    // It may be the one, under another name.
    if (!gone_protected_.empty()) {
      return note("protected_group_gone",
                  fmt::format("{}: {} is not to be found", shown, gone_protected_.front()));
    }
    about_group(add(ChangeKind::delete_group, cause(desired_.unlisted_groups_cause)), ref);
  }

  /// Members that the successor of a renamed group takes over beyond those the policy names.
  [[nodiscard]] bool is_carried_over(UserRef member, const GroupScope& to) const {
    if (!is_touchable(member)) return false;
    return !to.members_managed || to.additive || is_kept(member);
  }

  void diff_members(GroupRef ref, const GroupScope& scope, const Group& wanted, const Group* live,
                    const std::vector<GroupRef>& sources) {
    static const std::vector<UserRef> kNobody;
    const std::vector<UserRef>& now = live == nullptr ? kNobody : live->members;
    for_each_missing(wanted.members, now, [&](UserRef member, std::size_t i) {
      add_member(ref, member, cause(scope.member_causes[i]));
    });
    std::vector<UserRef> copied;
    for (const GroupRef from : sources) {
      for (const UserRef member : live_.live.find(from)->members) {
        if (contains(wanted.members, member) || contains(now, member)) continue;
        if (!is_carried_over(member, scope)) {
          if (!is_opaque(member) && !is_leaving(member) && !live_.about(member).account_active) {
            note("deactivated_account", catalog_.name(member));
          }
          continue;
        }
        if (std::find(copied.begin(), copied.end(), member) != copied.end()) continue;
        copied.push_back(member);
        add_member(ref, member,
                   cause(scope.state_cause, fmt::format("member under its previous name {}",
                                                        quote(catalog_.name(from).display()))));
      }
    }
    if (!scope.members_managed || scope.additive) return;
    for_each_missing(now, wanted.members, [&](UserRef member, std::size_t) {
      if (is_kept(member) || is_leaving(member) || is_opaque(member)) return;
      const auto dated =
          std::lower_bound(scope.out_of_time.begin(), scope.out_of_time.end(), member,
                           [](const auto& one, UserRef user) { return one.first < user; });
      const bool ended = dated != scope.out_of_time.end() && dated->first == member;
      Change& change = add(ChangeKind::remove_member,
                           ended ? cause(dated->second)
                                 : cause(scope.members_cause, "not among the wanted members"));
      about_user(change, member);
      about_group(change, ref);
    });
  }

  std::string hint_for_unknown(const std::string& address) {
    constexpr const char* kHint =
        "declare them in [users] to have them invited, or correct the "
        "address";
    if (guesses_left_-- <= 0) return kHint;
    std::vector<std::string_view> people;
    for (std::size_t i = 0; i < catalog_.user_count(); ++i) {
      const auto ref = static_cast<UserRef>(i);
      const bool known = live_.live.find(ref) != nullptr || desired_.scope(ref).declared;
      if (known) people.emplace_back(catalog_.name(ref));
    }
    const auto near = closest(address, people);
    return near ? fmt::format(
                      "did you mean {}? If not, declare them in [users] to have them "
                      "invited",
                      quote(*near))
                : kHint;
  }

  void add_member(GroupRef group, UserRef member, Cause why) {
    if (waits_for_invitation(member) || is_claimed(member)) return;
    const User* live = live_.live.find(member);
    if (live == nullptr && !desired_.scope(member).declared) {
      if (!live_.users_proved) return;
      out_.diagnostics.error(
          why.place,
          fmt::format(
              "unknown user {} in group {}: neither declared in [users] nor in the directory",
              quote(catalog_.name(member)), quote(catalog_.name(group).display())),
          hint_for_unknown(catalog_.name(member)));
      return;
    }
    if (live != nullptr && !is_touchable(member)) {
      if (!is_opaque(member) && !is_leaving(member)) {
        note("deactivated_account", catalog_.name(member));
      }
      return;
    }
    Change& change = add(ChangeKind::add_member, std::move(why));
    about_user(change, member);
    about_group(change, group);
  }

  void diff_group_access(GroupRef ref, const GroupScope& scope, const Group& wanted,
                         const Group* live, const std::vector<GroupRef>& sources) {
    static const std::vector<Grant> kNone;
    const std::vector<Grant>& now = live == nullptr ? kNone : live->grants;
    if (scope.access_managed) {
      for_each_missing(wanted.grants, now, [&](const Grant& grant, std::size_t i) {
        grant_access(ref, grant, cause(scope.grant_causes[i]));
      });
      for_each_missing(now, wanted.grants, [&](const Grant& grant, std::size_t) {
        if (!declared_[index(grant.resource)]) return;
        Change& change =
            add(ChangeKind::revoke_group_access, cause(scope.access_cause, "not listed in access"));
        about_group(change, ref);
        about_grant(change, grant);
      });
    }
    // A rename keeps what the policy does not manage.
    std::vector<Grant> copied;
    for (const GroupRef from : sources) {
      for (const Grant& grant : live_.live.find(from)->grants) {
        const bool managed = scope.access_managed && declared_[index(grant.resource)];
        if (managed || contains(now, grant)) continue;
        if (std::find(copied.begin(), copied.end(), grant) != copied.end()) continue;
        copied.push_back(grant);
        grant_access(ref, grant,
                     cause(scope.state_cause, fmt::format("granted under its previous name {}",
                                                          quote(catalog_.name(from).display()))));
      }
    }
  }

  void grant_access(GroupRef group, const Grant& grant, Cause why) {
    Change& change = add(ChangeKind::grant_group_access, std::move(why));
    about_group(change, group);
    about_grant(change, grant);
  }

  /// The old group goes once the new one has everything; see Plan::renamed.
  void retire(GroupRef from, GroupRef to, const Cause& why) {
    const LiveGroup& about = live_.about(from);
    const std::string& shown = catalog_.name(from).display();
    if (refuse_foreign(from, why, "its renaming",
                       about.deletable && about.modifiable && !about.synced)) {
      return;
    }
    out_.copied[shown] = catalog_.name(to).display();
    const std::vector<UserRef>& members = live_.live.find(from)->members;
    const bool holds_opaque =
        std::any_of(members.begin(), members.end(), [&](UserRef m) { return is_opaque(m); });
    if (holds_opaque) return note("rename_waits_for_opaque_member", shown);
    if (!about.other_grants.empty()) {
      const auto& [ari, role] = about.other_grants.front();
      out_.diagnostics.error(
          why.place,
          fmt::format("group {} has roles that cannot be given to another group here ({} on {}{}: "
                      "role-assignments, $.data[].roles[]), and would lose them with its name",
                      quote(shown), quote(role), ari,
                      about.other_grants.size() > 1 ? ", and more" : ""),
          "take them away or move them by hand first, or leave out previous_names");
      return;
    }
    Cause because = why;
    because.why = renamed_in_words(catalog_.name(to).display());
    about_group(add(ChangeKind::delete_group, because), from);
    out_.renamed[shown] = catalog_.name(to).display();
  }

  const Desired& desired_;
  const Snapshot& live_;
  const Catalog& catalog_;
  std::vector<bool> declared_;
  std::vector<std::string> aliases_;
  std::vector<UserRef> protected_users_;
  std::vector<GroupRef> protected_groups_;
  std::set<UserRef> moved_;  ///< pinned, under an address of which the policy speaks otherwise
  std::vector<std::string> gone_protected_;  ///< as an earlier run knew them
  std::map<UserRef, const OpenInvitation*> open_invitations_;
  std::map<UserRef, const AccountConflict*> claimed_;
  std::vector<Rename> renames_;
  Differences out_;
  int guesses_left_ = 20;  ///< each looks at everybody
};

}  // namespace

std::string renamed_in_words(const std::string& to) {
  return fmt::format("renamed to {}", quote(to));
}

Differences diff(const PlanInput& input) {
  return Differ(input).run();
}

}  // namespace rolecall
