#pragma once

#include <string>
#include <vector>

#include "diff/plan.h"
#include "policies/desired.h"

namespace rolecall {

/// What is explained: a policy and, unless offline, what is live and the plan between the two.
struct ExplainInput {
  const Desired& wanted;
  const Catalog& catalog;
  const Snapshot* live = nullptr;
  const Plan* plan = nullptr;  ///< of `wanted` and `live`; null exactly where `live` is
};

/// One thing that somebody, a group or a resource has, or is to have.
struct Holding {
  std::string subject;  ///< a group, an address, "user on jira"
  bool now = false;     ///< live; false offline
  bool after = false;   ///< once the plan is applied; offline: wanted
  std::string note;     ///< why the policy does not decide it, or what else is to be known
  Cause cause;          ///< the line that decides it; empty where none does
  std::vector<std::string> through;  ///< of access: groups that bring it, "directly"
  std::string key;                   ///< by which the audit log tells since when: see history_key
  std::string since;                 ///< for whoever reads that log to fill in
  bool changed = false;              ///< there before and after, and not the same
};

struct HoldingList {
  std::string title;  ///< one word: "groups", "apps", "members", "lost"
  std::vector<Holding> items;
  std::string condition{};  ///< for people, behind the title: "if the group went"
};

struct Explanation {
  std::string kind;  ///< "user", "group", "resource"
  std::string subject;
  std::string name;            ///< of a person, where it is known
  std::vector<Holding> facts;  ///< "active in the directory", "org-admin"
  std::vector<HoldingList> lists;
  std::vector<Change> changes;  ///< what the plan would change about it
  std::vector<std::string> remarks;
  bool offline = false;
};

/// `without` a group: what they would lose if it went is told too, and what they keep by other
/// ways.
[[nodiscard]] Explanation explain_user(const ExplainInput& input, UserRef ref,
                                       const GroupRef* without);
[[nodiscard]] Explanation explain_group(const ExplainInput& input, GroupRef ref);
[[nodiscard]] Explanation explain_resource(const ExplainInput& input, ResourceRef ref,
                                           const std::string& alias);

/// What a change in the log decided: changes with the same key are about the same thing. `resource`
/// is an ARI.
[[nodiscard]] std::string history_key(std::string_view kind, std::string_view user,
                                      std::string_view group, std::string_view resource,
                                      std::string_view role);

[[nodiscard]] std::string render_text(const Explanation& explanation, std::size_t columns = 0);
[[nodiscard]] std::string render_markdown(const Explanation& explanation);
/// One object: kind, subject, name, facts, the lists by their titles, changes, remarks.
[[nodiscard]] std::string render_json(const Explanation& explanation);

}  // namespace rolecall
