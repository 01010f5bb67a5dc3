// No write leaves before its intent is on disk (guarantees.md A1).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <sstream>

#include "state/store/store.h"
#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// How much longer each fdatasync takes.
constexpr std::chrono::milliseconds kDelay{30};

class Durability : public Faulted {
 protected:
  [[nodiscard]] std::string trace() const { return (folder.path() / "trace").string(); }

  void apply_traced() {
    turn();
    const auto delay = std::chrono::microseconds(kDelay).count();
    under = {"/usr/bin/strace",
             "-f",
             "-qq",
             "-y",
             "-s",
             "0",
             "-o",
             trace(),
             "-e",
             "trace=pwrite64,fdatasync,sendmsg",
             "-e",
             fmt::format("inject=fdatasync:delay_exit={}", delay)};
    rolecall_exits(0, {"apply", "--yes"});
    under.clear();
  }
};

TEST_F(Durability, NothingIsSentWhileTheLogHasSomethingThatIsNotOnDisk) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  if (::geteuid() != 0) GTEST_SKIP() << "only root may ask such a process for the names of files";
  for (int way = 0; way < 2; ++way) {
    apply_traced();
    bool on_disk = true;
    std::size_t synced = 0, sent = 0;
    std::istringstream lines(read_file(trace()));
    for (std::string line; std::getline(lines, line);) {
      const bool of_log = line.find("/rolecall.db-wal>") != std::string::npos;
      if (of_log && line.find(" pwrite64(") != std::string::npos) on_disk = false;
      if (of_log && line.find(" fdatasync(") != std::string::npos) {
        ASSERT_THAT(line, ::testing::HasSubstr(") = 0"));
        on_disk = true;
        ++synced;
      }
      if (line.find(" sendmsg(") == std::string::npos) continue;
      ++sent;
      ASSERT_TRUE(on_disk) << line;
    }
    // One commit for the run, one a kind at least.
    EXPECT_GE(synced, 5U);
    EXPECT_GE(sent, effective_writes());
  }
}

// The order of system calls does not say what a message is. Whether it is a write, the organization
// knows, and when it came.
TEST_F(Durability, AWriteLeavesOnceItsIntentIsOnDisk) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  for (int way = 0; way < 2; ++way) {
    apply_traced();
    const auto log = Store::open(store(), Store::Access::read);
    ASSERT_TRUE(log) << log.error().what;
    std::map<std::string, Instant> intended;
    const auto calls = log->calls(1);
    for (const CallRecord& call : *calls) {
      intended[write_key(call.intent)] = call.at;
    }
    std::size_t seen = 0;
    for (const json::value& request : simulator->requests()) {
      Ledger one;
      one.add_received({request});
      if (one.received().empty()) continue;
      ++seen;
      const auto intent = intended.find(one.received().front().key);
      ASSERT_NE(intent, intended.end()) << request;
      const Instant came = parse_instant(text(request.at("at"))).value();
      EXPECT_GE(came - intent->second, kDelay) << request;
    }
    EXPECT_EQ(seen, fewest_writes());
  }
}

}  // namespace
}  // namespace rolecall::test
