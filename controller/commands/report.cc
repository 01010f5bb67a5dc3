#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <filesystem>
#include <set>

#include "controller/access_report.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/private_file.h"
#include "controller/progress.h"
#include "controller/read_policy.h"
#include "controller/store_path.h"
#include "policies/policy.h"
#include "state/api/grants.h"
#include "state/model/json.h"
#include "state/store/export_format.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kIncomplete = 6;
/// Direct access is looked up by itself for so many people, or a tenth of all.
constexpr std::size_t kMostLookUps = 50;

std::optional<Instant> instant_of(const json::value& item, std::string_view key) {
  const json::string* text = string_member(item, key);
  return text == nullptr ? std::nullopt : parse_instant(*text);
}

/// What is read of somebody besides what a plan looks at.
struct Seen {
  Activity activity;
  std::vector<std::string> apps;  ///< ids of those they have, by whatever way
};

Seen seen(const json::value& item) {
  Seen out;
  out.activity.added = instant_of(item, "addedToOrg");
  const bool* verified = bool_member(item, "emailVerified");
  out.activity.unverified = verified != nullptr && !*verified;
  const json::array* apps = array_member(item, "productAccess");
  if (apps == nullptr) return out;
  for (const json::value& app : *apps) {
    if (const json::string* id = string_member(app, "id")) out.apps.emplace_back(*id);
    const auto at = instant_of(app, "lastActiveTimestamp");
    if (at && (!out.activity.last_active || *at > *out.activity.last_active)) {
      out.activity.last_active = at;
    }
  }
  return out;
}

/// People who have an app that none of their groups gives.
std::vector<UserRef> unexplained(const Snapshot& live, const Catalog& catalog,
                                 const std::map<UserRef, Seen>& people) {
  std::map<UserRef, std::set<std::string>> given;
  for (const Group& group : live.live.groups) {
    for (const UserRef member : group.members) {
      for (const Grant& grant : group.grants) {
        given[member].insert(catalog.name(grant.resource));
      }
    }
  }
  std::vector<UserRef> out;
  for (const auto& [ref, person] : people) {
    const auto& mine = given[ref];
    const bool all = std::all_of(person.apps.begin(), person.apps.end(),
                                 [&](const std::string& app) { return mine.contains(app); });
    if (!all) out.push_back(ref);
  }
  return out;
}

/// Looks up the direct access that has to be there; says how far that went.
std::string look_up_direct(ReadClient& client, FetchScope scope, std::vector<UserRef> suspects,
                           std::size_t people, Catalog& catalog, Snapshot& live) {
  if (suspects.size() > std::max(kMostLookUps, people / 10)) {
    return fmt::format(
        "Access given to people directly is not shown: {} have an app that no group explains; "
        "--direct-access looks everybody up.",
        counted(suspects.size(), "person", "people"));
  }
  const std::size_t n = suspects.size();
  scope.user_access = std::move(suspects);
  scope.whole_user_access = true;
  const Endpoints endpoints(scope.organization);
  Reader reader(client);
  read_user_grants(reader, endpoints, scope, catalog, live);
  live.read_calls += reader.calls();
  if (n == 0) {
    return "Nobody has an app that no group explains, so nobody's direct access was looked up; a "
           "direct role beside one from a group is seen with --direct-access only.";
  }
  return fmt::format(
      "Access given to people directly was looked up for {} who had an app that no group explains; "
      "a direct role beside one from a group is seen with --direct-access only.",
      counted(n, "person", "people"));
}

/// What the policy says, where there is one.
struct OfPolicy {
  std::string path;
  std::string organization, directory;
  std::vector<DatedAccess> dated;
};

Result<OfPolicy> read_policy_asked(const std::string& asked, Instant at) {
  OfPolicy out;
  out.path = asked.empty() ? default_policy_path().value_or("") : asked;
  if (out.path.empty()) return out;
  const auto files = read_whole_policy(out.path);
  if (!files) return tl::make_unexpected(files.error());
  const ParsedPolicy parsed = parse_policy(files->files);
  if (parsed.diagnostics.has_errors()) {
    return fail("the policy has errors", "see rolecall validate");
  }
  Catalog unused;
  out.organization = organization_id(*parsed.policy);
  out.directory = resolve_policy(*parsed.policy, at, nullptr, unused).desired.directory;
  out.dated = dated_access(*parsed.policy);
  return out;
}

