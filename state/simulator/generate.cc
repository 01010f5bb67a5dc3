#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "state/model/text.h"
#include "state/simulator/fake_org.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 32> kFirst = {
    "Ada",   "Alan",   "Barbara",  "Bjarne", "Chen",   "Dana",    "Donald", "Edsger",
    "Erika", "Fatima", "Grace",    "Hedy",   "Ines",   "Ivan",    "Jean",   "Katherine",
    "Ken",   "Linus",  "Margaret", "Mei",    "Nadia",  "Niklaus", "Olga",   "Priya",
    "Radia", "Rosa",   "Sofia",    "Tim",    "Ursula", "Vint",    "Wei",    "Yusuf"};
constexpr std::array<std::string_view, 32> kLast = {
    "Almeida",  "Bauer",  "Berg",    "Chen",     "Costa",  "Dubois",  "Eriksen", "Fischer",
    "Garcia",   "Haddad", "Hopper",  "Ivanova",  "Jensen", "Johnson", "Kim",     "Kowalski",
    "Lovelace", "Moreau", "Müller",  "Nakamura", "Novak",  "Okafor",  "Patel",   "Petrov",
    "Rossi",    "Santos", "Schmidt", "Silva",    "Singh",  "Tanaka",  "Weber",   "Yilmaz"};
constexpr std::array<std::string_view, 16> kTeams = {
    "engineering", "design",   "marketing", "sales",   "support", "finance", "legal", "people",
    "platform",    "security", "research",  "quality", "data",    "mobile",  "web",   "field"};
constexpr std::array<std::string_view, 8> kPlaces = {"berlin", "lisbon",  "osaka",  "austin",
                                                     "dublin", "nairobi", "sydney", "remote"};
// Names as people really write them: other scripts, spaces, case, signs that URLs and TOML mind.
constexpr std::array<std::string_view, 6> kOddGroups = {
    "R&D / Überprüfung", "büro-köln", "設計チーム", "ops (24/7)", "Q4 \"big bet\"", "C++ guild #1"};

// Spread of group sizes: most are small, a few hold a large part of the organization.
constexpr double kSigma = 1.2;
constexpr double kGroupsWithGrants = 0.4;

// What a JSON integer holds.
constexpr std::uint64_t kLargestSeed = 0x7fffffffffffffffU;

constexpr std::string_view kSite = "70ef3a32-0000-4000-8000-000000000001";

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // Distributions of the library differ from one library to the next; these do not.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  double unit() { return (static_cast<double>(engine_() >> 11U) + 0.5) * 0x1.0p-53; }
  double normal() {
    return std::sqrt(-2 * std::log(unit())) * std::cos(2 * std::numbers::pi * unit());
  }
  bool chance(double p) { return unit() < p; }

 private:
  std::mt19937_64 engine_;
};

std::string resource(std::string_view app) {
  return fmt::format("ari:cloud:{}::site/{}", app, kSite);
}

json::array make_workspaces(std::size_t users) {
  json::array out;
  for (const std::string_view app : {"jira-software", "confluence", "jira-servicedesk"}) {
    out.push_back({{"ari", resource(app)},
                   {"app", app},
                   {"name", "acme"},
                   {"host", "acme.atlassian.net"},
                   {"capacity", static_cast<std::int64_t>(users * 2 + 100)}});
  }
  return out;
}

std::string make_email(std::size_t i) {
  const std::string first = to_lower_ascii(kFirst[i % kFirst.size()]);
  std::string last = to_lower_ascii(kLast[i / kFirst.size() % kLast.size()]);
  if (last == "müller") last = "mueller";
  const std::size_t round = i / (kFirst.size() * kLast.size());
  // Every fiftieth is a guest of another company.
  const std::string_view domain = i % 50 == 49 ? "partner.example" : "acme.example";
  return round == 0 ? fmt::format("{}.{}@{}", first, last, domain)
                    : fmt::format("{}.{}{}@{}", first, last, round + 1, domain);
}

json::object make_user(std::size_t i, Random& random) {
  json::object out{{"email", make_email(i)},
                   {"name", fmt::format("{} {}", kFirst[i % kFirst.size()],
                                        kLast[i / kFirst.size() % kLast.size()])}};
  if (i < 3) out["roles"] = json::array{"org-admin"};
  if (random.chance(0.7)) out["mfa"] = true;
  if (i >= 3 && random.chance(0.02)) out["status"] = "suspended";
  if (i >= 3 && random.chance(0.01)) {
    out["access"] = json::object{{resource("confluence"), json::array{"guest"}}};
  }
  return out;
}

