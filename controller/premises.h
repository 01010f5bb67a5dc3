#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/misread.h"
#include "controller/standing.h"
#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// What a look may rely on.
struct LookFrom {
  /// The plan is: that nobody was added to groups that do not show is believed of it, on a server
  /// that shows those of suspended people by the groups alone.
  bool plan_is_fresh = false;
  /// Who is in the groups that go has just been read, slowly. How many were then, by id: that there
  /// are no more now is enough.
  const std::map<std::string, std::uint32_t>* counted = nullptr;
};

struct Premises {
  std::vector<Premise> of;   ///< one for each change that was asked about, in order
  bool key_refused = false;  ///< 401: nothing more is to be asked
  std::map<std::string, std::uint32_t> counts{};  ///< of people, in groups that go, by id
};

/// Reads again what changes rest on before they are made (guarantees.md D8). An account is to be in
/// the directory under the address it had, as active as it was, and no new org admin where it is to
/// go; a group to be there under its name, to be changed here, and
/// to have no more people and apps than it was deleted for; whom an undo removes to hold no more
/// than the run gave them, and whoever is restored no more than was planned for; whoever is
/// invited, and whatever group is made, not to be there. What could not be read, or is not
/// understood, is no ground for anything.
///
/// What this run has made itself may not show yet: people it has invited and groups it has made are
/// taken to be as they were made.
///
/// Costs a call for each hundred people and ten groups among the changes, one for each person or
/// group whose access changes, and one for each person who is restored, whom an undo removes, or
/// who seems to have been taken out of a group, since expanded groups may be cut short; one more
/// for each of their groups where that is no proof.
[[nodiscard]] Premises read_premises(ReadClient& client, const Endpoints& endpoints,
                                     const Plan& plan, const std::vector<std::size_t>& changes,
                                     Misread& misread, LookFrom from);

}  // namespace rolecall
