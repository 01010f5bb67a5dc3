#include "tests/support/lies.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <utility>

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// What a lie is told in. `before`: the page of this operation that came before, if any.
struct Page {
  Response& response;
  json::object& document;
  const std::string& before;
  Dice& dice;

  json::array& data() { return document.at("data").as_array(); }
  json::value& any() { return data().at(static_cast<std::size_t>(dice.below(count()))); }
  [[nodiscard]] int count() { return static_cast<int>(data().size()); }
  json::value& links() { return document["links"]; }
};

using Tell = std::function<void(Page&)>;
enum class About { answer, page, person, group, count, grants, directory };
struct Lie {
  std::string_view name;
  About about{};
  Tell tell;
};

Tell set(std::string_view key, json::value value) {
  return [key, value = std::move(value)](Page& page) {
    if (page.any().is_object()) page.any().as_object()[key] = value;
  };
}
Tell unset(std::string_view key) {
  return [key](Page& page) {
    json::value& item = page.any();
    if (item.is_object()) item.as_object().erase(key);
  };
}
/// What is no number counts as none: another lie may have been told there.
std::int64_t number(const json::value& value) {
  return value.is_int64() ? value.get_int64() : 0;
}
Tell set_count(std::string_view key, json::value value) {
  return [key, value = std::move(value)](Page& page) {
    json::value* counts = page.any().as_object().if_contains("counts");
    if (counts != nullptr && counts->is_object()) counts->get_object()[key] = value;
  };
}
Tell move_count(std::string_view key, int by) {
  return [key, by](Page& page) {
    json::value* counts = page.any().as_object().if_contains("counts");
    if (counts == nullptr || !counts->is_object()) return;
    json::value& count = counts->get_object()[key];
    count = number(count) + by;
  };
}
Tell in_list(std::string_view key, std::function<void(json::array&, Dice&)> change) {
  return [key, change = std::move(change)](Page& page) {
    json::value* list = page.any().as_object().if_contains(key);
    if (list != nullptr && list->is_array()) change(list->as_array(), page.dice);
  };
}
Tell next(json::value value) {
  return [value = std::move(value)](Page& page) {
    if (page.links().is_object()) page.links().as_object()["next"] = value;
  };
}
Tell body(std::function<std::string(std::string)> change) {
  return [change = std::move(change)](Page& page) {
    page.response.body = change(std::move(page.response.body));
  };
}
Tell status(int code, std::string content) {
  return [code, content = std::move(content)](Page& page) {
    page.response.status = code;
    page.response.body = content;
  };
}
Tell one_more(json::value item) {
  return [item = std::move(item)](Page& page) { page.data().push_back(item); };
}
/// The second of two has what the first has.
Tell same(std::string_view key) {
  return [key](Page& page) {
    if (page.count() < 2) return;
    const json::value of_first = page.data().front().as_object()[key];
    page.data().back().as_object()[key] = of_first;
  };
}

void lose(json::array& list, Dice&) {
  if (!list.empty()) list.pop_back();
}
void repeat(json::array& list, Dice&) {
  if (list.empty()) return;
  const json::value copy = list.front();
  list.push_back(copy);
}
void numbers(json::array& list, Dice&) {
  for (json::value& item : list) item = 7;
}
void number_ids(json::array& list, Dice&) {
  for (json::value& item : list) {
    if (item.is_object()) item.get_object()["id"] = 7;
  }
}
void stranger(json::array& list, Dice&) {
  list.push_back(json::object{{"id", "9a000000-0000-4000-8000-00000000dead"}});
}
void member_of_the_first(json::array& list, Dice& dice) {
  if (!list.empty())
    list.at(static_cast<std::size_t>(dice.below(static_cast<int>(list.size())))) = list.front();
}