std::string make_group_name(std::size_t i) {
  if (i < kOddGroups.size() * 17 && i % 17 == 16) return std::string(kOddGroups[i / 17]);
  const std::string_view team = kTeams[i % kTeams.size()];
  const std::string_view place = kPlaces[i / kTeams.size() % kPlaces.size()];
  const std::size_t round = i / (kTeams.size() * kPlaces.size());
  return round == 0 ? fmt::format("{}-{}", team, place)
                    : fmt::format("{}-{}-{}", team, place, round + 1);
}

/// Log-normal sizes that sum to `total`, none larger than `most`.
std::vector<std::size_t> make_sizes(std::size_t groups, std::size_t total, std::size_t most,
                                    Random& random) {
  std::vector<double> weights(groups);
  for (double& weight : weights) weight = std::exp(kSigma * random.normal());
  std::vector<std::size_t> out(groups, 0);
  std::size_t given = 0;
  // What is cut off at `most` is spread over the others in the next round.
  for (int round = 0; round < 20 && given < total; ++round) {
    double open = 0;
    for (std::size_t i = 0; i < groups; ++i) open += out[i] < most ? weights[i] : 0;
    const double left = static_cast<double>(total - given);
    for (std::size_t i = 0; i < groups && open > 0 && given < total; ++i) {
      if (out[i] >= most) continue;
      const auto share = static_cast<std::size_t>(std::lround(left * weights[i] / open));
      const std::size_t more = std::min({share, most - out[i], total - given});
      out[i] += more;
      given += more;
    }
  }
  for (std::size_t i = 0; given < total && i < groups; ++i) {
    const std::size_t more = std::min(most - out[i], total - given);
    out[i] += more;
    given += more;
  }
  return out;
}

/// `size` different people: a start and a stride that has no common divisor with their number.
json::array pick_members(const json::array& users, std::size_t size, Random& random) {
  json::array out;
  const std::size_t count = users.size();
  if (count == 0) return out;
  std::size_t stride = 1 + random.below(count);
  while (std::gcd(stride, count) != 1) ++stride;
  std::size_t at = random.below(count);
  out.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(users[at].get_object().at("email"));
    at = (at + stride) % count;
  }
  return out;
}

json::object make_access(std::size_t i, Random& random) {
  constexpr std::array<std::string_view, 3> kApps = {"jira-software", "confluence",
                                                     "jira-servicedesk"};
  json::object out{{resource(kApps[i % kApps.size()]), json::array{"user"}}};
  if (random.chance(0.2)) out[resource("confluence")] = json::array{"guest", "user"};
  if (random.chance(0.05)) out[resource("jira-servicedesk")] = json::array{"admin"};
  return out;
}

json::object make_group(std::size_t i, std::size_t size, const json::array& users, Random& random) {
  json::object out{{"name", make_group_name(i)}, {"members", pick_members(users, size, random)}};
  if (random.chance(0.8)) {
    out["description"] = fmt::format("Everybody in {}", make_group_name(i));
  }
  if (random.chance(kGroupsWithGrants)) out["access"] = make_access(i, random);
  if (i == 1) out["synced"] = true;
  if (i == 2) out["built_in"] = true;
  return out;
}

}  // namespace

json::value generate_seed(const GeneratedSize& size) {
  Random random(size.seed);
  json::array users;
  users.reserve(size.users + 2);
  for (std::size_t i = 0; i < size.users; ++i) users.push_back(make_user(i, random));
  json::array groups;
  groups.reserve(size.groups);
  const auto sizes = make_sizes(size.groups, size.memberships, size.users, random);
  for (std::size_t i = 0; i < size.groups; ++i) {
    groups.push_back(make_group(i, sizes[i], users, random));
  }
  // Accounts the organization manages that are in no directory.
  for (std::size_t i = 0; i < std::min<std::size_t>(2 + size.users / 100, size.users); ++i) {
    users.push_back({{"email", fmt::format("former{}@acme.example", i + 1)},
                     {"name", fmt::format("Former {}", i + 1)},
                     {"status", i % 2 == 0 ? "not_invited" : "deactivated"},
                     {"directories", json::object{}}});
  }
  return json::object{
      {"organization", {{"id", "1b2c3d4e-0000-4000-8000-0000000000aa"}, {"name", "Acme"}}},
      {"directories",
       {{{"id", "22222222-0000-4000-8000-000000000001"}, {"name", "Acme directory"}}}},
      {"domains", {{{"name", "acme.example"}}}},
      {"workspaces", make_workspaces(size.users)},
      {"users", std::move(users)},
      {"groups", std::move(groups)},
      {"options", {{"seed", static_cast<std::int64_t>(size.seed & kLargestSeed)}}}};
}

}  // namespace rolecall::simulator
