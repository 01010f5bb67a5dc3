// Any statement may fail in SQLite, whatever the cause: a sector that cannot be read, no memory.
// Whatever the store was asked for then says so, and never tells less than there is; what it had
// begun to write is not half there.
#include <variant>

#include "state/store/export.h"
#include "tests/state/store/log_fixture.h"
#include "tests/state/store/older_store.h"
#include "tests/support/failing_sqlite.h"

namespace rolecall {
namespace {

/// What a try begins with.
enum class There : std::uint8_t { full, older, none };

/// Something that is asked, with what it tells, or an Error: of an open store, or of its file.
struct Row {
  std::string name;
  std::variant<Store::Access, There> of;
  std::function<Result<std::string>(const std::string& path, Store* store)> ask;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

template <class T, class InWords>
Result<std::string> told(const Result<T>& result, const InWords& in_words) {
  if (!result) return tl::make_unexpected(result.error());
  return std::string(in_words(*result));
}
Result<std::string> told(const Result<void>& result, const std::string& words = "done") {
  if (!result) return tl::make_unexpected(result.error());
  return words;
}
Result<std::string> exported(const std::string& path, ExportFormat format) {
  std::string bytes;
  const auto done = export_log(path, format, [&](std::string_view part) -> Result<void> {
    bytes += part;
    return {};
  });
  if (!done) return tl::make_unexpected(done.error());
  return bytes;
}
constexpr auto kSize = [](const auto& all) { return std::to_string(all.size()); };

class FailingStatements : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    make_full_log(folder_ / "full/rolecall.db");
    make_older_store(folder_ / "older/rolecall.db", 1);
    std::filesystem::create_directory(folder_ / "none");
    std::filesystem::permissions(folder_ / "none", std::filesystem::perms::owner_all);
    test::FailingSqlite::install();
  }
  void TearDown() override { test::FailingSqlite::remove(); }

  struct Tried {
    Result<std::string> answer;
    bool failed = false;
  };
  /// On a store as it was.
  Tried attempt(std::optional<long> n, bool for_ever = false) {
    const Row& row = GetParam();
    const auto* there = std::get_if<There>(&row.of);
    const std::string from = there == nullptr || *there == There::full ? "full"
                             : *there == There::older                  ? "older"
                                                                       : "none";
    std::filesystem::remove_all(folder_ / "try");
    std::filesystem::copy(folder_ / from, folder_ / "try");
    std::filesystem::permissions(folder_ / "try", std::filesystem::perms::owner_all);
    std::optional<Store> store;
    if (there == nullptr) {
      auto opened = Store::open(path_, std::get<Store::Access>(row.of));
      EXPECT_TRUE(opened) << opened.error().what;
      store.emplace(std::move(*opened));
    }
    if (n) test::FailingSqlite::set(*n, for_ever);
    Result<std::string> answer = row.ask(path_, store ? &*store : nullptr);
    const bool failed = n && test::FailingSqlite::failed();
    test::FailingSqlite::heal();
    return {std::move(answer), failed};
  }

