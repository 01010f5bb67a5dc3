#include "state/api/secret.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <type_traits>

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rolecall-key-{}", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text, mode_t mode = 0600) {
    const auto path = (folder_ / "key").string();
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path folder_;
};

TEST(Secret, MovesAndLeavesNothingBehind) {
  for (const std::string& text : {std::string("short"), std::string(100, 'x')}) {
    std::string given = text;
    Secret first(std::move(given));
    EXPECT_TRUE(given.empty());  // NOLINT(bugprone-use-after-move): the contract says it is wiped
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
    Secret third;
    third = std::move(second);
    EXPECT_EQ(third.reveal(), text);
  }
}

TEST(Secret, IsSharedAtOnePlaceUntilTheLastOfThemGoes) {
  Secret kept(std::string(100, 'x'));
  {
    const Secret lent = kept.share();
    EXPECT_EQ(lent.reveal().data(), kept.reveal().data());
  }
  EXPECT_EQ(kept.reveal(), std::string(100, 'x'));
  const Secret lent = kept.share();
  kept = Secret();
  EXPECT_TRUE(kept.empty());
  EXPECT_EQ(lent.reveal(), std::string(100, 'x'));
  EXPECT_TRUE(Secret().share().empty());
}

TEST(Secret, WipeOverwritesTheWholeBuffer) {
  std::string text(64, 'x');
  const char* data = text.data();
  text.resize(3);
  wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), data);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(data[i], '\0') << i;
}

TEST(Secret, IsMaskedHoweverItIsSpelled) {
  constexpr std::string_view kSecret = "aT/b-=C123456789";
  const struct {
    std::string text;
    std::string masked;
  } cases[] = {
      {"", ""},
      {"aT/b-=C", "aT/b-=C"},
      {"x aT/b-=C123456789 aT/b-=C123456789", "x [key] [key]"},
      {"aT/b-=aT/b-=C123456789", "aT/b-=[key]"},
      {R"({"h":"aT\/b-\u003dC123456789"})", R"({"h":"[key]"})"},
      {R"(\u0061\u0054\u002F\u0062\u002d\u003D\u0043\u003123456789)", "[key]"},
      {"?k=aT%2Fb-%3dC123456789&x", "?k=[key]&x"},
      {"aT%2", "aT%2"},
      {"aT\\u00", "aT\\u00"},
  };
  for (const auto& [text, masked] : cases) {
    std::string found = text;
    mask(found, kSecret);
    EXPECT_EQ(found, masked);
  }
  std::string whole = "x";
  mask(whole, "x");
  EXPECT_EQ(whole, "x");
}

// guarantees.md H2: any eight bytes of it, however they are encoded.
TEST(Secret, IsMaskedInPieces) {
  constexpr std::string_view kSecret = "aT/b-=C123456789zyxwvut";
  std::string plain = "x aT/b-=C1 and 456789zy end";
  mask_pieces(plain, kSecret);
  EXPECT_EQ(plain, "x [key] and [key] end");
  std::string hex = "61542f622d3d4331 and 61542F622D3D4331";
  mask_pieces(hex, kSecret);
  EXPECT_EQ(hex, "[key] and [key]");
  for (std::string folded : {"x AT/B-=C1 end", "x at/b-=c123456789ZYXWVUT end"}) {
    mask_pieces(folded, kSecret);
    EXPECT_EQ(folded, "x [key] end");
  }
  // base64 of it, alone and behind one and two other characters.
  for (std::string text : {"YVQvYi09QzEyMzQ1Njc4OXp5eHd2dXQ=", "LmFUL2ItPUMxMjM0NTY3ODl6eXh3dnV0",
                           "Li5hVC9iLT1DMTIzNDU2Nzg5enl4d3Z1dA=="}) {
    mask_pieces(text, kSecret);
    EXPECT_THAT(text, ::testing::HasSubstr("[key]"));
    EXPECT_LE(text.size(), 5U + 4U + 8U) << text;
  }
  std::string other = "nothing of the kind: 456789z, aT/b-=C";
  const std::string before = other;
  mask_pieces(other, kSecret);
  EXPECT_EQ(other, before);
}

TEST_F(KeyFile, IsReadAndOneLineBreakTrimmed) {
  for (const char* text : {"canary-key", "canary-key\n", "canary-key\r\n"}) {
    const auto key = load_api_key(write(text), std::nullopt);
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ(key->reveal(), "canary-key");
  }
}

TEST_F(KeyFile, GoesBeforeTheEnvironment) {
  const auto key = load_api_key(write("from-file"), "from-environment");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->reveal(), "from-file");
}

TEST_F(KeyFile, MayBeReachedThroughASymbolicLink) {
  const auto link = (folder_ / "link").string();
  std::filesystem::create_symlink(write("canary-key"), link);
  EXPECT_TRUE(load_api_key(link, std::nullopt));
  write("canary-key", 0644);
  EXPECT_FALSE(load_api_key(link, std::nullopt)) << "what was opened is checked, not the link";
}

