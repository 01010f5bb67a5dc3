#include "tests/support/drift_mutations.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using Object = const std::string&;

constexpr const char* kClub = "club";
constexpr const char* kStranger = "stranger@acme.example";

template <class Edit>
void to_person(OrgEdit& org, Object email, Edit edit) {
  if (json::object* user = org.find_user(email)) edit(*user);
}

void set_status(OrgEdit& org, Object email, const char* status) {
  to_person(org, email, [&](json::object& user) { user["status"] = status; });
}

void arrive(OrgEdit& org, Object email, const char* status) {
  if (org.find_user(email) == nullptr) org.add_user({{"email", email}, {"status", status}});
}

void change_id(json::object& object) {
  std::string id = text(object.at("id"));
  id.back() = id.back() == 'f' ? 'e' : 'f';
  object["id"] = id;
}

template <class Edit>
void to_group(OrgEdit& org, Object name, Edit edit) {
  if (json::object* group = org.find_group(name)) edit(*group);
}

void drop_first_member(json::object& group) {
  json::array& members = group.at("members").as_array();
  if (!members.empty()) members.erase(members.begin());
}

void give(json::object& object, std::string_view ari, const char* role) {
  json::object& access = object.emplace("access", json::object{}).first->value().as_object();
  json::array& roles = access.emplace(ari, json::array{}).first->value().as_array();
  if (std::find(roles.begin(), roles.end(), json::value(role)) == roles.end()) {
    roles.emplace_back(role);
  }
}

}  // namespace

const std::vector<Mutation>& mutations_of_people() {
  static const std::vector<Mutation> kAll{
      {"suspended", [](OrgEdit& org, Object who) { set_status(org, who, "suspended"); }},
      {"restored", [](OrgEdit& org, Object who) { set_status(org, who, "active"); }},
      {"deactivated", [](OrgEdit& org, Object who) { set_status(org, who, "deactivated"); }},
      {"closed", [](OrgEdit& org, Object who) { set_status(org, who, "closed"); }},
      {"gone", [](OrgEdit& org, Object who) { org.erase_user(who); }},
      {"another account", [](OrgEdit& org, Object who) { to_person(org, who, change_id); }},
      {"another address",
       [](OrgEdit& org, Object who) {
         if (org.find_user(who) != nullptr) org.move_user(who, "moved@acme.example");
       }},
      {"address taken",
       [](OrgEdit& org, Object who) {
         if (org.find_user(who) == nullptr) return;
         org.move_user(who, "moved@acme.example");
         org.add_user({{"email", who}, {"id", "712020:somebody-else"}});
       }},
      {"arrived", [](OrgEdit& org, Object who) { arrive(org, who, "active"); }},
      {"arrived with a mail", [](OrgEdit& org, Object who) { arrive(org, who, "invited"); }},
      {"arrived suspended", [](OrgEdit& org, Object who) { arrive(org, who, "suspended"); }},
      {"arrived deactivated", [](OrgEdit& org, Object who) { arrive(org, who, "deactivated"); }},
      {"admin",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { user["roles"] = json::array{"org-admin"}; });
       }},
      {"no admin",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { user.erase("roles"); });
       }},
      {"in another group",
       [](OrgEdit& org, Object who) {
         if (org.find_user(who) != nullptr) org.join(who, kClub);
       }},
      {"out of another group", [](OrgEdit& org, Object who) { org.leave(who, "engineering"); }},
      {"given an app",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { give(user, kConfluence, "user"); });
       }},
      {"given the app",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { give(user, kJira, "user"); });
       }},
      {"given a role that is not managed here",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { give(user, kJira, "ai-access"); });
       }},
      {"stripped of apps",
       [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { user.erase("access"); });
       }},
      {"another name", [](OrgEdit& org, Object who) {
         to_person(org, who, [](json::object& user) { user["name"] = "Somebody New"; });
       }}};
  return kAll;
}

const std::vector<Mutation>& mutations_of_groups() {
  static const std::vector<Mutation> kAll{
      {"gone", [](OrgEdit& org, Object name) { org.erase_group(name); }},
      {"renamed",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { group["name"] = "called otherwise"; });
       }},
      {"another id", [](OrgEdit& org, Object name) { to_group(org, name, change_id); }},
      {"made",
       [](OrgEdit& org, Object name) {
         if (org.find_group(name) == nullptr) {
           org.add_group({{"name", name}, {"members", json::array{kStranger}}});
         }
       }},
      {"synced",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { group["synced"] = true; });
       }},
      {"built in",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) {
           group["built_in"] = true;
           group["modifiable"] = false;
         });
       }},
      {"described",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { group["description"] = "Otherwise"; });
       }},
      {"joined",
       [](OrgEdit& org, Object name) {
         if (org.find_group(name) != nullptr) org.join(kStranger, name);
       }},
      {"left", [](OrgEdit& org, Object name) { to_group(org, name, drop_first_member); }},
      {"joined and left",
       [](OrgEdit& org, Object name) {
         if (org.find_group(name) == nullptr) return;
         to_group(org, name, drop_first_member);
         org.join(kStranger, name);
       }},
      {"given an app",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { give(group, kConfluence, "user"); });
       }},
      {"given a role more",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { give(group, kJira, "admin"); });
       }},
      {"given a role that is not managed here",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { give(group, kJira, "site-admin"); });
       }},
      {"given another role",
       [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) {
           if (!group.contains("access")) return;
           group["access"] = json::object{{kJira, {"guest"}}};
         });
       }},
      {"stripped of apps", [](OrgEdit& org, Object name) {
         to_group(org, name, [](json::object& group) { group.erase("access"); });
       }}};
  return kAll;
}

}  // namespace rolecall::test
