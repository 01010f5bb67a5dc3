// guarantees.md B1: what takes away comes only from listings that are proved. Every page of every
// listing of an organization of some forty pages is spoilt in every way, one at a time.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "tests/support/end_to_end.h"
#include "tests/support/lied_to.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::Not;

constexpr int kPeople = 64;
constexpr int kGroups = 30;

std::string person(int i) {
  return fmt::format("p{:02}@acme.example", i);
}
std::string group(int i) {
  return fmt::format("g{:02}", i);
}

json::value organization() {
  json::object out = acme();
  json::array users, groups;
  users.push_back(json::object{{"email", "root@acme.example"}, {"roles", {"org-admin"}}});
  for (int i = 0; i < kPeople; ++i) {
    json::object one{{"email", person(i)}};
    if (i % 10 == 3) one["access"] = json::object{{kJira, {"user"}}, {kConfluence, {"user"}}};
    users.push_back(std::move(one));
  }
  for (int g = 0; g < kGroups; ++g) {
    json::object one{
        {"name", group(g)},
        {"members", {person(g), person((g + 1) % kPeople), person((g + 7) % kPeople)}}};
    if (g % 5 == 0) {
      one["access"] = json::object{{kJira, {"user", "admin"}}, {kConfluence, {"user"}}};
    }
    groups.push_back(std::move(one));
  }
  out["users"] = std::move(users);
  out["groups"] = std::move(groups);
  return out;
}

/// Everything that takes away happens, and everything that gives.
std::string policy() {
  std::string out = fmt::format(
      "version = 1\n[organization]\nid = \"{}\"\nunlisted_users = \"suspend\"\n"
      "unlisted_groups = \"delete\"\n[resources]\njira = \"{}\"\nconfluence = \"{}\"\n"
      "[safety]\nmin_org_admins = 1\n",
      kOrganization, kJira, kConfluence);
  for (const std::string_view klass : kLimitClassNames) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", klass);
  }
  out += "[users]\n\"root@acme.example\" = { roles = [\"org-admin\"] }\n";
  for (int i = 0; i < kPeople; ++i) {
    if (i % 8 == 7) continue;  // unlisted: to be suspended
    out += fmt::format("\"{}\" = {{ {} }}\n", person(i),
                       i % 9 == 5    ? "state = \"removed\""
                       : i % 10 == 3 ? "access = { confluence = [\"user\", \"admin\"] }"
                                     : "");
  }
  out += "\"new@acme.example\" = {}\n";
  for (int g = 0; g < kGroups; ++g) {
    if (g % 6 == 1) continue;  // unlisted: to be deleted
    if (g == 10) {
      out += "[groups.renamed]\nprevious_names = [\"g10\"]\n";
      continue;
    }
    out += fmt::format("[groups.{}]\n", group(g));
    if (g % 6 == 2) {
      out += "state = \"absent\"\n";
      continue;
    }
    const int first = g % 9 == 5 || g % 8 == 7 ? 0 : g;
    out += fmt::format("members = [\"{}\", \"{}\"]\n", person(first), "new@acme.example");
    if (g % 5 == 0) out += "access = { jira = [\"user\"], confluence = [\"user\", \"admin\"] }\n";
  }
  return out + "[groups.fresh]\nmembers = [\"new@acme.example\"]\n";
}

/// A page, the one before and the one after it of the same listing.
struct Place {
  json::object* page = nullptr;
  const json::object* before = nullptr;
  const json::object* after = nullptr;
  [[nodiscard]] json::array& data() const { return page->at("data").as_array(); }
};

struct Fault {
  std::string_view name;
  void (*spoil)(const Place&);
};

void set_next(const Place& place, const json::value& next) {
  place.page->at("links").as_object()["next"] = next;
}

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

const Fault kFaults[] = {
    {"the first item lost", [](const Place& it) { it.data().erase(it.data().begin()); }},
    {"the last item lost", [](const Place& it) { it.data().pop_back(); }},
    {"the first item twice",
     [](const Place& it) { it.data().insert(it.data().begin(), json::value(it.data().front())); }},
    {"the last item twice",
     [](const Place& it) { it.data().push_back(json::value(it.data().back())); }},
    {"the last instead of the first",
     [](const Place& it) { it.data().front() = json::value(it.data().back()); }},
    {"empty", [](const Place& it) { it.data().clear(); }},
    {"backwards", [](const Place& it) { std::reverse(it.data().begin(), it.data().end()); }},
    {"the page before again",
     [](const Place& it) {
       if (it.before != nullptr) it.page->at("data") = it.before->at("data");
     }},
    {"the page after too early",
     [](const Place& it) {
       if (it.after != nullptr) it.page->at("data") = it.after->at("data");
     }},
    {"the end", [](const Place& it) { set_next(it, nullptr); }},
    {"in a circle",
     [](const Place& it) {
       if (it.before != nullptr) set_next(it, it.before->at("links").at("next"));
     }},
    {"another page skipped",
     [](const Place& it) {
       if (it.after != nullptr) set_next(it, it.after->at("links").at("next"));
     }},
};

/// Whether a listing is one of people or groups as a whole.
bool lists_all(const std::string& key) {
  const bool lists = key.find("/users/search ") != std::string::npos ||
                     key.find("/groups/search ") != std::string::npos;
  return lists && key.find("Ids\":") == std::string::npos;
}

