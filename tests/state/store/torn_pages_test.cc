// A write of which the disk kept a part only, though it was reported as done (guarantees.md A7):
// the next start notices, unless nothing of the log is lost by it.
#include <cstdio>

#include "tests/state/store/log_fixture.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;  ///< what a disk writes whole or not at all

struct Counts {
  int seen = 0;
  int harmless = 0;
};

std::string integrity(const std::string& path) {
  std::string out;
  const auto done = read_without_traces(path, WhenWritten::keep, [&](Database& database) {
    auto check = database.prepare("PRAGMA integrity_check(1)");
    if (!check) return Result<void>(tl::make_unexpected(check.error()));
    auto rows = check->use();
    const auto row = rows.next();
    if (row && *row) out = rows.text(0);
    return Result<void>();
  });
  return done ? out : done.error().what;
}

/// Whether the next start refuses the store; where it does not, it holds what it is to hold.
void start(const std::string& path, const std::string& content, Counts& counts) {
  {
    const auto store = Store::open(path, Store::Access::write);
    if (!store) {
      ++counts.seen;
      return;
    }
  }
  ++counts.harmless;
  ASSERT_EQ(dump(path), content) << "unseen";
  ASSERT_EQ(integrity(path), "ok") << "unseen";
}

std::size_t number_at(const std::string& bytes, std::size_t at, std::size_t size) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

/// An apply that is under way: its rows are in the log of SQLite, and some in the database.
void write_half_a_run(Store& store) {
  const auto run = store.begin_run(some_run()).value();
  for (int i = 0; i < 12; ++i) {
    Intent intent = some_intent(i);
    intent.reason = std::string(300, static_cast<char>('a' + i));
    const auto ids = store.record_intents(run, kNoon, std::vector{intent, intent}).value();
    ASSERT_TRUE(store.record_outcomes(kNoon, std::vector{some_outcome(ids[0])}));
  }
}

TEST(TornPages, OfTheWriteAheadLogAreNoticed) {
  constexpr std::size_t kHeader = 32;       // https://www.sqlite.org/fileformat2.html#walformat
  constexpr std::size_t kFrameHeader = 24;  // and of each frame
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  make_full_log(path);
  auto running = Store::open(path, Store::Access::write);
  ASSERT_TRUE(running) << running.error().what;
  write_half_a_run(*running);

  const TestFolder other;
  const std::string copy = other / "rolecall.db";
  const auto put_back = [&] {
    for (const char* end : {"", "-wal", ".head"}) {
      fs::remove(copy + end);
      fs::copy(path + end, copy + end);
    }
    fs::remove(copy + "-shm");
  };
  put_back();
  const std::string content = dump(copy);
  const std::string log = read_bytes(path + "-wal");
  const std::size_t frame = kFrameHeader + number_at(log, 8, 4);

  Counts counts;
  std::size_t frames = 0;
  for (std::size_t begin = kHeader; begin + frame <= log.size(); begin += frame, ++frames) {
    for (std::size_t cut = begin; cut < begin + frame; cut = (cut / kSector + 1) * kSector) {
      std::string torn = log;
      torn.replace(cut, begin + frame - cut, begin + frame - cut, '\0');
      put_back();
      write_bytes(copy + "-wal", torn);
      SCOPED_TRACE(fmt::format("frame {}, from byte {} on", frames, cut - begin));
      ASSERT_NO_FATAL_FAILURE(start(copy, content, counts));
    }
  }
  EXPECT_GT(frames, 40U);
  EXPECT_GT(counts.seen, 0);
  std::printf("%zu frames: %d torn ones noticed at the next start, %d with nothing lost\n", frames,
              counts.seen, counts.harmless);
}

TEST(TornPages, OfTheDatabaseAreNoticed) {
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  make_full_log(path);
  std::string before = read_bytes(path);
  {
    auto store = Store::open(path, Store::Access::write);
    ASSERT_TRUE(store) << store.error().what;
    write_half_a_run(*store);
  }
  const std::string after = read_bytes(path);
  const std::string content = dump(path);
  const std::string head = read_bytes(path + ".head");
  const std::size_t page = number_at(after, 16, 2);
  before.resize(after.size(), '\0');

  Counts counts;
  int pages = 0;
  for (std::size_t begin = 0; begin < after.size(); begin += page) {
    if (after.compare(begin, page, before, begin, page) == 0) continue;
    ++pages;
    for (std::size_t cut = kSector; cut < page; cut += kSector) {
      for (const bool first_half : {true, false}) {
        std::string torn = after;
        const std::size_t lost = first_half ? begin : begin + cut;
        const std::size_t size = first_half ? cut : page - cut;
        torn.replace(lost, size, before, lost, size);
        write_bytes(path, torn);
        write_bytes(path + ".head", head);
        SCOPED_TRACE(fmt::format("page {}, bytes {} to {}", begin / page, lost - begin,
                                 lost - begin + size));
        ASSERT_NO_FATAL_FAILURE(start(path, content, counts));
      }
    }
  }
  EXPECT_GT(pages, 5);
  EXPECT_GT(counts.seen, 0);
  std::printf("%d pages: %d torn ones noticed at the next start, %d with nothing lost\n", pages,
              counts.seen, counts.harmless);
}

}  // namespace
}  // namespace rolecall
