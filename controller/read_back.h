#pragma once

#include <string_view>
#include <vector>

#include "controller/misread.h"
#include "controller/write_call.h"
#include "state/api/reader.h"

namespace rolecall {

enum class Effect : std::uint8_t {
  there,  ///< the organization is as the change wants it
  not_there,
  unknown,    ///< could not be read, or not understood
  ambiguous,  ///< more than one account has the address, and which one is meant is not known
  filled,     ///< a group of this name is there, and has more than one that was just made
};

/// What is said of a change whose effect is ambiguous.
inline constexpr std::string_view kTwoAccounts = "more than one account has this address";
/// Likewise of one that is filled.
inline constexpr std::string_view kMayBeTheirs =
    "a group of this name is there, with members or access: it may be somebody else's, and takes "
    "another plan";

/// Asks the organization whether changes have taken effect. One result for each of `changes`, in
/// order. Account and group ids that are met on the way go into `ids`. `delay`: before the reads.
/// Nobody counts as gone by an answer that does not show the plan's org admins either, who are
/// asked for with them (of a plan that names none: recovery's, any answer counts: see
/// read_back_for_sure). A list of somebody's groups may be cut short: whoever was taken out of one
/// is looked at one by one, and, `closely`, whoever was put into one.
[[nodiscard]] std::vector<Effect> read_back(ReadClient& client, const Endpoints& endpoints,
                                            const Plan& plan,
                                            const std::vector<std::size_t>& changes, KnownIds& ids,
                                            std::chrono::milliseconds delay,
                                            Misread* misread = nullptr, bool closely = true);

/// read_back, and more where one answer is no proof that a call whose own answer was lost has done
/// it: an answer may lack somebody or something, so what is found gone is asked for once more; and
/// a group of the wanted name is taken for the one that was made only if it is empty.
[[nodiscard]] std::vector<Effect> read_back_for_sure(ReadClient& client, const Endpoints& endpoints,
                                                     const Plan& plan,
                                                     const std::vector<std::size_t>& changes,
                                                     KnownIds& ids, std::chrono::milliseconds delay,
                                                     Misread* misread = nullptr,
                                                     bool closely = true);

}  // namespace rolecall
