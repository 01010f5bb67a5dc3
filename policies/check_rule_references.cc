#include <fmt/format.h>

#include "policies/file_reader.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// What a rule or test names has to be known in full: of a group that is not declared, or whose
/// membership is not managed, it would hold whatever happens.
class References {
 public:
  References(Policy& policy, Diagnostics& diagnostics)
      : policy_(policy), diagnostics_(diagnostics) {}

  void run() {
    for (const RuleDecl& rule : policy_.rules) {
      if (rule.users) groups(rule.users->groups);
      groups(rule.exclusive_groups);
      access(rule.deny.access);
    }
    for (const TestDecl& test : policy_.tests) {
      for (const HoldingsDecl* holdings : {&test.has, &test.lacks}) {
        groups(holdings->groups);
        access(holdings->access);
      }
      user(test);
    }
  }

 private:
  void error(const At& at, std::string what, std::string hint, std::vector<Place> related = {}) {
    diagnostics_.error(policy_.place(at), std::move(what), std::move(hint), std::move(related));
  }

  void groups(const std::vector<GroupNameAt>& names) {
    for (const GroupNameAt& name : names) {
      const std::string shown = quote(name.name.display());
      const auto found = policy_.group(name.name);
      if (!found) {
        std::vector<std::string_view> known;
        if (policy_.guesses_left > 0) {
          for (const GroupDecl& group : policy_.groups) known.push_back(group.name.display());
        }
        error(name.at, fmt::format("unknown group {}", shown),
              did_you_mean(policy_, name.name.display(), known,
                           "declare it as a table below [groups]"));
      } else if (const GroupDecl& group = policy_.groups[*found];
                 !group.tombstone && !group.members_managed()) {
        error(name.at,
              fmt::format("membership of group {} is not managed, so who is in it is not "
                          "known here",
                          shown),
              "give it \"members\", \"include\" or \"match\"", {policy_.place(group.at)});
      }
    }
  }

  void access(const std::optional<AccessDecl>& access) {
    if (!access) return;
    for (const GrantDecl& grant : access->grants) {
      if (policy_.resource_by_alias.contains(grant.alias)) continue;
      std::vector<std::string_view> known;
      for (const ResourceDecl& resource : policy_.resources) known.push_back(resource.alias);
      error(grant.alias_at, fmt::format("unknown resource {}", quote(grant.alias)),
            did_you_mean(policy_, grant.alias, known, "declare it in [resources]"));
    }
  }

  void user(const TestDecl& test) {
    if (!test.user || policy_.people.find(*test.user)) return;
    std::vector<std::string_view> known;
    for (PersonId person = 0; policy_.guesses_left > 0 && person < policy_.people.size();
         ++person) {
      known.push_back(policy_.people.email(person).str());
    }
    error(test.user_at, fmt::format("unknown user {}", quote(test.user->str())),
          did_you_mean(policy_, test.user->str(), known,
                       "the policy names nobody of this address, so the test would say nothing"));
  }

  Policy& policy_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_rule_references(Policy& policy, Diagnostics& diagnostics) {
  References(policy, diagnostics).run();
}

}  // namespace rolecall
