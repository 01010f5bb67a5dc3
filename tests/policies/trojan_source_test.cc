// Text that shows otherwise than it is (guarantees.md I6): "Trojan Source" characters in every
// place of a policy, and letters that look like others in names and addresses.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

std::string utf8(char32_t c) {
  std::string out;
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
  }
  return out + static_cast<char>(0x80U | (c & 0x3FU));
}

/// Those of the paper (embeddings, overrides, isolates, marks), and what is shown as nothing.
constexpr std::array<char32_t, 31> kHiding = {
    0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068,  0x2069, 0x200E, 0x200F,
    0x061C, 0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063,  0x2064, 0x206A, 0x206F,
    0xFEFF, 0x00AD, 0x034F, 0x115F, 0x3164, 0xFFA0, 0x180E, 0xE0001, 0xE0041};

/// Where people read text in a policy; "{}" is the character.
constexpr std::array kPlaces = {
    "[users]\n\"a{}b@x.example\" = {{}}\n",
    "[users]\n\"ab@x{}.example\" = {{}}\n",
    "[groups.\"a{}b\"]\n",
    "[groups.g]\nmembers = [\"a{}b@x.example\"]\n",
    "[groups.g]\ninclude = [\"a{}b\"]\n[groups.ab]\n",
    "[groups.g]\ndescription = \"a{}b\"\n",
    "[users]\n\"ab@x.example\" = {{ reason = \"a{}b\" }}\n",
    "[safety]\nprotected_users = [\"a{}b@x.example\"]\n",
    "[safety]\nprotected_groups = [\"a{}b\"]\n[groups.ab]\n",
};

TEST(TrojanSource, IsFlaggedInEveryPlaceHoweverItIsWritten) {
  for (const char* place : kPlaces) {
    for (const char32_t c : kHiding) {
      const std::string raw = utf8(c);
      const std::string escaped = fmt::format("\\U{:08X}", static_cast<std::uint32_t>(c));
      for (const std::string& spelling : {raw, escaped}) {
        const std::string found = report(with_head(fmt::format(fmt::runtime(place), spelling)));
        EXPECT_THAT(found, HasSubstr("error: "))
            << place << fmt::format(" U+{:04X}", static_cast<std::uint32_t>(c));
        EXPECT_THAT(found, HasSubstr(fmt::format("U+{:04X}", static_cast<std::uint32_t>(c))))
            << place;
        EXPECT_EQ(found.find(raw), std::string::npos) << "shown as it is: " << place;
      }
    }
  }
}

TEST(TrojanSource, CommentsMayHoldWhatIsInvisibleButNotWhatTurnsTheDirection) {
  for (const char32_t c : kHiding) {
    const auto code = static_cast<std::uint32_t>(c);
    const bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    for (const char* place : {"# a{}b\n[groups.g]\n", "[groups.g] # {}", "#{}\r\n[groups.g]\n"}) {
      const std::string found = report(with_head(fmt::format(fmt::runtime(place), utf8(c))));
      if (!turns) {
        EXPECT_EQ(found, "") << place;
        continue;
      }
      EXPECT_THAT(found,
                  HasSubstr(fmt::format("error: comment holds the character U+{:04X}", code)))
          << place;
      EXPECT_EQ(found.find(utf8(c)), std::string::npos) << "shown as it is: " << place;
    }
  }
}

struct LookAlike {
  char latin;
  char32_t other;
};
/// Of the Unicode table of confusables, those that most fonts draw alike.
constexpr LookAlike kLookAlikes[] = {
    {'a', 0x0430}, {'a', 0x03B1}, {'c', 0x0441}, {'c', 0x03F2}, {'d', 0x0501}, {'e', 0x0435},
    {'g', 0x0581}, {'h', 0x04BB}, {'h', 0x0570}, {'i', 0x0456}, {'i', 0x03B9}, {'j', 0x0458},
    {'j', 0x03F3}, {'k', 0x03BA}, {'l', 0x04CF}, {'n', 0x0578}, {'o', 0x043E}, {'o', 0x03BF},
    {'o', 0x0585}, {'o', 0x0B20}, {'o', 0x101D}, {'p', 0x0440}, {'p', 0x03C1}, {'q', 0x051B},
    {'q', 0x0566}, {'s', 0x0455}, {'u', 0x03C5}, {'u', 0x057D}, {'v', 0x03BD}, {'w', 0x051D},
    {'x', 0x0445}, {'y', 0x0443}, {'y', 0x03B3}, {'A', 0x0410}, {'B', 0x0392}, {'E', 0x0415},
    {'H', 0x041D}, {'K', 0x039A}, {'M', 0x041C}, {'O', 0x041E}, {'P', 0x0420}, {'T', 0x03A4},
    {'X', 0x0425}, {'D', 0x13A0}, {'R', 0x13A1}, {'W', 0x13B3},
};

TEST(LookAlikes, AmongLatinLettersAreAnErrorInAnAddressAndAWarningInAGroupName) {
  for (const auto& [latin, other] : kLookAlikes) {
    const std::string what =
        fmt::format("{} as U+{:04X}", latin, static_cast<std::uint32_t>(other));
    const std::string word = "adm" + utf8(other) + "in";
    for (const std::string& address : {word + "@x.example", "ab@" + word + ".example"}) {
      const std::string found = report(with_head("[users]\n\"" + address + "\" = {}\n"));
      EXPECT_THAT(found, HasSubstr("error: address")) << what;
      EXPECT_THAT(found, HasSubstr(" letters")) << what;
    }
    const std::string group = report(with_head("[groups.\"" + word + "\"]\n"));
    EXPECT_THAT(group, HasSubstr("warning: group name")) << what;
  }
}

TEST(LookAlikes, OneScriptAWordIsFine) {
  for (const char* name : {"\u0430\u0434\u043c\u0438\u043d", "\u041e\u0442\u0434\u0435\u043b IT",
                           "\u03b4\u03b9\u03b1", "IT\u90e8\u9580", "caf\u00e9"}) {
    EXPECT_EQ(report(with_head(fmt::format("[groups.\"{}\"]\nmembers = [\"ab@x.example\"]\n"
                                           "[users]\n\"ab@x.example\" = {{}}\n",
                                           name))),
              "")
        << name;
  }
}

}  // namespace
}  // namespace rolecall::testing
