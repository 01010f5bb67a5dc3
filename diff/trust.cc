#include "diff/trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// How every gap begins that is about it.
constexpr std::string_view kOurClock = "the clock here";

constexpr std::size_t kMissingAtLeast = 10;
constexpr std::chrono::minutes kMostSkew{5};

bool has_shrunk(std::size_t before, std::size_t now) {
  return now < before && before - now >= kMissingAtLeast && now * 2 < before;
}

const std::string* known_account(const Memory& memory, const std::string& email) {
  const auto found =
      std::lower_bound(memory.identities.begin(), memory.identities.end(), email,
                       [](const Identity& it, const std::string& key) { return it.email < key; });
  const bool there = found != memory.identities.end() && found->email == email;
  return there ? &found->account_id : nullptr;
}

struct ByAccount {
  static std::string_view key(const Identity* it) { return it->account_id; }
  static std::string_view key(std::string_view account_id) { return account_id; }
  bool operator()(const auto& a, const auto& b) const { return key(a) < key(b); }
};

/// The address an account was first seen under, where that is not the one it shows now.
const std::string* earlier_address(const std::vector<const Identity*>& sorted,
                                   std::string_view account_id, std::string_view shown) {
  const std::string* out = nullptr;
  const auto [first, last] =
      std::equal_range(sorted.begin(), sorted.end(), account_id, ByAccount{});
  for (auto it = first; it != last; ++it) {
    if ((*it)->email == shown) return nullptr;
    out = &(*it)->email;
  }
  return out;
}

bool is_confirmed(const Desired& desired, UserRef ref, const std::string& account_id) {
  return desired.scope(ref).account_id == account_id;
}

}  // namespace

void hold_strangers(Snapshot& live, const Catalog& catalog, const Desired& desired,
                    const Memory& memory) {
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.live.find(ref) == nullptr) continue;
    const std::string& account = live.about(ref).account_id;
    const std::string* known = known_account(memory, catalog.name(ref));
    if (known == nullptr || *known == account || is_confirmed(desired, ref, account)) continue;
    std::string& opaque = live.users[index(ref)].opaque;
    if (!opaque.empty()) continue;
    opaque = fmt::format(
        "account {} has the address that was account {}'s; if this is the same person, say so with "
        "account_id",
        account, *known);
  }
}

namespace {

/// The person whom the policy names by the address that an account was first seen under, where it
/// shows another one now and the policy does not say by id who is meant.
std::optional<UserRef> known_as(const std::vector<const Identity*>& known, const Catalog& catalog,
                                const Desired& desired, UserRef shown, const std::string& account) {
  if (is_confirmed(desired, shown, account)) return std::nullopt;
  const std::string* address = earlier_address(known, account, catalog.name(shown));
  const auto email = address != nullptr ? Email::parse(*address) : Result<Email>(fail("not known"));
  const auto ref = email ? catalog.find_user(*email) : std::nullopt;
  const bool named = ref && index(*ref) < desired.users.size();
  return named && desired.scope(*ref).account_id.empty() ? ref : std::nullopt;
}

void move_person(Snapshot& live, UserRef from, UserRef to) {
  live.live.user(to) = std::exchange(live.live.users[index(from)], User());
  live.users.resize(live.live.users.size());
  live.users[index(to)] = std::exchange(live.users[index(from)], LiveUser());
  for (Group& group : live.live.groups) {
    const auto at = std::find(group.members.begin(), group.members.end(), from);
    if (at == group.members.end()) continue;
    *at = to;
    std::sort(group.members.begin(), group.members.end());
  }
}

}  // namespace

void keep_known(Snapshot& live, const Catalog& catalog, const Desired& desired,
                const Memory& memory) {
  std::vector<const Identity*> known;
  known.reserve(memory.identities.size());
  for (const Identity& it : memory.identities) known.push_back(&it);
  std::stable_sort(known.begin(), known.end(), ByAccount{});
  const std::size_t count = live.users.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto shown = static_cast<UserRef>(i);
    const std::string account = live.users[i].account_id;
    if (live.live.find(shown) == nullptr || account.empty()) continue;
    const auto person = known_as(known, catalog, desired, shown, account);
    if (!person) continue;
    if (std::string& opaque = live.users[i].opaque; opaque.empty()) {
      opaque = fmt::format(
          "its account {} was {} when first seen, and shows the address {} now; if that is right, "
          "{}",
          account, quote(catalog.name(*person)), quote(catalog.name(shown)),
          desired.scope(shown).declared ? "say so with account_id"
                                        : "change the address in the policy");
    }
    // Somebody else shows the address: a stranger.
    if (live.live.find(*person) != nullptr) continue;
    // Where the policy speaks of both addresses, nobody knows which of the two people this is.
    if (desired.scope(shown).declared) {
      live.conflicts.push_back({*person, account});
    } else {
      move_person(live, shown, *person);
    }
  }
}

