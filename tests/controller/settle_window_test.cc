// How long reads may lag behind what was written, and who has to wait for it.
#include "controller/settle_window.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "state/store/store.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

GlobalOptions at(std::string url) {
  GlobalOptions global;
  global.api_url = std::move(url);
  return global;
}

TEST(SettleWindow, IsShorterForAnOrganizationOnThisMachineOnly) {
  EXPECT_EQ(settle_window(at("http://127.0.0.1:8080/admin")), kSettleWindow);
  ::setenv("ROLECALL_SETTLE_WINDOW", "0s", 1);
  EXPECT_EQ(settle_window(at("http://127.0.0.1:8080/admin")), seconds(0));
  for (const char* real : {"", "https://api.atlassian.com/admin", "https://127.0.0.1.example.com/",
                           "https://localhost.example.com/", "nonsense"}) {
    EXPECT_EQ(settle_window(at(real)), kSettleWindow) << real;
  }
  ::setenv("ROLECALL_SETTLE_WINDOW", "soon", 1);
  EXPECT_EQ(settle_window(at("http://127.0.0.1:8080/admin")), kSettleWindow);
  ::unsetenv("ROLECALL_SETTLE_WINDOW");
}

TEST(StillSettling, UntilTheWindowAfterTheNewestRunThatWroteIsOver) {
  TempDir folder;
  const std::string path = (folder.path() / "store" / "rolecall.db").string();
  const auto rest = [&](seconds later) {
    return still_settling(path, kSettleWindow, kNow + later);
  };
  EXPECT_EQ(rest(seconds(0)), milliseconds(0)) << "there is no store";
  const auto run = [&](Instant when, std::int64_t writes) {
    auto store = Store::open(path, Store::Access::write);
    RunStart start;
    start.at = when;
    const auto id = store->begin_run(start);
    RunEnd end{.at = when, .state = "finished"};
    end.writes = writes;
    ASSERT_TRUE(store->end_run(*id, end));
  };
  run(kNow, 3);
  EXPECT_EQ(rest(seconds(0)), kSettleWindow);
  EXPECT_EQ(rest(seconds(50)), seconds(70));
  EXPECT_EQ(rest(seconds(120)), milliseconds(0));
  EXPECT_EQ(rest(seconds(-3'600)), kSettleWindow) << "the clock was set back";
  run(kNow + seconds(30), 0);
  EXPECT_EQ(rest(seconds(50)), seconds(70)) << "a run that wrote nothing changes nothing";
}

TEST(StillSettling, AlsoAfterARunThatWasCutOff) {
  TempDir folder;
  const std::string path = (folder.path() / "store" / "rolecall.db").string();
  auto store = Store::open(path, Store::Access::write);
  RunStart start;
  start.at = kNow;
  const auto id = store->begin_run(start);
  Intent intent;
  intent.kind = "add_member";
  ASSERT_TRUE(store->record_intents(*id, kNow + seconds(10), std::vector{intent}));
  EXPECT_EQ(still_settling(path, kSettleWindow, kNow + seconds(20)), seconds(110));
}

}  // namespace
}  // namespace rolecall::test
