#pragma once

namespace rolecall {

/// The step of the schema that keeps what undoing needs, and how large organizations were. Both
/// tables are of the log: they only grow, and their rows are chained.
inline constexpr const char* kHistorySchema = R"sql(
CREATE TABLE losses (              -- what went along with a removed person or a deleted group
  id          INTEGER PRIMARY KEY,
  run         INTEGER NOT NULL REFERENCES runs (id),
  kind        TEXT NOT NULL,       -- of the change that would bring it back
  user        TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  group_name  TEXT NOT NULL,
  group_id    TEXT NOT NULL,
  resource    TEXT NOT NULL,
  role        TEXT NOT NULL,
  description TEXT NOT NULL,
  whole       INTEGER NOT NULL     -- 1: all that went along with this person or group is here
) STRICT;
CREATE INDEX losses_by_run ON losses (run);

CREATE TABLE counts (              -- how large an organization was when it was read whole
  id           INTEGER PRIMARY KEY,
  at           TEXT NOT NULL,
  organization TEXT NOT NULL,
  directory    TEXT NOT NULL,
  users        INTEGER NOT NULL,
  suspended    INTEGER NOT NULL,   -- of the users
  org_admins   INTEGER NOT NULL,
  groups       INTEGER NOT NULL,
  memberships  INTEGER NOT NULL
) STRICT;
CREATE INDEX counts_by_organization ON counts (organization, id);
)sql";

}  // namespace rolecall
