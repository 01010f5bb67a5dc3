#include "diff/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace rolecall {
namespace {

constexpr std::string_view kDirectly = "directly";

/// Both sides of one grant: the ways by which it is there now, and after the plan.
struct Ways {
  std::set<std::string> now;
  std::set<std::string> after;
};
using Access = std::map<Grant, Ways>;

/// The organization before and after the plan, as far as it was read.
class Sides {
 public:
  explicit Sides(const ExplainInput& input) : in_(input) {
    if (in_.live == nullptr) {
      after_ = in_.wanted.state;
      return;
    }
    now_ = in_.live->live;
    after_ = now_;
    for (const Change& change : in_.plan->changes) apply(change);
  }

  [[nodiscard]] const OrgState& now() const { return now_; }
  [[nodiscard]] const OrgState& after() const { return after_; }

  [[nodiscard]] static bool is_member(const OrgState& side, GroupRef group, UserRef user) {
    const Group* found = side.find(group);
    return found != nullptr &&
           std::binary_search(found->members.begin(), found->members.end(), user);
  }

  /// What somebody may do, by every way that was read.
  [[nodiscard]] Access access_of(UserRef user) const {
    Access out;
    for (const bool later : {false, true}) {
      const OrgState& side = later ? after_ : now_;
      const auto way = [&](const Grant& grant, const std::string& by) {
        (later ? out[grant].after : out[grant].now).insert(by);
      };
      for (std::size_t i = 0; i < side.groups.size(); ++i) {
        const auto group = static_cast<GroupRef>(i);
        if (!is_member(side, group, user)) continue;
        for (const Grant& grant : side.groups[i].grants) {
          way(grant, in_.catalog.name(group).display());
        }
      }
      if (const User* found = side.find(user)) {
        for (const Grant& grant : found->grants) way(grant, std::string(kDirectly));
      }
    }
    return out;
  }

 private:
  template <class T>
  static void set(std::vector<T>& sorted, const T& item, bool in) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), item);
    const bool there = place != sorted.end() && *place == item;
    if (in && !there) sorted.insert(place, item);
    if (!in && there) sorted.erase(place);
  }

  void apply(const Change& change) {
    const auto email = Email::parse(change.user);
    const auto user = email ? in_.catalog.find_user(*email) : std::nullopt;
    const auto group = in_.catalog.find_group(GroupName::from_server(change.group));
    const auto resource = in_.catalog.find_resource(change.ari);
    const auto role = parse_role(change.role);
    const bool gives = !takes_away(change.kind);
    switch (change.kind) {
      case ChangeKind::create_group:
      case ChangeKind::delete_group:
        if (group) after_.group(*group).present = gives;
        break;
      case ChangeKind::grant_group_access:
      case ChangeKind::revoke_group_access:
        if (group && resource && role) {
          set(after_.group(*group).grants, Grant{*resource, *role}, gives);
        }
        break;
      case ChangeKind::restore_user:
      case ChangeKind::invite_user:
        if (user) after_.user(*user).presence = Presence::active;
        break;
      case ChangeKind::suspend_user:
        if (user) after_.user(*user).presence = Presence::suspended;
        break;
      case ChangeKind::remove_user:
        if (user) remove(*user);
        break;
      case ChangeKind::add_member:
      case ChangeKind::remove_member:
        if (user && group) set(after_.group(*group).members, *user, gives);
        break;
      case ChangeKind::grant_user_access:
      case ChangeKind::revoke_user_access:
        if (user && resource && role) {
          set(after_.user(*user).grants, Grant{*resource, *role}, gives);
        }
        break;
      case ChangeKind::grant_org_role:
      case ChangeKind::revoke_org_role:
        if (user) after_.user(*user).org_admin = gives;
        break;
    }
  }

  void remove(UserRef user) {
    after_.user(user) = User();
    for (Group& group : after_.groups) set(group.members, user, false);
  }

  const ExplainInput& in_;
  OrgState now_;
  OrgState after_;
};

class Explainer {
 public:
  explicit Explainer(const ExplainInput& input) : in_(input), sides_(input) {
    for (const Resource& resource : in_.wanted.resources) {
      aliases_[resource.ref] = resource.alias;
    }
    out_.offline = in_.live == nullptr;
  }

  Explanation user(UserRef ref, const GroupRef* without) {
    out_.kind = "user";
    out_.subject = in_.catalog.name(ref);
    if (in_.live != nullptr) out_.name = in_.live->about(ref).name;
    about_user(ref);
    HoldingList groups{"groups", {}};
    each_group([&](GroupRef group) {
      if (auto held = membership(group, ref)) {
        held->subject = in_.catalog.name(group).display();
        groups.items.push_back(*std::move(held));
      }
    });
    add(std::move(groups));
    const Access access = sides_.access_of(ref);
    HoldingList apps{"apps", {}};
    for (const auto& [grant, ways] : access) apps.items.push_back(of_ways(ref, grant, ways));
    add(std::move(apps));
    if (without != nullptr) lost(ref, access, *without);
    changes([&](const Change& change) { return change.user == out_.subject; });
    return std::move(out_);
  }

