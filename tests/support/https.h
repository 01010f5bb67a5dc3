#pragma once

#include <cstdint>
#include <string>

namespace rolecall::test {

struct HttpsAnswer {
  int status = 0;
  std::string body;
};

/// One request on a connection of its own to 127.0.0.1, verified with `ca_file`. Shares nothing
/// with the client under test. Throws when there is no answer.
[[nodiscard]] HttpsAnswer ask_https(std::uint16_t port, const std::string& ca_file,
                                    const std::string& method, const std::string& target,
                                    const std::string& body = "");

}  // namespace rolecall::test
