#include "state/model/instant.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace rolecall {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};

/// Takes pieces off the front of a text.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  template <std::size_t N>
  std::optional<int> one_of(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; i < N; ++i) {
      if (literal(words[i])) return static_cast<int>(i);
    }
    return std::nullopt;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

std::optional<Instant> make(int year, int month, int day, int hour, int minute, int second) {
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  // A leap second (60) is taken as the second after it.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
}

/// ".123": any number of digits, to the millisecond.
std::optional<milliseconds> fraction(TimeReader& reader) {
  int value = 0;
  int count = 0;
  while (reader.peek() >= '0' && reader.peek() <= '9') {
    const int digit = *reader.digits(1);
    if (count < 3) value = value * 10 + digit;
    ++count;
  }
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count) value *= 10;
  return milliseconds{value};
}

std::optional<minutes> offset(TimeReader& reader) {
  if (reader.done() || reader.literal("Z") || reader.literal("z")) return minutes{0};
  const int sign = reader.literal("+") ? 1 : reader.literal("-") ? -1 : 0;
  const auto hour = reader.digits(2);
  if (sign == 0 || !hour) return std::nullopt;
  (void)reader.literal(":");
  const auto minute = reader.digits(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return sign * (hours{*hour} + minutes{*minute});
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  TimeReader reader(text);
  const auto year = reader.digits(4);
  if (!year || !reader.literal("-")) return std::nullopt;
  const auto month = reader.digits(2);
  if (!month || !reader.literal("-")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!day) return std::nullopt;
  if (reader.done()) return make(*year, *month, *day, 0, 0, 0);
  if (!reader.literal("T") && !reader.literal("t") && !reader.literal(" ")) return std::nullopt;
  const auto hour = reader.digits(2);
  if (!hour || !reader.literal(":")) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  milliseconds rest{0};
  if (reader.literal(":")) {
    second = reader.digits(2);
    if (!second) return std::nullopt;
    if (reader.literal(".")) {
      const auto parsed = fraction(reader);
      if (!parsed) return std::nullopt;
      rest = *parsed;
    }
  }
  const auto shift = offset(reader);
  if (!shift || !reader.done()) return std::nullopt;
  const auto moment = make(*year, *month, *day, *hour, *minute, *second);
  if (!moment) return std::nullopt;
  return *moment + rest - *shift;
}

std::string format_instant(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:03}", time.subseconds().count());
  return out + "Z";
}

std::optional<Instant> parse_http_date(std::string_view text) {
  TimeReader reader(text);
  if (!reader.one_of(kWeekdays) || !reader.literal(", ")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!day || !reader.literal(" ")) return std::nullopt;
  const auto month = reader.one_of(kMonths);
  if (!month || !reader.literal(" ")) return std::nullopt;
  const auto year = reader.digits(4);
  if (!year || !reader.literal(" ")) return std::nullopt;
  const auto hour = reader.digits(2);
  if (!hour || !reader.literal(":")) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || !reader.literal(":")) return std::nullopt;
  const auto second = reader.digits(2);
  if (!second || !reader.literal(" GMT") || !reader.done()) return std::nullopt;
  return make(*year, *month + 1, *day, *hour, *minute, *second);
}

std::string format_http_date(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<seconds>(instant) - day};
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays[std::chrono::weekday{day}.c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

}  // namespace rolecall
