// Groups that take longer to walk than what a look is good for are deleted all the same, and keep
// no others.
#include <boost/json/serialize.hpp>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kHead =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[safety.limits.delete_groups]\nfree = 9\n[safety.limits.remove_users]\nfree = 9\n";

class LargeGroups : public ::testing::Test {
 protected:
  explicit LargeGroups(std::size_t people = 1'000) : people_(people) { world_.through(way_); }

  json::value seed() const {
    json::object seed = acme();
    json::array members;
    for (std::size_t i = 0; i < people_; ++i) {
      const std::string email = fmt::format("m{}@acme.example", i);
      seed["users"].as_array().push_back(
          json::object{{"email", email}, {"id", account(1000 + static_cast<int>(i))}});
      members.push_back(json::value(email));
    }
    json::array& groups = seed["groups"].as_array();
    groups[0].as_object()["members"] = std::move(members);
    for (int i = 0; i < 3; ++i) {
      groups.push_back(
          json::object{{"name", fmt::format("small{}", i)},
                       {"id", group(50 + i)},
                       {"members", json::array{"m0@acme.example", "m1@acme.example"}}});
    }
    return json::value(seed);
  }
  /// Plans quickly, and applies with pages of the large group that take their time.
  ApplyReport apply() {
    slow_ = false;
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    slow_ = true;
    return world_.apply(planned);
  }
  [[nodiscard]] bool is_there(const std::string& name) {
    return read_model(world_.client().org().state()).groups.contains(name);
  }

  std::size_t people_;
  bool counts_ = true;
  bool slow_ = false;
  int pages_ = 0;  ///< while it was slow
  std::function<void()> on_page_;
  Rehearsal world_{seed()};
  SpoilingClient way_{world_.client(), [this](const Request& asked, std::string&) {
                        const bool of_it = asked.operation == Operation::searchDirectoryUsers &&
                                           asked.body.find("groupIds") != std::string::npos &&
                                           asked.body.find(group(engineering)) != std::string::npos;
                        if (!slow_ || !of_it) return;
                        world_.client().clock().advance(milliseconds(3'500));
                        ++pages_;
                        if (on_page_) on_page_();
                      }};
};

TEST_F(LargeGroups, AreDeletedAndKeepNoSmallOnes) {
  std::string policy = std::string(kHead) + "[groups.engineering]\nstate = \"absent\"\n";
  for (int i = 0; i < 3; ++i) policy += fmt::format("[groups.small{}]\nstate = \"absent\"\n", i);
  world_.policy(policy);
  (void)apply();
  EXPECT_GE(pages_, 10) << "half a minute";
  for (const char* name : {"engineering", "small0", "small1", "small2"}) {
    EXPECT_FALSE(is_there(name)) << name;
  }
}

// Whoever joins while it is walked, and is not met, is counted.
TEST_F(LargeGroups, StayWhereSomebodyJoinsAsTheyAreWalked) {
  world_.policy(std::string(kHead) + "[groups.engineering]\nstate = \"absent\"\n");
  Rival rival(world_);
  on_page_ = [&] {
    if (pages_ != 10) return;  // the last one
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(rosa))) / 100,
              2);
  };
  (void)apply();
  EXPECT_EQ(pages_, 10);
  EXPECT_TRUE(is_there("engineering"));
}

TEST_F(LargeGroups, ThatWereRenamedGoAtLastThoughTheFirstRunWasCutOff) {
  world_.policy(std::string(kHead) + "[groups.platform]\nprevious_names = [\"engineering\"]\n");
  const Planned planned = world_.plan();
  (void)world_.apply(planned, [this] {
    return world_.client().calls(Operation::addUserToGroup) >= people_ ? "enough" : "";
  });
  world_.client().clock().advance(seconds(300));
  EXPECT_TRUE(is_there("engineering"));
  (void)apply();
  EXPECT_FALSE(is_there("engineering"));
}

// Nor does one whom the run itself has removed make room for another.
TEST_F(LargeGroups, StayThoughSomebodyElseWasRemovedByTheRun) {
  world_.policy(std::string(kHead) +
                "[groups.engineering]\nstate = \"absent\"\n[users]\n"
                "\"m5@acme.example\" = { state = \"removed\" }\n");
  Rival rival(world_);
  on_page_ = [&] {
    if (pages_ != 10) return;
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(rosa))) / 100,
              2);
  };
  (void)apply();
  EXPECT_GE(pages_, 10);
  EXPECT_TRUE(is_there("engineering"));
}

