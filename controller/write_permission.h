#pragma once

#include <string>

#include "state/api/api_client.h"

namespace rolecall {

/// What the answers to writes tell about the key: one that may only read has every call refused
/// with 403, but so has a person or a group that may not be changed.
class WritePermission {
 public:
  /// An answer to a write call.
  void learn(const Response& answer);
  /// Why nothing more is to be sent; empty where nothing speaks against it.
  [[nodiscard]] std::string lacking() const;

 private:
  bool shown_ = false;  ///< something was accepted: later refusals are about their objects
  int refusals_ = 0;
};

}  // namespace rolecall
