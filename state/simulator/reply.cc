#include "state/simulator/reply.h"

#include "state/simulator/json_writer.h"
#include "state/simulator/world.h"

namespace rolecall::simulator {

Reply ok(std::string body) {
  return {200, std::move(body), false, {}};
}

Reply done(int status) {
  return {status, {}, true, {}};
}

Reply refuse(int status, std::string_view code, std::string_view title, std::string_view detail) {
  JsonWriter out;
  out.open('{');
  out.key("errors");
  out.open('[');
  out.open('{');
  out.field("id", make_uuid(0, code, detail));
  out.field("status", std::to_string(status));
  out.field("code", code);
  out.field("title", title);
  out.field("detail", detail);
  out.close('}');
  out.close(']');
  out.close('}');
  return {status, out.take(), false, {}};
}

Reply malformed(std::string_view code, std::string_view why) {
  const std::string_view title = code == "ADMIN-400-1"   ? "Invalid cursor"
                                 : code == "ADMIN-400-4" ? "Invalid resource"
                                                         : "Invalid request body";
  Reply out = refuse(400, code, title, why);
  out.form_error = why;
  return out;
}

Reply gateway_error(int status, std::string_view message) {
  JsonWriter out;
  out.open('{');
  out.key("code");
  out.number(status);
  out.field("message", message);
  out.close('}');
  return {status, out.take(), false, {}};
}

Reply repeated(int status, std::string_view what) {
  if (status < 300) return {status, {}, false, {}};
  if (status == 404) return refuse(404, "ADMIN-UAM-404-1", "Unknown Resource", what);
  if (status == 400) return refuse(400, "ADMIN-UAM-400-1", "Bad Request", what);
  return refuse(409, "ADMIN-409-28", "Conflict", what);
}

}  // namespace rolecall::simulator
