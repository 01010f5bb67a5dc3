#include "tests/support/random_policy.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "policies/desired.h"

namespace rolecall::test {
namespace {

class Writer {
 public:
  explicit Writer(Dice& dice) : dice_(dice) {}

  std::string run() {
    organization();
    resources();
    users();
    groups();
    safety();
    acknowledge();
    rules();
    tests();
    rosters();
    return std::move(out_);
  }

 private:
  template <std::size_t N>
  std::string_view one_of(const std::array<std::string_view, N>& words) {
    return words[static_cast<std::size_t>(dice_.below(static_cast<int>(N)))];
  }
  void line(const std::string& text) { out_ += text + "\n"; }
  /// Now and then.
  void maybe(const std::string& text) {
    if (dice_.chance(3)) line(text);
  }
  std::string day() {
    const std::string date = fmt::format("20{}-{:02}-{:02}", 27 + dice_.below(5),
                                         1 + dice_.below(12), 1 + dice_.below(28));
    const std::string time = fmt::format("{:02}:30:00", dice_.below(24));
    switch (dice_.below(4)) {
      case 0:
        return date + "T" + time + "Z";
      case 1:
        return date + " " + time + "+02:00";
      default:
        return date;
    }
  }
  static std::string past() { return "2026-01-15"; }
  std::string reason() {
    static constexpr std::array<std::string_view, 3> kReasons = {"\"HR-1\"", "'leave, \"long\"'",
                                                                 "\"caf\xC3\xA9 # 7\""};
    return std::string(one_of(kReasons));
  }
  std::string app_roles(bool of_group) {
    static constexpr std::array<std::string_view, 5> kLists = {
        "[]", "[\"user\"]", "[\"user\", \"admin\"]", "[\"user-access-admin\", \"guest\"]",
        "[\"viewer\"]"};
    return std::string(kLists[static_cast<std::size_t>(dice_.below(of_group ? 5 : 4))]);
  }
  std::string access(bool of_group) {
    switch (dice_.below(3)) {
      case 0:
        return "{}";
      case 1:
        return fmt::format("{{ jira = {} }}", app_roles(of_group));
      default:
        return fmt::format("{{ jira = {}, wiki = {} }}", app_roles(of_group), app_roles(of_group));
    }
  }