/// What the store adds, where there is one.
Result<void> add_from_store(const std::string& path, AccessReportInput& input) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  const auto store = Store::open(path, Store::Access::read);
  if (!store) return tl::make_unexpected(store.error());
  auto history = store->counts(input.organization);
  if (!history) return tl::make_unexpected(history.error());
  input.history = std::move(*history);
  auto memory = store->memory(input.organization);
  if (!memory) return tl::make_unexpected(memory.error());
  for (OpenInvitation& open : memory->open_invitations) {
    const auto email = Email::parse(open.email);
    const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
    // Whoever is in the directory has arrived.
    if (ref && input.live.live.find(*ref) != nullptr) continue;
    input.open_invitations.push_back(std::move(open));
  }
  return {};
}

Result<void> write_tables(const std::string& folder, const AccessReport& report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(fmt::format("cannot make {}: {}", folder, error.message()));
  for (const ReportTable& table : report.tables) {
    std::string content = csv_line(table.header);
    for (const auto& row : table.rows) content += csv_line(row);
    const std::string path = (fs::path(folder) / (table.id + ".csv")).string();
    if (auto written = write_private_file(path, content); !written) return written;
  }
  return {};
}

std::size_t groups_in(const Snapshot& live) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    out += live.live.find(static_cast<GroupRef>(i)) != nullptr ? 1U : 0U;
  }
  return out;
}

}  // namespace

int run_report(const GlobalOptions& global, const ReportOptions& options) {
  if (options.out.empty() && options.csv.empty()) {
    return print_error({"nothing to write", "name a page with --out, or a folder with --csv"});
  }
  if (!options.out.empty()) {
    if (const auto fine = check_writable_place(options.out, {kReportBegins}); !fine) {
      return print_error(fine.error());
    }
  }
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  ReadClient& client = connection->reads();
  const Instant at = global.at.value_or(connection->clock().now());
  auto policy = read_policy_asked(options.policy, at);
  if (!policy) return print_error(policy.error());
  const auto organization = options.policy.empty() || !global.org.empty()
                                ? organization_of(global, client)
                                : Result<std::string>(policy->organization);
  if (!organization) return print_error(organization.error());

  FetchScope scope;
  scope.organization = *organization;
  scope.directory = policy->directory;
  scope.every_group = true;
  scope.every_user = options.direct_access;
  std::map<UserRef, Seen> people;
  scope.on_user = [&](UserRef ref, const json::value& item) { people[ref] = seen(item); };
  Catalog catalog;
  Progress progress(global, "reading the organization");
  auto live =
      fetch(client, scope, catalog, [&](std::size_t calls, std::size_t read, std::size_t of) {
        progress.update(read, of, counted(calls, "call", "calls"));
      });
  if (!live) return print_error(live.error());
  auto workspaces = fetch_workspaces(client, *organization);
  if (!workspaces) return print_error(workspaces.error());

  AccessReportInput input{*organization, *live, catalog};
  input.at = at;
  input.has_policy = !policy->path.empty();
  input.dated = std::move(policy->dated);
  input.workspaces = std::move(*workspaces);
  input.direct_access = options.direct_access
                            ? "Access given to people directly was looked up for everybody."
                            : look_up_direct(client, scope, unexplained(*live, catalog, people),
                                             people.size(), catalog, *live);
  for (auto& [ref, person] : people) input.activity[ref] = person.activity;
  if (const auto added = add_from_store(store_path(global, policy->path), input); !added) {
    return print_error(added.error());
  }
  const AccessReport report = make_access_report(input);
  if (!options.out.empty()) {
    if (const auto done = write_private_file(options.out, render_page(report)); !done) {
      return print_error(done.error());
    }
    print(fmt::format("wrote {}: {}, {}; open it in a browser\n", options.out,
                      counted(people.size(), "person", "people"),
                      counted(groups_in(*live), "group", "groups")));
  }
  if (!options.csv.empty()) {
    if (const auto done = write_tables(options.csv, report); !done) {
      return print_error(done.error());
    }
    print(fmt::format("wrote {} into {}\n", counted(report.tables.size(), "table", "tables"),
                      options.csv));
  }
  for (const std::string& gap : live->gaps) print_error({"not proved complete: " + gap, {}});
  return finish_output(live->complete() ? 0 : kIncomplete);
}

}  // namespace rolecall
