#include <boost/json/array.hpp>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "diff/render.h"
#include "policies/policy.h"
#include "state/api/fetch.h"
#include "state/api/parse.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"
#include "tests/support/canned_client.h"

namespace rolecall::fuzz {
namespace {

constexpr std::string_view kPolicy = R"(version = 1
[organization]
id = "o"
unlisted_users = "remove"
unlisted_groups = "delete"
[resources]
j = "ari:cloud:j"
[users]
"a@x.example" = { roles = [], access = { j = ["user"] } }
"b@x.example" = { account_id = "b", state = "suspended" }
"c@x.example" = { state = "removed" }
[groups.g]
members = ["a@x.example"]
access = {}
[groups.h]
state = "absent"
[safety]
min_org_admins = 0
)";

/// The documents one after the other; then nothing answers any more.
class Documents {
 public:
  explicit Documents(std::string_view bytes) : rest_(bytes) {}

  /// One may begin with a line like "!429 text/html".
  Answer operator()(const Request&) {
    if (rest_.empty()) return tl::make_unexpected(Failure{Failure::Kind::no_answer, "no more"});
    constexpr std::string_view kEnd = "\n---\n";
    const std::size_t end = rest_.find(kEnd);
    std::string_view document = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + kEnd.size());
    Response response;
    response.status = 200;
    response.content_type = "application/json";
    if (document.starts_with('!')) {
      const std::string_view line = document.substr(1, document.find('\n') - 1);
      document.remove_prefix(std::min(document.size(), line.size() + 2));
      response.status = line.size() < 3 ? 500 : 100 * (line[0] & 7) + (line[2] & 15);
      response.content_type = line.substr(std::min<std::size_t>(line.size(), 4));
    }
    response.body = document;
    return response;
  }

 private:
  std::string_view rest_;
};

void parse_items(const boost::json::value& document) {
  const boost::json::array* items = array_member(document, "data");
  if (items == nullptr) return;
  for (const boost::json::value& item : *items) {
    const ParsedUser user = parse_user(item);
    require(!user.about.account_id.empty() || !user.about.opaque.empty(), "nobody, understood");
    const ParsedGroup group = parse_group(item);
    require(!group.about.id.empty() || !group.about.opaque.empty(), "no group, understood");
    for (const auto& roles : {parse_group_roles(item), parse_direct_user_roles(item)}) {
      require(!roles || roles->roles.empty() || !roles->ari.empty(), "roles on nothing");
    }
  }
}

void check_snapshot(const Snapshot& live, const Catalog& catalog) {
  require(live.users.size() == live.live.users.size(), "people and what is known of them");
  require(live.groups.size() == live.live.groups.size(), "groups and what is known of them");
  require(live.users.size() <= catalog.user_count(), "people who are in no catalog");
  for (const Group& group : live.live.groups) {
    for (const UserRef member : group.members) {
      require(index(member) < catalog.user_count(), "a member who is in no catalog");
    }
  }
  for (const std::string& gap : live.gaps) require(!gap.empty(), "a gap without words");
}

/// What was not read for certain takes nothing away, and what was not understood is left alone.
void check_plan(const Plan& plan, const Snapshot& live, const Catalog& catalog) {
  for (const Change& change : plan.changes) {
    require(live.complete() || !takes_away(change.kind), "something is taken away on a guess");
    if (!change.user.empty()) {
      const auto ref = catalog.find_user(*Email::parse(change.user));
      require(ref && live.about(*ref).opaque.empty(), "somebody is changed who was not understood");
    }
    if (!change.group.empty()) {
      const auto ref = catalog.find_group(GroupName::from_server(change.group));
      require(ref && live.about(*ref).opaque.empty(), "a group is changed that was not understood");
    }
  }
  require_printable(render_text(plan, {}));
  require(parse_json(render_json(plan, "1")).has_value(), "a plan that is no JSON");
  (void)render_markdown(plan);
}

}  // namespace

void pages(std::string_view bytes) {
  if (const auto document = parse_json(bytes)) parse_items(*document);
  Response response{400, "application/json", std::string(bytes), {}, {}, {}, {}, {}};
  const std::string described = describe_error_body(response);
  require(described.size() <= 512 + 3, "an error that is quoted at length");
  require_printable(described);
  test::CannedClient workspaces{Documents(bytes)};
  (void)fetch_workspaces(workspaces, "o");

  const std::vector<SourceFile> files{{"p.toml", std::string(kPolicy)}};
  const ParsedPolicy parsed = parse_policy(files);
  Catalog catalog;
  const ResolvedPolicy resolved =
      resolve_policy(*parsed.policy, *parse_instant("2026-12-01"), nullptr, catalog);
  require(!parsed.diagnostics.has_errors() && !resolved.diagnostics.has_errors(), "the policy");
  test::CannedClient client{Documents(bytes)};
  const auto live = fetch(client, fetch_scope(resolved.desired), catalog);
  if (!live) {
    require(!live.error().what.empty(), "a failure without words");
    return;
  }
  check_snapshot(*live, catalog);
  const PlanResult planned = make_plan({resolved.desired, *live, catalog});
  if (!planned.diagnostics.has_errors()) check_plan(planned.plan, *live, catalog);
}

}  // namespace rolecall::fuzz
