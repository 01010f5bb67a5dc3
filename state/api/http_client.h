#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "state/api/api_client.h"
#include "state/api/base_url.h"
#include "state/api/secret.h"
#include "state/model/result.h"

namespace rolecall {

struct HttpOptions {
  BaseUrl base;
  std::optional<std::string> ca_file;  ///< PEM, trusted beside the system's store
  std::size_t parallelism = 8;         ///< calls in flight, and connections at most

  std::chrono::milliseconds connect_limit{10'000};    ///< name look-up and TCP
  std::chrono::milliseconds handshake_limit{10'000};  ///< TLS
  std::chrono::milliseconds read_limit{30'000};       ///< first byte, and each read after it
  std::chrono::milliseconds call_limit{60'000};       ///< all of one attempt, a delay not counted
  /// A connection that has been idle longer is not used again: its server may be about to close it.
  std::chrono::milliseconds idle_limit{15'000};
  /// Asked while waiting. Once it says yes nothing is sent any more: what has not left, and what is
  /// started later, completes as `cancelled`; what has left gets `last_wait` to come to its end.
  std::function<bool()> stop_requested;
  std::chrono::milliseconds last_wait{8'000};
  std::size_t max_header = std::size_t{32} * 1024;
  std::size_t max_body = std::size_t{32} * 1024 * 1024;
};

/// HTTP/1.1 with one attempt for each call; repeats nothing and paces nothing (see PacedClient).
///
/// - Works inside wait() alone: no threads. Kept connections are reused, at most `parallelism`.
/// - TLS 1.2 or newer, the server's certificate checked against the system's trust store and
///   `ca_file`, its name by subject alternative names only. Nothing of the key leaves before that.
/// - A redirect is an answer like any other and is never followed; no proxy is used.
/// - An answer belongs to its request: a connection is closed, not kept, as soon as anything is odd
///   about it (bytes after the message, a 204 with a body, a time-out, bytes while idle).
/// - An answer counts as whole only when its length was announced and met, it is not encoded and
///   breaks no limit; else the call fails as `bad_answer`, or as `no_answer` when it was cut short.
/// - `not_sent` means that no byte of the request was handed to the connection.
/// - Where the server echoes a key of 16 characters or more, the answer holds "[key]" in its place.
///
/// Error: the CA file cannot be read or holds no certificate.
[[nodiscard]] Result<std::unique_ptr<WriteClient>> make_http_client(HttpOptions options,
                                                                    Secret key);

}  // namespace rolecall
