#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rolecall {

/// The kinds of rows in the log. The value is the place in log_tables().
enum class LogType : std::uint8_t { run, end, intent, outcome, notice, memory, loss, counts };

struct LogColumn {
  enum class Kind : std::uint8_t { text, integer };
  std::string_view name;
  Kind kind{};
};

/// A table whose rows are rows of the log. Its first column is its INTEGER PRIMARY KEY, and all of
/// its columns are hashed: a new table of the log is an entry here, its CREATE TABLE, and calls of
/// LogTransaction::append.
struct LogTable {
  std::string_view type;   ///< "intent"
  std::string_view table;  ///< "intents"
  std::span<const LogColumn> columns;

  [[nodiscard]] std::string select_sql() const;  ///< the row of a key
  [[nodiscard]] std::string insert_sql() const;  ///< a key of NULL gives the next one
};

[[nodiscard]] std::span<const LogTable> log_tables();
[[nodiscard]] const LogTable& log_table(LogType type);
/// Nothing (null) when there is no such type.
[[nodiscard]] const LogTable* find_log_table(std::string_view type);

}  // namespace rolecall
