#include "state/store/schema.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "state/store/history_schema.h"
#include "state/store/safety_schema.h"

namespace rolecall {
namespace {

// The log only grows: what becomes of a run or of an intent is a row of its own, never an update.
// Times are ISO 8601 in UTC. Texts are empty, not NULL, where something is not meant.
constexpr const char* kFirstSchema = R"sql(
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),  -- a single row
  id  TEXT NOT NULL                         -- random; tells this store from every other
) STRICT;
INSERT INTO store (one, id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE runs (
  id            INTEGER PRIMARY KEY,
  at            TEXT NOT NULL,
  command       TEXT NOT NULL,
  user          TEXT NOT NULL,     -- login name; who rolecall ran as
  host          TEXT NOT NULL,
  pid           INTEGER NOT NULL,
  tool_version  TEXT NOT NULL,
  organization  TEXT NOT NULL,
  directory     TEXT NOT NULL,
  policy_path   TEXT NOT NULL,
  policy_digest TEXT NOT NULL,
  git_commit    TEXT NOT NULL,     -- of the policy; "+dirty" at its end when files differ
  plan_digest   TEXT NOT NULL
) STRICT;

CREATE TABLE run_ends (            -- a run without a row here is going on, or its process died
  run        INTEGER PRIMARY KEY REFERENCES runs (id),
  at         TEXT NOT NULL,
  exit_code  INTEGER NOT NULL,     -- -1 where the process died
  state      TEXT NOT NULL CHECK (state IN ('finished', 'interrupted', 'refused', 'failed')),
  reads      INTEGER NOT NULL,     -- calls
  writes     INTEGER NOT NULL,     -- calls; each may carry several changes
  applied    INTEGER NOT NULL,     -- changes, as are the following
  already_so INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  in_doubt   INTEGER NOT NULL,
  skipped    INTEGER NOT NULL
) STRICT;

CREATE TABLE intents (             -- on disk before the call that carries them leaves
  id          INTEGER PRIMARY KEY,
  run         INTEGER NOT NULL REFERENCES runs (id),
  call        INTEGER NOT NULL,    -- number within the run; changes of one HTTP call share it
  at          TEXT NOT NULL,
  kind        TEXT NOT NULL,
  user        TEXT NOT NULL,       -- natural keys, and beside them the ids they stood for
  account_id  TEXT NOT NULL,
  group_name  TEXT NOT NULL,
  group_id    TEXT NOT NULL,
  resource    TEXT NOT NULL,
  role        TEXT NOT NULL,
  cause_file  TEXT NOT NULL,       -- place in the policy that asked for it
  cause_line  INTEGER NOT NULL,
  why         TEXT NOT NULL,
  reason      TEXT NOT NULL,
  request     TEXT NOT NULL,       -- method and path
  body_digest TEXT NOT NULL        -- of the body, which is not kept
) STRICT;
CREATE INDEX intents_by_run ON intents (run);

CREATE TABLE outcomes (            -- an intent without a row here: the answer is not known
  intent      INTEGER PRIMARY KEY REFERENCES intents (id),
  at          TEXT NOT NULL,
  result      TEXT NOT NULL CHECK (result IN ('applied', 'already_so', 'failed', 'in_doubt')),
  http_status INTEGER NOT NULL,    -- 0: no answer
  attempts    INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  message     TEXT NOT NULL        -- at most 512 bytes
) STRICT;

CREATE TABLE notices (             -- what people decided about the log itself
  id     INTEGER PRIMARY KEY,
  at     TEXT NOT NULL,
  user   TEXT NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('log_gap')),
  found  TEXT NOT NULL,            -- what was wrong when it was decided
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE memories (            -- what is kept beside the log, whenever it changed
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL,      -- 'protections'
  organization TEXT NOT NULL,
  digest       TEXT NOT NULL       -- of all its rows for that organization
) STRICT;

CREATE TABLE log (                 -- all rows of the tables above, in the order they were written
  seq  INTEGER PRIMARY KEY,
  type TEXT NOT NULL,              -- which table
  row  INTEGER NOT NULL,           -- its primary key there
  hash TEXT NOT NULL               -- of the row and of the hash before it
) STRICT;

CREATE TABLE protections (         -- what the last apply protected; its digest is in memories
  organization TEXT NOT NULL,
  kind         TEXT NOT NULL,      -- 'user' or 'group'
  key          TEXT NOT NULL,
  PRIMARY KEY (organization, kind, key)
) STRICT, WITHOUT ROWID;
)sql";

