#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "state/api/api_client.h"
#include "state/model/json_parts.h"
#include "state/model/org_state.h"
#include "state/model/result.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// One person of a users search. What is not understood is said in `about.opaque`, with the
/// endpoint and the JSON path of the member: "... (users/search: $.data[].accountStatus)".
struct ParsedUser {
  LiveUser about;
  std::string email;
  Presence presence = Presence::absent;
  bool org_admin = false;
  bool has_platform_roles = false;  ///< the expansion came
  bool has_groups = false;          ///< likewise; a long list may have been cut short
  std::vector<std::string> group_ids{};
};
[[nodiscard]] ParsedUser parse_user(const boost::json::value& item);

struct ParsedGroup {
  LiveGroup about;
  std::string name;
  std::string description;
  bool has_counts = false;
};
[[nodiscard]] ParsedGroup parse_group(const boost::json::value& item);

/// One resource of a role-assignments listing and the roles held on it, without `atlassian/`.
struct ParsedRoles {
  std::string ari;
  std::vector<std::string> roles{};
  std::string opaque{};  ///< why whose roles they are is better left alone
};
/// Error: which member is not understood ("$.data[].roles[] is no text").
[[nodiscard]] Result<ParsedRoles> parse_group_roles(const boost::json::value& item);
/// Only roles whose assignment methods hold `direct`; none for platform roles (no directory).
[[nodiscard]] Result<ParsedRoles> parse_direct_user_roles(const boost::json::value& item);
/// Whether one item of an account's listing shows them as an org admin: another way to read that
/// than `platformRoles` (facts.md section 5).
[[nodiscard]] Result<bool> shows_org_admin(const boost::json::value& item);

/// The members that are looked at in a plan's pages: of a users search everything but what its
/// people's groups say besides their ids. Null: all.
[[nodiscard]] IsWanted wanted_members(Operation operation);

/// "ari:cloud:identity::group/<uuid>" and "<uuid>" are the same group (facts.md section 6).
[[nodiscard]] std::string_view bare_id(std::string_view id);

}  // namespace rolecall
