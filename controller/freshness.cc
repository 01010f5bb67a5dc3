#include "controller/freshness.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMost = 512;
constexpr std::chrono::seconds kQuick{3};
constexpr std::chrono::seconds kSlow{10};

}  // namespace

Freshness::Freshness(const Clock& clock, std::optional<Instant> read_at)
    : clock_(clock), seen_at_(read_at.value_or(clock.now())), seen_steady_(clock.steady()) {
  // Nothing remembers the steady time of then.
  if (clock.now() > seen_at_) seen_steady_ -= clock.now() - seen_at_;
  planned_at_ = seen_at_;
  planned_steady_ = seen_steady_;
  begun_at_ = seen_at_;
  begun_steady_ = seen_steady_;
}

milliseconds Freshness::since(Instant at, Clock::Steady steady) const {
  return std::max(clock_.now() - at,
                  std::chrono::duration_cast<milliseconds>(clock_.steady() - steady));
}

std::size_t Freshness::begin_look(std::size_t next, std::size_t of) {
  // Of those looked at before, no more were made than that in the time there was.
  if (looked_ && next > begin_ && next < end_) batch_ = std::max(fewest_, next - begin_);
  begin_ = next;
  begin_quick_look();
  begun_at_ = seen_at_;
  begun_steady_ = seen_steady_;
  return std::min(of, next + batch_);
}

void Freshness::begin_quick_look() {
  seen_at_ = clock_.now();
  seen_steady_ = clock_.steady();
}

void Freshness::end_look(std::size_t end) {
  looked_ = true;
  end_ = end;
  const milliseconds took = since(begun_at_, begun_steady_);
  if (took > kSlow) batch_ = std::max(fewest_, batch_ / 2);
  if (took < (is_single() ? kSlow : kQuick) && end - begin_ == batch_) {
    batch_ = std::min(kMost, batch_ * 2);
  }
}

}  // namespace rolecall
