#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/simulator/operation.h"

namespace rolecall::simulator {

/// What is asked of resources and roles, of people and groups alike.
class AccessFilter {
 public:
  AccessFilter(const World& world, const Call& call);
  [[nodiscard]] bool active() const { return by_resource_ || by_role_; }
  /// `everywhere`: roles held on the organization.
  [[nodiscard]] bool matches(const AccessList& access, RoleSet everywhere) const;

 private:
  bool same_binding_;
  bool by_resource_ = false;
  bool by_role_ = false;
  std::vector<bool> resources_;  ///< by workspace
  RoleSet roles_ = 0;
};

/// The filters of the user listings and of users/count, ready to be asked of many people.
class UserFilter {
 public:
  UserFilter(const World& world, const Call& call);

  /// The only people who can match, sorted, where the filters name some; nothing: everybody.
  [[nodiscard]] const std::optional<std::vector<Index>>& candidates() const { return candidates_; }
  [[nodiscard]] bool matches(const Person& person) const;

 private:
  void narrow(std::vector<Index> to);
  [[nodiscard]] bool matches_directory(const Person& person) const;
  [[nodiscard]] bool matches_text(const Person& person) const;

  const World& world_;
  std::optional<std::vector<Index>> candidates_;
  std::optional<Index> directory_;                 ///< of the path
  std::optional<std::vector<Index>> directories_;  ///< of directoryIds
  std::optional<bool> mfa_, managed_;
  std::uint8_t statuses_ = 0xff, accounts_ = 0xff, memberships_ = 0xff;  ///< one bit a value
  AccessFilter access_;
  std::vector<std::string> domains_;
  std::string term_;
};

}  // namespace rolecall::simulator