TEST_F(KeyFile, WithAnyPermissionForOthersIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U, 0644U, 0777U}) {
    const auto key = load_api_key(write("canary-key", mode), std::nullopt);
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error().what, HasSubstr(fmt::format("(mode {:04o})", mode)));
    EXPECT_THAT(key.error().hint, HasSubstr("chmod 600"));
  }
  EXPECT_TRUE(load_api_key(write("canary-key", 0400), std::nullopt));
}

constexpr uid_t kNobody = 65'534;

/// Until its end this process has another effective user.
class As {
 public:
  explicit As(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }
  ~As() { EXPECT_EQ(::seteuid(0), 0); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

TEST_F(KeyFile, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const std::string path = write("canary-key");
  {
    const As nobody(kNobody);
    EXPECT_FALSE(load_api_key(path, std::nullopt)) << "root's, which cannot be opened";
  }
  EXPECT_TRUE(load_api_key(path, std::nullopt)) << "root's own";
  ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  const auto key = load_api_key(path, std::nullopt);
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().what, HasSubstr("belongs to user id 65534, not to 0"));
  EXPECT_THAT(key.error().hint, HasSubstr("chown 0 \"" + path));
  const As nobody(kNobody);
  EXPECT_TRUE(load_api_key(path, std::nullopt)) << "their own";
}

TEST_F(KeyFile, OfRootIsTakenAsASystemdCredentialAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const std::string path = write("canary-key", 0440);
  ASSERT_EQ(::chown(path.c_str(), 0, ::getegid()), 0);
  const auto loaded_with = [&](const std::string& credentials) {
    ::setenv("CREDENTIALS_DIRECTORY", credentials.c_str(), 1);
    const As nobody(kNobody);
    const bool loaded = load_api_key(path, std::nullopt).has_value();
    ::unsetenv("CREDENTIALS_DIRECTORY");
    return loaded;
  };
  EXPECT_TRUE(loaded_with(folder_.string()));
  EXPECT_FALSE(loaded_with("/"));
  EXPECT_FALSE(loaded_with(""));
  std::filesystem::create_directory(folder_ / "other");
  std::ofstream(folder_ / "other" / "key") << "canary-key";
  EXPECT_FALSE(loaded_with((folder_ / "other").string())) << "another file of that name";
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  EXPECT_FALSE(loaded_with(folder_.string())) << "all may read it";
  ASSERT_EQ(::chmod(path.c_str(), 0440), 0);
  ASSERT_EQ(::chown(path.c_str(), 1, ::getegid()), 0);
  EXPECT_FALSE(loaded_with(folder_.string())) << "not root's";
}

TEST_F(KeyFile, MustBeARegularFile) {
  const auto fifo = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const struct {
    std::string path;
    const char* says;
  } cases[] = {
      {fifo, "is a FIFO"},          {folder_.string(), "is a directory"},
      {"/dev/zero", "is a device"}, {(folder_ / "none").string(), "No such file"},
      {"", "No such file"},
  };
  for (const auto& [path, says] : cases) {
    const auto key = load_api_key(path, std::nullopt);
    ASSERT_FALSE(key) << path;
    EXPECT_THAT(key.error().what, HasSubstr(says));
  }
}

TEST_F(KeyFile, OverTheLimitIsRefused) {
  const auto key = load_api_key(write(std::string(8193, 'a')), std::nullopt);
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().what, HasSubstr("over 8192 bytes"));
}

TEST_F(KeyFile, UnlawfulKeysAreRefusedAndNeverShown) {
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"", "is empty"},
      {"\n", "is empty"},
      {" \t\n", "is empty"},
      {"canary\nkey", "line break (byte 7)"},
      {"canary-key\n\n", "line break (byte 11)"},
      {"canary\rkey", "line break (byte 7)"},
      {"canary-key ", "space (byte 11)"},
      {" canary-key", "space (byte 1)"},
      {"canary\tkey", "space (byte 7)"},
      {std::string("canary\0key", 10), "control character (byte 7)"},
      {"canary\x7fkey", "control character (byte 7)"},
      {"canary\xc3\xa9", "outside ASCII (byte 7)"},
      {"Bearer canary", "Bearer "},
      {"bearer canary", "Bearer "},
      {"canary" + std::string(4091, 'x'), "longer than 4096"},
  };
  for (const auto& [text, says] : cases) {
    for (const bool from_file : {true, false}) {
      const auto key =
          from_file ? load_api_key(write(text), std::nullopt) : load_api_key(std::nullopt, text);
      ASSERT_FALSE(key) << says;
      EXPECT_THAT(key.error().what, HasSubstr(says));
      EXPECT_THAT(key.error().what + key.error().hint, Not(HasSubstr("canary")));
      EXPECT_THAT(key.error().what, HasSubstr(from_file ? "(file " : "(environment)"));
    }
  }
  EXPECT_TRUE(load_api_key(std::nullopt, std::string(4096, 'x')));
}

TEST_F(KeyFile, NoneAtAllSaysWhatToSet) {
  const auto key = load_api_key(std::nullopt, std::nullopt);
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().hint, HasSubstr("ROLECALL_API_KEY_FILE"));
}

}  // namespace
}  // namespace rolecall
