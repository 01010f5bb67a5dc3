#include "controller/access_report.h"

#include <gmock/gmock.h>

#include <random>

#include "controller/access_plots.h"
#include "state/model/html.h"
#include "state/store/export_format.h"
#include "tests/support/cases.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Row = std::vector<std::string>;

constexpr const char* kAda = "ada@acme.example";
constexpr const char* kLin = "lin@acme.example";
constexpr const char* kRosa = "rosa@acme.example";

Instant at(std::string_view text) {
  return parse_instant(text).value();
}

class AccessReportTest : public testing::Test {
 protected:
  AccessReportTest() {
    builder_.resource("jira").live_user(kAda, Presence::active, true).live_user(kLin);
    builder_.live_user(kRosa, Presence::suspended);
    builder_.about(kAda).name = "Ada Lovelace";
    builder_.live_group("engineering", {kAda, kLin}).live_group("everyone", {kAda, kLin, kRosa});
    builder_.live_grant("engineering", "jira", Role::user);
    builder_.live_grant("everyone", "jira", Role::user);
    builder_.live_user_grant(kLin, "jira", Role::admin);
    input_.workspaces = {{"ari:cloud:jira::site/1", "jira-software", "acme", "acme.atlassian.net"}};
    input_.at = at("2026-12-01T08:00:00Z");
    input_.activity[builder_.ref(kAda)] = {at("2024-01-01"), at("2026-11-30T10:00:00Z"), false};
    input_.activity[builder_.ref(kLin)] = {at("2024-02-02"), at("2026-09-01T10:00:00Z"), false};
    input_.activity[builder_.ref(kRosa)] = {at("2024-03-03"), std::nullopt, false};
  }
  std::vector<Row> rows(std::string_view id) {
    for (const ReportTable& table : make_access_report(input_).tables) {
      if (table.id == id) return table.rows;
    }
    ADD_FAILURE() << "no table " << id;
    return {};
  }

  PlanBuilder builder_;
  AccessReportInput input_{"org-1", builder_.live, builder_.catalog};
};

TEST_F(AccessReportTest, AdminsAreThoseOfTheOrganizationAndOfApps) {
  EXPECT_THAT(rows("admins"), ElementsAre(Row{"Ada Lovelace", kAda, "active", "the organization",
                                              "org-admin", "direct", "2026-11-30"},
                                          Row{"", kLin, "active", "jira-software", "admin",
                                              "direct", "2026-09-01"}));
}

TEST_F(AccessReportTest, AccessSaysThroughWhat) {
  const std::string jira = "jira-software";
  EXPECT_THAT(
      rows("access"),
      ElementsAre(
          Row{"Ada Lovelace", kAda, "active", jira, "user", "engineering, everyone", "2026-11-30"},
          Row{"", kLin, "active", jira, "admin", "direct", "2026-09-01"},
          Row{"", kLin, "active", jira, "user", "engineering, everyone", "2026-09-01"},
          Row{"", kRosa, "suspended", jira, "user", "everyone", "never"}));
  EXPECT_THAT(rows("apps"),
              ElementsAre(Row{jira, "3", "1", "1", "engineering: user, everyone: user"}));
}

TEST_F(AccessReportTest, AppsOfOneKindAreToldApartByTheirHost) {
  input_.workspaces.push_back({"ari:cloud:jira::site/2", "jira-software", "acme", "b.example"});
  EXPECT_EQ(rows("apps").at(0).at(0), "jira-software (acme.atlassian.net)");
  input_.workspaces.push_back(
      {"ari:cloud:jira::site/3", "jira-software", "acme", "acme.atlassian.net"});
  EXPECT_EQ(rows("apps").at(0).at(0), "ari:cloud:jira::site/1") << "two must never look like one";
}

// The API gives all apps of a site the site's name.
TEST_F(AccessReportTest, AppsOfOneSiteAreToldApart) {
  input_.workspaces.push_back(
      {"ari:cloud:confluence::site/1", "confluence", "acme", "acme.atlassian.net"});
  EXPECT_EQ(rows("apps").at(0).at(0), "jira-software");
}

TEST_F(AccessReportTest, GroupsStandBySize) {
  builder_.about_group("everyone").synced = true;
  const auto found = rows("groups");
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found[0], ElementsAre("everyone", "3", "1", "jira-software: user",
                                    "by an identity provider", ""));
  EXPECT_THAT(found[1], ElementsAre("engineering", "2", "0", "jira-software: user", "here", ""));
}

