#pragma once

#include <compare>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "diff/change.h"

namespace rolecall {

/// Somebody from whom, or from a group of whose, a role on an app is taken, and the paths by one of
/// which they are to keep it: somebody protected that role, others any on the app, where no path is
/// left that the plan does not give. Protected people who are not in the group may have been put
/// there since. An organization moves by groups: what is the same of many is there once.
struct Lean {
  struct Path {
    std::string group;   ///< empty: they have it directly
    std::string id;      ///< empty: the group is made
    std::string role;    ///< that they keep by it; empty: what the group gives was not read
    bool given = false;  ///< in whole or in part by the plan
    std::string ari{};   ///< where the lean's is empty and the plan gives the role
    auto operator<=>(const Path&) const = default;
  };
  struct Person {
    std::string address, account_id;
    auto operator<=>(const Person&) const = default;
  };
  struct Loss {
    std::string ari, role;  ///< empty where what the group gives was not read
    std::vector<Path> paths{};
    auto operator<=>(const Loss&) const = default;
  };

  std::shared_ptr<const Person> person;  ///< never null
  std::shared_ptr<const Loss> loss;      ///< likewise
  bool is_protected = false;
  bool is_in_it = false;  ///< or is put there by the plan

  [[nodiscard]] const std::string& user() const { return person->address; }
  [[nodiscard]] const std::string& account_id() const { return person->account_id; }
  [[nodiscard]] const std::string& ari() const { return loss->ari; }
  [[nodiscard]] const std::string& role() const { return loss->role; }
  [[nodiscard]] const std::vector<Path>& paths() const { return loss->paths; }

  bool operator<(const Lean& other) const {
    return std::tie(*person, *loss, is_protected, is_in_it) <
           std::tie(*other.person, *other.loss, other.is_protected, other.is_in_it);
  }
};

/// Gifts of a plan by any of which somebody would have what nobody said, if a change that takes
/// something from a group, or somebody out of it, were held back.
struct LetsIn {
  std::vector<std::shared_ptr<const Lean::Person>> joining{};      ///< are put into that group
  std::vector<std::shared_ptr<const Lean::Person>> coming_back{};  ///< are restored
  std::vector<std::pair<std::string, std::string>> roles{};        ///< the group's, ARI and role
  [[nodiscard]] bool empty() const {
    return joining.empty() && coming_back.empty() && roles.empty();
  }
};

/// Group, person, ARI, role of such a change; empty what it has not.
using TakenKey = std::tuple<std::string, std::string, std::string, std::string>;

}  // namespace rolecall
