#include "state/api/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <vector>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

Result<std::vector<Directory>> list_directories(Reader& reader, const Endpoints& endpoints,
                                                const FetchScope& scope) {
  std::vector<Directory> found;
  std::string problem;
  reader.asks_for("directory");
  reader.walk([&](const std::string& cursor) { return endpoints.directories(cursor); },
              [&](const Reader::Page& page) {
                problem += page.problem;
                if (page.data == nullptr) return;
                for (const json::value& item : *page.data) {
                  const json::string* id = string_member(item, "directoryId");
                  const json::string* label = string_member(item, "name");
                  if (id == nullptr) {
                    problem = "GET directories: $.data[].directoryId is missing or no text";
                    continue;
                  }
                  found.push_back({std::string(*id), label ? std::string(*label) : ""});
                }
              });
  reader.run();
  if (problem.empty()) return found;
  return fail(problem, hint_for_first_call(problem, scope.organization));
}

Result<Directory> choose(const std::vector<Directory>& found, const FetchScope& scope) {
  std::string list;
  for (const Directory& directory : found) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", quote(directory.name),
                        escape_terminal(directory.id));
  }
  if (scope.directory.empty() && found.size() > 1) {
    return fail("the organization has more than one directory: " + list,
                "name one with `directory` in [organization]");
  }
  if (found.empty()) return fail("the organization shows no directory to this API key");
  const auto by_id = [&](const Directory& directory) { return directory.id == scope.directory; };
  const auto by_name = [&](const Directory& directory) {
    return scope.directory.empty() || directory.name == scope.directory;
  };
  auto chosen = std::find_if(found.begin(), found.end(), by_id);
  if (chosen == found.end()) {
    chosen = std::find_if(found.begin(), found.end(), by_name);
    if (std::count_if(found.begin(), found.end(), by_name) > 1) {
      return fail(fmt::format("more than one directory has the name {}", quote(scope.directory)),
                  "name it by its id; there are: " + list);
    }
  }
  if (chosen == found.end()) {
    return fail(fmt::format("no directory {} in the organization", quote(scope.directory)),
                "there are: " + list);
  }
  return *chosen;
}

}  // namespace

Result<Directory> find_directory(Reader& reader, const Endpoints& endpoints,
                                 const FetchScope& scope) {
  const auto listed = list_directories(reader, endpoints, scope);
  if (!listed) return tl::make_unexpected(listed.error());
  auto chosen = choose(*listed, scope);
  const bool mistakable = chosen && listed->size() > 1 && chosen->id != scope.directory;
  if (!mistakable || chosen->id == scope.known_directory) return chosen;
  const auto again = list_directories(reader, endpoints, scope);
  if (!again) return tl::make_unexpected(again.error());
  const auto other = choose(*again, scope);
  if (other && other->id == chosen->id) return chosen;
  return fail(fmt::format("the directory {} was not the same one when the list was read twice",
                          quote(scope.directory)),
              "try again; if it stays so, write its id in [organization]");
}

namespace {

/// As "GET .../directories: 503 (down)".
bool tells_of_5xx(std::string_view problem) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t at = problem.find(": 5");
  return at != std::string_view::npos && problem.size() > at + 4 && is_digit(problem[at + 3]) &&
         is_digit(problem[at + 4]);
}

}  // namespace

std::string hint_for_first_call(const std::string& problem, const std::string& organization) {
  const bool unreachable = problem.find("no connection to ") != std::string::npos ||
                           problem.find("no address for ") != std::string::npos;
  if (unreachable) {
    return "is the API's address right (--api-url or ROLECALL_API_URL), and is it to be reached "
           "from here?";
  }
  // None of this is the key's fault.
  if (problem.find(": TLS: ") != std::string::npos) {
    return "is the API's address right (--api-url or ROLECALL_API_URL), and are its certificates "
           "trusted here (--ca-file)?";
  }
  if (problem.find(": 429") != std::string::npos) return "too many calls for now: try again later";
  if (tells_of_5xx(problem) || problem.find("given up") != std::string::npos) {
    return "try again later; status.atlassian.com tells whether Atlassian has an outage";
  }
  return fmt::format(
      "check the organization id {} and the API key; rolecall get orgs names what the key sees",
      quote(organization));
}

}  // namespace rolecall
