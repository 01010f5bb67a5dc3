#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/write_call.h"
#include "state/api/reader.h"

namespace rolecall {

enum class Effect : std::uint8_t {
  there,  ///< the organization is as the change wants it
  not_there,
  unknown,    ///< could not be read, or not understood
  ambiguous,  ///< more than one account has the address, and which one is meant is not known
};

/// What is said of a change whose effect is ambiguous.
inline constexpr std::string_view kTwoAccounts = "more than one account has this address";

/// Asks the organization whether changes have taken effect. One result for each of `changes`, in
/// order. Account and group ids that are met on the way go into `ids`. `delay`: before the reads.
[[nodiscard]] std::vector<Effect> read_back(ReadClient& client, const Endpoints& endpoints,
                                            const Plan& plan,
                                            const std::vector<std::size_t>& changes, KnownIds& ids,
                                            std::chrono::milliseconds delay);

/// What a change that is still to be made rests on, as it is now.
struct Premise {
  bool done = false;      ///< the organization is as the change wants it already
  std::string because{};  ///< else why it must not be made any more; empty: it may be
};

/// Reads again what changes rest on before they are made (guarantees.md D8): the account is in the
/// directory where something is given to it, the group is there under its name and may be changed,
/// what is wanted is not so already. One result for each of `changes`, in order; what the run
/// itself has made (new groups, invited people) is taken as it was made. Costs a call for each ten
/// people and ten groups among them, and one for each person or group whose access changes.
[[nodiscard]] std::vector<Premise> read_again(ReadClient& client, const Endpoints& endpoints,
                                              const Plan& plan,
                                              const std::vector<std::size_t>& changes,
                                              KnownIds& ids);

/// Which of the organization's admins, as the plan knows them, are not seen to be active org admins
/// now. Costs a call for each hundred.
[[nodiscard]] std::vector<std::string> lost_admins(ReadClient& client, const Endpoints& endpoints,
                                                   const Plan& plan);

}  // namespace rolecall
