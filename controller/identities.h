#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

class Reader;

/// Whether the ids that a plan's calls name are those of the people and groups it means.
///
/// One answer that has two ids mixed up sends a grant to somebody else, and no count shows it: so
/// each id is asked for once more by the name it goes with, before the first call that names it. A
/// hundred names a call; whatever contradicts the plan is left out. That a name is not shown is no
/// contradiction: reads may lag, and addresses may be hidden.
class Identities {
 public:
  Identities(ReadClient& client, const Endpoints& endpoints, const Plan& plan)
      : client_(client), endpoints_(endpoints), plan_(plan) {}

  /// Asks for what `changes` name and was not asked for before. False: the key was refused.
  [[nodiscard]] bool confirm(const std::vector<std::size_t>& changes);

  /// Why the change is not to be made, or nothing.
  [[nodiscard]] std::string doubt(const Change& change) const;

 private:
  struct Shown {
    bool read = false;  ///< the listing came to its end without a problem
    std::set<std::string> ids{};
    [[nodiscard]] bool contradicts(const std::string& planned) const {
      return !ids.empty() && !ids.contains(planned);
    }
  };

  /// The address that the account of a change showed when the plan was made; empty: none.
  [[nodiscard]] std::string address_of(const Change& change) const;
  void search_people(Reader& reader, const std::vector<std::string>& addresses);
  void search_groups(Reader& reader, const std::vector<std::string>& names);

  ReadClient& client_;
  const Endpoints& endpoints_;
  const Plan& plan_;
  std::map<std::string, Shown> people_;  ///< by address
  std::map<std::string, Shown> groups_;  ///< by key
};

}  // namespace rolecall
