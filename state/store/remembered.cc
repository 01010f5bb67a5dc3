#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "state/store/history.h"
#include "state/store/memory.h"
#include "state/store/store_impl.h"

namespace rolecall {
namespace {

/// Calls `visit(rows)` for each row of a query about one organization.
template <class Visit>
Result<void> for_each_row(Database& database, std::string_view sql, std::string_view organization,
                          Visit visit) {
  auto statement = database.prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  if (!organization.empty()) rows.bind(organization);
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return {};
    visit(rows);
  }
}

// The newest invitation of an address that was not refused decides. Whether the person was seen
// after it counts only once reads have settled: one may have shown them, and the next one not yet.
// The call may have waited for its turn after the intent, but not after its outcome.
constexpr std::string_view kOpenInvitations = R"sql(
SELECT newest.user, runs.id, ifnull(outcomes.at, intents.at),
       ifnull(outcomes.result, '') = 'applied', newest.id <= ifnull(arrivals.intent, 0)
FROM (SELECT user, max(intents.id) AS id
      FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
      WHERE kind = 'invite_user' AND run IN (SELECT id FROM runs WHERE organization = ?)
        AND ifnull(outcomes.result, '') <> 'failed'
      GROUP BY user) AS newest
JOIN intents ON intents.id = newest.id
JOIN runs ON runs.id = intents.run
LEFT JOIN outcomes ON outcomes.intent = intents.id
LEFT JOIN arrivals ON arrivals.organization = runs.organization AND arrivals.email = newest.user
WHERE outcomes.result IS NULL OR outcomes.result IN ('in_doubt', 'applied')
ORDER BY newest.user
)sql";

// A conflict may be one with a first try that a gateway has made itself.
constexpr std::string_view kConflicts = R"sql(
SELECT intents.user, intents.run, max(outcomes.at)
FROM intents JOIN outcomes ON outcomes.intent = intents.id
WHERE intents.kind = 'invite_user' AND outcomes.result = 'failed' AND outcomes.http_status = 409
  AND intents.run IN (SELECT id FROM runs WHERE organization = ?)
GROUP BY intents.user
)sql";

constexpr std::string_view kLatest = "SELECT at FROM runs ORDER BY id DESC LIMIT 1";

}  // namespace

Result<Memory> Store::memory(const std::string& organization,
                             std::optional<Instant> settling) const {
  Memory memory;
  Database& database = impl_->database;
  auto done = for_each_row(database, kIdentities.rows, organization, [&](const auto& row) {
    memory.identities.push_back({row.text(0), row.text(1)});
  });
  if (!done) return tl::make_unexpected(done.error());
  done = for_each_row(database, kOpenInvitations, organization, [&](const auto& row) {
    OpenInvitation open{row.text(0), row.integer(1), parse_instant(row.text(2)).value_or(Instant{}),
                        row.integer(3) != 0};
    open.settling = settling && open.at >= *settling;
    const bool seen = row.integer(4) != 0;
    if (open.settling || !seen) memory.open_invitations.push_back(std::move(open));
  });
  if (!done) return tl::make_unexpected(done.error());
  std::vector<OpenInvitation>& open = memory.open_invitations;
  done = for_each_row(database, kConflicts, organization, [&](const auto& row) {
    OpenInvitation conflict{
        row.text(0), row.integer(1), parse_instant(row.text(2)).value_or(Instant{}),
        false,       true,           true};
    const bool known = std::any_of(open.begin(), open.end(), [&](const OpenInvitation& other) {
      return other.email == conflict.email;
    });
    if (settling && conflict.at >= *settling && !known) open.push_back(std::move(conflict));
  });
  std::sort(open.begin(), open.end());
  if (!done) return tl::make_unexpected(done.error());
  done = for_each_row(database, kSightings.rows, organization, [&](const auto& row) {
    memory.sighting = Sighting{static_cast<std::size_t>(row.integer(0)),
                               static_cast<std::size_t>(row.integer(1))};
  });
  if (!done) return tl::make_unexpected(done.error());
  done = for_each_row(database, kLatest, {},
                      [&](const auto& row) { memory.latest = parse_instant(row.text(0)); });
  if (!done) return tl::make_unexpected(done.error());
  return memory;
}

Result<void> Store::remember(const std::string& organization, const Remembered& remembered) {
  if (remembered.identities.empty() && remembered.arrived.empty() && !remembered.sighting &&
      !remembered.counts) {
    return {};
  }
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  auto identity = impl_->database.prepare(
      "INSERT INTO identities (organization, email, account_id) VALUES (?, ?, ?) "
      "ON CONFLICT (organization, email) DO UPDATE SET account_id = excluded.account_id");
  if (!identity) return tl::make_unexpected(identity.error());
  for (const Identity& seen : remembered.identities) {
    auto use = identity->use();
    if (auto done = use.bind(organization).bind(seen.email).bind(seen.account_id).run(); !done) {
      return done;
    }
  }
  auto arrival = impl_->database.prepare(
      "INSERT OR REPLACE INTO arrivals (organization, email, intent) "
      "SELECT ?1, ?2, max(id) FROM intents WHERE kind = 'invite_user' AND user = ?2");
  if (!arrival) return tl::make_unexpected(arrival.error());
  for (const std::string& email : remembered.arrived) {
    if (auto done = arrival->use().bind(organization).bind(email).run(); !done) return done;
  }
  if (remembered.sighting) {
    auto sighting = impl_->database.prepare(
        "INSERT OR REPLACE INTO sightings (organization, users, groups) VALUES (?, ?, ?)");
    if (!sighting) return tl::make_unexpected(sighting.error());
    auto use = sighting->use();
    use.bind(organization).bind(static_cast<std::int64_t>(remembered.sighting->users));
    use.bind(static_cast<std::int64_t>(remembered.sighting->groups));
    if (auto done = use.run(); !done) return done;
  }
  if (remembered.counts) {
    if (auto done = append_counts(*impl_, *transaction, organization, *remembered.counts); !done) {
      return done;
    }
  }
  for (const MemoryTable& table : {kIdentities, kArrivals, kSightings}) {
    if (auto done = seal_memory(*impl_, *transaction, table, organization); !done) return done;
  }
  return transaction->commit();
}

}  // namespace rolecall
