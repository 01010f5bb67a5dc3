#pragma once

#include <array>
#include <string>

#include "state/store/schema.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {

/// A store with one finished run, as a rolecall wrote it that knew schemas up to `schema` (1 to 3).
inline void make_older_store(const std::string& path, std::int64_t schema, Instant at = kNoon) {
  // What each step has added: a released step is never edited, so neither is this.
  constexpr std::array<const char*, 4> kTaken = {
      "", "DROP TABLE admissions; DROP TABLE admin_losses;",
      "DROP TABLE identities; DROP TABLE arrivals; DROP TABLE sightings; DROP INDEX invitations;",
      "DROP TABLE losses; DROP TABLE counts;"};
  ASSERT_EQ(migrations().size(), kTaken.size()) << "say here what the new step adds";
  make_store(path, 3, at);
  std::string sql;
  for (auto step = kTaken.size(); step > static_cast<std::size_t>(schema); --step) {
    sql += kTaken[step - 1];
  }
  alter(path, sql + "PRAGMA user_version = " + std::to_string(schema));
}

}  // namespace rolecall
