#include "controller/write_permission.h"

#include <string_view>

#include "state/api/fetch.h"

namespace rolecall {
namespace {

// One 403 may be about the person or the group, and so may many of one kind: somebody with access
// on another site cannot be restored (facts.md section 5). That many, with nothing accepted, are
// about the key.
constexpr std::size_t kBelieved = 3;
constexpr std::size_t kBelievedOfOneKind = 20;

enum class About { key, one_object, not_told };

/// As far as the code of the error tells (facts.md section 4).
About whom(const Response& forbidden) {
  const std::string words = describe_error_body(forbidden) + ' ';
  const auto has = [&](std::string_view code) { return words.find(code) != std::string::npos; };
  if (has("ADMIN-403-3 ") || has("ADMIN-UAM-403-2 ")) return About::key;
  if (has("ADMIN-403-5 ") || has("ADMIN-403-6 ") || has("ADMIN-403-7 ")) return About::one_object;
  return About::not_told;
}

}  // namespace

void WritePermission::learn(const Response& answer, ChangeKind kind) {
  if (answer.status >= 200 && answer.status < 300) shown_ = true;
  if (answer.status != 403) return;
  const About about = whom(answer);
  told_ = told_ || about == About::key;
  if (about != About::not_told) return;
  ++refusals_;
  kinds_.insert(kind);
}

std::string WritePermission::lacking() const {
  const bool believed = told_ || refusals_ >= (kinds_.size() > 1 ? kBelieved : kBelievedOfOneKind);
  if (shown_ || !believed) return {};
  return "403: the API key may not write: the first calls were refused, none was accepted; make a "
         "key without scopes";
}

std::string WritePermission::lacking_perhaps() const {
  if (shown_ || refusals_ < kBelieved) return {};
  return "403: all calls were refused: either none of these may be changed, or the API key may not "
         "write: then make a key without scopes";
}

}  // namespace rolecall
