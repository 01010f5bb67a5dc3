#pragma once

#include <string>

#include "state/api/api_client.h"
#include "state/model/instant.h"
#include "state/model/result.h"
#include "state/store/store.h"

namespace rolecall {

/// What became of the calls that an earlier run had begun when it was cut off.
struct Recovered {
  std::size_t done = 0;      ///< found done
  std::size_t not_done = 0;  ///< found not done; a plan will hold them again where still wanted
  std::size_t in_doubt = 0;  ///< could not be told, or an invitation that is not to be seen
  std::size_t runs = 0;      ///< closed as interrupted
};

/// Closes what earlier runs left open in the log, before anything new is begun: reads what each
/// intent without an outcome was about and records what is found (guarantees.md A2, A3). What is
/// younger than the settle window and not to be seen stays in doubt: it may still show up.
///
/// Intents of other organizations, and those whose reads fail, are left for the next time. Error:
/// the log could not be written.
[[nodiscard]] Result<Recovered> recover(Store& store, ReadClient& client,
                                        const std::string& organization, Instant now);

}  // namespace rolecall