std::optional<Error> another_directory(const Snapshot& live, const Desired& desired,
                                       const Memory& memory) {
  if (!desired.directory.empty() || memory.directory.empty() ||
      memory.directory == live.directory_id) {
    return std::nullopt;
  }
  return Error{fmt::format("the organization's directory is {}, and the runs before were on {}",
                           quote(live.directory_id), quote(memory.directory)),
               "name the one that is meant with `directory` in [organization]"};
}

void doubt_shrunk(Snapshot& live, const Memory& memory) {
  if (!memory.sighting) return;
  const Sighting now = size_of(live);
  const auto doubt = [&](std::string_view what, std::size_t before, std::size_t found,
                         bool& proved) {
    if (!has_shrunk(before, found)) return;
    live.gaps.push_back(fmt::format(
        "the directory shows fewer than half of the {} of the last run, {} instead of {}; if that "
        "is right, apply once with --accept-shrink",
        what, found, before));
    proved = false;
  };
  doubt("people", memory.sighting->users, now.users, live.users_proved);
  doubt("groups", memory.sighting->groups, now.groups, live.groups_proved);
}

void doubt_clock(Snapshot& live, Instant now, const Memory& memory) {
  using std::chrono::abs;
  if (live.server_date && abs(*live.server_date - now) > kMostSkew) {
    live.clock_trusted = false;
    live.gaps.push_back(fmt::format("{} says {}, the server's says {}: set the clock", kOurClock,
                                    format_instant(now), format_instant(*live.server_date)));
  }
  if (memory.latest && *memory.latest - now > kMostSkew) {
    live.clock_trusted = false;
    live.gaps.push_back(fmt::format("{} says {}, but a run began at {}: set the clock", kOurClock,
                                    format_instant(now), format_instant(*memory.latest)));
  }
}

void doubt_set_clock(Snapshot& live, Instant now, Instant steady) {
  if (std::chrono::abs(now - steady) <= kMostSkew) return;
  live.clock_trusted = false;
  live.gaps.push_back(
      fmt::format("{} was set while the organization was read, from {} to {}: start again",
                  kOurClock, format_instant(steady), format_instant(now)));
}

bool is_about_clock(std::string_view gap) {
  return gap.starts_with(kOurClock);
}

Sighting size_of(const Snapshot& live) {
  Sighting size;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    if (live.live.find(static_cast<UserRef>(i)) != nullptr) ++size.users;
  }
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    if (live.live.find(static_cast<GroupRef>(i)) != nullptr) ++size.groups;
  }
  return size;
}

Counts counts_of(const Snapshot& live) {
  const Sighting size = size_of(live);
  Counts out;
  out.directory = live.directory_id;
  out.users = static_cast<std::int64_t>(size.users);
  out.groups = static_cast<std::int64_t>(size.groups);
  for (const User& user : live.live.users) {
    if (user.presence == Presence::suspended) ++out.suspended;
    if (user.presence != Presence::absent && user.org_admin) ++out.org_admins;
  }
  for (const Group& group : live.live.groups) {
    if (group.present) out.memberships += static_cast<std::int64_t>(group.members.size());
  }
  return out;
}

std::vector<Identity> new_identities(const Snapshot& live, const Catalog& catalog,
                                     const Desired& desired, const Memory& memory) {
  std::vector<Identity> out;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.live.find(ref) == nullptr) continue;
    const LiveUser& about = live.about(ref);
    if (about.account_id.empty() || !about.opaque.empty()) continue;
    const std::string& email = catalog.name(ref);
    const std::string* known = known_account(memory, email);
    const bool confirmed = known != nullptr && *known != about.account_id &&
                           is_confirmed(desired, ref, about.account_id);
    if (known == nullptr || confirmed) out.push_back({email, about.account_id});
  }
  return out;
}

}  // namespace rolecall
