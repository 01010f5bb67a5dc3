#include <algorithm>
#include <functional>
#include <sstream>

#include "state/store/export.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

ExportVerdict verdict_of(std::string_view bytes) {
  std::istringstream in{std::string(bytes)};
  return verify_export(in, {});
}

}  // namespace

void log_export(std::string_view bytes) {
  const ExportVerdict verdict = verdict_of(bytes);
  require(verdict.head.seq >= 0, "a log of fewer rows than none");
  if (!verdict.broken.empty()) return;

  // Every byte counts, so of what is accepted no other spelling may be; a few places of each.
  std::size_t place = std::hash<std::string_view>{}(bytes);
  for (unsigned i = 0; i < 8; ++i, place = place * 6364136223846793005U + 1442695040888963407U) {
    std::string other(bytes);
    const std::size_t at = (place >> 16U) % other.size();
    other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ (1U << i));
    require(!verdict_of(other).broken.empty(), "a byte that does not count");
  }
  require(!verdict_of(bytes.substr(0, bytes.size() - 1)).broken.empty(), "a cut that is not seen");
  require(!verdict_of(std::string(bytes) + "\n").broken.empty(), "an addition that is not seen");
}

}  // namespace rolecall::fuzz
