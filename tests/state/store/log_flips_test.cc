#include <fmt/format.h>

#include <cstdio>
#include <random>

#include "tests/state/store/log_fixture.h"

namespace rolecall {
namespace {

/// A store whose pages are full, so that most bytes mean something.
void make_dense_log(const std::string& path) {
  make_full_log(path);
  auto store = Store::open(path, Store::Access::write);
  ASSERT_TRUE(store) << store.error().what;
  Intent intent = some_intent();
  intent.reason = std::string(3400, 'r');
  const auto ids = store->record_intents(2, kNoon, std::vector<Intent>(30, intent)).value();
  std::vector<Outcome> outcomes;
  for (const IntentId id : ids) {
    outcomes.push_back(some_outcome(id));
    outcomes.back().message = std::string(512, 'm');
  }
  ASSERT_TRUE(store->record_outcomes(kNoon, outcomes));
}

/// One byte changed anywhere in the file: either verify fails, or every value is what it was.
TEST(LogFlipsTest, NoChangeOfContentGoesUnseen) {
  constexpr int kFlips = 10'000;
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  make_dense_log(path);
  const std::string content = dump(path);
  ASSERT_TRUE(verified(path).good());
  const std::string bytes = read_bytes(path);

  std::mt19937 random(20261201);
  const int fd = ::open(path.c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  int seen = 0;
  int harmless = 0;
  for (int i = 0; i < kFlips; ++i) {
    const auto at = static_cast<off_t>(random() % bytes.size());
    const char was = bytes[static_cast<std::size_t>(at)];
    const auto other = static_cast<char>(was ^ static_cast<char>(1 + random() % 255));
    ASSERT_EQ(::pwrite(fd, &other, 1, at), 1);
    if (!verified(path).good()) {
      ++seen;
    } else {
      ASSERT_EQ(dump(path), content) << "byte " << at << " changed the content unseen";
      ++harmless;
    }
    ASSERT_EQ(::pwrite(fd, &was, 1, at), 1);
  }
  ::close(fd);
  EXPECT_TRUE(verified(path).good());
  EXPECT_GT(seen, kFlips / 2);
  std::printf("%d flips in %zu bytes: %d detected, %d harmless with identical content, 0 unseen\n",
              kFlips, bytes.size(), seen, harmless);
}

}  // namespace
}  // namespace rolecall
