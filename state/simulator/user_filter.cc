#include "state/simulator/user_filter.h"

#include <algorithm>
#include <iterator>

#include "state/model/text.h"

namespace rolecall::simulator {
namespace {

template <std::size_t N>
std::uint8_t bits_of(const std::vector<std::string_view>& wanted,
                     const std::array<std::string_view, N>& names) {
  if (wanted.empty()) return 0xff;
  unsigned bits = 0;
  for (std::size_t i = 0; i < N; ++i) {
    if (std::find(wanted.begin(), wanted.end(), names[i]) != wanted.end()) bits |= 1U << i;
  }
  return static_cast<std::uint8_t>(bits);
}

template <class Enum>
bool has(std::uint8_t bits, Enum value) {
  return (static_cast<unsigned>(bits) >> static_cast<unsigned>(value) & 1U) != 0;
}

void sort_unique(std::vector<Index>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

AccessFilter::AccessFilter(const World& world, const Call& call)
    : same_binding_(world.options.same_binding), resources_(world.workspaces.size(), true) {
  const auto ids = call.texts("resourceIds");
  const auto owners = call.texts("resourceOwners");
  by_resource_ = !ids.empty() || !owners.empty();
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    const Workspace& one = world.workspaces[i];
    resources_[i] =
        (ids.empty() || std::find(ids.begin(), ids.end(), one.ari) != ids.end()) &&
        (owners.empty() || std::find(owners.begin(), owners.end(), one.owner) != owners.end());
  }
  const auto roles = call.texts("roleIds");
  by_role_ = !roles.empty();
  for (const std::string_view role : roles) {
    roles_ = static_cast<RoleSet>(roles_ | find_role(role).value_or(0));
  }
}

bool AccessFilter::matches(const AccessList& access, RoleSet everywhere) const {
  bool resource_found = !by_resource_;
  bool role_found = !by_role_ || (!by_resource_ && (everywhere & roles_) != 0);
  for (const Access& one : access) {
    const bool resource = !by_resource_ || resources_[one.resource];
    const bool role = !by_role_ || (one.roles & roles_) != 0;
    if (resource && role) return true;
    resource_found = resource_found || resource;
    role_found = role_found || role;
  }
  return resource_found && role_found && (!same_binding_ || !by_resource_ || !by_role_);
}

UserFilter::UserFilter(const World& world, const Call& call)
    : world_(world),
      directory_(call.directory),
      statuses_(bits_of(call.texts("status"), kStatuses)),
      accounts_(bits_of(call.texts("accountStatus"), kAccountStatuses)),
      memberships_(bits_of(call.texts("membershipStatus"), kMembershipStatuses)),
      access_(world, call),
      term_(fold_case(call.text("searchTerm"))) {
  if (call.has("accountIds")) {
    std::vector<Index> ids;
    for (const auto id : call.texts("accountIds")) {
      if (const auto found = world.find_person(id)) ids.push_back(*found);
    }
    narrow(std::move(ids));
  }
  if (call.has("groupIds")) {
    std::vector<Index> members;
    for (const auto id : call.texts("groupIds")) {
      const auto found = world.find_group(id);
      if (!found || world.groups[*found].visible_from > call.now) continue;
      const auto& of = world.groups[*found].members;
      members.insert(members.end(), of.begin(), of.end());
    }
    narrow(std::move(members));
  }
  if (call.has("emails")) {
    std::vector<Index> found;
    for (const auto email : call.texts("emails")) {
      if (const auto one = world.find_person_by_email(email)) found.push_back(*one);
    }
    narrow(std::move(found));
  }
  if (call.has("directoryIds")) {
    directories_.emplace();
    for (const auto id : call.texts("directoryIds")) {
      if (const auto found = world.find_directory(id)) directories_->push_back(*found);
    }
  }
  if (call.has("mfaEnabled")) mfa_ = call.arguments.at("mfaEnabled").get_bool();
  if (call.has("claimStatus")) managed_ = call.text("claimStatus") == "managed";
  for (const auto domain : call.texts("emailDomains")) domains_.push_back("@" + fold_case(domain));
}

void UserFilter::narrow(std::vector<Index> to) {
  sort_unique(to);
  if (!candidates_) {
    candidates_ = std::move(to);
    return;
  }
  std::vector<Index> both;
  std::set_intersection(candidates_->begin(), candidates_->end(), to.begin(), to.end(),
                        std::back_inserter(both));
  candidates_ = std::move(both);
}

bool UserFilter::matches_directory(const Person& person) const {
  if (directories_) {
    return std::any_of(directories_->begin(), directories_->end(), [&](Index one) {
      return person.in(one) != nullptr && (!directory_ || *directory_ == one);
    });
  }
  // Managed accounts in no directory are listed everywhere, unless a filter keeps them out.
  return !directory_ || person.directories.empty() || person.in(*directory_) != nullptr;
}

bool UserFilter::matches_text(const Person& person) const {
  if (!domains_.empty() && std::none_of(domains_.begin(), domains_.end(), [&](const auto& domain) {
        return person.email_key.ends_with(domain);
      })) {
    return false;
  }
  if (term_.empty()) return true;
  return person.email_key.find(term_) != std::string::npos ||
         fold_case(person.name).find(term_) != std::string::npos ||
         fold_case(person.nickname).find(term_) != std::string::npos;
}

bool UserFilter::matches(const Person& person) const {
  if (!person.listed() || !matches_directory(person)) return false;
  if (!has(statuses_, person.status()) || !has(accounts_, person.account) ||
      !has(memberships_, person.membership())) {
    return false;
  }
  if ((mfa_ && *mfa_ != person.mfa) || (managed_ && *managed_ != person.managed)) return false;
  if (access_.active() && !access_.matches(world_.effective_access(person), person.platform)) {
    return false;
  }
  return matches_text(person);
}

}  // namespace rolecall::simulator
