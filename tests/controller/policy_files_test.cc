#include "controller/policy_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/nobody.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PolicyFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "policy_files.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    top_ = name;
    root_ = name + "/policy";
    fs::create_directory(root_);
  }
  void TearDown() override { fs::remove_all(top_); }

  void write(const std::string& name, const std::string& bytes = "x = 1\n") const {
    const fs::path path = fs::path(root_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << bytes;
  }
  void link(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, fs::path(root_) / name);
  }
  /// Paths below the folder, or the error.
  [[nodiscard]] std::vector<std::string> read() const {
    const Result<PolicyFiles> found = read_policy_files(root_);
    if (!found) return {found.error().what + " - " + found.error().hint};
    std::vector<std::string> out;
    for (const SourceFile& file : found->files) {
      EXPECT_TRUE(file.path.starts_with(root_ + "/")) << file.path;
      out.push_back(file.path.substr(root_.size() + 1));
    }
    return out;
  }
  static std::string error_of(const std::string& path) {
    const Result<PolicyFiles> found = read_policy_files(path);
    return found ? "no error" : found.error().what + " - " + found.error().hint;
  }

  std::string top_;
  std::string root_;
};

TEST_F(PolicyFilesTest, ASingleFileKeepsItsName) {
  write("any.name", "version = 1\n");
  const Result<PolicyFiles> found = read_policy_files(root_ + "/any.name");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->files.size(), 1U);
  EXPECT_EQ(found->files[0].path, root_ + "/any.name");
  EXPECT_EQ(found->files[0].bytes, "version = 1\n");
  EXPECT_EQ(found->base, root_ + "/any.name");
}

TEST_F(PolicyFilesTest, AFolderIsReadInByteOrder) {
  for (const char* name : {"b.toml", "a/z.toml", "a.toml", "a-b.toml", "B.toml", "a/b/c.toml"}) {
    write(name);
  }
  EXPECT_THAT(read(),
              ElementsAre("B.toml", "a-b.toml", "a.toml", "a/b/c.toml", "a/z.toml", "b.toml"));
  const Result<PolicyFiles> slash = read_policy_files(root_ + "/");
  ASSERT_TRUE(slash);
  EXPECT_EQ(slash->files[0].path, root_ + "/B.toml");
  EXPECT_EQ(slash->base, root_);
}

TEST_F(PolicyFilesTest, HiddenAndOtherFilesAreSkipped) {
  for (const char* name :
       {"a.toml", ".b.toml", ".git/c.toml", "d.toml.bak", "e.txt", "x/.f/g.toml", ".toml"}) {
    write(name);
  }
  EXPECT_THAT(read(), ElementsAre("a.toml"));
}

TEST_F(PolicyFilesTest, LinksThatLeaveTheFolderAreNotFollowed) {
  write("a.toml");
  write("../outside/b.toml");
  write("../policy-next-door.toml");
  link("../outside/b.toml", "b.toml");
  link("../outside", "outside");
  link("../policy-next-door.toml", "c.toml");
  link("/etc/passwd", "d.toml");
  EXPECT_THAT(read(), ElementsAre("a.toml"));
}

TEST_F(PolicyFilesTest, LinksThatStayInsideAreReadOnce) {
  write("z/real.toml");
  write("base.txt");
  link("z/real.toml", "a.toml");
  link("z", "b");
  link("base.txt", "c.toml");
  link("base.txt", "d.toml");
  link("..", "z/up");
  EXPECT_THAT(read(), ElementsAre("c.toml", "z/real.toml"));
}

TEST_F(PolicyFilesTest, ALinkToTheFolderItselfIsAFolder) {
  write("a.toml");
  fs::create_symlink("policy", top_ + "/link");
  const Result<PolicyFiles> found = read_policy_files(top_ + "/link");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->files[0].path, top_ + "/link/a.toml");
}

TEST_F(PolicyFilesTest, WhatIsMissingOrEmptyIsSaid) {
  EXPECT_THAT(error_of(root_ + "/nothing.toml"), HasSubstr("no such file or folder - run in"));
  EXPECT_THAT(error_of(root_), HasSubstr("no policy files in this folder - at least one *.toml"));
  link("gone", "a.toml");
  EXPECT_THAT(error_of(root_), HasSubstr("/a.toml: broken symbolic link"));
}

