#include "controller/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rolecall {
namespace {

constexpr std::chrono::milliseconds kQuietAtFirst{1000};
constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLineEvery{5};
constexpr std::size_t kBarWidth = 24;

std::string bar(std::size_t done, std::size_t of) {
  const std::size_t full = of == 0 ? 0 : std::min(kBarWidth, kBarWidth * done / of);
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(kBarWidth - full, '.'));
}

}  // namespace

Progress::Progress(const GlobalOptions& global, std::string what)
    : what_(std::move(what)),
      on_(!global.quiet && global.progress != ProgressStyle::none),
      terminal_(global.progress == ProgressStyle::automatic && isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()),
      last_(begun_) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::update(std::size_t done, std::size_t of, std::string_view detail) {
  if (!on_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - begun_ < kQuietAtFirst) return;
  if (drawn_ && now - last_ < (terminal_ ? kRedraw : std::chrono::milliseconds(kLineEvery))) return;
  last_ = now;
  drawn_ = true;
  const std::string numbers = of == 0 ? fmt::format("{}", done) : fmt::format("{} of {}", done, of);
  const std::string tail = detail.empty() ? std::string() : fmt::format(", {}", detail);
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{} {} {}{}", what_, bar(done, of), numbers, tail);
    std::fflush(stderr);
  } else {
    fmt::print(stderr, "{}: {}{}\n", what_, numbers, tail);
  }
}

}  // namespace rolecall