// What a run must know of earlier ones beyond the log; no part of it.
constexpr const char* kMemorySchema = R"sql(
CREATE TABLE identities (          -- the account behind an address when it was first seen
  organization TEXT NOT NULL,
  email        TEXT NOT NULL,
  account_id   TEXT NOT NULL,
  PRIMARY KEY (organization, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrivals (            -- people seen after an invitation that nobody saw answered
  organization TEXT NOT NULL,
  email        TEXT NOT NULL,
  intent       INTEGER NOT NULL,   -- invitations up to this one are settled
  PRIMARY KEY (organization, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE sightings (           -- how large it was when it was last read whole
  organization TEXT PRIMARY KEY,
  users        INTEGER NOT NULL,
  groups       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations ON intents (user) WHERE kind = 'invite_user';
)sql";

constexpr std::array kMigrations = {kFirstSchema, kSafetySchema, kMemorySchema, kHistorySchema};

using Objects = std::map<std::pair<std::string, std::string>, std::string>;

Result<Objects> objects_of(Database& database) {
  auto statement = database.prepare("SELECT type, name, ifnull(sql, '') FROM sqlite_schema");
  if (!statement) return tl::make_unexpected(statement.error());
  Objects objects;
  auto rows = statement->use();
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return objects;
    objects.insert_or_assign({rows.text(0), rows.text(1)}, rows.text(2));
  }
}

// What a store of that age looks like is asked of SQLite itself, from the same text.
Result<Objects> expected_objects(std::span<const char* const> steps) {
  auto fresh = Database::open(":memory:", Database::Mode::memory);
  if (!fresh) return tl::make_unexpected(fresh.error());
  if (auto made = migrate(*fresh, steps); !made) return tl::make_unexpected(made.error());
  return objects_of(*fresh);
}

// Nearly every store is of this age, and what it looks like never changes.
const Result<Objects>& newest_objects() {
  static const Result<Objects> objects = expected_objects(kMigrations);
  return objects;
}

Result<void> compare(const Objects& found, const Objects& expected, const std::string& path) {
  for (const auto& [name, sql] : found) {
    const auto wanted = expected.find(name);
    if (wanted != expected.end() && wanted->second == sql) continue;
    return fail(
        fmt::format("the store {} holds an {} {} \"{}\"", path,
                    wanted == expected.end() ? "unexpected" : "altered", name.first, name.second),
        "it was changed by other means than rolecall: restore a copy");
  }
  for (const auto& [name, sql] : expected) {
    if (found.contains(name)) continue;
    return fail(fmt::format("the store {} lacks the {} \"{}\"", path, name.first, name.second),
                "it was changed by other means than rolecall: restore a copy");
  }
  return {};
}

}  // namespace

std::span<const char* const> migrations() {
  return kMigrations;
}

Result<void> migrate(Database& database, std::span<const char* const> steps) {
  auto version = database.query_integer("PRAGMA user_version");
  if (!version) return tl::make_unexpected(version.error());
  const auto from = static_cast<std::size_t>(*version);
  if (from >= steps.size()) return {};
  auto transaction = Transaction::begin(database);
  if (!transaction) return tl::make_unexpected(transaction.error());
  for (const char* step : steps.subspan(from)) {
    if (auto done = database.execute(step); !done) return done;
  }
  const std::string mark = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                       kApplicationId, steps.size());
  if (auto done = database.execute(mark.c_str()); !done) return done;
  return transaction->commit();
}

Result<std::int64_t> check_schema(Database& database, std::span<const char* const> steps) {
  auto application = database.query_integer("PRAGMA application_id");
  if (!application) return tl::make_unexpected(application.error());
  auto version = database.query_integer("PRAGMA user_version");
  if (!version) return tl::make_unexpected(version.error());
  if (*application != kApplicationId || *version < 1) {
    return fail(
        fmt::format("cannot open the store {}: it is not a rolecall store", database.path()),
        "name another file with --store; this one was not touched");
  }
  if (*version > static_cast<std::int64_t>(steps.size())) {
    return fail(fmt::format("the store {} was written by a newer rolecall (schema {}, this one "
                            "knows {})",
                            database.path(), *version, steps.size()),
                "use that version, or name another store with --store");
  }
  auto found = objects_of(database);
  if (!found) return tl::make_unexpected(found.error());
  auto expected = steps.data() == kMigrations.data() && version == std::ssize(kMigrations)
                      ? newest_objects()
                      : expected_objects(steps.first(static_cast<std::size_t>(*version)));
  if (!expected) return tl::make_unexpected(expected.error());
  if (auto same = compare(*found, *expected, database.path()); !same) {
    return tl::make_unexpected(same.error());
  }
  return *version;
}

}  // namespace rolecall