// I09
TEST_F(PolicyFilesTest, NamesThatHideSomethingAreRefused) {
  for (const char* name : {"a\nb.toml", "a\x1b[2J.toml", "\u202egnp.toml", "a\xff.toml"}) {
    write(name);
    EXPECT_THAT(error_of(root_), HasSubstr("the name holds what cannot be seen - rename")) << name;
    fs::remove(fs::path(root_) / name);
  }
  write("caf\u00e9.toml");
  write("a\nb.txt");
  EXPECT_THAT(read(), ElementsAre("caf\u00e9.toml"));
}

TEST_F(PolicyFilesTest, OnlyRegularFilesAreRead) {
  const std::string pipe = root_ + "/a.toml";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(error_of(pipe), HasSubstr("/a.toml: not a regular file but a named pipe"));
  EXPECT_THAT(error_of(root_), HasSubstr("/a.toml: not a regular file but a named pipe"));
  EXPECT_THAT(error_of("/dev/zero"), HasSubstr("/dev/zero: not a regular file but a device"));
  fs::remove(pipe);
  fs::create_directory(pipe);
  write("a.toml/b.toml");
  EXPECT_THAT(read(), ElementsAre("a.toml/b.toml"));
}

TEST_F(PolicyFilesTest, ASocketIsNotRead) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = root_ + "/a.toml";
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  const int number = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(number, 0);
  ASSERT_EQ(::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THAT(error_of(root_), HasSubstr("not a regular file but a socket"));
  ::close(number);
}