TEST_F(AccessReportTest, InactiveAreActivePeopleWhomNoAppHasSeen) {
  // 2026-09-01 is 91 days ago; Rosa is suspended anyway.
  EXPECT_THAT(rows("inactive"),
              ElementsAre(Row{"", kLin, "2026-09-01", "2024-02-02", "jira-software"}));
  input_.activity[builder_.ref(kLin)].last_active = at("2026-09-02T08:00:00Z");  // 90 days
  EXPECT_THAT(rows("inactive"), IsEmpty());
  input_.activity.erase(builder_.ref(kAda));
  EXPECT_EQ(rows("inactive").at(0).at(2), "never");
}

TEST_F(AccessReportTest, InvitationsAreThoseNotVerifiedAndThoseInDoubt) {
  EXPECT_THAT(rows("invitations"), IsEmpty());
  input_.activity[builder_.ref(kLin)].unverified = true;
  input_.open_invitations = {{"kim@acme.example", 12, at("2026-11-29T08:00:00Z")}};
  EXPECT_THAT(rows("invitations"), ElementsAre(Row{"", kLin, "2024-02-02", "address not verified"},
                                               Row{"", "kim@acme.example", "2026-11-29",
                                                   "run 12 sent it and saw no answer"}));
}

TEST_F(AccessReportTest, EndingIsWhatEndsWithinAMonth) {
  const auto dated = [](std::string group, std::string_view until, std::string text) {
    DatedAccess out;
    out.user = kLin;
    out.group = std::move(group);
    out.until = at(until);
    out.until_text = std::move(text);
    out.reason = "PROC-77";
    out.place = {"rolecall.toml", 7, 1};
    return out;
  };
  input_.has_policy = true;
  input_.dated = {dated("later", "2027-01-01", "2026-12-31"), dated("", "2026-12-31", "2026-12-30"),
                  dated("engineering", "2026-12-02", "2026-12-01"),
                  dated("over", "2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z")};
  EXPECT_THAT(rows("ending"),
              ElementsAre(Row{"2026-12-01", "", kLin, "engineering", "PROC-77", "rolecall.toml:7"},
                          Row{"2026-12-30", "", kLin, "all access", "PROC-77", "rolecall.toml:7"}));
}

TEST_F(AccessReportTest, HistoryStandsNewestFirstAndIsPlotted) {
  EXPECT_THAT(render_page(make_access_report(input_)), Not(HasSubstr("over time</figcaption>")));
  input_.history = {{at("2026-11-01T08:00:00Z"), "d", 10, 1, 2, 3, 4},
                    {at("2026-11-02T08:00:00Z"), "d", 12, 1, 2, 3, 4}};
  EXPECT_EQ(rows("history").at(0).at(1), "12");
  EXPECT_THAT(render_page(make_access_report(input_)),
              HasSubstr("People over time</figcaption><svg"));
}

TEST_F(AccessReportTest, GapsAreOnThePage) {
  builder_.live.gaps = {"users/search listed 3 people, users/count says 4"};
  EXPECT_THAT(render_page(make_access_report(input_)),
              HasSubstr("Not proved complete: users/search listed 3 people"));
}

TEST_F(AccessReportTest, ThePageLoadsNothing) {
  input_.history = {{at("2026-11-01T08:00:00Z"), "d", 10, 1, 2, 3, 4},
                    {at("2026-11-02T08:00:00Z"), "d", 12, 1, 2, 3, 4}};
  const std::string page = render_page(make_access_report(input_));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe-inline")));
  for (const char* loads : {" src=", "//", "url(", "@import", "<link", "<iframe", " style="}) {
    EXPECT_THAT(page, Not(HasSubstr(loads))) << loads;
  }
}

TEST(PlotTest, NamesAreWholeHoweverLong) {
  const std::string name = std::string(255, 'g') + "-\u4e2d\u6587";
  const std::string plot = bar_plot("Groups", {{name + " one", 3}, {name + " two", 2}}, 10);
  EXPECT_THAT(plot, HasSubstr(">" + name + " one<"));
  EXPECT_THAT(plot, HasSubstr(">" + name + " two<"));
  EXPECT_THAT(plot, Not(HasSubstr("<text"))) << "text in a picture is not wrapped";
}

