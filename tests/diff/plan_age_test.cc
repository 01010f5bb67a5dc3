// How old a saved plan is, with clocks that may be wrong (guarantees.md D4).
#include "diff/plan_age.h"

#include <gmock/gmock.h>

#include <array>

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr hours kTenYears{24 * 3'652};

Instant noon() {
  return *parse_instant("2026-11-24T12:00:00Z");
}

SavedPlanInfo made_at(Instant here, std::optional<Instant> server = {}) {
  SavedPlanInfo info;
  info.created = here;
  info.server_date = server;
  return info;
}

TEST(PlanAge, ADayIsTheMost) {
  const SavedPlanInfo info = made_at(noon(), noon());
  for (const minutes age : {minutes{0}, minutes{1}, minutes{hours{23}}, minutes{hours{24}}}) {
    const Instant now = noon() + age;
    EXPECT_THAT(age_problem(info, {now, now, now}), IsEmpty()) << age.count();
  }
  const Instant late = noon() + hours{25};
  EXPECT_EQ(age_problem(info, {late, late, {}}),
            "it was made at 2026-11-24T12:00:00Z and holds for 24 hours; by the clock here it is "
            "2026-11-25T13:00:00Z");
  EXPECT_THAT(age_problem(info, {noon() + hours{24} + minutes{1}, {}, {}}), HasSubstr("24 hours"));
}

TEST(PlanAge, AnyOneOfThoseThatKnowTheTimeIsEnough) {
  const SavedPlanInfo info = made_at(noon(), noon());
  const Instant late = noon() + hours{25};
  EXPECT_THAT(age_problem(info, {late, noon(), noon()}), HasSubstr("by the clock here it is"));
  EXPECT_THAT(age_problem(info, {noon(), late, noon()}), HasSubstr("by the server's clock it is"));
  EXPECT_THAT(age_problem(info, {noon(), noon(), late}),
              HasSubstr("by the last row of the log it is 2026-11-25T13:00:00Z"));
}

TEST(PlanAge, FromTheFutureByMoreThanFiveMinutesIsNotBelieved) {
  const SavedPlanInfo info = made_at(noon(), noon());
  EXPECT_THAT(age_problem(info, {noon() - minutes{5}, noon() - minutes{5}, {}}), IsEmpty());
  EXPECT_EQ(age_problem(info, {noon() - minutes{6}, noon(), {}}),
            "it was made at 2026-11-24T12:00:00Z, and by the clock here it is "
            "2026-11-24T11:54:00Z: set the clocks");
  EXPECT_THAT(age_problem(info, {noon(), noon() - hours{3}, {}}),
              HasSubstr("by the server's clock it is 2026-11-24T09:00:00Z"));
  EXPECT_THAT(age_problem(made_at(noon() + hours{1}, noon()), {noon(), noon(), {}}),
              HasSubstr("set the clocks"));
  EXPECT_THAT(age_problem(info, {noon(), noon(), noon() - kTenYears}), IsEmpty())
      << "an old log says nothing";
}

/// What one clock says, that is off by so much.
struct Off {
  bool there = true;
  hours by{};
  [[nodiscard]] std::optional<Instant> at(Instant time) const {
    return there ? std::optional(time + by) : std::nullopt;
  }
  [[nodiscard]] bool right() const { return there && by == hours{}; }
};

TEST(PlanAge, NoClockTrickMakesALatePlanYoung) {
  const std::array<hours, 7> kOffs = {hours{0},   hours{1},  hours{-1}, hours{26},
                                      hours{-26}, kTenYears, -kTenYears};
  std::vector<Off> clocks{{false, {}}};
  for (const hours by : kOffs) clocks.push_back({true, by});
  std::size_t late = 0;
  for (const hours age : {hours{1}, hours{25}, hours{72}, kTenYears}) {
    const Instant then = noon();
    const Instant now = then + age;
    for (const hours here_then : kOffs) {
      for (const Off& server_then : clocks) {
        for (const hours here_now : kOffs) {
          for (const Off& server_now : clocks) {
            for (const Off& log : clocks) {
              const std::string problem =
                  age_problem(made_at(then + here_then, server_then.at(then)),
                              {now + here_now, server_now.at(now), log.at(now)});
              // One of them told the truth when it was made, and one tells it now.
              const bool known_then = here_then == hours{} || server_then.right();
              const bool known_now = here_now == hours{} || server_now.right() || log.right();
              if (age > kPlanLifetime && known_then && known_now) {
                ++late;
                ASSERT_FALSE(problem.empty())
                    << age.count() << ' ' << here_then.count() << ' ' << here_now.count();
              }
              const bool all_right = here_then == hours{} && here_now == hours{} &&
                                     (server_then.right() || !server_then.there) &&
                                     (server_now.right() || !server_now.there) &&
                                     (log.right() || !log.there);
              if (age <= kPlanLifetime && all_right) {
                ASSERT_TRUE(problem.empty()) << problem;
              }
            }
          }
        }
      }
    }
  }
  EXPECT_GT(late, 1'000U);
}

}  // namespace
}  // namespace rolecall
