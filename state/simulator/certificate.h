#pragma once

#include <string>

#include "state/model/result.h"

namespace rolecall::simulator {

/// A certificate authority made for one run, and a certificate of it for localhost, 127.0.0.1 and
/// ::1. The authority's key is forgotten at once: it can never sign anything else.
struct Certificate {
  std::string ca_pem;
  std::string server_pem;
  std::string server_key_pem;
};

/// Valid from an hour ago, for clocks that are a little behind, for thirty days. Error: OpenSSL's.
[[nodiscard]] Result<Certificate> make_certificate();

}  // namespace rolecall::simulator
