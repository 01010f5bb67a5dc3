#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "tests/support/org_model.h"

namespace rolecall::test {

/// A small organization, a policy for it, and what the policy's language says the organization is
/// afterwards, worked out without a line of the product.
struct RandomCase {
  boost::json::object seed;
  std::string policy;
  Model expected;
};
[[nodiscard]] RandomCase make_random_case(std::uint64_t seed);

}  // namespace rolecall::test