const std::vector<Lie>& lies() {
  const std::string huge(5'000, 'x');
  static const std::vector<Lie> kLies{
      // --- answers that are none ---
      {"body cut", About::answer, body([](std::string it) { return it.substr(0, it.size() / 2); })},
      {"body empty", About::answer, body([](const std::string&) { return std::string(); })},
      {"bytes after", About::answer, body([](const std::string& it) { return it + "}{"; })},
      {"a list", About::answer, body([](const std::string& it) { return "[" + it + "]"; })},
      {"null", About::answer, body([](const std::string&) { return std::string("null"); })},
      {"no UTF-8", About::answer,
       body([](std::string it) { return it.insert(it.find("\"") + 1, "\xff"); })},
      {"nested deep", About::answer,
       body([](const std::string&) { return std::string(50'000, '['); })},
      {"a member twice", About::answer, body([](std::string it) {
         return it.insert(std::min<std::size_t>(1, it.size()), R"("data":[],"count":0,)");
       })},
      {"HTML", About::answer, [](Page& page) { page.response.content_type = "text/html"; }},
      {"202", About::answer, status(202, "{}")},
      {"204", About::answer, status(204, "")},
      {"206", About::answer, [](Page& page) { page.response.status = 206; }},
      {"302", About::answer, status(302, "")},
      {"an error with 200", About::answer, status(200, R"({"errors":[{"code":"ADMIN-500-1"}]})")},
      // --- pages ---
      {"an item lost", About::page,
       [](Page& page) { page.data().erase(page.data().begin() + page.dice.below(page.count())); }},
      {"the first item lost", About::page,
       [](Page& page) { page.data().erase(page.data().begin()); }},
      {"the last item lost", About::page, [](Page& page) { page.data().pop_back(); }},
      {"half the items lost", About::page,
       [](Page& page) { page.data().resize(page.data().size() / 2); }},
      {"all items but one lost", About::page, [](Page& page) { page.data().resize(1); }},
      {"no items", About::page, [](Page& page) { page.data().clear(); }},
      {"an item twice", About::page,
       [](Page& page) {
         const json::value copy = page.any();
         page.data().push_back(copy);
       }},
      {"one item instead of another", About::page,
       [](Page& page) {
         const json::value copy = page.any();
         page.any() = copy;
       }},
      {"every item twice", About::page,
       [](Page& page) {
         const json::array copy = page.data();
         page.data().insert(page.data().end(), copy.begin(), copy.end());
       }},
      {"backwards", About::page,
       [](Page& page) { std::reverse(page.data().begin(), page.data().end()); }},
      {"the page before again", About::page,
       [](Page& page) {
         boost::system::error_code error;  // the network may have spoilt it before
         const json::value before = json::parse(page.before, error);
         if (!error && before.is_object() && before.as_object().contains("data"))
           page.document["data"] = before.at("data");
       }},
      {"an item null", About::page, [](Page& page) { page.any() = nullptr; }},
      {"an item a number", About::page, [](Page& page) { page.any() = 42; }},
      {"an item a list", About::page, [](Page& page) { page.any() = json::array{page.any()}; }},
      {"an item empty", About::page, [](Page& page) { page.any() = json::object{}; }},
      {"data missing", About::page, [](Page& page) { page.document.erase("data"); }},
      {"data null", About::page, [](Page& page) { page.document["data"] = nullptr; }},
      {"data an object", About::page, [](Page& page) { page.document["data"] = json::object{}; }},
      {"data within data", About::page,
       [](Page& page) {
         page.document["data"] = json::object{{"data", page.data()}};
       }},
      {"links missing", About::page, [](Page& page) { page.document.erase("links"); }},
      {"links a list", About::page, [](Page& page) { page.links() = json::array{}; }},
      {"no next", About::page, next(nullptr)},
      {"next empty", About::page, next("")},
      {"next a number", About::page, next(7)},
      {"next an object", About::page, next(json::object{{"cursor", "x"}})},
      {"next nonsense", About::page, next("bm9uc2Vuc2U")},
      {"next elsewhere", About::page, next("https://evil.example/?cursor=bm9uc2Vuc2U")},
      {"next itself", About::page,
       [](Page& page) {
         if (json::value* self =
                 page.links().is_object() ? page.links().as_object().if_contains("self") : nullptr)
           next (*self)(page);
       }},
      // --- people ---
      {"email missing", About::person, unset("email")},
      {"email null", About::person, set("email", nullptr)},
      {"email no address", About::person, set("email", "LIMBO")},
      {"email a number", About::person, set("email", 42)},
      {"email huge", About::person, set("email", json::value(huge + "@acme.example"))},
      {"one address twice", About::person, same("email")},
      {"accountId missing", About::person, unset("accountId")},
      {"accountId a number", About::person, set("accountId", 42)},
      {"accountId empty", About::person, set("accountId", "")},
      {"accountId huge", About::person, set("accountId", json::value(huge))},
      {"one account twice", About::person, same("accountId")},
      {"accountStatus missing", About::person, unset("accountStatus")},
      {"accountStatus unknown", About::person, set("accountStatus", "LIMBO")},
      {"accountStatus a number", About::person, set("accountStatus", 1)},
      {"account inactive", About::person, set("accountStatus", "inactive")},
      {"membershipStatus missing", About::person, unset("membershipStatus")},
      {"membershipStatus unknown", About::person, set("membershipStatus", "LIMBO")},
      {"membershipStatus a list", About::person, set("membershipStatus", json::array{"active"})},
      {"active", About::person, set("membershipStatus", "active")},
      {"suspended", About::person, set("membershipStatus", "suspended")},
      {"no membership", About::person, set("membershipStatus", "no_membership")},
      {"an app's account", About::person, set("accountType", "app")},
      {"accountType a number", About::person, set("accountType", 1)},
      {"emailVerified a text", About::person, set("emailVerified", "yes")},
      {"mfaEnabled missing", About::person, unset("mfaEnabled")},
      {"platformRoles missing", About::person, unset("platformRoles")},
      {"platformRoles a text", About::person, set("platformRoles", "atlassian/org-admin")},
      {"platformRoles numbers", About::person, set("platformRoles", json::array{1})},
      {"no platformRoles", About::person, set("platformRoles", json::array{})},
      {"an admin", About::person, set("platformRoles", json::array{"atlassian/org-admin"})},
      {"groups missing", About::person, unset("groups")},
      {"groups a text", About::person, set("groups", "none")},
      {"no groups", About::person, set("groups", json::array{})},
      {"a group lost", About::person, in_list("groups", lose)},
      {"a group twice", About::person, in_list("groups", repeat)},
      {"one group instead of another", About::person, in_list("groups", member_of_the_first)},
      {"ids of groups numbers", About::person, in_list("groups", number_ids)},
      {"a group of strangers", About::person, in_list("groups", stranger)},
      {"the first one's groups", About::person, same("groups")},
      // --- groups ---
      {"name missing", About::group, unset("name")},
      {"name a number", About::group, set("name", 42)},
      {"name huge", About::group, set("name", json::value(huge))},
      {"one name twice", About::group, same("name")},
      {"id missing", About::group, unset("id")},
      {"id a number", About::group, set("id", 42)},
      {"id huge", About::group, set("id", json::value(huge))},
      {"one id twice", About::group, same("id")},
      {"counts missing", About::group, unset("counts")},
      {"counts a text", About::group, set("counts", "many")},
      {"a member too many", About::group, move_count("users", 1)},
      {"a member too few", About::group, move_count("users", -1)},
      {"members a text", About::group, set_count("users", "3")},
      {"an app too many", About::group, move_count("resources", 1)},
      {"no apps", About::group, set_count("resources", 0)},
      {"one app", About::group, set_count("resources", 1)},
      {"apps negative", About::group, set_count("resources", -1)},
      {"managedBy unknown", About::group, set("managedBy", "LIMBO")},
      {"managedBy a number", About::group, set("managedBy", 1)},
      {"externalSynced a text", About::group, set("externalSynced", "yes")},
      {"synced", About::group, set("externalSynced", true)},
      {"managementAccess a text", About::group, set("managementAccess", "all")},
      {"modifiable a text", About::group,
       set("managementAccess", json::object{{"modifiable", "no"}, {"deletable", "no"}})},
      // --- counts ---
      {"count one more", About::count,
       [](Page& page) { page.document["count"] = number(page.document["count"]) + 1; }},
      {"count one less", About::count,
       [](Page& page) { page.document["count"] = number(page.document["count"]) - 1; }},
      {"count nothing", About::count, [](Page& page) { page.document["count"] = 0; }},
      {"count null", About::count, [](Page& page) { page.document["count"] = nullptr; }},
      {"count missing", About::count, [](Page& page) { page.document.erase("count"); }},
      {"count a text", About::count, [](Page& page) { page.document["count"] = "3"; }},
      {"count a fraction", About::count, [](Page& page) { page.document["count"] = 2.5; }},
      {"count huge", About::count,
       [](Page& page) { page.document["count"] = std::int64_t{1} << 62U; }},
      // --- grants ---
      {"resourceId missing", About::grants, unset("resourceId")},
      {"resourceId a number", About::grants, set("resourceId", 42)},
      {"resourceId of nothing", About::grants, set("resourceId", "ari:cloud:limbo::site/1")},
      {"roles missing", About::grants, unset("roles")},
      {"roles a text", About::grants, set("roles", "atlassian/user")},
      {"no roles", About::grants, set("roles", json::array{})},
      {"roles numbers", About::grants, in_list("roles", numbers)},
      {"a role unknown", About::grants, set("roles", json::array{"atlassian/limbo"})},
      {"a role lost", About::grants, in_list("roles", lose)},
      {"roleAssignments a text", About::grants, set("roleAssignments", "none")},
      {"no roleAssignments", About::grants, set("roleAssignments", json::array{})},
      // --- directories ---
      {"another directory", About::directory,
       one_more(json::object{{"directoryId", "6d1f0000-0000-4000-8000-0000000000ff"},
                             {"name", "Other"}})},
      {"directoryId missing", About::directory, unset("directoryId")},
      {"directoryId of nothing", About::directory,
       set("directoryId", "6d1f0000-0000-4000-8000-0000000000ff")},
  };
  return kLies;
}

bool concerns(About about, Operation operation) {
  const bool counts =
      operation == Operation::getDirectoryUsersCount || operation == Operation::getGroupsCount;
  switch (about) {
    case About::answer:
      return true;
    case About::page:
      return !counts;
    case About::person:
      return operation == Operation::searchDirectoryUsers;
    case About::group:
      return operation == Operation::searchDirectoryGroups;
    case About::count:
      return counts;
    case About::grants:
      return operation == Operation::getGroupRoleAssignments ||
             operation == Operation::getUserRoleAssignments;
    case About::directory:
      return operation == Operation::getDirectoriesForOrg;
  }
  return false;
}

bool has_items(const json::object& document) {
  const json::value* data = document.if_contains("data");
  const json::array* items = data == nullptr ? nullptr : data->if_array();
  return items != nullptr && !items->empty() &&
         std::all_of(items->begin(), items->end(),
                     [](const json::value& item) { return item.is_object(); });
}

}  // namespace

const std::vector<std::string_view>& lie_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> out;
    for (const Lie& lie : lies()) out.push_back(lie.name);
    return out;
  }();
  return kNames;
}

Liar::Liar(std::uint64_t seed) : dice_(seed) {
  for (int i = dice_.below(7); i >= 0; --i) {
    habits_.push_back({static_cast<std::size_t>(dice_.below(static_cast<int>(lies().size()))),
                       1 + dice_.below(12)});
  }
}

void Liar::tell(const Request& request, Answer& answer) {
  if (!answer || answer->status != 200) return;
  const std::string honest = answer->body;
  for (const Habit& habit : habits_) {
    const Lie& lie = lies()[habit.lie];
    if (!concerns(lie.about, request.operation) || !dice_.chance(habit.one_in)) continue;
    json::value value;
    if (lie.about != About::answer) {
      boost::system::error_code error;
      value = json::parse(answer->body, error);
      if (error || !value.is_object()) continue;
      if (lie.about != About::count && !has_items(value.as_object())) continue;
    } else {
      value.emplace_object();
    }
    Page page{*answer, value.as_object(), page_before_[request.operation], dice_};
    lie.tell(page);
    if (lie.about != About::answer) answer->body = json::serialize(value);
    ++told_[lie.name];
  }
  page_before_[request.operation] = honest;
}

}  // namespace rolecall::test
