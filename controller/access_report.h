#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policies/dated_access.h"
#include "state/model/memory.h"
#include "state/model/snapshot.h"
#include "state/model/workspace.h"

namespace rolecall {

/// What the users search tells of somebody besides what a plan looks at.
struct Activity {
  std::optional<Instant> added;
  std::optional<Instant> last_active;  ///< in any app; nothing: never, as far as the API knows
  bool unverified = false;             ///< the address was not verified: an invitation not accepted
};

/// All that a review of access shows. `live` has the grants of every group.
struct AccessReportInput {
  std::string organization;
  const Snapshot& live;
  const Catalog& catalog;
  std::vector<Workspace> workspaces{};
  std::map<UserRef, Activity> activity{};
  std::vector<DatedAccess> dated{};
  bool has_policy = false;
  std::vector<OpenInvitation> open_invitations{};
  std::vector<Counts> history{};  ///< oldest first
  std::string direct_access{};    ///< a sentence on how far direct access was looked up
  Instant at{};
};

/// One table of the report: shown on the page and written as a file, by the same values. Nothing
/// in it is escaped yet.
struct ReportTable {
  std::string id;  ///< "admins": names the file, and the part of the page
  std::string title;
  std::string lead;                 ///< what it shows
  std::string if_empty;             ///< what it means that there is no row
  std::vector<std::string> header;  ///< words of ours, without quotes
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> numbers{};  ///< columns set to the right
};

struct AccessReport {
  std::string organization;
  std::string directory;
  Instant at;
  std::vector<std::string> gaps;
  std::string direct_access;
  std::vector<std::pair<std::string, std::string>> figures;  ///< label, value
  std::vector<ReportTable> tables;
  std::vector<Counts> history;
  using Bars = std::vector<std::pair<std::string, std::int64_t>>;
  Bars largest_groups, people_per_app, last_active;
};

/// Somebody without activity for so long is listed as such.
inline constexpr std::chrono::days kInactiveAfter{90};
/// Dated access that ends within this time is listed.
inline constexpr std::chrono::days kEndsSoon{30};

[[nodiscard]] AccessReport make_access_report(const AccessReportInput& input);

/// One self-contained page: styles, script and plots are in it, nothing else is loaded.
[[nodiscard]] std::string render_page(const AccessReport& report);

}  // namespace rolecall
