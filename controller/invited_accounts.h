#pragma once

#include <vector>

#include "controller/write_call.h"
#include "state/api/api_client.h"

namespace rolecall {

/// Makes `ids` forget account ids that the answers to invitations gave and that are somebody else's
/// too: two people's, or those of an account that shows another address. What is to be done for
/// such a person is then not sent; KnownIds::invited says why. An account that is not to be seen
/// yet is nobody else's.
///
/// `following`: the changes still to be made. At most one read call for each ten people among
/// them who were invited.
void check_invited_accounts(const Plan& plan, const std::vector<std::size_t>& following,
                            ReadClient& client, const Endpoints& endpoints, KnownIds& ids);

}  // namespace rolecall
