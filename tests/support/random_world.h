#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/cases.h"
#include "tests/support/plan_builder.h"

namespace rolecall::test {

/// One person of a small world: how they are, and what the policy asks.
struct PersonSpec {
  enum class Ask { undeclared, active, suspended, removed };
  enum class Managed { no, none, some };
  Presence live = Presence::absent;
  bool live_admin = false;
  bool live_grant = false;
  Ask ask = Ask::undeclared;
  Managed roles = Managed::no;
  Managed access = Managed::no;
  bool protected_now = false;
  bool protected_before = false;
  bool accepted = true;        ///< false: their invitation is open
  bool account_active = true;  ///< false: deactivated
  bool taken_lately = false;   ///< the last run took the role, and reads do not show it yet
};

struct GroupSpec {
  enum class Ask { undeclared, present, absent };
  bool live = false;
  std::set<int> live_members{};
  bool live_grant = false;
  Ask ask = Ask::undeclared;
  bool members_managed = false;
  bool additive = false;
  std::set<int> members{};
  PersonSpec::Managed access = PersonSpec::Managed::no;
  int previous = -1;  ///< a group that this one is the new name of
  bool protected_now = false;
  bool protected_before = false;
};

/// An organization and a policy for it, as numbers, so that a test can change one and build again.
struct Spec {
  std::vector<PersonSpec> people;
  std::vector<GroupSpec> groups;
  UnlistedUsers unlisted_users = UnlistedUsers::ignore;
  UnlistedGroups unlisted_groups = UnlistedGroups::ignore;
  std::int64_t floor = 0;
};

[[nodiscard]] std::string spec_person(int i);
[[nodiscard]] std::string spec_group(int g);
/// Up to that many people and groups; no limit stands in the way.
[[nodiscard]] Spec random_spec(Dice& dice, int most_people, int most_groups);
[[nodiscard]] PlanBuilder build(const Spec& spec);

/// What people and groups have, in a form that knows nothing of the planner's types.
struct Holdings {
  struct Person {
    bool suspended = false;
    bool pending = false;
    bool admin = false;
    bool grant = false;
    bool closed = false;  ///< the account is deactivated
  };
  struct Crowd {
    std::set<std::string> members;
    bool grant = false;
  };
  std::map<std::string, Person> people;
  std::map<std::string, Crowd> groups;

  [[nodiscard]] std::int64_t admins() const;  ///< who can act as one now
};
[[nodiscard]] Holdings holdings(const Spec& spec);
/// One change happens.
void happen(const Change& change, Holdings& world);

}  // namespace rolecall::test
