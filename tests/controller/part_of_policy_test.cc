// A file named alone that is a part of a policy, and those that only look like it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "controller/nearby_policy.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::string_view kWhole =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "unlisted_groups = \"delete\"\n";

/// What is said of DIR/organization.toml beside these files, with "DIR" for the folder; empty where
/// it is taken.
std::string said_beside(const std::vector<std::pair<std::string, std::string>>& others,
                        const std::string& named = "organization.toml") {
  const test::TempDir dir;
  const std::string path = dir.write(named, kWhole);
  for (const auto& [name, content] : others) dir.write(name, content);
  const Result<void> whole = refuse_part_of_policy(path);
  if (whole) return {};
  std::string said = whole.error().what + " - " + whole.error().hint;
  const std::string folder = dir.path().string();
  for (std::size_t at = 0; (at = said.find(folder)) != std::string::npos;) {
    said.replace(at, folder.size(), "DIR");
  }
  return said;
}

TEST(PartOfAPolicy, IsToldWithTheFolderAndAnotherPart) {
  EXPECT_EQ(said_beside({{"groups.toml", "[groups.one]\nmembers = []\nempty = true\n"}}),
            "DIR/organization.toml is a part of the policy DIR - name all of it: DIR; "
            "DIR/groups.toml is another part");
  EXPECT_THAT(said_beside({{"a/b/users.toml", "[users]\n"}}), HasSubstr("; DIR/a/b/users.toml is"));
}

TEST(PartOfAPolicy, IsOneByAnyTableOfAPolicy) {
  for (const char* content :
       {"[users]\n", "users.\"ada@acme.example\" = {}\n", "[groups.one]\n", "[resources]\n",
        "[safety.limits.remove_users]\n", "[[rules]]\n", "[[tests]]\n", "[[rosters]]\n",
        "version = 1\n[[acknowledge]]\n", "[build-system]\n[users]\n"}) {
    EXPECT_THAT(said_beside({{"x.toml", content}}), HasSubstr("is a part of")) << content;
  }
}

TEST(PartOfAPolicy, IsOneBeforeItIsToml) {
  EXPECT_THAT(said_beside({{"x.toml", "[users]\n\"ada@acme.example\" = {\n"}}),
              HasSubstr("is a part of"));
  EXPECT_EQ(said_beside({{"x.toml", "[organization]\n[users]\n\"ada@acme.example\" = {\n"}}), "");
  EXPECT_EQ(said_beside({{"x.toml", "[project\n"}}), "");
}

TEST(PartOfAPolicy, IsNotAFileBesideOtherThings) {
  EXPECT_EQ(said_beside({}), "");
  EXPECT_EQ(said_beside({{"other.toml", std::string(kWhole) + "[users]\n"}}), "");
  EXPECT_EQ(said_beside({{"pyproject.toml", "[build-system]\nrequires = []\n[tool.users]\n"},
                         {"note.toml", "text = '''\n[users]\n'''\n"},
                         {"empty.toml", ""},
                         {"version.toml", "version = 1\n"}}),
            "");
  EXPECT_EQ(said_beside({{"users.txt", "[users]\n"},
                         {".users.toml", "[users]\n"},
                         {".git/users.toml", "[users]\n"}}),
            "");
}

TEST(PartOfAPolicy, IsNotWhatBelongsToAnotherPolicyBelow) {
  EXPECT_EQ(said_beside({{"other/organization.toml", std::string(kWhole)},
                         {"other/users.toml", "[users]\n"},
                         {"other/teams/groups.toml", "[groups]\n"}}),
            "");
  EXPECT_THAT(said_beside({{"other/organization.toml", std::string(kWhole)},
                           {"other/users.toml", "[users]\n"},
                           {"teams/groups.toml", "[groups]\n"}}),
              HasSubstr("; DIR/teams/groups.toml is"));
  EXPECT_THAT(said_beside({{"another.toml", std::string(kWhole)}, {"users.toml", "[users]\n"}}),
              HasSubstr("; DIR/users.toml is"));
}

TEST(PartOfAPolicy, IsNotRolecallToml) {
  EXPECT_EQ(said_beside({{"users.toml", "[users]\n"}}, "rolecall.toml"), "");
}

TEST(PartOfAPolicy, IsForOthersToTellWhereThereIsNoOrganization) {
  const test::TempDir dir;
  dir.write("organization.toml", kWhole);
  dir.write("users.toml", "[users]\n");
  EXPECT_TRUE(refuse_part_of_policy(dir.write("groups.toml", "[groups]\n")));
  EXPECT_TRUE(refuse_part_of_policy(dir.path().string()));
  EXPECT_TRUE(refuse_part_of_policy((dir.path() / "gone.toml").string()));
}

TEST(PartOfAPolicy, IsFoundWhateverElseIsInTheFolder) {
  const test::TempDir dir;
  const std::string path = dir.write("organization.toml", kWhole);
  dir.write("a/x.txt", "");
  fs::create_symlink("gone", dir.path() / "a.toml");
  fs::create_directory(dir.path() / "b.toml");
  EXPECT_TRUE(refuse_part_of_policy(path));
  fs::create_symlink(path, dir.path() / "c.toml");
  EXPECT_TRUE(refuse_part_of_policy(path)) << "a link to it is no other file";
  dir.write("users.toml", "[users]\n");
  EXPECT_FALSE(refuse_part_of_policy(path));
}

// Whoever keeps a policy among everything else they have must not wait for all of it to be read.
TEST(PartOfAPolicy, IsNotLookedForWithoutEnd) {
  const test::TempDir dir;
  const std::string path = dir.write("organization.toml", kWhole);
  for (int i = 0; i < 10'000; ++i) dir.write("a/" + std::to_string(i), "");
  dir.write("b/users.toml", "[users]\n");
  EXPECT_TRUE(refuse_part_of_policy(path));
  dir.write("users.toml", "[users]\n");
  EXPECT_FALSE(refuse_part_of_policy(path)) << "a folder's own files come before those below it";
}

TEST(PartOfAPolicy, IsLookedForInTheFolderOneIsIn) {
  const test::TempDir dir;
  dir.write("organization.toml", kWhole);
  dir.write("users.toml", "[users]\n");
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  const Result<void> whole = refuse_part_of_policy("organization.toml");
  fs::current_path(before);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().what, "organization.toml is a part of the policy .");
}

}  // namespace
}  // namespace rolecall