/// Items as texts, in no order.
std::multiset<std::string> items(const json::object& page) {
  std::multiset<std::string> out;
  for (const json::value& item : page.at("data").as_array()) out.insert(json::serialize(item));
  return out;
}

class ProvedReads : public ::testing::TestWithParam<Fault> {
 protected:
  ProvedReads() {
    live_.page_size = 3;
    honest_ = live_.plan([&](const std::string& key, const Request& request, Response& response) {
      const json::value page = json::parse(response.body);
      if (!page.as_object().contains("data") || page.at("data").as_array().empty()) return;
      pages_[key] = page.as_object();
      listing_of_[key] = request.target.substr(0, request.target.find('?'));
      const json::value* next = page.at("links").as_object().if_contains("next");
      if (next != nullptr && next->is_string()) led_to_[text(*next)] = key;
    });
    for (const auto& [key, page] : pages_) {
      for (const auto& [cursor, from] : led_to_) {
        if (listing_of_[from] != listing_of_[key] || key.find(cursor) == std::string::npos) {
          continue;
        }
        before_[key] = from;
        after_[from] = key;
      }
    }
  }

  /// The page as the fault makes it.
  json::object spoilt(const std::string& key) {
    json::object page = pages_.at(key);
    Place place{&page};
    if (before_.contains(key)) place.before = &pages_.at(before_.at(key));
    if (after_.contains(key)) place.after = &pages_.at(after_.at(key));
    GetParam().spoil(place);
    return page;
  }

  void check(const std::string& key) {
    const json::object odd = spoilt(key);
    const Planned planned =
        live_.plan([&](const std::string& asked, const Request&, Response& response) {
          if (asked == key) response.body = json::serialize(odd);
        });
    const std::string where = fmt::format("{}\n{}", key, said(planned));
    if (!planned.plan) {
      EXPECT_NE(said(planned), "") << where;
      ++without_a_plan_;
    } else if (!planned.plan->complete) {
      check_doubted(*planned.plan, where);
    } else {
      EXPECT_TRUE(!lists_all(key) || items(odd) == items(pages_.at(key))) << where;
      check_believed(*planned.plan, key, where);
    }
  }

  void check_doubted(const Plan& plan, const std::string& where) {
    ++doubted_;
    EXPECT_THAT(losses_in(plan), IsEmpty()) << where;
    EXPECT_EQ(exit_code(plan), 6) << where;
    check_nothing_made_twice(plan, where);
    EXPECT_THAT(plan.changes, Not(IsEmpty())) << "what gives is still allowed: " << where;
    for (const std::string& gap : plan.gaps) {
      EXPECT_THAT(gap, ::testing::ContainsRegex("search|count|role-assignments|directories"));
    }
  }

  /// Nobody is invited who is there, and no group is made that exists.
  void check_nothing_made_twice(const Plan& plan, const std::string& where) {
    const std::vector<std::string> honest = lines_of(*honest_.plan);
    for (const std::string& line : lines_of(plan)) {
      if (line.starts_with("invite_user ") || line.starts_with("create_group ")) {
        EXPECT_THAT(honest, ::testing::Contains(line)) << where;
      }
    }
  }

  void check_believed(const Plan& plan, const std::string& key, const std::string& where) {
    ++believed_;
    const std::vector<std::string> lines = lines_of(plan);
    // Of grants that are not shown none is taken; all else is planned as from the truth.
    if (lists_all(key)) {
      EXPECT_EQ(lines, lines_of(*honest_.plan)) << where;
    }
    EXPECT_THAT(losses_in(plan), IsSubsetOf(losses_in(*honest_.plan))) << where;
    if (std::count(lines.begin(), lines.end(), "delete_group - g10 - -") == 0) return;
    for (const std::string& line : lines_of(*honest_.plan)) {
      if (line.find(" renamed ") == std::string::npos) continue;
      EXPECT_THAT(lines, ::testing::Contains(line)) << "lost by renaming: " << where;
    }
  }

  LiedTo live_{organization(), policy()};
  Planned honest_;
  std::map<std::string, json::object> pages_;
  std::map<std::string, std::string> listing_of_, led_to_, before_, after_;
  std::size_t doubted_ = 0, believed_ = 0, without_a_plan_ = 0;
};

TEST_P(ProvedReads, NoSinglePageTakesAnythingWrongly) {
  ASSERT_TRUE(honest_.plan && honest_.plan->complete) << said(honest_);
  ASSERT_THAT(honest_.plan->refusals, IsEmpty());
  ASSERT_GT(losses_in(*honest_.plan).size(), 40U);
  EXPECT_GE(pages_.size(), 40U);
  EXPECT_GT(before_.size(), 20U);
  for (const auto& [key, page] : pages_) check(key);
  std::cout << pages_.size() << " pages, each " << GetParam().name << ": " << doubted_
            << " readings doubted, " << believed_ << " believed, " << without_a_plan_
            << " without a plan\n";
}

INSTANTIATE_TEST_SUITE_P(Faults, ProvedReads, ::testing::ValuesIn(kFaults), [](const auto& it) {
  std::string out;
  for (const char c : it.param.name) out += c == ' ' ? '_' : c;
  return out;
});

}  // namespace
}  // namespace rolecall::test
