#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/desired.h"
#include "state/model/memory.h"
#include "state/model/result.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// What is held against a reading before anything is planned on it. Everything here only ever makes
/// the plan smaller: a person becomes untouchable, or a gap holds back what takes away.

/// Identity (guarantees.md B12): somebody whose address stands for another account than when it was
/// first seen is not touched until the policy says with `account_id` which one is meant. Everybody
/// else goes on.
void hold_strangers(Snapshot& live, const Catalog& catalog, const Desired& desired,
                    const Memory& memory);

/// Likewise where an account that was first seen under an address the policy names shows none, or
/// another: it is still that person. Nobody of that name is invited anew, and whoever the other
/// address stands for in the policy is not taken to have come, until the policy says which address
/// is right: by leaving the old one out, or with `account_id`.
void keep_known(Snapshot& live, const Catalog& catalog, const Desired& desired,
                const Memory& memory);

/// A policy that names no directory means the one that the runs before were on. Another one is no
/// ground for a plan: everybody would be missing there.
[[nodiscard]] std::optional<Error> another_directory(const Snapshot& live, const Desired& desired,
                                                     const Memory& memory);

/// Shrinking (B1): a listing that shows fewer than half of what the last whole reading showed, with
/// ten objects or more missing, is not believed, whatever its counts say.
void doubt_shrunk(Snapshot& live, const Memory& memory);

/// Clock (E4): when ours and the server's are more than five minutes apart, or ours is that much
/// behind the newest run in the log, nothing is taken away: a window might seem to have ended.
void doubt_clock(Snapshot& live, Instant now, const Memory& memory);

/// The same where the clock was set in the meantime: `steady` is what it must say, had it run on
/// from when dates were decided.
void doubt_set_clock(Snapshot& live, Instant now, Instant steady);

/// Whether that is why a plan is not complete: one sentence of its `gaps`.
[[nodiscard]] bool is_about_clock(std::string_view gap);

/// The people and groups of a reading.
[[nodiscard]] Sighting size_of(const Snapshot& live);

/// How large it is in every respect that is kept over time; the moment is left to the caller.
[[nodiscard]] Counts counts_of(const Snapshot& live);

/// Accounts seen under an address for the first time, or that the policy has confirmed.
[[nodiscard]] std::vector<Identity> new_identities(const Snapshot& live, const Catalog& catalog,
                                                   const Desired& desired, const Memory& memory);

}  // namespace rolecall
