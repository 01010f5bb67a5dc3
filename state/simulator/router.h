#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/simulator/fake_org.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator {

/// Where a request leads.
struct Match {
  const Route* route = nullptr;  ///< null: no such path, or
  std::string allow;             ///< a path that is there, for these methods only
  std::string path, query;
  std::string org_id, directory_id, account_id, group_id, domain_id;
};

class Router {
 public:
  Router() : routes_(make_routes()) {}
  [[nodiscard]] Match match(std::string_view method, std::string_view target) const;

 private:
  std::vector<Route> routes_;
};

/// The call that a matched request makes, or how it is refused for its form or place.
[[nodiscard]] tl::expected<Call, Reply> make_call(const World& world, const Match& match,
                                                  const HttpRequest& request, Instant now);

}  // namespace rolecall::simulator
