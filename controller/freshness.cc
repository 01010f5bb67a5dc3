#include "controller/freshness.h"

namespace rolecall {
namespace {

constexpr std::size_t kFewest = 8;
constexpr std::size_t kMost = 512;
constexpr std::chrono::seconds kQuick{3};
constexpr std::chrono::seconds kSlow{10};

}  // namespace

void Freshness::looked(std::size_t end, Instant since) {
  looked_ = true;
  end_ = end;
  seen_at_ = since;
  if (age() > kSlow) batch_ = std::max(kFewest, batch_ / 2);
  if (age() < kQuick) batch_ = std::min(kMost, batch_ * 2);
}

}  // namespace rolecall
