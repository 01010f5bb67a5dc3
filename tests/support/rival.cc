#include "tests/support/rival.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/end_to_end.h"

namespace rolecall::test {

namespace json = boost::json;

bool Rival::send(const WriteRequest& request) {
  simulator::HttpRequest out;
  out.method = name(request.request().method);
  out.target = request.request().target;
  out.authorization = "Bearer somebody-else";
  if (!request.request().body.empty()) out.content_type = "application/json";
  out.body = request.request().body;
  return org_.handle(out).status < 300;
}

bool Rival::move(Truth& truth, const std::function<bool(const std::string&)>& declared,
                 bool admins) {
  const json::value state = org_.state();
  const std::string directory = text(state.at("directories").as_array().at(0).at("id"));
  const Endpoints endpoints{std::string(kOrganization)};
  const auto& users = state.at("users").as_array();
  const auto& groups = state.at("groups").as_array();
  const json::value& user = users[below(users.size())];
  const std::string email = text(user.at("email")), account = text(user.at("id"));
  const bool here = text(user.at("status")) != "not_invited";
  if (!here || email.starts_with("root@")) return false;
  std::string group, group_name;
  if (!groups.empty()) {
    const json::value& one = groups[below(groups.size())];
    group = text(one.at("id"));
    group_name = text(one.at("name"));
  }
  const auto rule = [&](bool grant) {
    return endpoints.group_access(grant, directory, group, kJira, below(2) == 0 ? "user" : "admin");
  };
  bool done = false;
  switch (below(admins ? 9 : 7)) {
    case 0:
      done = !group.empty() && send(endpoints.add_member(directory, group, account));
      break;
    case 1:
      done = !group.empty() && send(endpoints.remove_member(directory, group, account));
      break;
    case 2:
      done = !group.empty() && send(rule(true));
      break;
    case 3:
      done = !group.empty() && send(rule(false));
      break;
    case 4:
      done = !group.empty() && below(3) == 0 && send(endpoints.delete_group(directory, group));
      break;
    case 5:
      done = send(endpoints.create_group(directory, below(2) == 0 ? "new-a" : "rivals", ""));
      break;
    case 6:
      done = send(endpoints.user_access(below(2) == 0, account, kConfluence, "user"));
      break;
    case 7:
      if (!declared(email)) return false;
      done = send(below(2) == 0   ? endpoints.suspend(directory, account)
                  : below(2) == 0 ? endpoints.restore(directory, account)
                                  : endpoints.remove_user(directory, account));
      break;
    default:
      done = send(endpoints.org_admin(below(2) == 0, account));
  }
  truth.look_again();
  return done;
}

void Rival::accept_invitations() {
  const json::value state = org_.state();
  json::array emails;
  for (const json::value& user : state.at("users").as_array()) {
    if (text(user.at("status")) == "invited") emails.push_back(user.at("email"));
  }
  if (emails.empty()) return;
  simulator::HttpRequest request;
  request.method = "POST";
  request.target = "/_simulator/accept";
  request.content_type = "application/json";
  request.body = json::serialize(json::object{{"emails", std::move(emails)}});
  (void)org_.handle(request);
}

}  // namespace rolecall::test
