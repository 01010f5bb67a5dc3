#include "controller/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "controller/output.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuietAtFirst{1000};
constexpr milliseconds kRedraw{100};
constexpr std::chrono::seconds kLineEvery{5};
/// Where the terminal does not tell.
constexpr std::size_t kUsualColumns = 80;
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kShortBarWidth = 12;
constexpr std::string_view kErase = "\r\x1b[K";
/// Before that a rate is a guess.
constexpr milliseconds kRateAfter{2000};

/// The one that is showing something; calls and drawing are on one thread.
Progress* shown = nullptr;

std::string bar(const Advance& advance, std::size_t width) {
  const std::size_t full = advance.of == 0 ? 0 : std::min(width, width * advance.done / advance.of);
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(width - full, '.'));
}

/// Of the clock on the wall, since what is shown stays as it is while nothing happens.
std::string time_of_day(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return "later";
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &local)};
}

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", std::max(seconds, 1.0));
  return fmt::format("{:.0f} min", seconds / 60);
}

}  // namespace

std::string in_words(const Advance& advance) {
  std::string out = fmt::format("{}", advance.done);
  if (advance.of > 0) out += fmt::format(" of {}", advance.of);
  const double seconds = static_cast<double>(advance.elapsed.count()) / 1000;
  if (advance.elapsed >= kRateAfter && advance.done > 0) {
    const double rate = static_cast<double>(advance.done) / seconds;
    out += rate < 10 ? fmt::format(", {:.1f}/s", rate) : fmt::format(", {:.0f}/s", rate);
    if (advance.of > advance.done) {
      out += ", " + duration(static_cast<double>(advance.of - advance.done) / rate) + " left";
    }
  }
  if (!advance.detail.empty()) out += ", " + advance.detail;
  if (!advance.waits_until.empty()) {
    out += fmt::format(", waiting until {}: {}", advance.waits_until, advance.why);
  }
  return out;
}

std::string bar_line(std::string_view what, const Advance& advance, std::size_t columns) {
  // In the last column a terminal may begin the next line already.
  const std::size_t room = std::max<std::size_t>(columns, 1) - 1;
  Advance less = advance;
  less.detail.clear();
  Advance least = less;
  least.elapsed = {};
  const std::array<std::string, 6> forms = {
      fmt::format("{} {} {}", what, bar(advance, kBarWidth), in_words(advance)),
      fmt::format("{} {} {}", what, bar(advance, kShortBarWidth), in_words(advance)),
      fmt::format("{} {} {}", what, bar(advance, kShortBarWidth), in_words(less)),
      fmt::format("{} {}", what, in_words(less)),
      in_words(less),
      in_words(least)};
  for (const std::string& form : forms) {
    if (form.size() <= room) return form;
  }
  return forms.back().substr(0, room);
}

Progress::Progress(const GlobalOptions& global, std::string what)
    : what_(std::move(what)),
      on_(!global.quiet && global.progress != ProgressStyle::none),
      terminal_(global.progress == ProgressStyle::automatic && isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()),
      last_(begun_),
      resumes_(begun_) {
  shown = this;
}

Progress::~Progress() {
  shown = nullptr;
  if (drawn_ && terminal_) fmt::print(stderr, kErase);
}

void Progress::update(std::size_t done, std::size_t of, std::string_view detail) {
  advance_.done = done;
  advance_.of = of;
  advance_.detail = detail;
  draw();
}

bool Progress::waits(milliseconds wait, std::string_view why) {
  if (shown == nullptr || !shown->on_ || !shown->terminal_) return false;
  const auto resumes = std::chrono::steady_clock::now() + wait;
  if (resumes > shown->resumes_) {
    shown->resumes_ = resumes;
    // Rounded up: once that second has come, it goes on.
    shown->wait_ends_ = time_of_day(std::chrono::system_clock::now() + wait + milliseconds(999));
    shown->advance_.why = why;
  }
  // What is shown now stays for as long as the wait, so that it is drawn whenever the last was.
  shown->last_ = {};
  shown->draw();
  return shown->drawn_;
}

std::string_view Progress::make_way() {
  if (shown == nullptr || !shown->terminal_ || !shown->drawn_) return {};
  shown->last_ = {};
  return kErase;
}

void Progress::draw() {
  if (!on_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - begun_ < kQuietAtFirst) return;
  if (drawn_ && now - last_ < (terminal_ ? kRedraw : milliseconds(kLineEvery))) return;
  last_ = now;
  drawn_ = true;
  advance_.elapsed = std::chrono::duration_cast<milliseconds>(now - begun_);
  advance_.waits_until = now < resumes_ ? wait_ends_ : std::string();
  if (terminal_) {
    const std::size_t columns = terminal_columns(STDERR_FILENO);
    fmt::print(stderr, "{}{}", kErase,
               bar_line(what_, advance_, columns == 0 ? kUsualColumns : columns));
    std::fflush(stderr);
  } else {
    print_message(fmt::format("{}: {}\n", what_, in_words(advance_)));
  }
}

}  // namespace rolecall
