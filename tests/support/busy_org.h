#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace rolecall::test {

/// acme() with more people and groups, so that there is something of each kind to be done.
[[nodiscard]] boost::json::value busy_organization();
/// Something is to be done about nearly everything that is there.
[[nodiscard]] std::string busy_policy();

}  // namespace rolecall::test
