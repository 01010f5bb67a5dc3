#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>

#include "state/api/endpoints.h"
#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {

inline constexpr const char* kDirectory = "6d1f0000-0000-4000-8000-000000000001";

inline std::string account(int i) {
  return fmt::format("712020:00000000-0000-4000-8000-{:012}", i);
}
inline std::string group(int i) {
  return fmt::format("9a000000-0000-4000-8000-{:012}", i);
}
enum Person : std::uint8_t { ada = 1, grace, lin, omar, rosa };
enum Team : std::uint8_t { engineering = 1, design };

/// Somebody else who administers the organization.
class Rival {
 public:
  explicit Rival(Rehearsal& world) : world_(world) {}
  /// The status of the answer.
  int does(const WriteRequest& write) {
    const Request& request = write.request();
    return world_.client()
        .org()
        .handle({std::string(name(request.method)), "/admin" + request.target, "Bearer another",
                 request.body.empty() ? "" : "application/json", request.body})
        .status;
  }
  Endpoints api{std::string(kOrganization)};

 private:
  Rehearsal& world_;
};

/// The first write is made and answered 500, and shows only so many milliseconds later.
inline ApplyReport apply_with_a_late_first_try(Rehearsal& world, const Planned& planned, int lag) {
  EXPECT_TRUE(world.client().org().set_faults(boost::json::parse(
      fmt::format(R"({{"write_lag_ms": {}, "rules": [{{"operation": "writes", "times": 1,
                       "action": {{"status": 500, "after_effect": true}}}}]}})",
                  lag))));
  return world.apply(planned, [&] {  // its own work takes time
    world.client().clock().advance(std::chrono::milliseconds(40));
    return "";
  });
}

/// A plan that is applied later than it was made, while somebody else goes on.
class FreshnessTest : public ::testing::Test {
 protected:
  void policy(std::string_view rest) {
    world_.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n{}", kOrganization, rest));
    planned_ = world_.plan();
    ASSERT_TRUE(planned_.plan);
  }
  /// Somebody says "yes" only now.
  void apply_after(std::chrono::seconds time) {
    world_.client().clock().advance(time);
    (void)world_.client().org().handle({"DELETE", "/_simulator/requests", {}, {}, {}});
    report_ = world_.apply(planned_);
  }
  [[nodiscard]] std::size_t writes() {
    std::size_t out = 0;
    const boost::json::value log = world_.client().org().requests();
    for (const boost::json::value& request : log.as_array()) {
      if (request.at("effective").as_bool()) ++out;
    }
    return out;
  }
  [[nodiscard]] ChangeOutcome outcome(ChangeKind kind) const {
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) {
      if (planned_.plan->changes[i].kind == kind) return report_.outcomes[i];
    }
    return {};
  }

  Rehearsal world_{acme()};
  Rival rival_{world_};
  Planned planned_;
  ApplyReport report_;
};

}  // namespace rolecall::test
