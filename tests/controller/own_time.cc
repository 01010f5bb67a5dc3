#include "tests/controller/own_time.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <new>

namespace rolecall::test {
namespace {

constexpr std::int64_t kNano = 1'000'000'000;

OwnTime* own = nullptr;
std::array<std::int64_t, 2> began{};  // CLOCK_REALTIME, CLOCK_MONOTONIC

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * kNano + time.tv_nsec;
}

timespec to_timespec(std::int64_t nano) {
  return {nano / kNano, nano % kNano};
}

std::int64_t true_time(clockid_t clock) {
  timespec time{};
  (void)::syscall(SYS_clock_gettime, clock, &time);
  return nanoseconds(time);
}

/// What lasts that long for this process lasts so long in truth; something never becomes nothing.
timespec shorten(const timespec& time) {
  const std::int64_t nano = nanoseconds(time);
  return to_timespec(nano == 0 ? 0 : std::max<std::int64_t>(1, nano / own->speed));
}

}  // namespace

OwnTime* OwnTime::shared() {
  void* memory =
      ::mmap(nullptr, sizeof(OwnTime), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (memory) OwnTime;
}

void begin_own_time(OwnTime& time) {
  began = {true_time(CLOCK_REALTIME), true_time(CLOCK_MONOTONIC)};
  own = &time;
}

}  // namespace rolecall::test

// In place of the C library's, for all that this program is linked with.

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using namespace rolecall::test;
  const auto code = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (code != 0 || own == nullptr) return code;
  if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) {
    const std::int64_t since = began.at(static_cast<std::size_t>(clock));
    *time = to_timespec(since + (nanoseconds(*time) - since) * own->speed);
  }
  if (clock == CLOCK_REALTIME) time->tv_sec += own->off;
  return code;
}

extern "C" int nanosleep(const timespec* time, timespec* rest) {
  const timespec wanted = rolecall::test::own == nullptr ? *time : rolecall::test::shorten(*time);
  return static_cast<int>(::syscall(SYS_nanosleep, &wanted, rest));
}

extern "C" int timerfd_settime(int fd, int flags, const itimerspec* wanted,
                               itimerspec* before) noexcept {
  itimerspec set = *wanted;
  if (rolecall::test::own != nullptr && (flags & TFD_TIMER_ABSTIME) == 0) {
    set.it_value = rolecall::test::shorten(set.it_value);
  }
  return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, &set, before));
}

extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  using namespace rolecall::test;
  if (own != nullptr && address->sa_family != AF_UNIX) {
    const std::size_t call = own->calls++;
    const std::int64_t passed =
        (true_time(CLOCK_MONOTONIC) - began[CLOCK_MONOTONIC]) * own->speed / 1'000'000;
    if (call < OwnTime::kMostCalls) own->called_at.at(call) = passed;
  }
  return static_cast<int>(::syscall(SYS_connect, fd, address, size));
}
