#include "policies/misplaced_keys.h"

#include <algorithm>
#include <array>
#include <string>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Keys that people try although they have no place in any policy.
struct Misplaced {
  std::string_view part;  ///< of the key, in lower case, without "_" and "-"
  std::string_view hint;
};
constexpr std::string_view kNoSecrets =
    "secrets do not belong in a policy: name a key file with --api-key-file, and make a new key, "
    "since this one may have been seen";
constexpr std::string_view kNoAddress =
    "the address of the API is not for a policy to say; --api-url sets it";
constexpr std::array kMisplaced = {
    Misplaced{"apikey", kNoSecrets},     Misplaced{"token", kNoSecrets},
    Misplaced{"secret", kNoSecrets},     Misplaced{"password", kNoSecrets},
    Misplaced{"credential", kNoSecrets}, Misplaced{"baseurl", kNoAddress},
    Misplaced{"apiurl", kNoAddress},     Misplaced{"endpoint", kNoAddress},
};

const Misplaced* find_misplaced(std::string_view text, bool secrets_only) {
  std::string plain = to_lower_ascii(text);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-'; });
  const auto* found =
      std::find_if(kMisplaced.begin(), kMisplaced.end(), [&](const Misplaced& misplaced) {
        return (!secrets_only || misplaced.hint == kNoSecrets) &&
               plain.find(misplaced.part) != std::string::npos;
      });
  return found == kMisplaced.end() ? nullptr : found;
}

}  // namespace

std::string_view hint_for_misplaced(std::string_view key) {
  const Misplaced* found = find_misplaced(key, false);
  return found == nullptr ? std::string_view() : found->hint;
}

bool names_a_secret(std::string_view text) {
  return find_misplaced(text, true) != nullptr;
}

}  // namespace rolecall
