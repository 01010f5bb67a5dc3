#include "state/api/glance.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>
#include <vector>

#include "state/api/directory.h"
#include "state/api/endpoints.h"
#include "state/api/parse.h"
#include "state/api/reader.h"
#include "state/model/digest.h"
#include "state/model/json.h"

namespace rolecall {
namespace {

namespace json = boost::json;

/// Id and everything else of a group.
using Line = std::pair<std::string, std::string>;

/// The policy may spell its name otherwise than the server.
Line line_of(const LiveGroup& about, const GroupName& name, std::string_view description) {
  Digest digest("rolecall glance group 1");
  digest.field(name.key());
  digest.field(description);
  for (const std::uint32_t count : {about.user_count, about.resource_count}) {
    digest.field(std::to_string(count));
  }
  for (const bool flag : {about.synced, about.modifiable, about.deletable}) {
    digest.field(flag ? "yes" : "no");
  }
  return {about.id, digest.hex()};
}

std::string digest_of(std::vector<Line> lines) {
  std::sort(lines.begin(), lines.end());
  Digest digest("rolecall glance 1");
  for (const auto& [id, rest] : lines) {
    digest.field(id);
    digest.field(rest);
  }
  return digest.hex();
}

}  // namespace

Result<Glanced> glance(ReadClient& client, const FetchScope& scope) {
  const Endpoints endpoints(scope.organization);
  Reader reader(client);
  const auto directory = find_directory(reader, endpoints, scope);
  if (!directory) return tl::make_unexpected(directory.error());
  Glanced out;
  Glance& seen = out.seen;
  seen.directory_id = directory->id;
  std::string problem;
  const auto count = [&](ReadRequest request, std::int64_t& into) {
    reader.get(std::move(request), [&](const Result<json::value>& value) {
      const std::int64_t* number = value ? integer_member(*value, "count") : nullptr;
      if (number != nullptr) {
        into = *number;
      } else {
        problem = value ? "a count is no whole number" : value.error().what;
      }
    });
  };
  count(endpoints.user_count(seen.directory_id), seen.users);
  count(endpoints.group_count(seen.directory_id), seen.groups);
  std::vector<Line> lines;
  reader.walk(
      [&](const std::string& cursor) {
        Endpoints::GroupSearch search;
        search.expand_counts = true;
        return endpoints.groups(seen.directory_id, search, cursor);
      },
      [&](const Reader::Page& page) {
        if (!page.problem.empty()) problem = page.problem;
        if (page.data == nullptr) return;
        for (const json::value& item : *page.data) {
          const ParsedGroup group = parse_group(item);
          lines.push_back(
              line_of(group.about, GroupName::from_server(group.name), group.description));
        }
      });
  reader.run();
  if (!problem.empty()) return fail(problem);
  if (static_cast<std::size_t>(seen.groups) != lines.size()) {
    return fail("groups/search and groups/count do not agree");
  }
  seen.groups_digest = digest_of(std::move(lines));
  out.calls = reader.calls();
  return out;
}

Glance glance_of(const Snapshot& live, const Catalog& catalog) {
  Glance seen;
  seen.directory_id = live.directory_id;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    if (live.live.find(static_cast<UserRef>(i)) != nullptr) ++seen.users;
  }
  std::vector<Line> lines;
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    const Group* group = live.live.find(ref);
    if (group == nullptr) continue;
    lines.push_back(line_of(live.about(ref), catalog.name(ref), group->description));
  }
  seen.groups = static_cast<std::int64_t>(lines.size());
  seen.groups_digest = digest_of(std::move(lines));
  return seen;
}

}  // namespace rolecall
