#include "tests/support/fates.h"

#include <algorithm>
#include <map>

#include "diff/schedule.h"

namespace rolecall::test {
namespace {

/// What of a standing decides on all that follows. `matters`: the calls whose success does.
std::string key(const Standing& standing, const std::vector<bool>& matters) {
  std::string out;
  for (const auto& [name, person] : standing.world.people) {
    const int bits = (person.suspended ? 1 : 0) | (person.pending ? 2 : 0) |
                     (person.admin ? 4 : 0) | (person.closed ? 8 : 0) |
                     (standing.floor.admins().contains(name) ? 16 : 0);
    out += name;
    out += static_cast<char>('A' + bits);
  }
  out += static_cast<char>('0' + standing.floor.count());
  for (std::size_t c = 0; c < matters.size(); ++c) {
    if (matters[c]) out += standing.succeeded[c] ? '+' : '-';
  }
  return out;
}

/// The calls up to `done` that a later one needs, and the invitations: the floor knows of those.
std::vector<bool> that_matter(const Plan& plan, const std::vector<std::vector<std::size_t>>& needs,
                              std::size_t done) {
  std::vector<bool> out(done + 1);
  for (std::size_t c = 0; c <= done; ++c) out[c] = plan.calls[c].kind == ChangeKind::invite_user;
  for (std::size_t later = done + 1; later < needs.size(); ++later) {
    for (const std::size_t needed : needs[later]) {
      if (needed <= done) out[needed] = true;
    }
  }
  return out;
}

}  // namespace

Standing::Standing(const Plan& plan, Holdings before)
    : world(std::move(before)), floor(plan), succeeded(plan.calls.size()) {}

std::int64_t Standing::make(const Plan& plan, std::size_t call, Fate fate) {
  std::int64_t fewest = world.admins();
  succeeded[call] = fate == Fate::done;
  for (const std::size_t i : plan.calls[call].changes) {
    const Change& change = plan.changes[i];
    if (floor.forbids(change)) {
      succeeded[call] = false;
      continue;
    }
    floor.take(change);
    if (fate != Fate::failed) happen(change, world);
    if (fate == Fate::done) floor.give(change);
    fewest = std::min(fewest, world.admins());
  }
  return fewest;
}

bool is_ready(const Standing& standing, const std::vector<std::size_t>& needs) {
  return std::all_of(needs.begin(), needs.end(),
                     [&](std::size_t needed) { return standing.succeeded[needed]; });
}

EveryFate follow_every_fate(const Plan& plan, const Holdings& before) {
  EveryFate out{before.admins()};
  const auto needs = prerequisites(plan);
  Holdings people = before;
  people.groups.clear();  // in no group is anybody an admin
  std::map<std::string, Standing> standings;
  standings.emplace("", Standing(plan, std::move(people)));
  for (std::size_t c = 0; c < plan.calls.size(); ++c) {
    out.sets *= 3;
    const std::vector<bool> matters = that_matter(plan, needs, c);
    std::map<std::string, Standing> next;
    const auto keep = [&](Standing standing) {
      std::string name = key(standing, matters);
      next.try_emplace(std::move(name), std::move(standing));
    };
    for (const auto& [name, standing] : standings) {
      if (!is_ready(standing, needs[c])) {
        keep(standing);
        continue;
      }
      for (const Fate fate : {Fate::done, Fate::failed, Fate::lost}) {
        Standing after = standing;
        out.fewest = std::min(out.fewest, after.make(plan, c, fate));
        ++out.calls;
        keep(std::move(after));
      }
    }
    standings = std::move(next);
  }
  return out;
}

}  // namespace rolecall::test
