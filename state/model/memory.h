#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/model/instant.h"

namespace rolecall {

/// The account that was behind an address when it was first seen (guarantees.md B12).
struct Identity {
  std::string email;
  std::string account_id;
  auto operator<=>(const Identity&) const = default;
};

/// An invitation that is not sent again by itself (guarantees.md A4): it left or may have, and
/// nobody has seen its person in the directory since; or it left so lately that reads, which may
/// each come from another replica, do not tell whether they are there.
struct OpenInvitation {
  std::string email;
  std::int64_t run = 0;
  Instant at;             ///< when it left at the latest
  bool answered = false;  ///< the API has accepted it
  bool settling = false;  ///< it left that lately
  bool conflict = false;  ///< it was answered 409, perhaps because a gateway had sent it before
  auto operator<=>(const OpenInvitation&) const = default;
};

/// How large the organization was when it was last read whole.
struct Sighting {
  std::size_t users = 0;
  std::size_t groups = 0;
  auto operator<=>(const Sighting&) const = default;
};

/// How large an organization was at a moment, in every respect that is kept.
struct Counts {
  Instant at;
  std::string directory;  ///< id
  std::int64_t users = 0;
  std::int64_t suspended = 0;   ///< of the users
  std::int64_t org_admins = 0;  ///< suspended ones included
  std::int64_t groups = 0;
  std::int64_t memberships = 0;
  auto operator<=>(const Counts&) const = default;
};

/// What earlier runs know of an organization and the API does not tell.
struct Memory {
  std::vector<Identity> identities;              ///< by address
  std::vector<OpenInvitation> open_invitations;  ///< by address
  std::optional<Sighting> sighting;
  std::string directory{};        ///< id; the one of the newest run on the organization
  std::optional<Instant> latest;  ///< when the newest run in the log, of any organization, began
};

}  // namespace rolecall
