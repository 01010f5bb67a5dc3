#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificates.h"

namespace rolecall::testing {

/// What the server does with one request, to the byte.
struct Step {
  enum class Then : std::uint8_t {
    keep,   ///< read the next request on this connection
    close,  ///< close in good order: along with `bytes`, unless there is time between
    reset,  ///< break the connection (RST)
    stall,  ///< say nothing more until the client goes away
    pour,   ///< send `late` again and again
  };
  std::string bytes;
  Then then = Then::keep;
  /// Sent some time after `bytes`, without being asked. (Where there is none, that is when it is
  /// closed.)
  std::string late{};
  std::chrono::milliseconds late_after{0};
  /// Between single bytes of `bytes`; zero sends them at once.
  std::chrono::milliseconds drip{0};
  /// Do it as soon as a client connects, without reading a request.
  bool at_once = false;
  /// With `at_once`: not before it has sent something, whatever that is.
  bool after_its_first_bytes = false;
};

/// "HTTP/1.1 STATUS X", a Content-Length and a JSON body.
[[nodiscard]] std::string answer(int status, const std::string& body = "{}",
                                 const std::string& more_headers = "");

struct TlsWish {
  Identity identity;
  int max_version = 0;            ///< TLS1_1_VERSION and the like; 0: the newest
  bool stall = false;             ///< never answer the handshake
  std::vector<Identity> chain{};  ///< sent along with it
};

/// A server on 127.0.0.1 that plays a script: each request takes the next step, whatever
/// connection it comes on; the last step repeats. Knows nothing of HTTP but where a request ends.
class ByteServer {
 public:
  explicit ByteServer(std::vector<Step> script, std::optional<TlsWish> tls = std::nullopt);
  ~ByteServer();
  ByteServer(const ByteServer&) = delete;
  ByteServer& operator=(const ByteServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;            ///< accepted so far
  [[nodiscard]] std::vector<std::string> requests() const;  ///< as received
  /// All that clients have said, requests or not, behind a handshake that succeeded, or where there
  /// is none. Waits until each has gone away.
  [[nodiscard]] std::string all_received() const;
  [[nodiscard]] std::size_t unasked() const;  ///< how many times it has sent `late` or closed
  /// The name that each handshake asked for (SNI); empty where it asked for none.
  [[nodiscard]] std::vector<std::string> names_asked_for() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rolecall::testing
