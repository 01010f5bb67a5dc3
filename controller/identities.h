#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/misread.h"
#include "controller/standing.h"
#include "controller/write_call.h"
#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

class LookUps;

/// Whether the ids that calls name are those of the people and groups they mean.
///
/// One answer that has two ids mixed up sends a grant to somebody else, and no count shows it: so
/// each is asked for once more before the first call that rests on it, by its address or name, a
/// hundred a call, and where that shows nobody by its id, ten a call. Whatever contradicts is left
/// out: so is what is shown neither way, and what any answer of this apply says besides
/// (standing.h). Not to be shown is no contradiction where the run has made it itself, as it may
/// not show yet; nor, of people, by a server whose listings were not proved complete: what is given
/// is given all the same (guarantees.md B1). For an invitation nobody is what the plan says.
class Identities {
 public:
  Identities(ReadClient& client, const Endpoints& endpoints, const Plan& plan, Misread& misread);

  /// Asks for what calls with `changes` would name and was not asked for before. Waits some seconds
  /// for people who were invited. False: the key was refused.
  [[nodiscard]] bool confirm(const std::vector<std::size_t>& changes, const KnownIds& ids);

  /// Why the change is not to be made, or nothing.
  [[nodiscard]] std::string doubt(const Change& change, const KnownIds& ids) const;
  /// Whether it is so already; of changes that give. (Of others what was seen last is no proof.)
  [[nodiscard]] bool found_done(const Change& change, const KnownIds& ids) const;
  /// Whether it seems so, by a list that may have been cut short: it is to be looked at again.
  [[nodiscard]] bool seems_done(const Change& change, const KnownIds& ids) const;

 private:
  struct ByName {
    bool read = false;  ///< the listing came to its end without a problem
    std::set<std::string> ids{};
  };
  struct ById {
    bool read = false;
    std::set<std::string> names{};  ///< addresses, "-" for none; or keys of groups
  };
  using Names = std::map<std::string, ByName>;
  using Ids = std::map<std::string, ById>;

  /// The address that the account of a change shows by the plan; empty: none.
  [[nodiscard]] std::string address_of(const Change& change) const;
  /// Whether an invitation takes it along: then it rests on no account yet, though the policy may
  /// name one.
  [[nodiscard]] bool rides(const Change& change) const;
  /// Whether it follows an invitation of this plan, which was answered.
  [[nodiscard]] bool is_invited(const Change& change, const KnownIds& ids) const;
  [[nodiscard]] std::string doubt_about_invitation(const Change& change) const;
  [[nodiscard]] std::string doubt_about_account(const Change& change, const KnownIds& ids) const;
  [[nodiscard]] static std::string doubt(const std::string& name, const std::string& id,
                                         const Names& names, const Ids& ids,
                                         const std::string& what);
  /// By the last answer that told of groups of theirs; nothing: none did.
  [[nodiscard]] std::optional<bool> is_member(const Change& change, const KnownIds& ids) const;
  [[nodiscard]] Premise seen_last(const Change& change, const KnownIds& ids) const;
  bool ask(const std::vector<std::size_t>& changes, const KnownIds& ids,
           std::chrono::milliseconds delay);
  [[nodiscard]] bool waits_for(const std::vector<std::size_t>& changes, const KnownIds& ids) const;
  [[nodiscard]] bool seen(const Change& change, const KnownIds& ids) const;
  void search_addresses(const LookUps& look_ups, const std::vector<std::string>& addresses);
  void search_accounts(const LookUps& look_ups, const std::vector<std::string>& accounts);
  void search_names(const LookUps& look_ups, const std::vector<std::string>& names);
  void search_groups(const LookUps& look_ups, const std::vector<std::string>& groups);

  ReadClient& client_;
  const Endpoints& endpoints_;
  const Plan& plan_;
  Misread& misread_;
  Standing standing_;
  std::set<std::string> invited_;  ///< by this plan
  Names addresses_, group_names_;  ///< group names: by key
  Ids accounts_, group_ids_;
  std::set<std::string> arrived_;  ///< addresses that were asked for since they were invited
};

}  // namespace rolecall
