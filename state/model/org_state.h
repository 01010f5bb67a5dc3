#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "state/model/keys.h"
#include "state/model/role.h"

namespace rolecall {

/// Dense indices into a Catalog. They compare by the order in which names were first seen, so
/// nothing that is printed or hashed may be ordered by them.
enum class UserRef : std::uint32_t {};
enum class GroupRef : std::uint32_t {};
enum class ResourceRef : std::uint32_t {};

template <class Ref>
[[nodiscard]] constexpr std::size_t index(Ref ref) {
  return static_cast<std::size_t>(ref);
}

/// The natural keys of one run, each with its dense index. One Catalog serves both sides of a
/// diff: comparing them is then comparing integers.
class Catalog {
 public:
  UserRef user(const Email& email);
  GroupRef group(const GroupName& name);
  ResourceRef resource(std::string_view ari);

  /// A live person without a usable address of their own: has a place here, but no Email finds it.
  UserRef nameless_user(std::string_view shown_as);

  [[nodiscard]] std::optional<UserRef> find_user(const Email& email) const;
  [[nodiscard]] std::optional<GroupRef> find_group(const GroupName& name) const;
  [[nodiscard]] std::optional<ResourceRef> find_resource(std::string_view ari) const;

  /// The address (or what stands for it), the spelling of the name first seen, the ARI.
  [[nodiscard]] const std::string& name(UserRef ref) const { return users_[index(ref)]; }
  [[nodiscard]] const GroupName& name(GroupRef ref) const { return groups_[index(ref)]; }
  [[nodiscard]] const std::string& name(ResourceRef ref) const { return resources_[index(ref)]; }

  [[nodiscard]] std::size_t user_count() const { return users_.size(); }
  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }
  [[nodiscard]] std::size_t resource_count() const { return resources_.size(); }

 private:
  std::vector<std::string> users_;
  std::vector<GroupName> groups_;
  std::vector<std::string> resources_;
  std::unordered_map<std::string, UserRef> user_refs_;
  std::unordered_map<std::string, GroupRef> group_refs_;
  std::unordered_map<std::string, ResourceRef> resource_refs_;
};

/// One role on one app instance.
struct Grant {
  ResourceRef resource{};
  Role role{};
  auto operator<=>(const Grant&) const = default;
};

enum class Presence : std::uint8_t {
  absent,     ///< not in the directory
  active,     ///< in the directory; an invitation not yet accepted counts as this
  suspended,  ///< in the directory, access cut
};

struct User {
  Presence presence = Presence::absent;
  bool org_admin = false;
  std::vector<Grant> grants;  ///< direct ones only; sorted, unique
  bool operator==(const User&) const = default;
};

struct Group {
  bool present = false;
  std::string description;
  std::vector<UserRef> members;  ///< sorted, unique
  std::vector<Grant> grants;     ///< sorted, unique
  bool operator==(const Group&) const = default;
};

/// Who is there, who has what: the one type that stands on both sides of the diff.
///
/// Indexed by the refs of the run's Catalog. Either side may be shorter than the Catalog: what is
/// beyond the end is absent. What is managed at all is not said here but in the policy's Scope.
struct OrgState {
  std::vector<User> users;
  std::vector<Group> groups;

  User& user(UserRef ref) {
    if (users.size() <= index(ref)) users.resize(index(ref) + 1);
    return users[index(ref)];
  }
  Group& group(GroupRef ref) {
    if (groups.size() <= index(ref)) groups.resize(index(ref) + 1);
    return groups[index(ref)];
  }
  /// Null where absent.
  [[nodiscard]] const User* find(UserRef ref) const {
    return index(ref) < users.size() && users[index(ref)].presence != Presence::absent
               ? &users[index(ref)]
               : nullptr;
  }
  [[nodiscard]] const Group* find(GroupRef ref) const {
    return index(ref) < groups.size() && groups[index(ref)].present ? &groups[index(ref)] : nullptr;
  }
};

}  // namespace rolecall
