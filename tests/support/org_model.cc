#include "tests/support/org_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using Names = std::set<std::string>;

std::string list(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

Names grants_in(const json::value& of) {
  Names out;
  if (const json::value* access = of.as_object().if_contains("access")) {
    for (const auto& [ari, roles] : access->as_object()) {
      for (const json::value& role : roles.as_array())
        out.insert(fmt::format("{} {}", std::string_view(ari), text(role)));
    }
  }
  return out;
}

template <class Things, class Show>
std::string difference(const Things& actual, const Things& expected, Show show) {
  std::string out;
  Names names;
  for (const auto& [name, one] : actual) names.insert(name);
  for (const auto& [name, one] : expected) names.insert(name);
  for (const std::string& name : names) {
    const auto is = actual.find(name), wanted = expected.find(name);
    const std::string left = is == actual.end() ? "is not there" : show(is->second);
    const std::string right = wanted == expected.end() ? "must not be there" : show(wanted->second);
    const bool same =
        is != actual.end() && wanted != expected.end() && is->second == wanted->second;
    if (!same) out += fmt::format("{}:\n  is       {}\n  expected {}\n", name, left, right);
  }
  return out;
}

}  // namespace

Model read_model(const json::value& state) {
  Model out;
  for (const json::value& user : state.at("users").as_array()) {
    const std::string status = text(user.at("status"));
    if (status == "not_invited") continue;
    Model::Person& one = out.people[text(user.at("email"))];
    one.suspended = status == "suspended";
    one.admin = user.as_object().contains("roles");
    one.access = grants_in(user);
  }
  for (const json::value& group : state.at("groups").as_array()) {
    const auto members = texts(group.at("members"));
    out.groups[text(group.at("name"))] = {Names(members.begin(), members.end()), grants_in(group)};
  }
  return out;
}

std::string difference(const Model& actual, const Model& expected) {
  return difference(actual.people, expected.people,
                    [](const Model::Person& one) {
                      return fmt::format("{}{}, {}", one.suspended ? "suspended" : "active",
                                         one.admin ? " admin" : "", list(one.access));
                    }) +
         difference(actual.groups, expected.groups, [](const Model::Group& one) {
           return fmt::format("{}, {}", list(one.members), list(one.access));
         });
}

}  // namespace rolecall::test
