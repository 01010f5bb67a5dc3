#include "state/store/log_tables.h"

#include <array>

namespace rolecall {
namespace {

constexpr auto kText = LogColumn::Kind::text;
constexpr auto kInteger = LogColumn::Kind::integer;

constexpr std::array kRuns = {
    LogColumn{"id", kInteger},         LogColumn{"at", kText},
    LogColumn{"command", kText},       LogColumn{"user", kText},
    LogColumn{"host", kText},          LogColumn{"pid", kInteger},
    LogColumn{"tool_version", kText},  LogColumn{"organization", kText},
    LogColumn{"directory", kText},     LogColumn{"policy_path", kText},
    LogColumn{"policy_digest", kText}, LogColumn{"git_commit", kText},
    LogColumn{"plan_digest", kText},
};

constexpr std::array kRunEnds = {
    LogColumn{"run", kInteger},       LogColumn{"at", kText},
    LogColumn{"exit_code", kInteger}, LogColumn{"state", kText},
    LogColumn{"reads", kInteger},     LogColumn{"writes", kInteger},
    LogColumn{"applied", kInteger},   LogColumn{"already_so", kInteger},
    LogColumn{"failed", kInteger},    LogColumn{"in_doubt", kInteger},
    LogColumn{"skipped", kInteger},
};

constexpr std::array kIntents = {
    LogColumn{"id", kInteger},         LogColumn{"run", kInteger},
    LogColumn{"call", kInteger},       LogColumn{"at", kText},
    LogColumn{"kind", kText},          LogColumn{"user", kText},
    LogColumn{"account_id", kText},    LogColumn{"group_name", kText},
    LogColumn{"group_id", kText},      LogColumn{"resource", kText},
    LogColumn{"role", kText},          LogColumn{"cause_file", kText},
    LogColumn{"cause_line", kInteger}, LogColumn{"why", kText},
    LogColumn{"reason", kText},        LogColumn{"request", kText},
    LogColumn{"body_digest", kText},
};

constexpr std::array kOutcomes = {
    LogColumn{"intent", kInteger},   LogColumn{"at", kText},
    LogColumn{"result", kText},      LogColumn{"http_status", kInteger},
    LogColumn{"attempts", kInteger}, LogColumn{"duration_ms", kInteger},
    LogColumn{"message", kText},
};

constexpr std::array kNotices = {
    LogColumn{"id", kInteger}, LogColumn{"at", kText},    LogColumn{"user", kText},
    LogColumn{"kind", kText},  LogColumn{"found", kText}, LogColumn{"reason", kText},
};

constexpr std::array kMemories = {
    LogColumn{"id", kInteger},
    LogColumn{"name", kText},
    LogColumn{"organization", kText},
    LogColumn{"digest", kText},
};

constexpr std::array kLosses = {
    LogColumn{"id", kInteger},       LogColumn{"run", kInteger},     LogColumn{"kind", kText},
    LogColumn{"user", kText},        LogColumn{"account_id", kText}, LogColumn{"group_name", kText},
    LogColumn{"group_id", kText},    LogColumn{"resource", kText},   LogColumn{"role", kText},
    LogColumn{"description", kText}, LogColumn{"whole", kInteger},
};

constexpr std::array kCounts = {
    LogColumn{"id", kInteger},          LogColumn{"at", kText},
    LogColumn{"organization", kText},   LogColumn{"directory", kText},
    LogColumn{"users", kInteger},       LogColumn{"suspended", kInteger},
    LogColumn{"org_admins", kInteger},  LogColumn{"groups", kInteger},
    LogColumn{"memberships", kInteger},
};

// In the order of LogType.
constexpr std::array kTables = {
    LogTable{"run", "runs", kRuns},          LogTable{"end", "run_ends", kRunEnds},
    LogTable{"intent", "intents", kIntents}, LogTable{"outcome", "outcomes", kOutcomes},
    LogTable{"notice", "notices", kNotices}, LogTable{"memory", "memories", kMemories},
    LogTable{"loss", "losses", kLosses},     LogTable{"counts", "counts", kCounts},
};

std::string column_list(std::span<const LogColumn> columns) {
  std::string list;
  for (const LogColumn& column : columns) {
    if (!list.empty()) list += ", ";
    list += column.name;
  }
  return list;
}

}  // namespace

std::string LogTable::select_sql() const {
  return "SELECT " + column_list(columns) + " FROM " + std::string(table) + " WHERE " +
         std::string(columns.front().name) + " = ?";
}

std::string LogTable::insert_sql() const {
  std::string places = "?";
  for (std::size_t i = 1; i < columns.size(); ++i) places += ", ?";
  return "INSERT INTO " + std::string(table) + " (" + column_list(columns) + ") VALUES (" + places +
         ")";
}

std::span<const LogTable> log_tables() {
  return kTables;
}

const LogTable& log_table(LogType type) {
  return kTables[static_cast<std::size_t>(type)];
}

const LogTable* find_log_table(std::string_view type) {
  for (const LogTable& table : kTables) {
    if (table.type == type) return &table;
  }
  return nullptr;
}

}  // namespace rolecall
