#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/end_to_end.h"

namespace rolecall::test {

/// A simulated organization as the seed that it would be made from, so that every attribute of
/// every object can be changed, also those that no call of the API changes.
class OrgEdit {
 public:
  explicit OrgEdit(boost::json::value state) : state_(std::move(state)) {}

  [[nodiscard]] boost::json::object* find_user(std::string_view email) {
    return find("users", "email", email);
  }
  [[nodiscard]] boost::json::object* find_group(std::string_view name) {
    return find("groups", "name", name);
  }
  void add_user(boost::json::object user) { list("users").push_back(std::move(user)); }
  void add_group(boost::json::object group) { list("groups").push_back(std::move(group)); }
  void erase_user(std::string_view email) {
    each_membership(email, [](boost::json::array& all, auto place) { all.erase(place); });
    erase("users", "email", email);
  }
  void erase_group(std::string_view name) { erase("groups", "name", name); }
  void move_user(std::string_view email, std::string_view to) {
    each_membership(email, [&](boost::json::array&, auto place) { *place = to; });
    (*find_user(email))["email"] = to;
  }
  void join(std::string_view email, std::string_view group) {
    boost::json::array& members = find_group(group)->at("members").as_array();
    if (std::find(members.begin(), members.end(), boost::json::value(email)) == members.end()) {
      members.emplace_back(email);
    }
  }
  void leave(std::string_view email, std::string_view group) {
    boost::json::array& members = find_group(group)->at("members").as_array();
    const auto place = std::find(members.begin(), members.end(), boost::json::value(email));
    if (place != members.end()) members.erase(place);
  }

  [[nodiscard]] const boost::json::value& state() const { return state_; }

 private:
  boost::json::array& list(std::string_view of) { return state_.at(of).as_array(); }
  boost::json::object* find(std::string_view of, std::string_view key, std::string_view value) {
    for (boost::json::value& one : list(of)) {
      if (text(one.at(key)) == value) return &one.as_object();
    }
    return nullptr;
  }
  void erase(std::string_view of, std::string_view key, std::string_view value) {
    boost::json::array& all = list(of);
    const auto place = std::find_if(all.begin(), all.end(), [&](const boost::json::value& one) {
      return text(one.at(key)) == value;
    });
    if (place != all.end()) all.erase(place);
  }
  template <class Visit>
  void each_membership(std::string_view email, Visit visit) {
    for (boost::json::value& group : list("groups")) {
      boost::json::array& members = group.at("members").as_array();
      const auto place = std::find(members.begin(), members.end(), boost::json::value(email));
      if (place != members.end()) visit(members, place);
    }
  }

  boost::json::value state_;
};

/// What may have become of an object since the plan was made: one attribute of it is another. Where
/// it is so already, nothing happens.
struct Mutation {
  const char* name;
  void (*happen)(OrgEdit& org, const std::string& object);
};

/// Of somebody, by address. Who is not there yet arrives.
[[nodiscard]] const std::vector<Mutation>& mutations_of_people();
/// Of a group, by name.
[[nodiscard]] const std::vector<Mutation>& mutations_of_groups();

}  // namespace rolecall::test
