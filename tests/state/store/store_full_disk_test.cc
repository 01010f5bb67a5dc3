#include <sys/resource.h>

#include <csignal>

#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

/// From here on no file of this process grows beyond that: what a full disk looks like from inside.
void limit_file_size(std::uintmax_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Fills a store under a limit, in batches of `batch`, until it refuses intents. 0 when every
/// intent that was taken got its outcome, and the run its end, both written one by one.
int fill(const std::string& path, std::uintmax_t limit, std::size_t batch) {
  auto store = Store::open(path, Store::Access::write);
  if (!store) return 1;
  const auto run = store->begin_run(some_run());
  if (!run) return 2;
  limit_file_size(limit);
  Intent intent = some_intent();
  intent.reason = std::string(6000, 'r');
  Outcome outcome = some_outcome(0);
  outcome.message = std::string(512, 'm');
  for (int round = 0; round < 20'000; ++round) {
    const auto ids = store->record_intents(*run, kNoon, std::vector<Intent>(batch, intent));
    if (!ids) {
      if (ids.error().what.find("no space left") == std::string::npos &&
          ids.error().what.find("File too large") == std::string::npos) {
        return 3;
      }
      return store->end_run(*run, {.at = kNoon, .exit_code = 8, .state = "failed"}) ? 0 : 4;
    }
    // Backwards: the least favourable order for a table that grows at its end.
    for (auto id = ids->rbegin(); id != ids->rend(); ++id) {
      outcome.intent = *id;
      if (!store->record_outcomes(kNoon, std::vector{outcome})) return 5;
    }
  }
  return 6;
}

class FullDiskTest : public testing::TestWithParam<std::size_t> {};

TEST_P(FullDiskTest, StopsBeforeTheNextCallAndNeverBetweenACallAndItsOutcome) {
  // The last is beyond the length at which the log is folded in: there the database is what no
  // longer grows.
  for (const std::uintmax_t limit : {300'000U, 1'000'000U, 2'345'678U, 7'000'000U}) {
    const TestFolder folder;
    const std::string path = folder / "rolecall.db";
    make_store(path);
    ASSERT_EQ(in_child([&] { return fill(path, limit, GetParam()); }), 0) << limit;

    auto store = Store::open(path, Store::Access::write);
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_EQ(store->calls(1).value().size(), 3U);
    EXPECT_TRUE(store->open_intents().value().empty()) << limit;
    EXPECT_EQ(store->run(2).value()->end->exit_code, 8) << limit;
    EXPECT_TRUE(store->begin_run(some_run()));
  }
}

INSTANTIATE_TEST_SUITE_P(InBatchesOf, FullDiskTest, testing::Values(1, 8, 100),
                         testing::PrintToStringParamName());

TEST(FullDiskTest, WithoutAnyRoomOpeningForWritingIsAnError) {
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  EXPECT_EQ(in_child([&] {
              limit_file_size(2000);
              const auto store = Store::open(path, Store::Access::write);
              return store || store.error().what.empty() ? 1 : 0;
            }),
            0);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(Store::open(path, Store::Access::write));
}

}  // namespace
}  // namespace rolecall
