#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>
#include <vector>

#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/count_history.h"
#include "controller/get_things.h"
#include "controller/listing.h"
#include "controller/output.h"
#include "controller/pins.h"
#include "controller/text_table.h"
#include "state/api/endpoints.h"
#include "state/model/json.h"
#include "state/model/keys.h"
#include "state/model/text.h"
#include "state/store/export_format.h"

namespace rolecall {
namespace {

namespace json = boost::json;

struct Column {
  std::string title;
  std::string path;  ///< see cell()
};
using Columns = std::vector<Column>;

const Columns kOrgColumns{{"ID", "id"}, {"NAME", "attributes.name"}};
const Columns kDirectoryColumns{{"ID", "directoryId"}, {"NAME", "name"}};
const Columns kDomainColumns{{"NAME", "attributes.name"},
                             {"STATUS", "attributes.claim.status"},
                             {"CLAIM", "attributes.claim.type"},
                             {"ID", "id"}};
const Columns kWorkspaceColumns{{"HOST", "attributes.hostUrl"},
                                {"APP", "attributes.typeKey"},
                                {"NAME", "attributes.name"},
                                {"STATUS", "attributes.status"},
                                {"ID", "id"}};
const Columns kUserColumns{
    {"EMAIL", "email"},           {"NAME", "name"},         {"MEMBERSHIP", "membershipStatus"},
    {"ACCOUNT", "accountStatus"}, {"CLAIM", "claimStatus"}, {"PLATFORM ROLES", "platformRoles"},
    {"ACCOUNT ID", "accountId"}};
const Columns kGroupColumns{{"NAME", "name"},
                            {"USERS", "counts.users"},
                            {"RESOURCES", "counts.resources"},
                            {"MANAGED BY", "managedBy"},
                            {"ID", "id"},
                            {"DESCRIPTION", "description"}};

/// Sorted by what is shown, so that two answers can be compared by diff.
void print_list(OutputFormat format, json::array items, const Columns& columns) {
  const auto key = [&](const json::value& item) {
    std::vector<std::string> out;
    for (const Column& column : columns) out.push_back(cell(item, column.path));
    return out;
  };
  std::vector<std::pair<std::vector<std::string>, json::value>> rows;
  for (json::value& item : items) {
    auto cells = key(item);
    rows.emplace_back(std::move(cells), std::move(item));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (format == OutputFormat::json) {
    json::array sorted;
    for (auto& [cells, item] : rows) sorted.push_back(std::move(item));
    print_json(json::object{{"format_version", "1.0"}, {"items", std::move(sorted)}});
    return;
  }
  std::vector<std::string> titles;
  for (const Column& column : columns) titles.push_back(column.title);
  if (format == OutputFormat::csv) {
    for (std::string& title : titles) title = to_lower_ascii(title);
    print(csv_line(titles));
    for (const auto& row : rows) print(csv_line(row.first));
    return;
  }
  std::vector<std::vector<std::string>> cells;
  for (auto& row : rows) cells.push_back(std::move(row.first));
  print(text_table(titles, cells, terminal_columns(STDOUT_FILENO)));
}

/// One object: as it is, or its members line by line.
void print_one(OutputFormat format, const json::value& item, const Columns& columns) {
  if (format == OutputFormat::json) return print_json(item);
  if (format == OutputFormat::csv) return print_list(format, {item}, columns);
  std::size_t width = 0;
  for (const Column& column : columns) width = std::max(width, column.title.size());
  for (const Column& column : columns) {
    const std::string value = escape_terminal(cell(item, column.path));
    if (value.empty()) continue;
    print(fmt::format("{:<{}}  {}\n", to_lower_ascii(column.title), width, value));
  }
}

bool looks_like_uuid(std::string_view text) {
  return text.size() == 36 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

class Get {
 public:
  Get(const GlobalOptions& global, const GetOptions& options, ReadClient& client,
      std::string organization)
      : format_(global.format),
        options_(options),
        client_(client),
        endpoints_(organization),
        organization_(std::move(organization)) {}

  Result<void> show(ThingKind kind) {
    switch (kind) {
      case ThingKind::org:
        return one(endpoints_.org(), kOrgColumns);
      case ThingKind::orgs:
        return list(&Endpoints::orgs, kOrgColumns);
      case ThingKind::directories:
        return list([this](const std::string& c) { return endpoints_.directories(c); },
                    kDirectoryColumns);
      case ThingKind::domains:
        return list([this](const std::string& c) { return endpoints_.domains(c); }, kDomainColumns);
      case ThingKind::domain:
        return one(endpoints_.domain(options_.argument), kDomainColumns);
      case ThingKind::workspaces:
        return list([this](const std::string& c) { return endpoints_.workspaces(c); },
                    kWorkspaceColumns);
      default:
        break;
    }
    const auto directory = directory_to_read(client_, organization_);
    if (!directory) return tl::make_unexpected(directory.error());
    directory_ = *directory;
    switch (kind) {
      case ThingKind::users:
        return list(users_request({}), kUserColumns);
      case ThingKind::user:
        return user();
      case ThingKind::groups:
        return list(groups_request({}), kGroupColumns);
      case ThingKind::group:
        return group();
      default:
        return counts();
    }
  }

 private:
  Reader::MakeRequest users_request(Endpoints::UserSearch search) {
    search.everybody = options_.all;
    return [this, search](const std::string& cursor) {
      return endpoints_.users(directory_, search, cursor);
    };
  }

  Reader::MakeRequest groups_request(Endpoints::GroupSearch search) {
    search.expand_counts = true;
    return [this, search](const std::string& cursor) {
      return endpoints_.groups(directory_, search, cursor);
    };
  }

  Result<void> list(Reader::MakeRequest make, const Columns& columns) {
    auto items = read_list(client_, std::move(make));
    if (!items) return tl::make_unexpected(items.error());
    print_list(format_, *std::move(items), columns);
    return {};
  }

  Result<void> one(ReadRequest request, const Columns& columns) {
    const auto answer = read_document(client_, std::move(request));
    if (!answer) return tl::make_unexpected(answer.error());
    const json::value* data = member(*answer, "data");
    print_one(format_, data == nullptr ? *answer : *data, columns);
    return {};
  }

  /// The only item of a search for one thing.
  Result<json::value> only(Reader::MakeRequest make, std::string_view what, std::string hint,
                           std::string_view id) {
    auto items = read_list(client_, std::move(make));
    if (!items) return tl::make_unexpected(items.error());
    const std::string shown = quote(options_.argument);
    if (items->empty()) return fail(fmt::format("there is no {} {}", what, shown), std::move(hint));
    if (items->size() == 1) return std::move(items->front());
    std::string ids;
    for (const json::value& item : *items) ids += (ids.empty() ? "" : ", ") + cell(item, id);
    return fail(fmt::format("{} {} is {} different ones: {}", what, shown, items->size(), ids),
                "ask for one of these ids");
  }

  Result<void> user() {
    Endpoints::UserSearch search;
    search.expand_groups = true;
    if (options_.argument.find('@') != std::string::npos) {
      const auto email = Email::parse(options_.argument);
      if (!email) {
        return fail(fmt::format("{} {}", quote(options_.argument), email.error().what));
      }
      search.emails = {email->str()};
    } else {
      search.account_ids = {options_.argument};
    }
    const auto found =
        only(users_request(search), "user",
             options_.all ? "" : "--all also looks outside the directory", "accountId");
    if (!found) return tl::make_unexpected(found.error());
    print_one(format_, *found, kUserColumns);
    if (format_ != OutputFormat::text) return {};
    const json::array* groups = array_member(*found, "groups");
    if (groups == nullptr || groups->empty()) return {};
    print("\n");
    print_list(format_, *groups, {{"GROUP", "name"}, {"ID", "id"}});
    return {};
  }

  Result<void> group() {
    Endpoints::GroupSearch search;
    auto& wanted = looks_like_uuid(options_.argument) ? search.ids : search.names;
    wanted = {options_.argument};
    auto found = only(groups_request(search), "group", "rolecall get groups lists them all", "id");
    if (!found) return tl::make_unexpected(found.error());
    Endpoints::UserSearch members;
    members.group_ids = {cell(*found, "id")};
    auto people = read_list(client_, users_request(members));
    if (!people) return tl::make_unexpected(people.error());
    if (format_ == OutputFormat::json) {
      found->as_object()["members"] = *std::move(people);
      print_json(*found);
      return {};
    }
    if (format_ == OutputFormat::text) {
      print_one(format_, *found, kGroupColumns);
      print("\n");
    }
    print_list(format_, *std::move(people),
               {{"MEMBER", "email"}, {"NAME", "name"}, {"MEMBERSHIP", "membershipStatus"}});
    return {};
  }

  Result<void> counts() {
    json::object out;
    for (const bool users : {true, false}) {
      const auto answer = read_document(
          client_, users ? endpoints_.user_count(directory_) : endpoints_.group_count(directory_));
      if (!answer) return tl::make_unexpected(answer.error());
      const std::int64_t* count = integer_member(*answer, "count");
      if (count == nullptr) return fail("a count was asked for and $.count is no whole number");
      out[users ? "users" : "groups"] = *count;
    }
    print_one(format_, out, {{"USERS", "users"}, {"GROUPS", "groups"}});
    return {};
  }

  OutputFormat format_;
  const GetOptions& options_;
  ReadClient& client_;
  Endpoints endpoints_;
  std::string organization_;
  std::string directory_;
};

/// What can be said before anything is asked of the API.
Result<const Thing*> thing_of(const GetOptions& options) {
  const Thing* thing = find_thing(options.thing);
  if (thing == nullptr) {
    return fail(fmt::format("{} is nothing that can be shown", quote(options.thing)),
                "one of: " + things_in_words());
  }
  if (thing->argument.empty() && !options.argument.empty()) {
    return fail(fmt::format("get {} takes nothing more", thing->name));
  }
  if (!thing->argument.empty() && options.argument.empty()) {
    return fail(fmt::format("get {} needs {}", thing->name, thing->argument),
                fmt::format("rolecall get {}s lists them all", thing->name));
  }
  const bool people = thing->kind == ThingKind::users || thing->kind == ThingKind::user ||
                      thing->kind == ThingKind::group;
  if (options.all && !people) {
    return fail(fmt::format("--all has no effect on get {}", thing->name));
  }
  if ((options.record || options.history) && thing->kind != ThingKind::counts) {
    return fail("--record and --history are for get counts");
  }
  return thing;
}

}  // namespace

Result<void> get_thing(const GlobalOptions& global, const GetOptions& options, ReadClient& client) {
  const auto thing = thing_of(options);
  if (!thing) return tl::make_unexpected(thing.error());
  std::string organization;
  if ((*thing)->kind != ThingKind::orgs) {
    auto found = organization_of(global, client);
    if (!found) return tl::make_unexpected(found.error());
    organization = *std::move(found);
  }
  return Get(global, options, client, std::move(organization)).show((*thing)->kind);
}

int run_get(const GlobalOptions& global, const GetOptions& options) {
  const auto thing = thing_of(options);
  if (!thing) return print_error(thing.error());
  if ((*thing)->kind == ThingKind::pins) return show_pins(global);
  if (options.history) return show_count_history(global);
  if (options.record) return record_counts(global);
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  const Result<void> done = get_thing(global, options, connection->reads());
  return done ? 0 : print_error(done.error());
}

}  // namespace rolecall
