#include "tests/support/busy_org.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "diff/safety.h"
#include "tests/support/end_to_end.h"

namespace rolecall::test {

namespace json = boost::json;

json::value busy_organization() {
  json::object out = acme();
  json::array& users = out["users"].as_array();
  for (const int i : {2, 3}) {
    users[static_cast<std::size_t>(i)].as_object()["access"] =
        json::object{{kJira, {"user"}}, {kConfluence, {"user"}}};
  }
  users.push_back(json::object{{"email", "leaver@acme.example"}});
  users.push_back(json::object{{"email", "away@acme.example"}, {"status", "suspended"}});
  json::array& groups = out["groups"].as_array();
  groups[0].as_object()["access"] =
      json::object{{kJira, {"user", "admin"}}, {kConfluence, {"user"}}};
  groups.push_back(json::object{{"name", "old"},
                                {"members", {"lin@acme.example", "leaver@acme.example"}},
                                {"access", {{kJira, {"user"}}, {kConfluence, {"admin"}}}}});
  groups.push_back(json::object{{"name", "unwanted"}, {"members", {"omar@acme.example"}}});
  groups.push_back(json::object{{"name", "stray"}});
  return out;
}

std::string busy_policy() {
  std::string out =
      with(acme_policy(), "\n[resources]",
           "\nunlisted_users = \"remove\"\nunlisted_groups = \"delete\"\n[resources]");
  for (const std::string_view klass : kLimitClassNames) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", klass);
  }
  out = with(out, "\"lin@acme.example\"   = {}",
             "\"lin@acme.example\" = { access = { jira = [\"admin\"], confluence = [\"user\"] } "
             "}\n\"away@acme.example\" = {}\n\"new@acme.example\" = {}");
  out =
      with(out, "\"omar@acme.example\"  = {}", "\"omar@acme.example\" = { state = \"suspended\" }");
  out = with(out, "members = [\"ada@acme.example\", \"lin@acme.example\", \"omar@acme.example\"]",
             "members = [\"grace@acme.example\", \"lin@acme.example\", \"new@acme.example\"]");
  out = with(out, "access  = { jira = [\"user\"] }",
             "access  = { jira = [\"user\"], confluence = [\"admin\"] }");
  return out +
         "[groups.renamed]\nprevious_names = [\"old\"]\n[groups.unwanted]\nstate = \"absent\"\n";
}

}  // namespace rolecall::test
