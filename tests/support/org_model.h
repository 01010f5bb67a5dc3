#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <set>
#include <string>

namespace rolecall::test {

/// An organization as far as a policy can be about it, in natural keys. Grants are "ARI role".
struct Model {
  struct Person {
    bool suspended = false, admin = false;
    std::set<std::string> access;
    bool operator==(const Person&) const = default;
  };
  struct Group {
    std::set<std::string> members, access;
    bool operator==(const Group&) const = default;
  };
  std::map<std::string, Person> people;  ///< in the directory, by address
  std::map<std::string, Group> groups;   ///< by name as the server has it
};

/// Reads the state of a simulated organization.
[[nodiscard]] Model read_model(const boost::json::value& state);
/// What differs, line by line; empty where nothing does.
[[nodiscard]] std::string difference(const Model& actual, const Model& expected);

}  // namespace rolecall::test
