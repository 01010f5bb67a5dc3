#pragma once

#include <string>
#include <string_view>

namespace rolecall::simulator {

/// What an operation answers, before faults and headers of the gateway.
struct Reply {
  int status = 200;
  std::string body;
  bool effective = false;  ///< the organization was changed
  std::string form_error;  ///< why the request breaks the document; empty when it does not
};

[[nodiscard]] Reply ok(std::string body);
/// 204, or the 201 of a create: an effect and no body.
[[nodiscard]] Reply done(int status = 204);
/// Refused for what it asks for: {"errors":[{...}]}.
[[nodiscard]] Reply refuse(int status, std::string_view code, std::string_view title,
                           std::string_view detail = {});
/// Refused for its form.
[[nodiscard]] Reply malformed(std::string_view code, std::string_view why);
/// The gateway's own two-field shape.
[[nodiscard]] Reply gateway_error(int status, std::string_view message);

[[nodiscard]] inline Reply unknown_user() {
  return refuse(404, "ADMIN-404-8", "User not found");
}
[[nodiscard]] inline Reply unknown_group() {
  return refuse(404, "ADMIN-404-10", "Group not found");
}
[[nodiscard]] inline Reply unknown_resource() {
  return refuse(404, "ADMIN-UAM-404-1", "Unknown Resource");
}
[[nodiscard]] inline Reply no_seats(std::string_view resource) {
  return refuse(409, "ADMIN-UAM-409-3", "Product License Limit Exceeded", resource);
}
/// A repeated request: `status` is an option's; 2xx means that repeating is fine.
[[nodiscard]] Reply repeated(int status, std::string_view what);

}  // namespace rolecall::simulator
