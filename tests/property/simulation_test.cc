// Whole lives of organizations, each decided by its seed. ROLECALL_SEEDS says how many
// (tests/simulate.sh runs ten thousand of each), ROLECALL_FIRST_SEED where to begin: a failure
// names its seed.
#include "tests/support/simulation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

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
}

class Simulation : public ::testing::Test {
 protected:
  void live(Weather weather) {
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
  }
};

TEST_F(Simulation, NothingGoesWrongUnderFaults) {
  live(Weather::faults);
}

TEST_F(Simulation, NothingGoesWrongUnderLies) {
  live(Weather::lies);
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
