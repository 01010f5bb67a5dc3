// Everybody is listed once, whatever the server makes of filters and order.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "state/api/fetch.h"
#include "state/simulator/fake_org.h"
#include "tests/support/cases.h"
#include "tests/support/requests.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using simulator::FakeOrg;

const Instant kNow = *parse_instant("2026-03-01T12:00:00Z");

struct Oddities {
  std::vector<std::string_view> ignored{};  ///< members of search bodies the server does not know
  bool ignores_mfa_in_counts = false;
  std::size_t moved_after = 0;  ///< calls until the other organization answers; 0: never
};

/// Answers at once, in an order that chance decides, from one organization and later from another.
class OddServer final : public ReadClient {
 public:
  OddServer(FakeOrg first, FakeOrg second, Oddities odd, std::uint64_t seed)
      : orgs_{std::move(first), std::move(second)}, odd_(std::move(odd)), dice_(seed) {}

  [[nodiscard]] bool can_start() const override { return done_.size() < 8; }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds) override {
    const Request& asked = request.request();
    simulator::HttpRequest http;
    http.method = name(asked.method);
    http.target = asked.target;
    http.authorization = "Bearer k";
    if (!asked.body.empty()) {
      http.content_type = "application/json";
      json::object body = json::parse(asked.body).as_object();
      for (const std::string_view key : odd_.ignored) body.erase(key);
      http.body = json::serialize(body);
    }
    if (const auto at = http.target.find("&mfaEnabled=");
        odd_.ignores_mfa_in_counts && at != std::string::npos) {
      http.target.resize(at);
    }
    ++calls_;
    const bool moved = odd_.moved_after != 0 && calls_ > odd_.moved_after;
    simulator::HttpResponse answer = orgs_[moved ? 1 : 0].handle(http);
    Response response;
    response.status = answer.status;
    response.content_type = "application/json";
    response.body = std::move(answer.body);
    done_.push_back({ticket, std::move(response), 1, {}});
  }
  [[nodiscard]] Completion wait() override {
    const auto at = done_.begin() + dice_.below(static_cast<int>(done_.size()));
    Completion out = std::move(*at);
    done_.erase(at);
    return out;
  }
  void cancel_unsent() override {}
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  std::array<FakeOrg, 2> orgs_;
  Oddities odd_;
  test::Dice dice_;
  std::vector<Completion> done_;
  std::size_t calls_ = 0;
};

struct Case {
  json::value seed, moved;  ///< the same but for the MFA of a few people
  std::map<std::string, std::set<std::string>> groups_of;  ///< by address
};

Case make_case(std::uint64_t seed) {
  test::Dice dice(seed);
  Case out;
  const auto users = static_cast<std::size_t>(dice.below(1'300));
  out.seed = simulator::generate_seed({users, 12, users * 3, seed});
  // Few or many with one nickname, and parts of any size.
  const int names = 1 + dice.below(400);
  const int mfa = dice.below(101);
  for (json::value& user : out.seed.at("users").as_array()) {
    user.as_object()["nickname"] = "n" + std::to_string(dice.below(names));
    user.as_object()["mfa"] = dice.below(100) < mfa;
    if (!user.as_object().contains("directories")) {
      out.groups_of[std::string(user.at("email").as_string())] = {};
    }
  }
  for (const json::value& group : out.seed.at("groups").as_array()) {
    for (const json::value& member : group.at("members").as_array()) {
      out.groups_of.at(std::string(member.as_string()))
          .insert(std::string(group.at("name").as_string()));
    }
  }
  out.moved = out.seed;
  for (json::value& user : out.moved.at("users").as_array()) {
    if (dice.below(100) < 2) user.as_object()["mfa"] = !user.at("mfa").as_bool();
  }
  return out;
}

std::map<std::string, std::set<std::string>> groups_of(const Snapshot& live,
                                                       const Catalog& catalog) {
  std::map<std::string, std::set<std::string>> out;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.live.find(ref) != nullptr) out[catalog.name(ref)] = {};
  }
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    for (const UserRef user : live.live.groups[i].members) {
      out.at(catalog.name(user)).insert(catalog.name(ref).display());
    }
  }
  return out;
}

/// A catalog that has met these people.
Catalog acquainted_with(const std::vector<std::string>& addresses) {
  Catalog out;
  for (const std::string& address : addresses) out.user(*Email::parse(address));
  return out;
}

/// Whom the policy may name of them: everybody but `strangers`, and `absent` others.
std::vector<std::string> named(const Case& it, std::size_t strangers, std::size_t absent) {
  std::vector<std::string> out;
  for (const auto& [address, groups] : it.groups_of) {
    if (strangers > 0 && out.size() + 1 == it.groups_of.size() - strangers) break;
    out.push_back(address);
  }
  for (std::size_t i = 0; i < absent; ++i) {
    const auto place = out.begin() + static_cast<std::ptrdiff_t>(out.size() * i / absent);
    out.insert(place, "absent" + std::to_string(i) + "@acme.example");
  }
  return out;
}

struct Listed {
  Snapshot live;
  std::size_t calls = 0;
};