TEST(PlotTest, BarsStandToEachOtherAsTheirNumbers) {
  const std::string plot = bar_plot("Groups", {{"a", 200}, {"b", 50}, {"c", 1}, {"d", 0}}, 10);
  for (const char* width : {"\"100.0\"", "\"25.0\"", "\"0.5\"", "\"0.0\""}) {
    EXPECT_THAT(plot, HasSubstr(std::string("<rect class=\"bar\" width=") + width));
  }
  EXPECT_THAT(plot, HasSubstr(">200</span>"));
  EXPECT_THAT(bar_plot("Groups", {{"a", 1}, {"b", 1}, {"c", 1}}, 2), HasSubstr("and 1 more"));
  EXPECT_THAT(bar_plot("Groups", {}, 2), IsEmpty());
}

TEST(EscapeHtmlTest, NothingBecomesMarkup) {
  EXPECT_EQ(escape_html("<b a='x' c=\"y\">&amp;`"),
            "&#60;b a&#61;&#39;x&#39; c&#61;&#34;y&#34;&#62;&#38;amp;&#96;");
  EXPECT_EQ(escape_html("Zo\u00eb \U0001F600"), "Zo\u00eb \U0001F600");
  EXPECT_EQ(escape_html("a\u202eb\nc\x01"), "a\\u{202E}b\\u{A}c\\u{1}");
  EXPECT_EQ(escape_html("a\xff"), "a\\xFF");
}

/// The text of each element of a kind, read by the rules of HTML: what is between two marks, with
/// numeric references resolved.
std::vector<std::string> texts_of(const std::string& page, const std::string& element) {
  std::vector<std::string> out;
  for (std::size_t from = 0; (from = page.find("<" + element, from)) != std::string::npos;) {
    from = page.find('>', from) + 1;
    const std::size_t to = page.find('<', from);
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      if (page.compare(i, 2, "&#") == 0) {
        const std::size_t end = page.find(';', i);
        text += static_cast<char>(std::stoi(page.substr(i + 2, end - i - 2)));
        i = end;
      } else {
        text += page[i];
      }
    }
    EXPECT_EQ(page.compare(to, element.size() + 2, "</" + element), 0) << page.substr(from, 80);
    out.push_back(text);
  }
  return out;
}

TEST(HostileReportTest, WhateverPeopleAndGroupsAreCalledTheyAreTextInCells) {
  static const std::vector<std::string> kPieces = {"<script>alert(1)</script>",
                                                   "</td>",
                                                   "<!--",
                                                   "-->",
                                                   "\"",
                                                   "'",
                                                   "`",
                                                   "&",
                                                   "&lt;",
                                                   "=",
                                                   ">",
                                                   "<img src=x onerror=alert(1)>",
                                                   "</style>",
                                                   "]]>",
                                                   "\u202e",
                                                   "\u200b",
                                                   "\n",
                                                   "\t",
                                                   "\r",
                                                   "+1",
                                                   "-1",
                                                   "@x",
                                                   ",",
                                                   ";",
                                                   "\U0001F600",
                                                   "Ada",
                                                   " ",
                                                   "\x7f"};
  std::mt19937 random(20261201);
  for (std::uint64_t round = 0; round < test::cases(300); ++round) {
    AccessReport report;
    ReportTable& table = report.tables.emplace_back();
    table.id = "access";
    table.header = {"Name", "Group"};
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      std::string name;
      for (auto n = random() % 5 + 1; n > 0; --n) name += kPieces[random() % kPieces.size()];
      table.rows.push_back({name, name});
      // What hides is shown as such; all else arrives as it is.
      std::string shown;
      for (std::size_t k = 0; k < name.size(); ++k) {
        if (name.compare(k, 3, "\u202e") == 0) {
          shown += "\\u{202E}";
          k += 2;
        } else if (name.compare(k, 3, "\u200b") == 0) {
          shown += "\\u{200B}";
          k += 2;
        } else if (name[k] == '\n') {
          shown += "\\u{A}";
        } else if (name[k] == '\t') {
          shown += "\\u{9}";
        } else if (name[k] == '\r') {
          shown += "\\u{D}";
        } else if (name[k] == '\x7f') {
          shown += "\\u{7F}";
        } else {
          shown += name[k];
        }
      }
      expected.push_back(shown);
      expected.push_back(shown);
    }
    report.largest_groups = {{table.rows[0][0], 3}};
    const std::string page = render_page(report);
    ASSERT_EQ(texts_of(page, "td"), expected);
    ASSERT_EQ(page.find("<img"), std::string::npos);
    ASSERT_EQ(page.find("<script>alert"), std::string::npos);
  }
}

}  // namespace
}  // namespace rolecall
