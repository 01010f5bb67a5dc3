#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policies/effective_groups.h"
#include "policies/policy.h"
#include "policies/policy_data.h"
#include "policies/resolve_resources.h"
#include "state/model/digest.h"

namespace rolecall {
namespace {

std::string why_matched(const GroupDecl& group, const UserDecl& user) {
  std::string out = "matches ";
  for (const MatchKey& key : group.match) {
    if (&key != &group.match.front()) out += ", ";
    out += fmt::format("{} = {}", key.attribute, attribute(user, key.attribute)->value);
  }
  return out;
}

/// The first attribute by which somebody is in a group that comes from a roster.
std::optional<At> matched_in_roster(const Policy& policy, const GroupDecl& group,
                                    const UserDecl& user) {
  for (const MatchKey& key : group.match) {
    const At& at = attribute(user, key.attribute)->at;
    if (policy.is_roster(at)) return at;
  }
  return std::nullopt;
}

class Resolver {
 public:
  Resolver(const Policy& policy, Instant at, Catalog& catalog, ResolvedPolicy& out)
      : policy_(policy), at_(at), catalog_(catalog), out_(out), desired_(out.desired) {
    for (const std::string& file : policy.files) files_.push_back(desired_.causes.text(file));
    for (const std::string& reason : policy.reasons) {
      reasons_.push_back(desired_.causes.text(reason));
    }
  }

  void run(const std::vector<Workspace>* workspaces) {
    desired_.at = at_;
    desired_.dated = policy_.windows.size() > 1;
    desired_.policy_digest = policy_.digest;
    name_everything(workspaces);
    if (policy_.organization) organization(*policy_.organization);
    for (const UserDecl& user : policy_.users) resolve_user(user);
    const std::optional<EffectiveGroups> effective = effective_groups(policy_, at_);
    for (std::size_t i = 0; i < policy_.groups.size(); ++i) {
      resolve_group(policy_.groups[i]);
      if (effective) resolve_members(policy_.groups[i], (*effective)[i]);
    }
    safety();
  }

 private:
  CauseRef cause(const At& at, std::string_view why, std::string_view reason = {}) {
    return cause(at, desired_.causes.text(why), desired_.causes.text(reason));
  }
  CauseRef cause(const At& at, std::uint32_t why, std::uint32_t reason) {
    return desired_.causes.add(files_[at.file], at.line, at.column, why, reason);
  }

  void name_everything(const std::vector<Workspace>* workspaces) {
    for (PersonId person = 0; person < policy_.people.size(); ++person) {
      people_.push_back(catalog_.user(policy_.people.email(person)));
    }
    for (const GroupDecl& group : policy_.groups) {
      catalog_.group(group.name);
      for (const GroupNameAt& previous : group.previous_names) catalog_.group(previous.name);
    }
    for (const std::string& ari : resolve_resources(policy_, workspaces, out_.diagnostics)) {
      resources_.push_back(catalog_.resource(ari));
    }
    for (const auto& [alias, i] : policy_.resource_by_alias) {
      desired_.resources.push_back({alias, resources_[i]});
    }
    std::sort(desired_.resources.begin(), desired_.resources.end(),
              [](const Resource& left, const Resource& right) { return left.alias < right.alias; });
    for (const GroupNameAt& name : policy_.safety.protected_groups) catalog_.group(name.name);
    desired_.state.users.resize(catalog_.user_count());
    desired_.users.resize(catalog_.user_count());
    desired_.state.groups.resize(catalog_.group_count());
    desired_.groups.resize(catalog_.group_count());
  }

  void organization(const OrganizationDecl& decl) {
    desired_.organization_id = decl.id;
    desired_.directory = decl.directory;
    desired_.organization_cause = {policy_.place(decl.at), "declared", {}};
    desired_.unlisted_users = decl.unlisted_users;
    desired_.unlisted_groups = decl.unlisted_groups;
    if (decl.unlisted_users_at) {
      constexpr std::array<std::string_view, 3> kWhy = {"unlisted_users = \"ignore\"",
                                                        "unlisted_users = \"suspend\"",
                                                        "unlisted_users = \"remove\""};
      desired_.unlisted_users_cause =
          cause(*decl.unlisted_users_at, kWhy[static_cast<std::size_t>(decl.unlisted_users)]);
    }
    if (decl.unlisted_groups_at) {
      desired_.unlisted_groups_cause =
          cause(*decl.unlisted_groups_at, decl.unlisted_groups == UnlistedGroups::ignore
                                              ? "unlisted_groups = \"ignore\""
                                              : "unlisted_groups = \"delete\"");
    }
  }