  TestFolder folder_;
  std::string path_ = folder_ / "try/rolecall.db";
};

TEST_P(FailingStatements, AreSaid) {
  const Result<std::string> calm = attempt({}).answer;
  ASSERT_TRUE(calm) << calm.error().what;
  for (const bool for_ever : {false, true}) {
    std::size_t errors = 0;
    bool failed = true;
    for (long n = 0; failed; n += 1 + n / 20) {
      const Tried tried = attempt(n, for_ever);
      failed = tried.failed;
      if (tried.answer) {
        EXPECT_EQ(*tried.answer, *calm) << "at " << n;
      } else {
        ++errors;
        EXPECT_FALSE(tried.answer.error().what.empty()) << "at " << n;
        EXPECT_TRUE(failed) << tried.answer.error().what;
      }
      // Whatever was begun is there whole or not at all, and the next run goes on.
      const auto again = Store::open(path_, Store::Access::write);
      EXPECT_TRUE(again) << "at " << n << ": " << again.error().what;
      EXPECT_EQ(verified(path_).broken, "") << "at " << n;
    }
    EXPECT_GT(errors, 0U);
  }
}

const Row kRows[] = {
    {"Runs", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->runs(0), kSize); }},
    {"Run", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->run(1), [](const auto& run) { return run->start.command; });
     }},
    {"Calls", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->calls(1), kSize); }},
    {"LastSentBy", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->last_sent_by("apply"),
                   [](const auto& run) { return std::to_string(run->id); });
     }},
    {"HeadAt", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->head_at(2), [](const auto& head) { return head ? "there" : "none"; });
     }},
    {"LatestAfter", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->latest_after(1), [](const auto& at) { return at ? "there" : "none"; });
     }},
    {"OpenIntents", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->open_intents(), kSize); }},
    {"Losses", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->losses(2), kSize); }},
    {"TouchedAfter", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->touched_after(1), kSize); }},
    {"Counts", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->counts("org-1"), kSize); }},
    {"UsedAcknowledgements", Store::Access::read,
     [](const std::string& /*path*/, Store* s) { return told(s->used_acknowledgements(), kSize); }},
    {"ChangesSince", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->changes_since("org-1", kNoon), kSize);
     }},
    {"Protections", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->remembered_protections("org-1"), kSize);
     }},
    {"Memory", Store::Access::read,
     [](const std::string& /*path*/, Store* s) {
       return told(s->memory("org-1"), [](const Memory& it) {
         return std::to_string(it.identities.size() + it.open_invitations.size());
       });
     }},
    {"BeginRun", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->begin_run(some_run()), [](RunId id) { return std::to_string(id); });
     }},
    {"EndRun", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->end_run(2, {.at = kNoon, .state = "finished"}));
     }},
    {"CloseInterrupted", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->close_interrupted_runs(kNoon), [](auto n) { return std::to_string(n); });
     }},
    {"Intents", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->record_intents(2, kNoon, std::vector{some_intent(7)}), kSize);
     }},
    {"Outcomes", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->record_outcomes(kNoon, std::vector{some_outcome(4)}));
     }},
    // Where both cannot be recorded the outcomes are alone: an error then, with them recorded.
    {"RecordBoth", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->record(2, kNoon, std::vector{some_outcome(4)}, std::vector{some_intent(8)}),
                   kSize);
     }},
    {"LossesToRecord", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->record_losses(
           2, std::vector<Store::Loss>{{"remove_user", "a@b.example", "1", "", "", "", "", ""}}));
     }},
    {"SafetyToRecord", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->record_safety(2, {{{"remove_users", "id-1"}}, {"ada@acme.example"}}));
     }},
    {"ProtectionsToRemember", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       return told(s->remember_protections(
           "org-1", std::vector<Store::Protection>{{"user", "bo@acme.example"}}));
     }},
    {"ToRemember", Store::Access::write,
     [](const std::string& /*path*/, Store* s) {
       Store::Remembered learned;
       learned.identities = {{"ada@acme.example", "1"}};
       learned.sighting = Sighting{5, 3};
       learned.counts = Counts{kNoon + std::chrono::hours(48), "dir-1", 5, 1, 2, 3, 4};
       return told(s->remember("org-1", learned));
     }},
    {"Opening", There::full,
     [](const std::string& path, Store* /*none*/) {
       return told(Store::open(path, Store::Access::write), [](const Store&) { return "opened"; });
     }},
    {"OpeningToRead", There::full,
     [](const std::string& path, Store* /*none*/) {
       return told(Store::open(path, Store::Access::read), [](const Store&) { return "opened"; });
     }},
    {"Looking", There::full,
     [](const std::string& path, Store* /*none*/) {
       std::string seen;
       const auto looked = Store::look(path, [&](const Store& store) -> Result<void> {
         const auto runs = store.runs(0);
         if (!runs) return tl::make_unexpected(runs.error());
         seen = std::to_string(runs->size());
         return {};
       });
       return told(looked, seen);
     }},
    {"Making", There::none,
     [](const std::string& path, Store* /*none*/) {
       return told(Store::open(path, Store::Access::write), [](const Store&) { return "made"; });
     }},
    {"Migrating", There::older,
     [](const std::string& path, Store* /*none*/) {
       return told(Store::open(path, Store::Access::write), [](const Store&) { return "as new"; });
     }},
    {"Verifying", There::full,
     [](const std::string& path, Store* /*none*/) -> Result<std::string> {
       const auto verdict = verify_store(path, {});
       if (!verdict) return tl::make_unexpected(verdict.error());
       if (!verdict->broken.empty()) return fail(verdict->broken);
       return format_head(verdict->head);
     }},
    {"Exporting", There::full,
     [](const std::string& path, Store* /*none*/) { return exported(path, ExportFormat::jsonl); }},
    {"ExportingCsv", There::full,
     [](const std::string& path, Store* /*none*/) { return exported(path, ExportFormat::csv); }},
};

INSTANTIATE_TEST_SUITE_P(Rows, FailingStatements, testing::ValuesIn(kRows),
                         [](const auto& it) { return it.param.name; });

}  // namespace
}  // namespace rolecall
