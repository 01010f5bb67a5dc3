// A disk that fills up under an apply (guarantees.md A6): it stops before the next write, and what
// was sent has its outcome and the run its end in the log.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInFlight = 8;
constexpr std::size_t kSmallest = 128, kLargest = 4096;  // KiB
constexpr std::size_t kSizes = 64;

/// A file system of its own in the folder of the store.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, std::size_t kib) : folder_(std::move(folder)) {
    fs::create_directory(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, options(kib).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool make_room() const {
    return ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, options(65'536).c_str()) == 0;
  }

 private:
  static std::string options(std::size_t kib) { return fmt::format("size={}k,mode=0700", kib); }

  fs::path folder_;
  bool mounted_ = false;
};

class FullDisk : public Faulted {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount a small disk";
    const TempDir place;
    if (!SmallDisk(place.path() / "disk", kSmallest).mounted()) {
      GTEST_SKIP() << "no disk may be mounted here";
    }
    Faulted::SetUp();
    log_is_true = false;  // each log goes with its disk, after it was held against the writes
  }
  /// The run that met the full disk has its end, and of what it sent nearly all is known.
  void expect_closed(const Outcome& outcome) {
    const auto log = Store::open(store(), Store::Access::read);
    if (!log) {
      EXPECT_THAT(writes(), ::testing::IsEmpty()) << log.error().what;
      return;
    }
    const auto runs = log->runs(0).value();
    if (runs.empty()) {
      EXPECT_THAT(writes(), ::testing::IsEmpty()) << "without a run in the log";
      return;
    }
    ASSERT_TRUE(runs.front().end) << "no closing record\n" << outcome.said();
    EXPECT_EQ(runs.front().end->exit_code, outcome.exit_code);
    std::size_t unknown = log->open_intents().value().size();
    const auto calls = log->calls(runs.front().id).value();
    for (const CallRecord& call : calls) {
      unknown += call.outcome && call.outcome->result == ChangeResult::in_doubt ? 1U : 0U;
    }
    most_unknown_ = std::max(most_unknown_, unknown);
    EXPECT_LE(unknown, kInFlight);
    Ledger ledger;
    ledger.add_received(simulator->requests());
    ledger.add_intended(*log);
    EXPECT_THAT(ledger.complaints(Ledger::Others::none), ::testing::IsEmpty());
  }

  std::size_t most_unknown_ = 0;
};

TEST_F(FullDisk, OfEachSizeStopsItBeforeTheNextWrite) {
  std::size_t without_store = 0, stopped = 0, stopped_midway = 0, done = 0;
  const std::size_t step = std::max<std::size_t>(every(28), 1);
  // An apply of fifty changes ends somewhere in the first half MiB: there each size is tried.
  for (std::size_t i = 0; i < kSizes && !HasFailure(); i += i < 8 ? 1 : step) {
    const std::size_t kib = kSmallest + i * (kLargest - kSmallest) / (kSizes - 1);
    const std::string what = fmt::format("{} KiB", kib);
    SCOPED_TRACE(what);
    turn();
    const SmallDisk disk(fs::path(store()).parent_path(), kib);
    ASSERT_TRUE(disk.mounted());
    const Outcome outcome = rolecall({"apply", "--yes"});
    EXPECT_THAT(outcome.exit_code, ::testing::AnyOf(0, 8)) << outcome.said();
    expect_closed(outcome);
    if (outcome.exit_code == 0) {
      ++done;
      check_done(what);
    } else if (writes().empty()) {
      fs::exists(store()) ? ++stopped : ++without_store;
    } else {
      ++stopped_midway;
      EXPECT_THAT(outcome.said(), ::testing::HasSubstr("no space left"));
      EXPECT_THAT(outcome.said(), ::testing::HasSubstr("skipped"));
    }
    ASSERT_TRUE(disk.make_room());
    recover_and_check(what);
  }
  std::cout << "disks: without a store " << without_store << ", stopped before the first write "
            << stopped << ", midway " << stopped_midway << ", done " << done
            << "; outcomes not known: " << most_unknown_ << " at most\n";
  EXPECT_GT(stopped_midway, 0U) << "no size was met in the middle of an apply";
  EXPECT_GT(done, 0U);
}

}  // namespace
}  // namespace rolecall::test
