#include "diff/plan_schema.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "diff/plan.h"
#include "state/model/json_schema.h"
#include "state/model/role.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using namespace json_schema;  // the words that a schema is written in

constexpr std::string_view kCode = "^[a-z_]+$";

json::object some_text() {
  return {{"type", "string"}, {"minLength", 1}};
}

json::object some_text_or_null() {
  return or_null(some_text());
}

/// Which members a kind of change has; all others are null (diff/change.h).
json::object members_of(std::vector<std::string_view> kinds,
                        const std::vector<std::string_view>& used) {
  json::object then;
  for (const std::string_view name : {"user", "group", "resource", "role"}) {
    const bool has = std::find(used.begin(), used.end(), name) != used.end();
    then[name] = json::object{{"type", has ? "string" : "null"}};
  }
  if (std::find(used.begin(), used.end(), "user") == used.end()) {
    then["account_id"] = json::object{{"type", "null"}};
  }
  return {{"if", json::object{{"properties", json::object{{"kind", word(kinds)}}}}},
          {"then", json::object{{"properties", std::move(then)}}}};
}

json::array members_by_kind() {
  return {members_of({"create_group", "delete_group"}, {"group"}),
          members_of({"grant_group_access", "revoke_group_access"}, {"group", "resource", "role"}),
          members_of({"invite_user", "suspend_user", "restore_user", "remove_user"}, {"user"}),
          members_of({"add_member", "remove_member"}, {"user", "group"}),
          members_of({"grant_user_access", "revoke_user_access"}, {"user", "resource", "role"}),
          members_of({"grant_org_role", "revoke_org_role"}, {"user", "role"})};
}

json::object change(std::vector<Member> more) {
  std::vector<std::string_view> roles(kRoleNames.begin(), kRoleNames.end());
  roles.push_back(kOrgAdmin);
  std::vector<Member> members = {
      {"kind", word(kChangeKindNames)},
      {"user", some_text_or_null(), "E-mail address"},
      {"account_id", some_text_or_null(), "null while not known: somebody who is to be invited"},
      {"group", some_text_or_null(), "Name"},
      {"resource", some_text_or_null(), "Name in [resources]; the ARI where there is none"},
      {"role", or_null(word(roles))},
      {"cause",
       object({{"file", text()},
               {"line", whole()},
               {"why", text()},
               {"reason", some_text_or_null(), "The policy's `reason`"}}),
       "What asks for it"}};
  std::move(more.begin(), more.end(), std::back_inserter(members));
  json::object out = object(members);
  out["allOf"] = members_by_kind();
  return out;
}

json::object summary() {
  std::vector<Member> members;
  for (const std::string_view name : kChangeKindNames) members.push_back({name, whole()});
  return object(members);
}

json::object refusal() {
  std::vector<std::string_view> rules(kLimitClassNames.begin(), kLimitClassNames.end());
  for (const char* rule : {"min_org_admins", "protected_users", "protected_groups"}) {
    rules.emplace_back(rule);
  }
  return object({{"class", word(rules), "The safety rule"},
                 {"n", whole(), "How many there would be"},
                 {"of", whole(), "Of how many"},
                 {"limit", text(), "The rule in words"},
                 {"subject", some_text_or_null(), "The person or group, where it is one"}});
}

std::vector<Member> plan_members() {
  return {{"format_version", just("1.0")},
          {"tool_version", some_text()},
          {"at", text(kInstant), "The instant for which dates were decided"},
          {"organization", some_text(), "Id"},
          {"directory", some_text(), "Id"},
          {"digest", text(kSha256), "Of what the plan does; apply --expect-digest takes it"},
          {"policy_digest", text(kSha256)},
          {"live_digest", text(kSha256OrNothing), "Of what was read; empty with --quick"},
          {"complete", boolean(), "false: not everything was read, and nothing is taken away"},
          {"applyable", boolean(), "false: a safety rule refuses it"},
          {"summary", summary(), "How many changes there are of each kind"},
          {"changes", list(defined("change")), "In the order in which they are made"},
          {"calls", object({{"reads", whole(), "Made for the plan"},
                            {"writes", whole(), "That its apply makes"},
                            {"estimated_seconds", whole()}})},
          {"notes", list(object({{"kind", text(kCode)}, {"subject", text()}}))},
          {"refusals", list(refusal())},
          {"undo_of", whole(1), "The run that is taken back; absent where none is", false}};
}