TEST_F(PolicyFilesTest, AnUnreadableFileIsAnError) {
  write("a.toml");
  ASSERT_EQ(::chmod((root_ + "/a.toml").c_str(), 0), 0);
  // Root reads everything.
  const int code = test::as_nobody(top_, [&] {
    return error_of(root_).find("Permission denied - user id") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(PolicyFilesTest, SizesAreLimited) {
  write("a.toml", std::string(8U << 20U, '#'));
  EXPECT_THAT(read(), ElementsAre("a.toml"));
  write("a.toml", std::string(9U << 20U, '#'));
  EXPECT_THAT(error_of(root_), HasSubstr("/a.toml: 9.0 MiB is over the limit of 8 MiB - split"));
}

TEST_F(PolicyFilesTest, CountsAreLimited) {
  for (int i = 0; i < 1000; ++i) write("f" + std::to_string(i) + ".toml", "");
  EXPECT_EQ(read().size(), 1000U);
  write("one-more.toml");
  EXPECT_THAT(error_of(root_), HasSubstr("more than 1000 policy files"));
}

/// "PATH: bytes" or "PATH: why it could not be read" of the rosters.
std::vector<std::string> rosters_of(const std::string& path, const std::string& root) {
  const Result<PolicyFiles> found = read_policy_files(path);
  if (!found) return {found.error().what};
  std::vector<std::string> out;
  for (const SourceFile& file : found->files) {
    if (!file.roster) continue;
    EXPECT_TRUE(file.path.starts_with(root + "/")) << file.path;
    EXPECT_TRUE(!file.unreadable || file.bytes.empty());
    out.push_back(file.unreadable ? file.unreadable->what : file.path + ": " + file.bytes);
    out.back().erase(0, root.size() + 1);
  }
  return out;
}

std::string naming(const std::string& file) {
  return "[[rosters]]\nfile = '" + file + "'\nemail = 'm'\ndeclare_users = true\n";
}

TEST_F(PolicyFilesTest, RostersAreReadBesideTheFileThatNamesThem) {
  write("a.toml", naming("hr.csv") + naming("sub/more.csv"));
  write("sub/b.toml", naming("hr.csv") + naming("../hr.csv") + naming("more.csv"));
  write("hr.csv", "one");
  write("sub/hr.csv", "two");
  write("sub/more.csv", "three");
  write("unnamed.csv", "four");
  EXPECT_THAT(rosters_of(root_, root_), ElementsAre("hr.csv: one", "sub/../hr.csv: one",
                                                    "sub/hr.csv: two", "sub/more.csv: three"));
  EXPECT_THAT(rosters_of(root_ + "/a.toml", root_),
              ElementsAre("hr.csv: one", "sub/more.csv: three"));
}

TEST_F(PolicyFilesTest, RostersOutsideTheFolderAreNotRead) {
  write("../secret.csv", "secret");
  write("../policy-next-door/hr.csv", "secret");
  link("../secret.csv", "link.csv");
  link("..", "up");
  link("real.csv", "inside.csv");
  write("real.csv", "fine");
  write("sub/a.toml", naming("../../secret.csv") + naming("../link.csv") +
                          naming("../up/secret.csv") + naming("../inside.csv") +
                          naming("../../policy-next-door/hr.csv"));
  EXPECT_THAT(
      rosters_of(root_, root_),
      ElementsAre("sub/../../policy-next-door/hr.csv: outside the folder of the policy",
                  "sub/../../secret.csv: outside the folder of the policy",
                  "sub/../inside.csv: fine", "sub/../link.csv: outside the folder of the policy",
                  "sub/../up/secret.csv: outside the folder of the policy"));
  EXPECT_THAT(rosters_of(root_ + "/sub/a.toml", root_),
              ::testing::Contains("sub/../inside.csv: outside the folder of the policy"));
}

TEST_F(PolicyFilesTest, OnlyRegularRostersOfSomeSizeAreRead) {
  write("a.toml", naming("gone.csv") + naming("pipe.csv") + naming("folder.csv") +
                      naming("large.csv") + naming("broken.csv") + naming("a.toml/x"));
  ASSERT_EQ(::mkfifo((root_ + "/pipe.csv").c_str(), 0600), 0);
  fs::create_directory(root_ + "/folder.csv");
  link("nowhere", "broken.csv");
  write("large.csv", "");
  fs::resize_file(root_ + "/large.csv", kMaxRosterBytes + 1);
  EXPECT_THAT(rosters_of(root_, root_),
              ElementsAre("a.toml/x: Not a directory", "broken.csv: no such file",
                          "folder.csv: not a regular file but a folder", "gone.csv: no such file",
                          "large.csv: 64.0 MiB is over the limit of 64 MiB",
                          "pipe.csv: not a regular file but a named pipe"));
}

/// Exchanges two names all the time, so that both are there at any moment.
class Exchanging {
 public:
  Exchanging(const std::string& one, const std::string& other)
      : thread_([=, this] {
          for (unsigned i = 0; !ended_; ++i) {
            EXPECT_EQ(::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE),
                      0);
            // Of changing length: a load is to meet an exchange at any of its steps, or none.
            std::this_thread::sleep_for(std::chrono::microseconds(i * 7 % 300));
          }
        }) {}
  ~Exchanging() {
    ended_ = true;
    thread_.join();
  }
  Exchanging(const Exchanging&) = delete;
  Exchanging& operator=(const Exchanging&) = delete;

 private:
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// I4: what a link leads to by now, and what a folder is by now, may be outside.
TEST_F(PolicyFilesTest, NothingOutsideIsReadWhileNamesChange) {
  constexpr int kLoads = 1'000;
  for (const char* name : {"x.toml", "x.csv", "sub/x.toml", "sub/x.csv"}) {
    write(std::string("real/") + name, "# inside");
    write(std::string("../outside/") + name, "# outside");
  }
  write("a.toml", naming("link.csv") + naming("folder/x.csv") + naming("real/sub/x.csv"));
  link("real/x.txt", "link.toml");
  write("real/x.txt", "# inside");
  link("real/x.csv", "link.csv");
  link("real", "folder");
  link("../outside/x.toml", ".link.toml");
  link("../outside/x.csv", ".link.csv");
  link("../outside", ".folder");
  link("../../outside/sub", "real/.sub");
  for (const auto& [one, other] : {std::pair("link.toml", ".link.toml"),
                                   {"link.csv", ".link.csv"},
                                   {"folder", ".folder"},
                                   {"real/sub", "real/.sub"}}) {
    SCOPED_TRACE(one);
    const Exchanging exchanging(fs::path(root_) / one, fs::path(root_) / other);
    int read = 0;
    for (int load = 0; load < kLoads; ++load) {
      const Result<PolicyFiles> found = read_policy_files(root_);
      if (!found) {
        ASSERT_THAT(found.error().what + " - " + found.error().hint,
                    HasSubstr(": changed while it was being read - try again"));
        continue;
      }
      ++read;
      for (const SourceFile& file : found->files) {
        ASSERT_THAT(file.bytes, ::testing::Not(HasSubstr("outside"))) << file.path;
      }
    }
    EXPECT_GT(read, 0);
  }
}

TEST_F(PolicyFilesTest, TheDefaultIsTheFileElseTheFolder) {
  const Result<std::string> neither = default_policy_path(root_);
  ASSERT_FALSE(neither);
  EXPECT_THAT(neither.error().what, HasSubstr("neither a file rolecall.toml nor a folder access/"));
  write("access/a.toml");
  EXPECT_EQ(default_policy_path(root_).value(), root_ + "/access");
  write("rolecall.toml");
  EXPECT_EQ(default_policy_path(root_).value(), root_ + "/rolecall.toml");
}

}  // namespace
}  // namespace rolecall
