#pragma once

#include <map>
#include <string>
#include <vector>

#include "policies/desired.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// Something live that a written policy does not declare, and why.
struct LeftOut {
  std::string kind;  ///< "user", "group"
  std::string subject;
  std::string why;
  auto operator<=>(const LeftOut&) const = default;
};

/// Writes what is live as declarations of the policy language, such that a plan of them has nothing
/// to do: what the language cannot say, or the API cannot change, is left out and said in comments.
///
/// Grants of the groups must have been read whole; those of people where `direct_access`.
class DeclarationWriter {
 public:
  struct Input {
    const Snapshot& live;
    const Catalog& catalog;
    std::map<ResourceRef, std::string> aliases;  ///< the resources that the policy declares
    bool direct_access = false;
    /// What is wanted already, where the declarations are added to a policy; null for none.
    const Desired* wanted = nullptr;
  };
  explicit DeclarationWriter(Input input);

  /// Why somebody, or a group, cannot be declared; empty where they can.
  [[nodiscard]] std::string why_not(UserRef ref) const;
  [[nodiscard]] std::string why_not(GroupRef ref) const;
  /// Only what a group grants can be managed: it is synced, or built in.
  [[nodiscard]] bool access_only(GroupRef ref) const;
  /// Addresses that the group's `members` lists.
  [[nodiscard]] std::size_t listed_members(GroupRef ref) const;

  /// The line for [users], with its line break.
  [[nodiscard]] std::string user(UserRef ref) const;
  /// The table [groups.NAME] with the comments in front of it.
  [[nodiscard]] std::string group(GroupRef ref) const;

 private:
  /// How a live member stands in a list of members.
  enum class Standing { listed, suspended, removed, opaque, unwritable };
  [[nodiscard]] Standing standing(UserRef ref) const;
  [[nodiscard]] std::string access(const std::vector<Grant>& grants) const;
  [[nodiscard]] std::string members(GroupRef ref) const;
  [[nodiscard]] std::string comments(GroupRef ref) const;

  Input input_;
  /// Roles that no policy can name, by the group's name: from the notes of the reading.
  std::multimap<std::string, std::string> other_roles_;
};

}  // namespace rolecall
