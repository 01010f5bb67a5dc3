#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "state/model/instant.h"
#include "state/model/result.h"

namespace rolecall::simulator {

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query as on the wire, with or without the prefix "/admin"
  std::string authorization;
  std::string content_type;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// How a fault shapes the way the answer travels. The effect, if any, has already happened
  /// except with `before_effect` and `not_sent` (nobody listens; a server cannot do better than
  /// `before_effect`).
  enum class Cut : std::uint8_t {
    none,
    before_effect,
    after_effect,
    half_body,
    not_sent
  } cut = Cut::none;
  std::chrono::milliseconds delay{0};  ///< before the answer is sent
};

/// An organization in memory behind the rules of the API documents: strict about paths, methods,
/// fields, limits and enums; with the semantics of facts.md. No sockets, threads or clocks inside:
/// `now` is given. Deterministic by seed.
class FakeOrg {
 public:
  using Now = std::function<Instant()>;

  /// `seed`: the JSON seed format described in seed.h. Error: says where the seed is wrong.
  [[nodiscard]] static Result<FakeOrg> from_seed(const boost::json::value& seed, Now now);

  FakeOrg(FakeOrg&&) noexcept;
  FakeOrg& operator=(FakeOrg&&) noexcept;
  ~FakeOrg();

  /// One request, one answer; every request is logged. Also serves, without a key and unlogged:
  ///   GET, DELETE /_simulator/requests   the log, as below
  ///   GET /_simulator/counts             {operation: requests so far}
  ///   GET /_simulator/state
  ///   PUT, DELETE /_simulator/faults
  ///   POST /_simulator/accept            {"emails": [...]}: these invitations are accepted
  [[nodiscard]] HttpResponse handle(const HttpRequest& request);

  /// What its clock says.
  [[nodiscard]] Instant now() const;
  /// The whole organization as JSON, sorted, in the seed format: what from_seed would take.
  [[nodiscard]] boost::json::value state() const;
  /// Every API request so far: {"n", "at", "method", "target", "operation", "body", "status",
  /// "effective", "valid"}, with "why" where it breaks the API's document, and "fault" where one
  /// struck. "status" is 0 where no answer was given.
  [[nodiscard]] boost::json::value requests() const;
  /// {operation: number of requests}, also of those no longer in the log.
  [[nodiscard]] boost::json::value counts() const;
  /// The fault script, as PUT /_simulator/faults takes it (see faults.h).
  [[nodiscard]] Result<void> set_faults(const boost::json::value& faults);

 private:
  struct Gateway;
  explicit FakeOrg(std::unique_ptr<Gateway> gateway);
  std::unique_ptr<Gateway> gateway_;
};

/// Seeds by size, deterministic: `users` people, `groups` groups with log-normal sizes that sum to
/// about `memberships`, some groups with grants on a few resources.
struct GeneratedSize {
  std::size_t users = 0, groups = 0, memberships = 0;
  std::uint64_t seed = 1;
};
[[nodiscard]] boost::json::value generate_seed(const GeneratedSize& size);

}  // namespace rolecall::simulator