  void resolve_user(const UserDecl& decl) {
    const UserRef ref = people_[decl.person];
    User& user = desired_.state.user(ref);
    UserScope& scope = desired_.users[index(ref)];
    scope.declared = true;
    scope.account_id = decl.account_id;
    if (wanted_active(policy_, decl, at_)) {
      user.presence = Presence::active;
      scope.state_cause = cause(
          decl.at, policy_.is_roster(decl.at) ? "declared by a roster" : "declared", decl.reason);
    } else {
      if (decl.state != UserState::removed) user.presence = Presence::suspended;
      const WhyInactive why = why_inactive(policy_, decl, at_);
      scope.state_cause = cause(why.at, why.words, decl.reason);
    }
    if (decl.roles) {
      scope.roles_managed = true;
      user.org_admin = decl.roles->org_admin.has_value();
      scope.roles_cause = user.org_admin
                              ? cause(*decl.roles->org_admin, "listed in roles", decl.reason)
                              : cause(decl.roles->at, "not listed in roles", decl.reason);
    }
    if (decl.access) {
      scope.access_managed = true;
      scope.access_cause = cause(decl.access->at, "not listed in access", decl.reason);
      grants(*decl.access, decl.reason, user.grants, scope.grant_causes);
    }
  }

  void grants(const AccessDecl& access, std::string_view reason, std::vector<Grant>& out,
              std::vector<CauseRef>& causes) {
    std::vector<std::pair<Grant, At>> found;
    for (const GrantDecl& grant : access.grants) {
      const auto alias = policy_.resource_by_alias.find(grant.alias);
      if (alias == policy_.resource_by_alias.end()) continue;
      for (const auto& [role, at] : grant.roles) {
        found.push_back({{resources_[alias->second], role}, at});
      }
    }
    std::sort(found.begin(), found.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    for (const auto& [grant, at] : found) {
      out.push_back(grant);
      causes.push_back(cause(at, "listed in access", reason));
    }
  }

  void resolve_group(const GroupDecl& decl) {
    const GroupRef ref = catalog_.group(decl.name);
    Group& group = desired_.state.group(ref);
    GroupScope& scope = desired_.groups[index(ref)];
    scope.declared = true;
    group.present = !decl.tombstone;
    scope.state_cause = decl.tombstone ? cause(decl.state_at, "state = \"absent\"", decl.reason)
                                       : cause(decl.at, "declared");
    if (decl.tombstone) return;
    group.description = decl.description;
    scope.additive = decl.additive;
    for (const GroupNameAt& previous : decl.previous_names) {
      scope.previous.push_back(catalog_.group(previous.name));
    }
    if (decl.access) {
      scope.access_managed = true;
      scope.access_cause = cause(decl.access->at, "not listed in access");
      grants(*decl.access, {}, group.grants, scope.grant_causes);
    }
    scope.members_managed = decl.members_managed();
    if (decl.members_at) {
      scope.members_cause = cause(*decl.members_at, "not listed in members");
    } else if (decl.match_at) {
      scope.members_cause = cause(*decl.match_at, "not matched");
    } else if (decl.include_at) {
      scope.members_cause = cause(*decl.include_at, "not in an included group");
    }
  }

  std::uint32_t listed_until(std::uint32_t window) {
    return desired_.causes.text(
        fmt::format("listed in members until {}", policy_.windows[window].until->text));
  }

  void resolve_members(const GroupDecl& decl, const std::vector<EffectiveMember>& effective) {
    const GroupRef ref = catalog_.group(decl.name);
    const std::uint32_t listed = desired_.causes.text("listed in members");
    std::vector<CauseRef> included(decl.include.size(), 0);
    std::unordered_map<std::uint32_t, CauseRef> matched;
    std::vector<std::pair<UserRef, CauseRef>> members;
    members.reserve(effective.size());
    for (const EffectiveMember& member : effective) {
      CauseRef why = 0;
      if (member.origin == MemberOrigin::members) {
        const MemberEntry& entry = decl.members[member.index];
        const bool ends = policy_.windows[entry.window].until.has_value();
        why = cause(entry.at, ends ? listed_until(entry.window) : listed, reasons_[entry.reason]);
      } else if (member.origin == MemberOrigin::include) {
        CauseRef& known = included[member.index];
        const IncludeRef& include = decl.include[member.index];
        if (known == 0) {
          known = cause(include.at, fmt::format("included from {}", include.name.display()));
        }
        why = known;
      } else {
        const UserDecl& user = *policy_.user(member.person);
        const std::uint32_t text = desired_.causes.text(why_matched(decl, user));
        if (const std::optional<At> row = matched_in_roster(policy_, decl, user)) {
          why = cause(*row, text, 0);
        } else {
          CauseRef& known = matched[text];
          if (known == 0) known = cause(*decl.match_at, text, 0);
          why = known;
        }
      }
      members.emplace_back(people_[member.person], why);
    }
    std::sort(members.begin(), members.end());
    Group& group = desired_.state.group(ref);
    GroupScope& scope = desired_.groups[index(ref)];
    for (const MemberEntry& entry : decl.members) {
      if (entry.window == 0 || is_inside(policy_.windows[entry.window], at_)) continue;
      const Window& window = policy_.windows[entry.window];
      const bool ended = window.until.has_value() && window.until->instant <= at_;
      const std::uint32_t text =
          ended ? listed_until(entry.window)
                : desired_.causes.text(fmt::format("listed in members from {}", window.from->text));
      scope.out_of_time.emplace_back(people_[entry.person],
                                     cause(entry.at, text, reasons_[entry.reason]));
    }
    std::sort(scope.out_of_time.begin(), scope.out_of_time.end());
    group.members.reserve(members.size());
    scope.member_causes.reserve(members.size());
    for (const auto& [user, why] : members) {
      group.members.push_back(user);
      scope.member_causes.push_back(why);
    }
  }

  void safety() {
    desired_.safety.min_org_admins = policy_.safety.min_org_admins;
    desired_.safety.limits = policy_.safety.limits;
    for (const auto& [person, at] : policy_.safety.protected_users) {
      desired_.safety.protected_users.push_back(people_[person]);
    }
    for (const GroupNameAt& name : policy_.safety.protected_groups) {
      desired_.safety.protected_groups.push_back(catalog_.group(name.name));
    }
    for (const AcknowledgeDecl& decl : policy_.acknowledgements) {
      Digest id("rolecall acknowledgement 1");
      id.field(name(decl.klass));
      id.field(std::to_string(decl.count));
      id.field(decl.plan);
      id.field(decl.until.text);
      id.field(decl.reason);
      desired_.safety.acknowledgements.push_back({decl.klass, decl.count, decl.plan,
                                                  decl.until.instant, decl.until.text, decl.reason,
                                                  policy_.place(decl.at), id.hex()});
    }
  }

  const Policy& policy_;
  Instant at_;
  Catalog& catalog_;
  ResolvedPolicy& out_;
  Desired& desired_;
  std::vector<std::uint32_t> files_;    ///< as texts of the causes, parallel to Policy::files
  std::vector<std::uint32_t> reasons_;  ///< the same for Policy::reasons
  std::vector<UserRef> people_;         ///< by PersonId
  std::vector<ResourceRef> resources_;  ///< parallel to Policy::resources
};

}  // namespace

ResolvedPolicy resolve_policy(const Policy& policy, Instant at,
                              const std::vector<Workspace>* workspaces, Catalog& catalog) {
  ResolvedPolicy resolved;
  Resolver(policy, at, catalog, resolved).run(workspaces);
  return resolved;
}

}  // namespace rolecall
