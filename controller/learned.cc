#include "controller/learned.h"

#include <algorithm>

#include "diff/trust.h"

namespace rolecall {

Store::Remembered learned_from(const Snapshot& live, const Catalog& catalog, const Desired& desired,
                               const Memory& memory) {
  Store::Remembered out;
  out.identities = new_identities(live, catalog, desired, memory);
  for (const OpenInvitation& open : memory.open_invitations) {
    const auto email = Email::parse(open.email);
    const auto ref = email ? catalog.find_user(*email) : std::nullopt;
    // Of an account that is not understood nobody knows that it is theirs.
    const bool there = ref && live.live.find(*ref) != nullptr && live.about(*ref).opaque.empty();
    if (there) out.arrived.push_back(open.email);
  }
  if (live.complete()) {
    out.sighting = size_of(live);
    out.counts = counts_of(live);
  }
  return out;
}

std::vector<Store::Protection> protections_of(const Safety& safety, const Catalog& catalog) {
  std::vector<Store::Protection> out;
  for (const UserRef ref : safety.protected_users) out.push_back({"user", catalog.name(ref)});
  for (const GroupRef ref : safety.protected_groups) {
    out.push_back({"group", catalog.name(ref).key()});
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> keys_of(const std::vector<Store::Protection>& all, std::string_view kind) {
  std::vector<std::string> out;
  for (const Store::Protection& protection : all) {
    if (protection.kind == kind) out.push_back(protection.key);
  }
  return out;
}

}  // namespace rolecall
