#include "diff/near_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/cases.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

bool near(std::string_view one, std::string_view other) {
  return !near_names({one}, {other}).empty();
}

TEST(NearNames, OneSlipApart) {
  const std::string name = "omar.haddad@acme.example";
  for (const std::string slip :
       {"oma.haddad@acme.example", "omarr.haddad@acme.example", "omar.hadded@acme.example",
        "omra.haddad@acme.example", "omar.haddad@acme.exampl", "xomar.haddad@acme.example",
        "omar.haddad@amce.example", "mar.haddad@acme.example"}) {
    EXPECT_TRUE(near(name, slip)) << slip;
    EXPECT_TRUE(near(slip, name)) << slip;
  }
}

TEST(NearNames, NoSlip) {
  EXPECT_FALSE(near("omar@acme.example", "omar@acme.example")) << "it is the same";
  EXPECT_FALSE(near("omar@acme.example", "amar@acme.exampla")) << "two";
  EXPECT_FALSE(near("omar@acme.example", "moar@acme.exmaple")) << "two";
  EXPECT_FALSE(near("omar1@acme.example", "omar2@acme.example")) << "told apart by a digit";
  EXPECT_FALSE(near("omar@acme.example", "omar2@acme.example")) << "told apart by a digit";
  EXPECT_FALSE(near("hr@acme.example", "pr@acme.example")) << "short";
  EXPECT_FALSE(near("qa-a", "qa-b")) << "short";
  EXPECT_FALSE(near("", ""));
  EXPECT_FALSE(near("ommar@acme.example", "omar@acme.exampple"));
}

/// The definition, letter by letter.
bool one_edit(const std::string& a, const std::string& b) {
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (const char c : std::string("abc")) {
      if (std::string(a).insert(i, 1, c) == b) return true;
      if (i < a.size() && a[i] != c && std::string(a).replace(i, 1, 1, c) == b) return true;
    }
    if (i < a.size() && std::string(a).erase(i, 1) == b) return true;
    std::string swapped = a;
    if (i + 1 < a.size()) std::swap(swapped[i], swapped[i + 1]);
    if (swapped != a && swapped == b) return true;
  }
  return false;
}

TEST(NearNames, AreThoseOfTheDefinition) {
  test::Dice dice(4);
  const auto name = [&] {
    std::string out;
    for (int i = dice.below(3) + 5; i > 0; --i) out += static_cast<char>('a' + dice.below(3));
    return out;
  };
  std::size_t found = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = name();
    const std::string b = name();
    ASSERT_EQ(near(a, b), one_edit(a, b)) << a << ' ' << b;
    if (one_edit(a, b)) ++found;
  }
  EXPECT_GT(found, 100U);
}

TEST(NearNames, EveryPairIsNamedOnceAndInOrder) {
  EXPECT_THAT(near_names({"omra@acme.example", "lin.z@acme.example"},
                         {"lin.s@acme.example", "zoe.b@acme.example", "omar@acme.example"}),
              ElementsAre(Pair(0, 2), Pair(1, 0)));
}

TEST(NearNames, AMisspeltPersonIsNoted) {
  for (const Presence wanted : {Presence::active, Presence::suspended, Presence::absent}) {
    PlanBuilder b;
    b.live_user("omar@acme.example").user("omra@acme.example", wanted);
    EXPECT_THAT(b.plan().notes, Contains(Note{std::string(kNearName),
                                              "omra@acme.example: omar@acme.example is there"}));
    b.user("omar@acme.example");
    EXPECT_THAT(b.plan().notes, Not(Contains(Field(&Note::kind, kNearName))))
        << "the policy speaks of both";
  }
}

TEST(NearNames, SoIsAGroup) {
  PlanBuilder b;
  b.live_group("security-berlin").no_group("security-berln");
  EXPECT_THAT(b.plan().notes, Contains(Note{std::string(kNearName),
                                            "group security-berln: security-berlin is there"}));
}

TEST(NearNames, ARenamedGroupIsNoSlip) {
  PlanBuilder b;
  b.live_group("engineerng").group("engineering", {}).previous("engineering", "engineerng");
  EXPECT_THAT(b.plan().notes, Not(Contains(Field(&Note::kind, kNearName))));
}

}  // namespace
}  // namespace rolecall
