#pragma once

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/reader.h"

namespace rolecall {

/// Reads the grants of the groups in scope into the snapshot, by whichever way costs fewer calls:
/// one listing a group, or searches by resource and by role, from which a group with one resource
/// or one role is fully known (facts.md section 11, 3).
void read_group_grants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope,
                       Catalog& catalog, Snapshot& snapshot);

/// Reads the direct grants of the people in scope: there is no bulk read of them.
void read_user_grants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope,
                      Catalog& catalog, Snapshot& snapshot);

}  // namespace rolecall