json::object effects() {
  std::vector<std::string_view> names(kRoleNames.begin(), kRoleNames.end());
  json::object roles = list(word(names));
  roles["uniqueItems"] = true;
  return list(object(
      {{"user", some_text()},
       {"certain", boolean(), "false: other paths to the app were not read"},
       {"apps",
        list(object({{"resource", some_text()}, {"before", roles}, {"after", roles}}), 1)}}));
}

json::object seats() {
  return list(object({{"resource", some_text()},
                      {"capacity", or_null(whole()), "null: not known, or without bound"},
                      {"usage", or_null(whole()), "Before the plan"},
                      {"taken", whole()},
                      {"freed", whole()},
                      {"certain", boolean()},
                      {"left_over", list(some_text()), "Who gets none"}}));
}

json::object base() {
  return object({{"policy_digest", or_null(text(kSha256)), "null: it could not be read"},
                 {"dropped", list(defined("dropped_change")), "Only the base would do these"},
                 {"problems", list(text())}});
}

}  // namespace

std::string plan_schema() {
  std::vector<Member> members = plan_members();
  members.push_back({"effects", effects(), "Who gains or loses which app, by all paths together"});
  members.push_back({"seats", seats(), "Of the apps where any is taken or freed"});
  members.push_back({"outside",
                     object({{"own_domains", list(some_text())},
                             {"verified", boolean(), "false: a guess"},
                             {"users", list(some_text())}}),
                     "Who is given something and is in none of the own domains"});
  members.push_back(
      {"since_run", or_null(whole(1)), "The run against which `origin` is told; null: none"});
  members.push_back({"base", base(), "With --base only", false});
  json::object form = object(members);
  form["definitions"] = json::object{
      {"change",
       change({{"origin", word(kOriginNames), "Where it comes from"},
               {"in_base", boolean(), "With --base only: it was to be done before", false}})},
      {"dropped_change", change({})}};
  return json_schema::document(
      "rolecall plan", "What plan --format json and undo --format json print, format 1.0", form);
}

std::string plan_file_schema() {
  const json::object by_name{{"type", "object"}, {"additionalProperties", text()}};
  json::object form = object(
      {{"rolecall_plan", just(3)},
       {"tool_version", some_text(), "Other versions refuse it"},
       {"created", text(kInstant)},
       {"server_date", or_null(text(kInstant)), "The server's clock then; null: it did not say"},
       {"store", some_text_or_null(), "Id of the store it was made with; null: there was none"},
       {"audit_head", or_null(text(kHead)), "Where that store's log ended; null: it was empty"},
       {"policy_path", text()},
       {"at_given", boolean(), "The instant was asked for with --at"},
       {"plan", object(plan_members()), "As plan --format json prints it, without what is told"},
       {"behind", object({{"groups", by_name, "Ids"}, {"resources", by_name, "ARIs"}}),
        "What the names of the changes stood for"},
       {"checksum", text(kSha256)}});
  json::object changes = change(
      {{"goes_along", text(),
        "What goes with it beyond what it names, and how they are whom it is about; may be empty"},
       {"description", text(), "Of create_group only", false}});
  form["definitions"] = json::object{{"change", std::move(changes)}};
  return json_schema::document("rolecall plan file",
                               "A plan that --out saved, format 3: whoever reviews it may read it "
                               "by this; rolecall apply refuses any that was edited",
                               form);
}

}  // namespace rolecall