// A small one is looked at again, where somebody takes another one's place meanwhile.
TEST_F(LargeGroups, AreNotTheMeasureOfSmallOnes) {
  world_.policy(std::string(kHead) +
                "[groups.engineering]\nstate = \"absent\"\n[groups.small0]\nstate = \"absent\"\n");
  Rival rival(world_);
  on_page_ = [&] {
    if (pages_ != 9) return;
    EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(50), account(1000))), 204);
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(50), account(rosa))) / 100, 2);
  };
  const ApplyReport report = apply();
  EXPECT_GE(pages_, 10);
  EXPECT_TRUE(is_there("small0"));
  EXPECT_FALSE(is_there("engineering"));
  EXPECT_GE(report.oldest_read, seconds(30)) << "who was in it was read that long before";
}

TEST_F(LargeGroups, AreNotTheMeasureOfSmallOnesThatAreRenamed) {
  world_.policy(std::string(kHead) +
                "[groups.platform]\nprevious_names = [\"engineering\"]\n"
                "[groups.tiny]\nprevious_names = [\"small0\"]\n[users]\n"
                "\"m1@acme.example\" = { state = \"removed\" }\n");
  Rival rival(world_);
  bool joined = false;
  int since = 0;
  on_page_ = [&] {
    const Model now = read_model(world_.client().org().state());
    if (joined || now.people.contains("m1@acme.example") || ++since < 15) return;
    joined = true;
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(50), account(rosa))) / 100, 2);
  };
  (void)apply();
  const Model now = read_model(world_.client().org().state());
  const auto has_her = [&](const std::string& name) {
    return now.groups.contains(name) && now.groups.at(name).members.contains("rosa@acme.example");
  };
  EXPECT_TRUE(!joined || has_her("small0") || has_her("tiny"));
}

/// Of four pages: within what a look is good for.
class NotSoLargeGroups : public LargeGroups {
 protected:
  NotSoLargeGroups() : LargeGroups(400) {}
};

TEST_F(NotSoLargeGroups, NeedNoCounts) {
  counts_ = false;
  for (const char* policy : {"[groups.platform]\nprevious_names = [\"engineering\"]\n",
                             "[groups.platform]\nstate = \"absent\"\n"}) {
    world_.policy(std::string(kHead) + policy);
    (void)apply();
    world_.client().clock().advance(seconds(300));
  }
  EXPECT_FALSE(is_there("engineering"));
  EXPECT_FALSE(is_there("platform"));
}

// Another role on an app that it has is no app more, and nobody more.
TEST_F(LargeGroups, ThatWereRenamedStayWhereTheyAreGivenARoleAsTheyAreWalked) {
  world_.policy(std::string(kHead) + "[groups.platform]\nprevious_names = [\"engineering\"]\n");
  Rival rival(world_);
  on_page_ = [&] {
    if (pages_ != 22) return;
    EXPECT_EQ(rival.does(rival.api.group_access(true, kDirectory, group(engineering),
                                                std::string(kJira), "admin")) /
                  100,
              2);
  };
  (void)apply();
  EXPECT_GE(pages_, 22);
  EXPECT_TRUE(is_there("engineering"));
}

/// What somebody else takes from the new group as the old one is walked for the last time: then the
/// old one is all that its people have.
struct Lost {
  std::string what;
  int page;  ///< since all has been copied
};
void PrintTo(const Lost& lost, std::ostream* out) {
  *out << lost.what;
}
class SuccessorsOfLargeGroups : public LargeGroups, public ::testing::WithParamInterface<Lost> {
 protected:
  static WriteRequest takes(const std::string& id) {
    const Endpoints api{std::string(kOrganization)};
    if (GetParam().what == "Access") {
      return api.group_access(false, kDirectory, id, std::string(kJira), "user");
    }
    if (GetParam().what == "Somebody") return api.remove_member(kDirectory, id, account(1000));
    return api.delete_group(kDirectory, id);
  }
};

TEST_P(SuccessorsOfLargeGroups, KeepThemWhereTheyLoseSomething) {
  world_.policy(std::string(kHead) + "[groups.platform]\nprevious_names = [\"engineering\"]\n");
  Rival rival(world_);
  int since = 0;
  on_page_ = [&] {
    const json::value state = world_.client().org().state();
    const Model now = read_model(state);
    const auto platform = now.groups.find("platform");
    if (platform == now.groups.end() || platform->second.members.size() < people_) return;
    if (++since != GetParam().page) return;
    for (const json::value& one : state.at("groups").as_array()) {
      if (one.at("name").as_string() != "platform") continue;
      EXPECT_EQ(rival.does(takes(std::string(one.at("id").as_string()))) / 100, 2);
    }
  };
  (void)apply();
  EXPECT_GE(since, GetParam().page);
  EXPECT_TRUE(is_there("engineering"));
}

INSTANTIATE_TEST_SUITE_P(Of, SuccessorsOfLargeGroups,
                         ::testing::Values(Lost{"Access", 12}, Lost{"Somebody", 12},
                                           Lost{"All", 20}),
                         [](const auto& row) { return row.param.what; });

}  // namespace
}  // namespace rolecall::test
