// What the process finds around it changes nothing of a plan (guarantees.md D1), and the rows of
// the catalogue of bad input that need the program itself: E11, E12, E14, C20, C21.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Runs a command after the shell did `first`.
std::vector<std::string> after(const std::string& first) {
  return {"/bin/sh", "-c", first + "; exec \"$@\"", "sh"};
}

class Environment : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    // Names that a Turkish or a German order would put elsewhere, and a date of today's.
    write_policy(with(acme_policy(), R"("grace@acme.example", "rosa@acme.example"])",
                      R"("grace@acme.example", "rosa@acme.example", "lin@acme.example"])") +
                 "[groups.INFRA]\nmembers = [\"lin@acme.example\"]\n"
                 "[groups.infra-i]\nmembers = [\"rosa@acme.example\", { user = "
                 "\"lin@acme.example\", until = 2026-12-24 }]\n"
                 "[groups.\"Ärzte\"]\nmembers = []\nempty = true\n");
  }
  std::string policy() const { return (folder.path() / "rolecall.toml").string(); }
  std::string store() const { return (folder.path() / ".rolecall" / "rolecall.db").string(); }
};

TEST_F(Environment, E11NoTimeZoneLocaleMaskOrFolderShowsInAPlan) {
  for (const std::string format : {"json", "text", "markdown"}) {
    const auto plan = [&](const Variables& variables) {
      const Outcome outcome = rolecall_exits(
          0, {"plan", policy(), "--format", format, "--at", "2026-12-01T00:00:00Z"}, variables);
      EXPECT_THAT(outcome.out, HasSubstr("infra-i"));
      return outcome.out;
    };
    under.clear();
    const std::string plain = plan({});
    for (const char* zone : {"Garbage", "Pacific/Kiritimati", "America/Los_Angeles", ":/nowhere"}) {
      EXPECT_EQ(plan({{"TZ", zone}}), plain) << zone;
    }
    for (const char* locale : {"tr_TR", "tr_TR.UTF-8", "de_DE@euro", "C.UTF-8", "no such"}) {
      EXPECT_EQ(plan({{"LC_ALL", locale}, {"LANG", locale}}), plain) << locale;
    }
    for (const char* first : {"umask 0", "umask 777", "cd /", "ulimit -s 1024"}) {
      under = after(first);
      EXPECT_EQ(plan({}), plain) << first;
    }
  }
}

TEST_F(Environment, E12WithoutAHomeOrAFolderForTemporaryFilesAllWorks) {
  const Variables nothing = {{"HOME", ""}, {"TMPDIR", "/nowhere/at/all"}, {"PATH", ""}};
  rolecall_exits(0, {"validate"}, nothing);
  const std::string saved = (folder.path() / "saved.json").string();
  rolecall_exits(0, {"plan", "--out", saved}, nothing);
  rolecall_exits(0, {"apply", saved}, nothing);
  rolecall_exits(0, {"audit", "verify"}, nothing);
  EXPECT_THAT(members("engineering"), ::testing::Contains("lin@acme.example"));
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("tmp")));
  }
}

TEST_F(Environment, E14FewFilesMayBeOpenAndThatIsSaid) {
  for (const int most : {5, 8, 10, 12, 16}) {
    under = after("ulimit -n " + std::to_string(most));
    const Outcome outcome = rolecall({"apply", "--yes"});
    EXPECT_LT(outcome.exit_code, 126) << most << "\n" << outcome.said();
    if (outcome.exit_code != 0) {
      EXPECT_THAT(outcome.err, HasSubstr("error: ")) << most;
    }
  }
  under.clear();
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(json_of({"plan"}).at("changes").as_array(), IsEmpty());
}

TEST_F(Environment, C20AStoreThatIsNotThereIsNotMadeByVerifyingIt) {
  const std::string missing = (folder.path() / "audit.db").string();
  const Outcome outcome = rolecall_exits(8, {"audit", "verify", missing});
  EXPECT_THAT(outcome.err, HasSubstr("there is no store or export at " + missing));
  EXPECT_FALSE(fs::exists(missing));
  for (const Arguments& looks : {Arguments{"audit", "list"}, {"audit", "show", "1"}}) {
    const Outcome none = rolecall_exits(1, looks);
    EXPECT_THAT(none.err, HasSubstr("there is no store at .rolecall/rolecall.db"));
    EXPECT_THAT(none.err, HasSubstr("the first apply makes one"));
  }
}

TEST_F(Environment, C21AStoreOfSomebodyElseIsNotTaken) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  rolecall_exits(0, {"apply", "--yes"});
  write_policy(acme_policy());
  ASSERT_EQ(::chown(store().c_str(), 998, 998), 0);
  const std::size_t before = writes().size();
  const Outcome outcome = rolecall_exits(8, {"apply", "--yes"});
  EXPECT_THAT(outcome.err, HasSubstr(store() + " belongs to another user (uid 998)"));
  EXPECT_EQ(writes().size(), before);
  ASSERT_EQ(::chown(store().c_str(), 0, 0), 0);
}

}  // namespace
}  // namespace rolecall::test
