#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/listing.h"
#include "controller/output.h"
#include "controller/text_table.h"
#include "state/api/endpoints.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

struct Check {
  std::string what;
  bool needed = false;  ///< by every plan
  bool ok = false;
  std::string detail;  ///< what was seen, or why not
  std::vector<std::string> ids{};
};

Check list_check(ReadClient& client, std::string what, bool needed, Reader::MakeRequest make,
                 std::string_view one, std::string_view many, std::string_view name_path) {
  Check check{std::move(what), needed, false, {}};
  const auto items = read_list(client, std::move(make));
  if (!items) {
    check.detail = items.error().what;
    return check;
  }
  check.ok = true;
  check.detail = counted(items->size(), one, many);
  // Workspaces of several apps share a host.
  std::vector<std::string> names;
  for (const json::value& item : *items) {
    check.ids.push_back(cell(item, "id"));
    std::string name = cell(item, name_path);
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  if (names.empty() || names.size() > 5) return check;
  check.detail += fmt::format(": {}", fmt::join(names, ", "));
  return check;
}

Check document_check(ReadClient& client, std::string what, ReadRequest request,
                     std::string_view one, std::string_view many) {
  Check check{std::move(what), true, false, {}};
  const auto answer = read_document(client, std::move(request));
  if (!answer) {
    check.detail = answer.error().what;
    return check;
  }
  check.ok = true;
  if (const std::int64_t* count = integer_member(*answer, "count")) {
    check.detail = counted(static_cast<std::size_t>(*count), one, many);
  }
  return check;
}

std::vector<Check> checks_of(ReadClient& client, const std::string& organization) {
  const Endpoints endpoints(organization);
  std::vector<Check> out;
  out.push_back(list_check(
      client, "directories", true,
      [&](const std::string& cursor) { return endpoints.directories(cursor); }, "directory",
      "directories", "name"));
  const std::string directory = directory_to_read(client, organization).value_or("-");
  out.push_back(
      document_check(client, "users", endpoints.user_count(directory), "person", "people"));
  out.push_back(document_check(client, "users search", endpoints.users(directory, {}, {}), "", ""));
  out.push_back(
      document_check(client, "groups", endpoints.group_count(directory), "group", "groups"));
  out.push_back(
      document_check(client, "groups search", endpoints.groups(directory, {}, {}), "", ""));
  out.push_back(list_check(
      client, "workspaces", false,
      [&](const std::string& cursor) { return endpoints.workspaces(cursor); }, "workspace",
      "workspaces", "attributes.hostUrl"));
  out.push_back(list_check(
      client, "domains", false,
      [&](const std::string& cursor) { return endpoints.domains(cursor); }, "domain", "domains",
      "attributes.name"));
  return out;
}

void print_checks(const std::vector<Check>& checks, const std::string& organization) {
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    rows.push_back({check.what, check.ok ? "ok" : "refused", check.detail});
  }
  print(text_table({"READ", "RESULT", "DETAIL"}, rows, terminal_columns(STDOUT_FILENO)));
  if (!organization.empty()) print(fmt::format("organization {}\n", escape_terminal(organization)));
  print(
      "Whether the key may write, and when it expires, cannot be known through the\nAPI: keys last "
      "a year at most, see API keys at admin.atlassian.com.\n");
}

void print_checks_as_json(const std::vector<Check>& checks, const std::string& organization) {
  json::array items;
  for (const Check& check : checks) {
    items.push_back(json::object{{"read", check.what},
                                 {"ok", check.ok},
                                 {"needed", check.needed},
                                 {"detail", check.detail}});
  }
  json::object out{{"format_version", "1.0"},
                   {"organization", nullptr},
                   {"checks", std::move(items)},
                   {"expires", nullptr}};
  if (!organization.empty()) out["organization"] = organization;
  print_json(out);
}

}  // namespace

int run_check_key(const GlobalOptions& global, const CheckKeyOptions&) {
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  ReadClient& client = connection->reads();

  std::vector<Check> checks{list_check(client, "orgs", false, &Endpoints::orgs, "organization",
                                       "organizations", "attributes.name")};
  const auto organization = organization_of(global, client);
  if (organization) {
    for (Check& check : checks_of(client, *organization)) checks.push_back(std::move(check));
  }
  if (global.format == OutputFormat::json) {
    print_checks_as_json(checks, organization.value_or(""));
  } else {
    print_checks(checks, organization.value_or(""));
  }
  if (connection->paced().key_refused()) {
    return print_error({"the API has refused the key (401): it is wrong or has expired",
                        "make a new one at admin.atlassian.com; keys last a year at most"});
  }
  if (!organization) return print_error(organization.error());
  const std::vector<std::string>& seen = checks.front().ids;
  if (checks.front().ok && std::find(seen.begin(), seen.end(), *organization) == seen.end()) {
    return print_error({fmt::format("the key does not see the organization {}", *organization),
                        seen.empty()
                            ? "make one in the organization, at admin.atlassian.com"
                            : fmt::format("it sees {}: name that with --org, or use another key",
                                          fmt::join(seen, ", "))});
  }
  for (const Check& check : checks) {
    if (check.needed && !check.ok) {
      return print_error({"the key cannot read what a plan needs",
                          "make a key without scopes; rolecall get orgs lists the organizations "
                          "that this one can see"});
    }
  }
  return 0;
}

}  // namespace rolecall