Listed list(const Case& it, const Oddities& odd, std::uint64_t seed, Catalog& catalog) {
  const auto org = [&](const json::value& of) {
    return *FakeOrg::from_seed(of, [] { return kNow; });
  };
  OddServer server(org(it.seed), org(it.moved), odd, seed);
  FetchScope scope;
  scope.organization = "1b2c3d4e-0000-4000-8000-0000000000aa";
  auto live = fetch(server, scope, catalog);
  if (!live) throw std::logic_error(live.error().what);
  return {std::move(*live), server.calls()};
}

/// Of several readings each, or of very many.
const std::uint64_t kCases = test::cases(8);
const std::uint64_t kFewCases = (kCases + 3) / 4;

TEST(PeopleListing, IsTheSameWhateverTheServerDoesNotKnow) {
  const std::vector<Oddities> odd = {{},
                                     {{"sortBy"}},
                                     {{"mfaEnabled"}},
                                     {{"mfaEnabled"}, true},
                                     {{}, true},
                                     {{"sortBy", "mfaEnabled"}},
                                     {{"sortBy", "mfaEnabled"}, true}};
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const Case it = make_case(seed);
    for (std::size_t which = 0; which < odd.size(); ++which) {
      Catalog catalog;
      const Listed listed = list(it, odd[which], seed, catalog);
      EXPECT_TRUE(listed.live.complete()) << listed.live.gaps.front();
      ASSERT_EQ(groups_of(listed.live, catalog), it.groups_of) << seed << ", oddity " << which;
    }
  }
}

TEST(PeopleListing, CostsLittleMoreThanOneWalk) {
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const Case it = make_case(seed);
    Catalog catalog;
    const Listed listed = list(it, {}, seed, catalog);
    const std::size_t pages = std::max<std::size_t>(1, (it.groups_of.size() + 99) / 100);
    EXPECT_LE(listed.calls, pages + 1 + 11) << it.groups_of.size() << " people, seed " << seed;
  }
}

TEST(PeopleListing, WhoeverChangesSidesMeanwhileIsListedOrTheReadingIsNotTrusted) {
  std::size_t complete = 0;
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const Case it = make_case(seed);
    for (std::size_t after = 2; after < 24; after += 3) {
      Catalog catalog;
      const Listed listed = list(it, {{}, false, after}, seed + after, catalog);
      if (!listed.live.complete()) continue;
      ++complete;
      ASSERT_EQ(groups_of(listed.live, catalog), it.groups_of) << seed << ", after " << after;
    }
  }
  EXPECT_GT(complete, kCases * 3) << "most are listed by falling back";
}

TEST(PeopleListing, IsTheSameWhomeverThePolicyNames) {
  const std::vector<Oddities> odd = {
      {}, {{"emails"}}, {{"sortBy"}}, {{"emails", "mfaEnabled"}, true}, {{"sortBy"}, true}};
  for (std::uint64_t seed = 1; seed <= kFewCases; ++seed) {
    const Case it = make_case(seed);
    for (const auto& [strangers, absent] :
         {std::pair<std::size_t, std::size_t>{0, 30}, {1, 1}, {1, 30}, {40, 41}}) {
      if (strangers >= it.groups_of.size()) continue;
      for (std::size_t which = 0; which < odd.size(); ++which) {
        Catalog catalog = acquainted_with(named(it, strangers, absent));
        const Listed listed = list(it, odd[which], seed, catalog);
        EXPECT_TRUE(listed.live.complete()) << listed.live.gaps.front();
        ASSERT_EQ(groups_of(listed.live, catalog), it.groups_of)
            << seed << ", oddity " << which << ", " << strangers << " strangers";
      }
    }
  }
}

TEST(PeopleListing, NoCallForThoseThePolicyNamesWaitsForAnother) {
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    const Case it = make_case(seed);
    if (it.groups_of.size() <= 100) continue;
    Catalog catalog = acquainted_with(named(it, 0, 10));
    const Listed listed = list(it, {}, seed, catalog);
    // Besides: the directory, the groups, their number, and that of people before and after.
    EXPECT_EQ(listed.calls, (it.groups_of.size() + 10 + 99) / 100 + 5) << seed;
  }
}

TEST(PeopleListing, WhoeverJoinsMeanwhileDoesNotHideAStranger) {
  // In no group, so that no group's count tells of them.
  constexpr std::string_view kJoiner = "joiner@acme.example", kStranger = "stranger@acme.example";
  const auto add = [](json::value& seed, std::string_view email) {
    seed.at("users").as_array().push_back(json::object{{"email", email}, {"mfa", true}});
  };
  std::size_t complete = 0;
  for (std::uint64_t seed = 1; seed <= kFewCases; ++seed) {
    Case it = make_case(seed);
    if (it.groups_of.size() <= 100) continue;
    std::vector<std::string> known = named(it, 0, 0);
    known.emplace_back(kJoiner);
    add(it.seed, kStranger);
    it.moved = it.seed;
    add(it.moved, kJoiner);
    for (std::size_t after = 0; after < 24; after += 3) {
      Catalog catalog = acquainted_with(known);
      const Listed listed = list(it, {{}, false, after}, seed + after, catalog);
      if (!listed.live.complete()) continue;
      ++complete;
      ASSERT_TRUE(groups_of(listed.live, catalog).contains(std::string(kStranger)))
          << seed << ", after " << after;
    }
  }
  EXPECT_GT(complete, 0U);
}

}  // namespace
}  // namespace rolecall
