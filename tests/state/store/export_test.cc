// An export is evidence by itself: no byte of it can be changed, added or taken away unseen
// (guarantees.md F5).
#include "state/store/export.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "tests/state/store/log_fixture.h"
#include "tests/support/cases.h"

namespace rolecall {
namespace {

std::string export_of(const std::string& store, ExportFormat format) {
  std::string out;
  const auto head = export_log(store, format, [&](std::string_view bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  EXPECT_TRUE(head) << head.error().what;
  return out;
}

class ExportTest : public ::testing::TestWithParam<ExportFormat> {
 protected:
  ExportTest() {
    make_full_log(store_);
    bytes_ = export_of(store_, GetParam());
  }

  bool verifies(const std::string& bytes, const std::vector<ExpectedHead>& heads = {}) {
    write_bytes(file_, bytes);
    const auto verdict = verify_export(file_, heads);
    return verdict && verdict->good();
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes_.size();) {
      const std::size_t end = bytes_.find('\n', at) + 1;
      out.push_back(bytes_.substr(at, end - at));
      at = end;
    }
    return out;
  }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line;
    return out;
  }

  const TestFolder folder_;
  const std::string store_ = folder_ / "rolecall.db";
  const std::string file_ = folder_ / "export";
  std::string bytes_;
};

TEST_P(ExportTest, AsItWasWrittenItVerifiesAndHasTheHeadOfTheStore) {
  EXPECT_TRUE(verifies(bytes_));
  const ChainHead head = verified(store_).head;
  EXPECT_TRUE(verifies(bytes_, {{head, "elsewhere"}}));
  EXPECT_FALSE(verifies(bytes_, {{{head.seq, std::string(64, '0')}, "elsewhere"}}));
  EXPECT_FALSE(verifies(bytes_, {{{head.seq + 1, head.hash}, "elsewhere"}}));
}

TEST_P(ExportTest, EveryByteThatIsFlippedIsSeen) {
  std::string bytes = bytes_;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char bit : {'\x01', '\x20'}) {
      bytes[at] = static_cast<char>(bytes[at] ^ bit);
      ASSERT_FALSE(verifies(bytes)) << "byte " << at << " bit " << int{bit};
      bytes[at] = bytes_[at];
    }
  }
  std::printf("2 flips of each of %zu bytes: all seen\n", bytes.size());
}

TEST_P(ExportTest, EveryCutIsSeen) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    ASSERT_FALSE(verifies(bytes_.substr(0, size))) << size;
  }
  EXPECT_FALSE(verifies(bytes_ + "\n"));
  EXPECT_FALSE(verifies(bytes_ + bytes_));
}

TEST_P(ExportTest, LinesThatAreMovedDoubledOrMissingAreSeen) {
  const std::vector<std::string> whole = lines();
  ASSERT_GT(whole.size(), 5U);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto without = whole, twice = whole;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), whole[i]);
    EXPECT_FALSE(verifies(joined(without))) << i;
    EXPECT_FALSE(verifies(joined(twice))) << i;
    for (std::size_t j = i + 1; j < whole.size(); ++j) {
      auto swapped = whole;
      std::swap(swapped[i], swapped[j]);
      EXPECT_FALSE(verifies(joined(swapped))) << i << ' ' << j;
    }
  }
}

/// A megabyte. All of it takes hours: ROLECALL_CASES says how many flips are tried, evenly spread,
/// and a quarter as many cuts and swaps; as many as there are bytes tries each.
TEST_P(ExportTest, InALargeOneFlipsCutsAndSwapsAreSeen) {
  if (GetParam() == ExportFormat::csv) GTEST_SKIP() << "a table for spreadsheets is no bundle";
  const std::string large = folder_ / "large.db";
  make_full_log(large, 1'400);
  bytes_ = export_of(large, GetParam());
  ASSERT_GT(bytes_.size(), 1'000'000U);
  ASSERT_TRUE(verifies(bytes_));
  const std::size_t tried = std::min<std::size_t>(test::cases(60), bytes_.size());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(file_.c_str(), "r+b"),
                                                             &std::fclose);
  ASSERT_NE(file, nullptr);
  const auto put = [&](std::size_t at, char byte) {
    ASSERT_EQ(::pwrite(::fileno(file.get()), &byte, 1, static_cast<off_t>(at)), 1);
  };
  const auto seen = [&] {
    const auto verdict = verify_export(file_, {});
    return !verdict || !verdict->good();
  };
  for (std::size_t i = 0; i < tried; ++i) {
    const std::size_t at = i * bytes_.size() / tried;
    const auto flip = static_cast<char>(1U << (i % 8));
    put(at, static_cast<char>(bytes_[at] ^ flip));
    ASSERT_TRUE(seen()) << "byte " << at;
    put(at, bytes_[at]);
  }
  ASSERT_FALSE(seen()) << "it is whole again";
  const std::vector<std::string> whole = lines();
  std::size_t swaps = 0, cuts = 0;
  for (; swaps < std::min(tried / 4, whole.size() - 1); ++swaps) {
    const std::size_t line = swaps * (whole.size() - 1) / std::min(tried / 4, whole.size() - 1);
    auto swapped = whole;
    std::swap(swapped[line], swapped[line + 1]);
    ASSERT_FALSE(verifies(joined(swapped))) << "line " << line;
  }
  for (; cuts < tried / 4; ++cuts) {
    const std::size_t size = bytes_.size() - 1 - cuts * bytes_.size() / (tried / 4 + 1);
    ASSERT_FALSE(verifies(bytes_.substr(0, size))) << size;
  }
  std::printf("of %zu bytes %zu flipped, %zu lines swapped, %zu cuts: all seen\n", bytes_.size(),
              tried, swaps, cuts);
}

TEST_P(ExportTest, OfABrokenLogThereIsNone) {
  alter(store_, "UPDATE intents SET user = 'somebody.else@acme.example' WHERE id = 1");
  std::string out;
  const auto head = export_log(store_, GetParam(), [&](std::string_view bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  EXPECT_FALSE(head);
  EXPECT_FALSE(verifies(out));
}

INSTANTIATE_TEST_SUITE_P(Formats, ExportTest,
                         ::testing::Values(ExportFormat::jsonl, ExportFormat::csv),
                         [](const auto& it) {
                           return it.param == ExportFormat::jsonl ? "JsonLines" : "Csv";
                         });

}  // namespace
}  // namespace rolecall
