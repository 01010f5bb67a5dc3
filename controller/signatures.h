#pragma once

#include <string>

#include "state/model/result.h"

namespace rolecall {

// Signatures by ssh-keygen -Y, in the namespace "rolecall-audit".

/// An armored signature. `key` is the file of a private key that needs no passphrase, or of a
/// public one whose private key is in the agent.
[[nodiscard]] Result<std::string> sign(const std::string& key, const std::string& message);

/// Who signed: the principal in `allowed_signers` (see ssh-keygen(1)). Error: nobody in there did,
/// or the signature is not of that message.
[[nodiscard]] Result<std::string> verify_signature(const std::string& allowed_signers,
                                                   const std::string& message,
                                                   const std::string& signature);

}  // namespace rolecall
