#pragma once

#include <boost/json/value.hpp>
#include <random>

namespace rolecall::test {

/// A script of faults for a simulated organization: none now and then, else a few that strike by
/// chance. `lies`: also listings that are not what they seem.
[[nodiscard]] boost::json::value random_weather(std::mt19937_64& random, bool lies);

}  // namespace rolecall::test
