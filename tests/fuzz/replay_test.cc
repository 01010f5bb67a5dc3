#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "tests/fuzz/targets.h"
#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace rolecall::fuzz {
namespace {

namespace fs = std::filesystem;

struct Input {
  Target target{};
  fs::path file{};
};

void PrintTo(const Input& input, std::ostream* out) {
  *out << input.file;
}

fs::path corpus_of(const Target& target) {
  return fs::path(test::source_dir()) / "tests/fuzz/corpus" / target.name;
}

std::vector<Input> inputs() {
  std::vector<Input> out;
  for (const Target& target : kTargets) {
    if (!fs::exists(corpus_of(target))) continue;
    for (const auto& entry : fs::directory_iterator(corpus_of(target))) {
      out.push_back({target, entry.path()});
    }
  }
  std::sort(out.begin(), out.end(), [](const Input& a, const Input& b) { return a.file < b.file; });
  return out;
}

std::string name_of(const ::testing::TestParamInfo<Input>& test) {
  std::string out = std::string(test.param.target.name) + "_" + test.param.file.filename().string();
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return out;
}

class Corpus : public ::testing::TestWithParam<Input> {};

TEST_P(Corpus, HoldsTheInvariants) {
  GetParam().target.run(test::read_file(GetParam().file));
}

/// A little of what libFuzzer does, for builds without it.
TEST_P(Corpus, HoldsThemAfterSmallChanges) {
  const std::string original = test::read_file(GetParam().file);
  std::mt19937 random(20261201);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int i = 0; i < 40; ++i) {
    std::string bytes = original;
    for (std::size_t edits = 1 + below(3); edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = below(bytes.size());
      switch (below(3)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes.erase(at, 1 + below(8));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(16)));
          break;
      }
    }
    GetParam().target.run(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, ::testing::ValuesIn(inputs()), name_of);

TEST(Corpus, EveryTargetHasOne) {
  for (const Target& target : kTargets) {
    EXPECT_TRUE(fs::exists(corpus_of(target)) && !fs::is_empty(corpus_of(target))) << target.name;
  }
}

TEST(Corpus, IsSmall) {
  for (const Input& input : inputs())
    EXPECT_LE(fs::file_size(input.file), 64U << 10U) << input.file;
}

}  // namespace
}  // namespace rolecall::fuzz