  Explanation group(GroupRef ref) {
    out_.kind = "group";
    out_.subject = in_.catalog.name(ref).display();
    about_group(ref);
    HoldingList access{"access", {}};
    std::set<Grant> grants = of_side(sides_.now(), ref);
    grants.merge(of_side(sides_.after(), ref));
    for (const Grant& grant : grants) access.items.push_back(group_grant(ref, grant));
    add(std::move(access));
    HoldingList members{"members", {}};
    HoldingList only{"lost", {}, "if the group went"};
    for (std::size_t i = 0; i < in_.catalog.user_count(); ++i) {
      const auto person = static_cast<UserRef>(i);
      auto held = membership(ref, person);
      if (!held) continue;
      held->subject = in_.catalog.name(person);
      members.items.push_back(*std::move(held));
      for (const auto& [grant, ways] : sides_.access_of(person)) {
        if (ways.after.size() != 1 || *ways.after.begin() != out_.subject) continue;
        Holding loss;
        loss.subject = fmt::format("{}: {}", in_.catalog.name(person), words(grant));
        loss.now = loss.after = true;
        only.items.push_back(std::move(loss));
      }
    }
    add(std::move(members));
    add(std::move(only));
    if (in_.live != nullptr) {
      out_.remarks.emplace_back(
          "what people were granted directly is known only where the policy manages it");
    }
    changes([&](const Change& change) { return change.group == out_.subject; });
    return std::move(out_);
  }

  Explanation resource(ResourceRef ref, const std::string& alias) {
    out_.kind = "resource";
    out_.subject = alias;
    out_.name = in_.catalog.name(ref);
    HoldingList groups{"groups", {}};
    each_group([&](GroupRef group) {
      std::set<Grant> grants = of_side(sides_.now(), group);
      grants.merge(of_side(sides_.after(), group));
      for (const Grant& grant : grants) {
        if (grant.resource != ref) continue;
        Holding held = group_grant(group, grant);
        held.subject = fmt::format("{}: {}", name(grant.role), in_.catalog.name(group).display());
        groups.items.push_back(std::move(held));
      }
    });
    add(std::move(groups));
    HoldingList people{"people", {}};
    for (std::size_t i = 0; i < in_.catalog.user_count(); ++i) {
      const auto person = static_cast<UserRef>(i);
      for (const auto& [grant, ways] : sides_.access_of(person)) {
        if (grant.resource != ref) continue;
        Holding held = of_ways(person, grant, ways);
        held.subject = fmt::format("{}: {}", name(grant.role), in_.catalog.name(person));
        people.items.push_back(std::move(held));
      }
    }
    add(std::move(people));
    if (in_.live != nullptr) {
      out_.remarks.emplace_back(
          "what people were granted directly is known only where the policy manages it");
    }
    changes([&](const Change& change) { return change.ari == out_.name; });
    return std::move(out_);
  }

 private:
  template <class Visit>
  void each_group(Visit visit) const {
    for (std::size_t i = 0; i < in_.catalog.group_count(); ++i) visit(static_cast<GroupRef>(i));
  }

  void add(HoldingList list) {
    std::sort(list.items.begin(), list.items.end(),
              [](const Holding& a, const Holding& b) { return a.subject < b.subject; });
    out_.lists.push_back(std::move(list));
  }

  template <class About>
  void changes(About about) {
    if (in_.plan == nullptr) return;
    std::copy_if(in_.plan->changes.begin(), in_.plan->changes.end(),
                 std::back_inserter(out_.changes), about);
  }

  [[nodiscard]] Cause cause(CauseRef ref) const { return in_.wanted.causes[ref]; }
  /// Of the change that this plan makes about it; empty where it makes none.
  [[nodiscard]] Cause planned(ChangeKind kind, const std::string& user,
                              const std::string& group) const {
    if (in_.plan == nullptr) return {};
    for (const Change& change : in_.plan->changes) {
      if (change.kind == kind && change.user == user && change.group == group) return change.cause;
    }
    return {};
  }

  [[nodiscard]] std::string words(const Grant& grant) const {
    const auto alias = aliases_.find(grant.resource);
    return fmt::format("{} on {}", name(grant.role),
                       alias == aliases_.end() ? in_.catalog.name(grant.resource) : alias->second);
  }

  static std::set<Grant> of_side(const OrgState& side, GroupRef ref) {
    const Group* group = side.find(ref);
    return group == nullptr ? std::set<Grant>()
                            : std::set<Grant>(group->grants.begin(), group->grants.end());
  }

