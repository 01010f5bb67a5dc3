// The page for a review of access, opened in a real browser, and its tables for a spreadsheet.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBrowser = "/usr/bin/chromium";

/// acme() with names that would be markup, and with people of every kind.
json::object colourful() {
  json::object seed = acme();
  json::array& users = seed.at("users").as_array();
  users[2].as_object()["name"] = "<img src=x onerror=\"document.title='owned'\">";
  users[2].as_object()["last_active"] = json::object{{kJira, "2026-11-20T10:00:00Z"}};
  users[3].as_object()["name"] = "=HYPERLINK(\"https://evil.example\")";
  users[3].as_object()["access"] = json::object{{kConfluence, json::array{"admin"}}};
  users[4].as_object()["pending"] = true;
  seed.at("groups").as_array()[1].as_object()["name"] =
      "</td><script>document.title='owned'</script>";
  return seed;
}

class Report : public EndToEnd {
 protected:
  void SetUp() override {
    start(colourful());
    write_policy(R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[groups.engineering]
members = ["ada@acme.example", "lin@acme.example", "omar@acme.example",
           { user = "rosa@acme.example", until = 2026-12-10, reason = "PROC-77" }]
)");
  }
  /// What the browser makes of the page, once its script has run.
  [[nodiscard]] Outcome open(const std::string& fragment) const {
    fs::create_directories(folder.path() / "profile");
    ProcessWish wish;
    wish.command = {kBrowser,
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--enable-logging=stderr",
                    "--user-data-dir=" + (folder.path() / "profile").string(),
                    "--dump-dom",
                    "file://" + (folder.path() / "access.html").string() + fragment};
    wish.folder = folder.path().string();
    wish.environment = {{"HOME", wish.folder}, {"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
    return Process(wish).wait(std::chrono::seconds(120));
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size())
      ++n;
    return n;
  }
};

TEST_F(Report, IsAPageThatABrowserShowsAndFilters) {
  rolecall_exits(0, {"report", "--out", "access.html", "--at", "2026-12-01"});
  if (!fs::exists(kBrowser)) GTEST_SKIP() << "there is no chromium here to open the page with";
  const Outcome shown = open("");
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.err, Not(HasSubstr("Refused to")));
  EXPECT_THAT(shown.err, Not(HasSubstr("Content Security Policy")));
  EXPECT_THAT(shown.err, Not(HasSubstr("Uncaught")));
  EXPECT_THAT(shown.out, HasSubstr("<title>Access report 2026-12-01T00:00:00Z</title>"));
  // Names are text: no element came of them.
  EXPECT_THAT(shown.out, Not(HasSubstr("<img")));
  EXPECT_EQ(count(shown.out, "<script"), 1U);
  EXPECT_THAT(shown.out, HasSubstr("&lt;img src=x onerror="));
  EXPECT_THAT(shown.out, HasSubstr("<div class=\"search\">")) << "the script has shown the filter";
  EXPECT_EQ(count(shown.out, "<tr hidden"), 0U);
  EXPECT_THAT(shown.out, HasSubstr("PROC-77"));

  const Outcome filtered = open("#q=rosa");
  EXPECT_GT(count(filtered.out, "<tr hidden"), 5U);
  EXPECT_THAT(filtered.out, HasSubstr("1 of "));
}

TEST_F(Report, ThePageIsItsOwnersAlone) {
  rolecall_exits(0, {"report", "--out", "access.html"});
  const auto mode = fs::status(folder.path() / "access.html").permissions();
  EXPECT_EQ(mode & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
  EXPECT_TRUE(writes().empty());
}

TEST_F(Report, ItsTablesAreForASpreadsheetAndHoldNoFormula) {
  rolecall_exits(0, {"report", "--csv", "tables", "--at", "2026-12-01"});
  const auto table = [&](const std::string& name) {
    return read_file(folder.path() / "tables" / (name + ".csv"));
  };
  EXPECT_THAT(table("access"), HasSubstr("Name,Address,State,App,Role,Through,Last active\r\n"));
  EXPECT_THAT(table("access"), HasSubstr("\"'=HYPERLINK(\"\"https://evil.example\"\")\","
                                         "omar@acme.example,active,"));
  // Nobody's group explains that Omar has Confluence: it was looked up.
  EXPECT_THAT(table("admins"), HasSubstr("omar@acme.example,active,"));
  EXPECT_THAT(table("admins"), HasSubstr(",admin,direct,"));
  EXPECT_THAT(table("invitations"), HasSubstr("rosa@acme.example,2024-01-01,address not verified"));
  EXPECT_THAT(table("ending"), HasSubstr("2026-12-10,Rosa Diaz,rosa@acme.example,engineering,"
                                         "PROC-77,rolecall.toml:6\r\n"));
  EXPECT_THAT(table("inactive"), HasSubstr("omar@acme.example,never,2024-01-01"));
  EXPECT_THAT(table("groups"), HasSubstr("engineering,3,0,"));
}

TEST_F(Report, CountsOverTimeComeFromTheStore) {
  rolecall_exits(0, {"get", "counts", "--record"});
  simulator->by_hand("POST", "groups", R"({"name": "unrelated"})");
  rolecall_exits(0, {"get", "counts", "--record"});
  rolecall_exits(0, {"report", "--out", "access.html"});
  EXPECT_THAT(read_file(folder.path() / "access.html"), HasSubstr("Groups over time</figcaption>"));
}

TEST_F(Report, NeedsSomewhereToWriteTo) {
  EXPECT_THAT(rolecall_exits(1, {"report"}).err, HasSubstr("--out"));
  EXPECT_THAT(rolecall_exits(1, {"report", "--out", "none/access.html"}).err, HasSubstr("none"));
}

TEST_F(Report, LooksEverybodyUpWhenAsked) {
  rolecall_exits(0, {"report", "--out", "access.html"});
  const std::size_t few = EndToEnd::count("getUserRoleAssignments");
  EXPECT_EQ(few, 1U) << "Omar";
  rolecall_exits(0, {"report", "--out", "access.html", "--direct-access"});
  EXPECT_EQ(EndToEnd::count("getUserRoleAssignments") - few, 5U);
}

}  // namespace
}  // namespace rolecall::test
