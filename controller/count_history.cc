#include "controller/count_history.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/apply_run.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/progress.h"
#include "controller/store_path.h"
#include "controller/text_table.h"
#include "diff/trust.h"
#include "state/model/text.h"
#include "state/store/export_format.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kColumns = {
    "at", "directory", "users", "suspended", "org_admins", "groups", "memberships"};

std::vector<std::string> cells(const Counts& counts) {
  return {format_instant(counts.at),         counts.directory,
          std::to_string(counts.users),      std::to_string(counts.suspended),
          std::to_string(counts.org_admins), std::to_string(counts.groups),
          std::to_string(counts.memberships)};
}

void show(OutputFormat format, const std::vector<Counts>& history) {
  if (format == OutputFormat::json) {
    json::array items;
    for (const Counts& counts : history) {
      items.push_back(json::object{{"at", format_instant(counts.at)},
                                   {"directory", counts.directory},
                                   {"users", counts.users},
                                   {"suspended", counts.suspended},
                                   {"org_admins", counts.org_admins},
                                   {"groups", counts.groups},
                                   {"memberships", counts.memberships}});
    }
    return print_json(json::object{{"format_version", "1.0"}, {"items", std::move(items)}});
  }
  std::vector<std::string> titles(kColumns.begin(), kColumns.end());
  std::vector<std::vector<std::string>> rows;
  for (const Counts& counts : history) rows.push_back(cells(counts));
  if (format == OutputFormat::csv) {
    print(csv_line(titles));
    for (const auto& row : rows) print(csv_line(row));
    return;
  }
  for (std::string& title : titles) {
    for (char& c : title) c = c == '_' ? ' ' : static_cast<char>(std::toupper(c));
  }
  print(text_table(titles, rows, terminal_columns(STDOUT_FILENO)));
}

}  // namespace

int show_count_history(const GlobalOptions& global) {
  const auto store = Store::open(default_store_path(global), Store::Access::read);
  if (!store) return print_error(store.error());
  const auto organization = organization_offline(global);
  if (!organization) return print_error(organization.error());
  const auto history = store->counts(*organization);
  if (!history) return print_error(history.error());
  show(global.format, *history);
  return 0;
}

int record_counts(const GlobalOptions& global) {
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  const auto organization = organization_of(global, connection->reads());
  if (!organization) return print_error(organization.error());
  OpenStore opened = open_store(default_store_path(global), "get counts", {});
  if (!opened.store) {
    print_error(opened.error);
    return opened.exit_code;
  }
  FetchScope scope;
  scope.organization = *organization;
  Catalog catalog;
  Result<Snapshot> snapshot = fail("not read");
  {
    Progress progress(global, "reading the organization");
    snapshot = fetch(connection->reads(), scope, catalog,
                     [&](std::size_t calls, std::size_t read, std::size_t of) {
                       progress.update(read, of, counted(calls, "call", "calls"));
                     });
  }
  if (!snapshot) return print_error(snapshot.error());
  if (!snapshot->complete()) {
    print_error({"not recorded, since not all could be read: " + snapshot->gaps.front(), {}});
    return 6;
  }
  Store::Remembered learned;
  learned.counts = counts_of(*snapshot);
  learned.counts->at = SystemClock().now();
  if (const auto kept = opened.store->remember(*organization, learned); !kept) {
    print_error(kept.error());
    return 8;
  }
  show(global.format, {*learned.counts});
  return 0;
}

}  // namespace rolecall