  // --- people -------------------------------------------------------------------------------

  void about_user(UserRef ref) {
    const UserScope& scope = in_.wanted.scope(ref);
    const User* now = sides_.now().find(ref);
    const User* after = sides_.after().find(ref);
    const auto state = [](const User* user) {
      if (user == nullptr) return "not in the directory";
      return user->presence == Presence::active ? "active in the directory"
                                                : "suspended in the directory";
    };
    Holding presence;
    presence.key = history_key("invite_user", out_.subject, {}, {}, {});
    presence.now = now != nullptr;
    presence.after = after != nullptr;
    presence.subject = out_.offline ? fmt::format("wanted: {}", state(after)) : state(now);
    const bool same = (now == nullptr) == (after == nullptr) &&
                      (now == nullptr || now->presence == after->presence);
    if (!out_.offline && !same) presence.note = fmt::format("after a plan: {}", state(after));
    presence.changed = !out_.offline && !same && presence.now && presence.after;
    if (scope.declared) {
      presence.cause = cause(scope.state_cause);
    } else {
      presence.note +=
          presence.note.empty() ? "not declared in [users]" : "; not declared in [users]";
    }
    if (in_.live != nullptr && now != nullptr) {
      const LiveUser& about = in_.live->about(ref);
      if (!about.opaque.empty()) presence.note += "; left alone: " + about.opaque;
      if (!about.account_active) presence.note += "; the account is deactivated";
      if (!about.account_id.empty()) out_.remarks.push_back("account " + about.account_id);
    }
    if (presence.note.starts_with("; ")) presence.note.erase(0, 2);
    out_.facts.push_back(std::move(presence));
    if (now != nullptr && now->presence == Presence::suspended) {
      out_.remarks.emplace_back("while suspended, they can use none of what is below");
    }

    Holding admin;
    admin.key = history_key("grant_org_role", out_.subject, {}, {}, {});
    admin.now = now != nullptr && now->org_admin;
    admin.after = after != nullptr && after->org_admin;
    admin.subject = "org-admin";
    if (scope.roles_managed) {
      admin.cause = cause(scope.roles_cause);
    } else {
      admin.note = "not managed";
    }
    if (admin.now || admin.after) out_.facts.push_back(std::move(admin));
  }

  /// Nothing where they are neither in the group nor to be.
  [[nodiscard]] std::optional<Holding> membership(GroupRef group, UserRef user) const {
    Holding out;
    out.now = Sides::is_member(sides_.now(), group, user);
    out.after = Sides::is_member(sides_.after(), group, user);
    if (!out.now && !out.after) return std::nullopt;
    const std::string& shown = in_.catalog.name(group).display();
    const std::string& address = in_.catalog.name(user);
    out.key = history_key("add_member", address, shown, {}, {});
    const GroupScope& scope = in_.wanted.scope(group);
    const Group* wanted = in_.wanted.state.find(group);
    if (wanted != nullptr) {
      const auto place = std::lower_bound(wanted->members.begin(), wanted->members.end(), user);
      if (place != wanted->members.end() && *place == user) {
        out.cause =
            cause(scope.member_causes[static_cast<std::size_t>(place - wanted->members.begin())]);
        return out;
      }
    }
    if (!out.after) {
      out.cause = planned(ChangeKind::remove_member, address, shown);
      if (out.cause == Cause()) out.cause = planned(ChangeKind::remove_user, address, "");
      if (out.cause == Cause()) out.cause = planned(ChangeKind::delete_group, "", shown);
    } else if (scope.members_managed) {
      const auto suspended = [&](const OrgState& side) {
        const User* found = side.find(user);
        return found != nullptr && found->presence == Presence::suspended;
      };
      out.note = scope.additive ? "not listed; the membership is additive"
                 : suspended(sides_.now()) || suspended(sides_.after())
                     ? "kept while they are suspended"
                     : "not listed; nothing is taken away until all could be read";
    } else {
      out.note = unmanaged(group);
    }
    return out;
  }

  [[nodiscard]] std::string unmanaged(GroupRef group) const {
    if (in_.live != nullptr && in_.live->about(group).synced) {
      return "not managed: synced from an identity provider";
    }
    return in_.wanted.scope(group).declared ? "not managed: membership" : "not managed: no table";
  }

