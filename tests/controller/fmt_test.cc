#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "controller/commands.h"
#include "controller/whole_file.h"
#include "policies/format_policy.h"
#include "tests/support/places.h"
#include "tests/support/running_org.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TempDir;
using testing::HasSubstr;

constexpr const char* kUntidy = "version=1\n[users]\n\"ada@acme.example\"={} # who\n";
constexpr const char* kTidy = "version = 1\n\n[users]\n\"ada@acme.example\" = {}  # who\n";

test::Ran fmt_command(const std::string& policy, bool check = false) {
  return test::run_captured([&] { return run_fmt({}, {policy, check}); });
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Fmt, RewritesWhatIsNotCanonicalAndSaysSo) {
  const TempDir dir;
  const std::string untidy = dir.write("a.toml", kUntidy);
  const std::string tidy = dir.write("b.toml", kTidy);
  ASSERT_EQ(chmod(untidy.c_str(), 0640), 0);
  const fs::file_time_type before = fs::last_write_time(tidy);

  const test::Ran ran = fmt_command(dir.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, untidy + ": formatted\n");
  EXPECT_EQ(read_file(untidy), kTidy);
  EXPECT_EQ(fs::status(untidy).permissions(), fs::perms(0640));
  EXPECT_EQ(fs::last_write_time(tidy), before) << "a formatted file is not written";
  EXPECT_EQ(files_in(dir.path()), 2U);

  const test::Ran again = fmt_command(dir.path());
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.out + again.err, "");
}

TEST(Fmt, ChecksWithoutWriting) {
  const TempDir dir;
  const std::string untidy = dir.write("a.toml", kUntidy);
  (void)dir.write("b.toml", kTidy);
  const test::Ran ran = fmt_command(dir.path(), true);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, untidy + ": not formatted\n");
  EXPECT_EQ(read_file(untidy), kUntidy);
  EXPECT_EQ(fmt_command((dir.path() / "b.toml").string(), true).code, 0);
}

TEST(Fmt, PrintsJson) {
  const TempDir dir;
  const std::string untidy = dir.write("a.toml", kUntidy);
  GlobalOptions global;
  global.format = OutputFormat::json;
  const test::Ran ran = test::run_captured([&] { return run_fmt(global, {untidy, true}); });
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "{\"format_version\":\"1.0\",\"not_formatted\":[\"" + untidy + "\"]}\n");
}

TEST(Fmt, LeavesAFileThatIsNoTomlAndDoesTheOthers) {
  const TempDir dir;
  const std::string broken = dir.write("a.toml", "a = [1\n");
  const std::string untidy = dir.write("b.toml", kUntidy);
  const test::Ran ran = fmt_command(dir.path());
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, untidy + ": formatted\n");
  EXPECT_THAT(ran.err, HasSubstr("a.toml:1:5: error: "));
  EXPECT_EQ(read_file(broken), "a = [1\n");
  EXPECT_EQ(read_file(untidy), kTidy);
}

TEST(Fmt, WritesThroughNoLink) {
  const TempDir dir;
  const std::string file = dir.write("elsewhere.toml", kUntidy);
  const fs::path link = dir.path() / "link.toml";
  fs::create_symlink(file, link);
  const test::Ran ran = fmt_command(link);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("link.toml is a symbolic link"));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(file), kUntidy);
  EXPECT_EQ(fmt_command(link, true).code, 1) << "it can be checked";
}

TEST(Fmt, LeavesAReadOnlyFile) {
  const TempDir dir;
  const std::string file = dir.write("a.toml", kUntidy);
  ASSERT_EQ(chmod(file.c_str(), 0444), 0);
  const test::Ran ran = fmt_command(file);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("a.toml: Permission denied"));
  EXPECT_EQ(read_file(file), kUntidy);
  EXPECT_EQ(files_in(dir.path()), 1U);
}

TEST(WholeFile, IsNotWrittenOverWhatChangedMeanwhile) {
  const TempDir dir;
  const std::string file = dir.write("a.toml", "edited\n");
  const Result<void> written = rewrite_file(file, "read\n", "formatted\n");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, HasSubstr("changed meanwhile"));
  EXPECT_EQ(read_file(file), "edited\n");
  EXPECT_EQ(files_in(dir.path()), 1U);
}

TEST(WholeFile, ANewOneReplacesNothing) {
  const TempDir dir;
  const std::string file = (dir.path() / "a.toml").string();
  ASSERT_TRUE(write_new_file(file, "first\n"));
  EXPECT_FALSE(write_new_file(file, "second\n"));
  EXPECT_EQ(read_file(file), "first\n");
  EXPECT_EQ(files_in(dir.path()), 1U);
  EXPECT_FALSE(write_new_file((dir.path() / "no" / "a.toml").string(), "x"));
}

TEST(Examples, AreFormatted) {
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() + "/examples")) {
    if (entry.path().extension() != ".toml") continue;
    ++seen;
    Diagnostics diagnostics;
    const std::string text = read_file(entry.path());
    EXPECT_EQ(format_policy({entry.path(), text}, diagnostics), text) << entry.path();
  }
  EXPECT_GE(seen, 7U);
}

TEST(Examples, OfTheReadmeAreFormatted) {
  const std::string readme = read_file(test::source_dir() + "/README.md");
  constexpr std::string_view kFence = "\n```toml\n";
  std::size_t seen = 0;
  for (std::size_t at = readme.find(kFence); at != std::string::npos;
       at = readme.find(kFence, at)) {
    at += kFence.size();
    const std::string text = readme.substr(at, readme.find("\n```", at) + 1 - at);
    ++seen;
    Diagnostics diagnostics;
    EXPECT_EQ(format_policy({"README.md", text}, diagnostics), text);
  }
  EXPECT_GE(seen, 1U);
}

}  // namespace
}  // namespace rolecall
