#pragma once

#include <array>
#include <string>
#include <vector>

#include "state/store/log_walk.h"
#include "state/store/sqlite.h"
#include "state/store/store_impl.h"

namespace rolecall {

/// What is kept beside the log and may change, such as what the last apply protected. Whenever it
/// does, its digest becomes a row of the log.
struct MemoryTable {
  std::string_view name;           ///< of the table
  std::string_view organizations;  ///< SQL: those that have rows
  std::string_view rows;           ///< SQL: two columns of text for an organization, in order
};
inline constexpr MemoryTable kProtections = {
    "protections", "SELECT DISTINCT organization FROM protections",
    "SELECT kind, key FROM protections WHERE organization = ? ORDER BY kind, key"};
inline constexpr MemoryTable kIdentities = {
    "identities", "SELECT DISTINCT organization FROM identities",
    "SELECT email, account_id FROM identities WHERE organization = ? ORDER BY email"};
inline constexpr MemoryTable kArrivals = {
    "arrivals", "SELECT DISTINCT organization FROM arrivals",
    "SELECT email, intent FROM arrivals WHERE organization = ? ORDER BY email"};
inline constexpr MemoryTable kSightings = {
    "sightings", "SELECT organization FROM sightings",
    "SELECT users, groups FROM sightings WHERE organization = ?"};
inline constexpr MemoryTable kAdmissions = {
    "admissions", "SELECT DISTINCT organization FROM admissions JOIN runs ON id = run",
    "SELECT run || ' ' || class, acknowledgement FROM admissions JOIN runs ON id = run "
    "WHERE organization = ? ORDER BY run, class"};
inline constexpr MemoryTable kAdminLosses = {
    "admin_losses", "SELECT DISTINCT organization FROM admin_losses JOIN runs ON id = run",
    "SELECT run, admin_losses.user FROM admin_losses JOIN runs ON id = run "
    "WHERE organization = ? ORDER BY run, admin_losses.user"};
inline constexpr std::array kMemoryTables = {kProtections, kIdentities, kArrivals,
                                             kSightings,   kAdmissions, kAdminLosses};

/// Records the digest of what is there now, where it is not the last one.
[[nodiscard]] Result<void> seal_memory(StoreCore& store, LogTransaction& transaction,
                                       const MemoryTable& table, const std::string& organization);

/// What is in the tables without being in the log, or other than it says; for a log whose rows are
/// all right. Each in words.
[[nodiscard]] Result<std::vector<std::string>> find_strays(Database& database,
                                                           const Walked& walked);

}  // namespace rolecall
