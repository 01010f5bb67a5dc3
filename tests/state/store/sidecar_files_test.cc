// What stands beside the store is as private as the store, or nothing is written (guarantees.md
// F9).
#include <gmock/gmock.h>

#include "state/store/checkpoints.h"
#include "state/store/verify.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Trap {
  const char* name;
  /// Puts it where `file` was, whose bytes are at `victim` then.
  void (*set)(const std::string& file, const std::string& victim);
  const char* says;
  bool needs_root = false;
};
void PrintTo(const Trap& trap, std::ostream* out) {
  *out << trap.name;
}

void move_away(const std::string& file, const std::string& victim) {
  fs::rename(file, victim);
}

constexpr Trap kTraps[] = {
    {"SymbolicLink",
     [](const std::string& file, const std::string& victim) {
       move_away(file, victim);
       fs::create_symlink(victim, file);
     },
     "is a symbolic link"},
    {"DanglingLink",
     [](const std::string& file, const std::string& victim) {
       move_away(file, victim);
       fs::create_symlink(victim + ".nowhere", file);
     },
     "is a symbolic link"},
    {"HardLink",
     [](const std::string& file, const std::string& victim) { fs::create_hard_link(file, victim); },
     "has 2 names (hard links)"},
    {"Fifo",
     [](const std::string& file, const std::string& victim) {
       move_away(file, victim);
       ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
     },
     "is not a regular file"},
    {"Folder",
     [](const std::string& file, const std::string& victim) {
       move_away(file, victim);
       fs::create_directory(file);
     },
     "is not a regular file"},
    {"OpenToOthers",
     [](const std::string& file, const std::string& victim) {
       fs::copy(file, victim);
       ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
     },
     "is open to others (mode 0640)"},
    {"OfAnotherUser",
     [](const std::string& file, const std::string& victim) {
       fs::copy(file, victim);
       ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
     },
     "belongs to another user (uid 65534)", true},
};

class SidecarFiles : public testing::TestWithParam<Trap> {
 protected:
  void SetUp() override {
    if (GetParam().needs_root && ::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    make_store(path_);
    ASSERT_TRUE(append_checkpoint(path_, checkpoint_));
  }
  void set(const std::string& file) {
    bytes_ = read_bytes(file);
    GetParam().set(file, victim_);
  }
  /// With the name of the file in it.
  void expect_refused(const Result<void>& done, const std::string& file) {
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, HasSubstr(file + " " + GetParam().says));
    EXPECT_EQ(read_bytes(victim_), bytes_);
    EXPECT_FALSE(fs::exists(victim_ + ".nowhere"));
  }

  /// Nor may be read, nor waited for.
  static bool is_no_file() { return std::string_view(GetParam().says) == "is not a regular file"; }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db", victim_ = folder_ / "victim", bytes_;
  const Checkpoint checkpoint_{{3, std::string(64, 'a')}, "signed"};
};

TEST_P(SidecarFiles, NoRunBeginsBesideAHeadLikeThat) {
  const std::string file = path_ + ".head";
  set(file);
  const std::string store = read_bytes(path_);
  const auto opened = Store::open(path_, Store::Access::write);
  expect_refused(opened ? Result<void>{} : tl::make_unexpected(opened.error()), file);
  EXPECT_EQ(read_bytes(path_), store);
  EXPECT_EQ(!verify_store(path_, {}), is_no_file());
}

TEST_P(SidecarFiles, NoCheckpointIsAddedToAFileLikeThat) {
  const std::string file = path_ + ".checkpoints";
  set(file);
  expect_refused(check_checkpoints(path_), file);
  expect_refused(append_checkpoint(path_, checkpoint_), file);
  EXPECT_TRUE(Store::open(path_, Store::Access::write)) << "who signs nothing does not need it";
  EXPECT_EQ(!read_checkpoints(path_), is_no_file());
}

INSTANTIATE_TEST_SUITE_P(Traps, SidecarFiles, testing::ValuesIn(kTraps),
                         [](const auto& it) { return std::string(it.param.name); });

TEST(SidecarFilesTest, ThoseOfItsOwnAreFine) {
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  make_store(path);
  EXPECT_TRUE(check_checkpoints(path)) << "there is none yet";
  ASSERT_TRUE(append_checkpoint(path, {{3, std::string(64, 'a')}, "signed"}));
  EXPECT_EQ(mode_of(path + ".checkpoints"), 0600U);
  EXPECT_TRUE(check_checkpoints(path));
  EXPECT_TRUE(Store::open(path, Store::Access::write));
}

}  // namespace
}  // namespace rolecall
