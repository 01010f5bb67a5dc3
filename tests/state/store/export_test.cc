// An export is evidence by itself: no byte of it can be changed, added or taken away unseen
// (guarantees.md F5).
#include "state/store/export.h"

#include <algorithm>
#include <vector>

#include "tests/state/store/log_fixture.h"

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
