#pragma once

#include <cstdint>
#include <span>

#include "state/model/result.h"
#include "state/store/sqlite.h"

namespace rolecall {

/// Marks a SQLite file as a rolecall store ("role").
inline constexpr std::int64_t kApplicationId = 0x726F6C65;

/// Step n of this list takes a store from schema n to n + 1; schema 0 is an empty file. Steps that
/// have been released are never edited.
[[nodiscard]] std::span<const char* const> migrations();

/// Takes an empty or older store to the end of `steps` in one transaction: it stays as it was, or
/// is of the newest schema, never between.
[[nodiscard]] Result<void> migrate(Database& database, std::span<const char* const> steps);

/// Refuses what is no rolecall store, one that a newer version wrote, and one whose tables,
/// indexes, views and triggers are not exactly those of its schema. Returns the schema's number.
/// Changes nothing.
[[nodiscard]] Result<std::int64_t> check_schema(Database& database,
                                                std::span<const char* const> steps);

}  // namespace rolecall