  [[nodiscard]] Holding of_ways(UserRef user, const Grant& grant, const Ways& ways) const {
    Holding out;
    out.subject = words(grant);
    out.now = !ways.now.empty();
    out.after = !ways.after.empty();
    const std::set<std::string>& shown = out.after ? ways.after : ways.now;
    out.through.assign(shown.begin(), shown.end());
    const User* wanted = in_.wanted.state.find(user);
    const UserScope& scope = in_.wanted.scope(user);
    if (wanted != nullptr) {
      const auto place = std::lower_bound(wanted->grants.begin(), wanted->grants.end(), grant);
      if (place != wanted->grants.end() && *place == grant) {
        out.cause =
            cause(scope.grant_causes[static_cast<std::size_t>(place - wanted->grants.begin())]);
      }
    }
    out.key = history_key("grant_user_access", in_.catalog.name(user), {},
                          in_.catalog.name(grant.resource), name(grant.role));
    return out;
  }

  void lost(UserRef user, const Access& access, GroupRef without) {
    const std::string& shown = in_.catalog.name(without).display();
    HoldingList list{"lost", {}, fmt::format("if {} went", shown)};
    HoldingList kept{"kept", {}, "by other ways"};
    if (Sides::is_member(sides_.after(), without, user)) {
      for (const auto& [grant, ways] : access) {
        if (!ways.after.contains(shown)) continue;
        Holding held = of_ways(user, grant, ways);
        std::erase(held.through, shown);
        (held.through.empty() ? list : kept).items.push_back(std::move(held));
      }
    } else {
      out_.remarks.push_back(fmt::format("they are not in {}", shown));
    }
    add(std::move(list));
    add(std::move(kept));
  }

  // --- groups -------------------------------------------------------------------------------

  void about_group(GroupRef ref) {
    const GroupScope& scope = in_.wanted.scope(ref);
    Holding fact;
    fact.now = sides_.now().find(ref) != nullptr;
    fact.after = sides_.after().find(ref) != nullptr;
    fact.subject = out_.offline ? (fact.after ? "wanted" : "not wanted")
                   : fact.now   ? "there"
                                : "not there";
    fact.key = history_key("create_group", {}, out_.subject, {}, {});
    if (scope.declared) {
      fact.cause = cause(scope.state_cause);
    } else {
      fact.note = "not declared in [groups]";
    }
    if (in_.live != nullptr && fact.now) {
      const LiveGroup& about = in_.live->about(ref);
      if (about.synced) fact.note += "; synced from an identity provider";
      if (!about.opaque.empty()) fact.note += "; left alone: " + about.opaque;
      if (fact.note.starts_with("; ")) fact.note.erase(0, 2);
      out_.remarks.push_back("id " + about.id);
    }
    out_.facts.push_back(std::move(fact));
  }

  [[nodiscard]] Holding group_grant(GroupRef group, const Grant& grant) const {
    Holding out;
    out.subject = words(grant);
    out.now = of_side(sides_.now(), group).contains(grant);
    out.after = of_side(sides_.after(), group).contains(grant);
    out.key = history_key("grant_group_access", {}, in_.catalog.name(group).display(),
                          in_.catalog.name(grant.resource), name(grant.role));
    const GroupScope& scope = in_.wanted.scope(group);
    const bool managed = scope.access_managed && aliases_.contains(grant.resource);
    const Group* wanted = in_.wanted.state.find(group);
    if (!managed) {
      out.note = "not managed";
    } else if (out.after && wanted != nullptr) {
      const auto place = std::lower_bound(wanted->grants.begin(), wanted->grants.end(), grant);
      if (place != wanted->grants.end() && *place == grant) {
        out.cause =
            cause(scope.grant_causes[static_cast<std::size_t>(place - wanted->grants.begin())]);
      }
    } else {
      out.cause = cause(scope.access_cause);
    }
    return out;
  }

  const ExplainInput& in_;
  Sides sides_;
  std::map<ResourceRef, std::string> aliases_;
  Explanation out_;
};

}  // namespace

Explanation explain_user(const ExplainInput& input, UserRef ref, const GroupRef* without) {
  return Explainer(input).user(ref, without);
}

Explanation explain_group(const ExplainInput& input, GroupRef ref) {
  return Explainer(input).group(ref);
}

Explanation explain_resource(const ExplainInput& input, ResourceRef ref, const std::string& alias) {
  return Explainer(input).resource(ref, alias);
}

std::string history_key(std::string_view kind, std::string_view user, std::string_view group,
                        std::string_view resource, std::string_view role) {
  // What gives and what takes away are about the same thing.
  std::string_view about = kind;
  if (kind.ends_with("_member")) about = "member";
  if (kind.ends_with("_group_access")) about = "group access";
  if (kind.ends_with("_user_access")) about = "user access";
  if (kind.ends_with("_org_role")) {
    about = "org role";
    role = {};
  }
  if (kind.ends_with("_user")) about = "user";
  if (kind.ends_with("_group")) about = "group";
  return fmt::format("{}\n{}\n{}\n{}\n{}", about, user, GroupName::from_server(group).key(),
                     resource, role);
}

}  // namespace rolecall