  void organization() {
    line("version = 1\n\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"");
    maybe("directory = \"Acme\"");
    maybe(fmt::format("unlisted_users = \"{}\"",
                      one_of(std::array<std::string_view, 3>{"ignore", "suspend", "remove"})));
    maybe(fmt::format("unlisted_groups = \"{}\"",
                      one_of(std::array<std::string_view, 2>{"ignore", "delete"})));
  }

  void resources() {
    line("[resources]\njira = \"ari:cloud:jira-software::site/1\"");
    line(dice_.chance(2) ? "wiki = { app = \"confluence\" }"
                         : "wiki = { app = \"confluence\", host = \"acme.atlassian.net\" }");
  }

  void users() {
    const int count = 2 + dice_.below(6);
    for (int i = 0; i < count; ++i) {
      line(fmt::format("[users.\"u{}@acme.example\"]", i));
      maybe("reason = " + reason());
      // Those who are members below must not be wanted out.
      if (i >= 2 && dice_.chance(3)) {
        line("state = \"removed\"");
        continue;
      }
      maybe(fmt::format("account_id = \"712020:5e0c{}\"", i));
      if (i >= 2) maybe("state = \"suspended\"");
      maybe(dice_.chance(2) ? "roles = []" : "roles = [\"org-admin\"]");
      maybe("access = " + access(false));
      maybe("from = " + past());
      maybe("until = " + day());
      if (i == 0) line("attributes = { department = \"Engineering\", site = \"Berlin\" }");
    }
  }

  void groups() {
    line("[groups.base]\nmembers = [\"u0@acme.example\"]");
    const int count = dice_.below(5);
    for (int i = 0; i < count; ++i) {
      line(fmt::format("[groups.\"group {}\"]", i));
      if (dice_.chance(5)) {
        line("state = \"absent\"");
        maybe("reason = " + reason());
        continue;
      }
      maybe("state = \"present\"");
      maybe("description = " + reason());
      maybe("access = " + access(true));
      maybe(fmt::format("previous_names = [\"old {}\"]", i));
      if (dice_.chance(4)) continue;
      line(member_list());
      maybe("include = [\"base\"]");
      maybe("match = { department = [\"Engineering\", \"Platform\"], site = \"Berlin\" }");
      maybe("exclude = [\"u5@acme.example\"]");
      maybe(fmt::format("membership = \"{}\"",
                        one_of(std::array<std::string_view, 2>{"exclusive", "additive"})));
    }
    line("[groups.nobody]\nmembers = []\nempty = true");
  }

  std::string member_list() {
    std::string other = "user = \"u1@acme.example\"";
    if (dice_.chance(2)) other += ", from = " + past();
    if (dice_.chance(2)) other += ", until = " + day();
    if (dice_.chance(2)) other += ", reason = \"PROC-77\"";
    return dice_.chance(2) ? "members = [\"u0@acme.example\"]"
                           : "members = [\"u0@acme.example\", { " + other + " }]";
  }

  void safety() {
    line("[safety]");
    maybe("min_org_admins = 1");
    maybe("protected_users = [\"break@acme.example\"]");
    maybe("protected_groups = [\"org-admins\"]");
    for (const std::string_view limit : kLimitClassNames) {
      if (!dice_.chance(4)) continue;
      line(fmt::format("[safety.limits.{}]", limit));
      maybe(fmt::format("free = {}", dice_.below(50)));
      maybe(fmt::format("percent = {}", dice_.below(101)));
      maybe(fmt::format("count = {}", dice_.below(500)));
    }
  }

  void acknowledge() {
    for (int i = dice_.below(3); i > 0; --i) {
      line(
          fmt::format("[[acknowledge]]\nclass = \"{}\"\ncount = {}\nplan = \"9f2c41d07a{}e\"\n"
                      "until = {}\nreason = {}",
                      one_of(kLimitClassNames), 1 + dice_.below(300), i, day(), reason()));
    }
  }

  /// Of a table in braces: each now and then, the first where none came up.
  std::string some_of(const std::vector<std::string>& entries) {
    std::string out;
    for (const std::string& entry : entries) {
      if (dice_.chance(2)) out += (out.empty() ? "" : ", ") + entry;
    }
    return "{ " + (out.empty() ? entries.front() : out) + " }";
  }
  std::string held() {
    return dice_.chance(2) ? "access = { jira = [\"user\", \"viewer\"] }"
                           : "access = { jira = [\"admin\"], wiki = [\"guest\"] }";
  }

  void rules() {
    for (int i = dice_.below(3); i > 0; --i) {
      line(fmt::format("[[rules]]\nname = \"rule {}\"", i));
      maybe(fmt::format("severity = \"{}\"",
                        one_of(std::array<std::string_view, 2>{"error", "warning"})));
      maybe("users = " +
            some_of({dice_.chance(2) ? "domain = \"acme.example\"" : "domain = [\"a.example\"]",
                     dice_.chance(2) ? "group = \"base\"" : "group = [\"base\", \"nobody\"]",
                     "attributes = { department = [\"Engineering\"], site = \"Berlin\" }"}));
      maybe("deny = " + some_of({"roles = [\"org-admin\"]", held()}));
      maybe("exclusive_groups = [\"base\", \"nobody\"]");
      line("require = " +
           some_of({fmt::format("until_within_days = {}", dice_.below(400)), "reason = true"}));
    }
  }

  void tests() {
    for (int i = dice_.below(3); i > 0; --i) {
      line(fmt::format("[[tests]]\nname = \"test {}\"\nuser = \"u{}@acme.example\"", i, i - 1));
      maybe("at = " + day());
      const std::vector<std::string> holdings = {"groups = [\"base\"]", held(),
                                                 "roles = [\"org-admin\"]"};
      maybe("has = " + some_of(holdings));
      line("lacks = " + some_of(holdings));
    }
  }

  void rosters() {
    if (!dice_.chance(3)) return;
    line(fmt::format("[[rosters]]\nfile = \"hr.csv\"\nemail = \"{}\"", kRosterColumns[0]));
    const bool declares = dice_.chance(2);
    if (declares) {
      line("declare_users = true");
      maybe(fmt::format("active = {{ column = \"{}\", values = [\"Active\", \"Leave\"] }}",
                        kRosterColumns[2]));
    } else {
      maybe("declare_users = false");
    }
    line(fmt::format("attributes = {{ team = \"{}\" }}", kRosterColumns[1]));
  }

  static constexpr std::array<std::string_view, 3> kRosterColumns = {"Work Email", "Team",
                                                                     "Status"};

  Dice& dice_;
  std::string out_;
};

}  // namespace

std::string random_policys_roster() {
  return "Work Email,Team,Status\nhr@acme.example,Core,Active\n";
}

std::string make_random_policy(Dice& dice) {
  return Writer(dice).run();
}

}  // namespace rolecall::test
