#pragma once

namespace rolecall {

/// The step of the schema that remembers what the safety rules made of each run.
inline constexpr const char* kSafetySchema = R"sql(
CREATE TABLE admissions (          -- limits a run was let exceed, and the acknowledgement it used up
  run             INTEGER NOT NULL REFERENCES runs (id),
  class           TEXT NOT NULL,
  acknowledgement TEXT NOT NULL,   -- its digest
  PRIMARY KEY (run, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE admin_losses (        -- active org admins whom a run was to suspend or remove
  run  INTEGER NOT NULL REFERENCES runs (id),
  user TEXT NOT NULL,
  PRIMARY KEY (run, user)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace rolecall
