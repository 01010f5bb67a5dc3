#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/support/org_model.h"

namespace rolecall::test {

/// A small organization, a policy for it, and what the policy's language says the organization is
/// afterwards, worked out without a line of the product.
struct RandomCase {
  boost::json::object seed;
  std::string policy;
  Model expected;
};
[[nodiscard]] RandomCase make_random_case(std::uint64_t seed);

/// Policies for an organization that goes on living: `wanted` says what the policy's language makes
/// of the organization as it is at any moment.
class RandomPolicy {
 public:
  /// What it allows within a day, by class (`free`, and nothing beyond), and whom it protects.
  struct Safety {
    std::map<std::string, std::size_t> free;
    std::set<std::string> protected_users, protected_groups;
  };
  /// For an organization as it is now. `strict`: with limits and protections that may be felt.
  RandomPolicy(std::uint64_t seed, const Model& live, int min_org_admins, bool strict = false);
  RandomPolicy(RandomPolicy&&) noexcept;
  RandomPolicy& operator=(RandomPolicy&&) noexcept;
  ~RandomPolicy();

  [[nodiscard]] const std::string& toml() const;
  [[nodiscard]] const Safety& safety() const;
  /// Somebody lifts what makes it strict.
  void relax();
  /// The same with an `account_id` for each of these people, by address; those that it does not
  /// declare get an entry that wants of them what it wants already.
  struct Account {
    std::string id;
    bool suspended = false;
  };
  [[nodiscard]] std::string toml(const std::map<std::string, Account>& accounts) const;
  [[nodiscard]] Model wanted(const Model& live) const;
  /// Whether an entry of [users] names this person.
  [[nodiscard]] bool declares(const std::string& email) const;

 private:
  friend RandomCase make_random_case(std::uint64_t seed);
  class Maker;
  std::unique_ptr<Maker> maker_;
  std::string toml_;
};

}  // namespace rolecall::test
