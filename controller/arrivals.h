#pragma once

#include "state/api/api_client.h"
#include "state/model/memory.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// Somebody whose invitation has no known end has arrived where two readings show them: believed
/// once and gone by the next run, they would be taken for somebody who left, and invited anew. Whom
/// another reading does not show is left alone (LiveUser::opaque). They are asked for by address,
/// and by account id where they are pinned and show another address. No call where nobody waits.
void confirm_arrivals(ReadClient& client, const std::string& organization, const Memory& memory,
                      const Catalog& catalog, Snapshot& live);

}  // namespace rolecall
