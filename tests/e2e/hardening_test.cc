// How the program was built: what makes a memory error hard to use (guarantees.md J3).
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/simulator_process.h"

namespace rolecall::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// As it is installed; empty where that was not built. tests/run.sh --sanitize gives it.
std::string released() {
  const char* path = std::getenv("ROLECALL_BINARY");
  return path == nullptr ? "" : path;
}
std::string readelf(const std::string& what) {
  ProcessWish wish;
  wish.command = {"/usr/bin/readelf", "--wide", what, rolecall_binary()};
  wish.environment = bare_environment();
  wish.folder = "/";
  const Outcome outcome = Process(wish).wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
  return outcome.out;
}

TEST(Hardening, TheProgramMayBeAnywhereInMemory) {
  EXPECT_THAT(readelf("--file-header"), ContainsRegex("Type: +DYN"));
}

TEST(Hardening, TablesOfFunctionsAreReadOnlyBeforeItStarts) {
  EXPECT_THAT(readelf("--program-headers"), HasSubstr("GNU_RELRO"));
  EXPECT_THAT(readelf("--dynamic"), HasSubstr("BIND_NOW"));
}

TEST(Hardening, TheStackIsNoPlaceForCode) {
  const std::string headers = readelf("--program-headers");
  EXPECT_THAT(headers, ContainsRegex("GNU_STACK.* RW "));
  EXPECT_THAT(headers, Not(ContainsRegex(" RWE ")));
}

TEST(Hardening, TheStackIsWatched) {
  EXPECT_THAT(readelf("--dyn-syms"), HasSubstr("__stack_chk_fail"));
}

TEST(Hardening, LibrariesComeFromTheSystemOnly) {
  EXPECT_THAT(readelf("--dynamic"), Not(ContainsRegex("RPATH|RUNPATH")));
}

/// Names of the libraries that the loader brings in, as it says itself.
std::set<std::string> loaded() {
  ProcessWish wish;
  wish.command = {rolecall_binary()};
  wish.environment = bare_environment();
  wish.environment["LD_TRACE_LOADED_OBJECTS"] = "1";
  wish.folder = "/";
  std::istringstream lines(Process(wish).wait().out);
  std::set<std::string> out;
  for (std::string name, rest; lines >> name && std::getline(lines, rest);) {
    if (name != "linux-vdso.so.1") out.insert(name.substr(name.rfind('/') + 1));
  }
  return out;
}

TEST(BillOfMaterials, NamesEveryLibraryWithTheVersionOfItsPackage) {
  if (std::system("command -v dpkg-query jq >/dev/null") != 0) GTEST_SKIP() << "not a Debian";
  ProcessWish wish;
  wish.command = {source_dir() + "/.ci/sbom.sh", rolecall_binary()};
  wish.environment = bare_environment();
  wish.folder = "/";
  const Outcome outcome = Process(wish).wait();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.said();
  const boost::json::value document = boost::json::parse(outcome.out);
  EXPECT_EQ(document.at("spdxVersion"), "SPDX-2.3");
  std::set<std::string> named;
  for (const boost::json::value& package : document.at("packages").as_array()) {
    const std::string name(package.at("name").as_string());
    EXPECT_FALSE(package.at("versionInfo").as_string().empty()) << name;
    if (name != "rolecall") named.insert(name);
  }
  EXPECT_EQ(named, loaded());
  EXPECT_GT(named.size(), 5U);
  EXPECT_TRUE(named.contains("libsqlite3.so.0"));
}

/// What is costly is in the release only.
class Released : public ::testing::Test {
 protected:
  void SetUp() override {
    if (released().empty()) GTEST_SKIP() << "ROLECALL_BINARY names no release";
  }
};

TEST_F(Released, TheStandardLibraryChecksItself) {
  EXPECT_THAT(readelf("--dyn-syms"), HasSubstr("__glibcxx_assert_fail"));
}

// With the place in it, the program would be another one for everybody who builds it (J1).
TEST_F(Released, NothingTellsWhereItWasBuilt) {
  EXPECT_EQ(read_file(released()).find(source_dir()), std::string::npos);
}

TEST_F(Released, CopiesAreChecked) {
  EXPECT_THAT(readelf("--dyn-syms"), ContainsRegex("__mem(cpy|move|set)_chk|__read_chk|__.*_chk@"));
}

}  // namespace
}  // namespace rolecall::test
