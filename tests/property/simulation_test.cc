// Whole lives of organizations, each decided by its seed. ROLECALL_SEEDS says how many
// (tests/long.sh runs ten thousand of each), ROLECALL_FIRST_SEED where to begin, ROLECALL_DAYS
// how long a life is (two to five days): a failure names its seed.
#include "tests/support/simulation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/support/lies.h"
#include "tests/support/truth.h"

namespace rolecall::test {
namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::stoull(value);
}

void add(LifeReport& sum, const LifeReport& one) {
  sum.runs += one.runs;
  sum.writes += one.writes;
  sum.effective += one.effective;
  sum.crashes += one.crashes;
  sum.mails += one.mails;
  sum.rival_moves += one.rival_moves;
  sum.refused += one.refused;
  sum.relaxed += one.relaxed;
  sum.told_who += one.told_who;
  for (const auto& [lie, times] : one.lies) sum.lies[lie] += times;
}

class Simulation : public ::testing::Test {
 protected:
  LifeReport live(Weather weather) {
    const std::uint64_t first = number("ROLECALL_FIRST_SEED", 1);
    const std::uint64_t n = number("ROLECALL_SEEDS", 100);
    LifeReport sum;
    std::size_t wrong = 0;
    for (std::uint64_t seed = first; seed < first + n; ++seed) {
      try {
        add(sum, live_through(seed, weather));
      } catch (const std::exception& violation) {
        ADD_FAILURE() << "seed " << seed << ": " << violation.what();
        if (++wrong == 5) break;
      }
    }
    std::cout << n << " lives: " << sum.runs << " runs, " << sum.crashes << " of them cut off, "
              << sum.writes << " writes, " << sum.effective << " with effect, " << sum.rival_moves
              << " moves of the other administrator, " << sum.refused << " plans refused\n";
    EXPECT_GT(sum.crashes, n / 10);
    EXPECT_GT(sum.effective, n);
    EXPECT_GT(sum.rival_moves, n / 4);
    return sum;
  }
};

TEST_F(Simulation, NothingGoesWrongUnderFaults) {
  (void)live(Weather::faults);
}

// guarantees.md C1, C2, C4.
TEST_F(Simulation, NothingGoesWrongUnderLimits) {
  const LifeReport sum = live(Weather::limits);
  std::cout << "in " << sum.relaxed << " lives limits or protections had to be lifted in the end\n";
  EXPECT_GT(sum.refused, sum.runs / 20);
}

// guarantees.md B2: whatever is told, nobody loses what is theirs, nobody gets what is not wanted.
TEST_F(Simulation, NothingGoesWrongUnderLies) {
  const LifeReport sum = live(Weather::lies);
  std::size_t told = 0;
  for (const auto& [lie, times] : sum.lies) told += times;
  std::cout << sum.lies.size() << " kinds of lies, told " << told << " times; in " << sum.told_who
            << " lives it had to be said in the end who is who\n";
  EXPECT_GE(lie_names().size(), 60U);
  // Each life knows about four of them; a hundred lives leave out a few.
  if (sum.runs > 200) {
    EXPECT_GT(sum.lies.size(), lie_names().size() / 2);
  }
}

// Each of these lives once showed something wrong.
TEST_F(Simulation, WhatOnceWentWrongDoesNotAgain) {
  for (const std::uint64_t seed : {2994U, 3103U, 5851U, 7163U}) {
    EXPECT_NO_THROW((void)live_through(seed, Weather::faults)) << seed;
  }
  EXPECT_NO_THROW((void)live_through(9, Weather::limits));
  for (const std::uint64_t seed :
       {896U, 1580U, 1847U, 1851U, 1901U, 2872U, 3647U, 4176U, 4560U, 5779U, 6575U, 20976U, 30105U,
        108007U, 303132U, 306811U, 733861U, 734741U}) {
    EXPECT_NO_THROW((void)live_through(seed, Weather::lies)) << seed;
  }
}

TEST_F(Simulation, TheSameSeedIsTheSameJournal) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::string journal = live_through(seed, Weather::lies).journal;
    EXPECT_EQ(live_through(seed, Weather::lies).journal, journal) << seed;
    EXPECT_NE(live_through(seed + 1, Weather::lies).journal, journal) << seed;
  }
}

}  // namespace
}  // namespace rolecall::test
