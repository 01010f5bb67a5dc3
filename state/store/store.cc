#include "state/store/store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "state/store/backup.h"
#include "state/store/files.h"
#include "state/store/log_walk.h"
#include "state/store/memory.h"
#include "state/store/open_check.h"
#include "state/store/schema.h"
#include "state/store/store_impl.h"

namespace rolecall {
namespace {

constexpr std::size_t kMessageBytes = 512;

Database::Mode mode_for(Store::Access access) {
  switch (access) {
    case Store::Access::look:
      return Database::Mode::frozen;
    case Store::Access::read:
      return Database::Mode::read;
    case Store::Access::write:
      break;
  }
  return Database::Mode::write;
}

// Pages of the log that the outcome of one change can take when it is written alone: the end of
// its table and of the chain, and now and then a split with the neighbours and the page above.
constexpr std::int64_t kPagesPerOutcome = 4;
// For the end of the run and for tables that become one level deeper.
constexpr std::int64_t kPagesForTheRest = 32;
constexpr std::int64_t kPageBytes = 4096;

std::string cut(std::string text) {
  if (text.size() <= kMessageBytes) return text;
  std::size_t end = kMessageBytes;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  // At most three bytes continue a code point; beyond that it is no UTF-8 and any place will do.
  while (end > kMessageBytes - 3 && continues(end)) --end;
  text.resize(continues(end) ? kMessageBytes : end);
  return text;
}

// Twice what the rows hold, as rows do not fill their pages, and every page may be written anew.
std::int64_t pages_for(std::span<const Intent> intents) {
  std::size_t bytes = 0;
  for (const Intent& intent : intents) {
    for (const std::string* text :
         {&intent.kind, &intent.user, &intent.account_id, &intent.group, &intent.group_id,
          &intent.resource, &intent.role, &intent.cause_file, &intent.why, &intent.reason,
          &intent.request, &intent.body_digest}) {
      bytes += text->size();
    }
    bytes += 100;
  }
  return static_cast<std::int64_t>(2 * bytes) / kPageBytes +
         static_cast<std::int64_t>(intents.size()) * kPagesPerOutcome + kPagesForTheRest;
}

// A new store is made whole under another name, so that a crash leaves none rather than half of
// one. It gets its write-ahead log only when it is opened under its own name: until then SQLite's
// rollback journal sees to it that what is committed is in the file itself, or an error.
Result<void> create_store(const StorePlace& place) {
  const std::string draft = place.file + ".new";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    ::unlink((draft + suffix).c_str());
  }
  if (auto made = create_private_file(draft); !made) return made;
  {
    auto database = Database::open(draft, Database::Mode::write);
    if (!database) return tl::make_unexpected(database.error());
    if (auto done = migrate(*database, migrations()); !done) return done;
  }
  return rename_without_replacing(draft, place.file);
}

Result<void> append_end(LogTransaction& transaction, RunId run, const RunEnd& end) {
  const std::string moment = format_instant(end.at);
  const auto done =
      transaction.append(LogType::end, run,
                         {moment, std::int64_t{end.exit_code}, end.state, end.reads, end.writes,
                          end.applied, end.already_so, end.failed, end.in_doubt, end.skipped});
  return done ? Result<void>{} : tl::make_unexpected(done.error());
}

Result<std::vector<IntentId>> append_intents(LogTransaction& transaction, RunId run, Instant at,
                                             std::span<const Intent> intents) {
  std::vector<IntentId> ids;
  ids.reserve(intents.size());
  const std::string moment = format_instant(at);
  for (const Intent& intent : intents) {
    const auto id = transaction.append(
        LogType::intent, std::nullopt,
        {run, intent.call, moment, intent.kind, intent.user, intent.account_id, intent.group,
         intent.group_id, intent.resource, intent.role, intent.cause_file, intent.cause_line,
         intent.why, intent.reason, intent.request, intent.body_digest});
    if (!id) return tl::make_unexpected(id.error());
    ids.push_back(*id);
  }
  return ids;
}

Result<void> append_outcomes(LogTransaction& transaction, Instant at,
                             std::span<const Outcome> outcomes) {
  const std::string moment = format_instant(at);
  for (const Outcome& outcome : outcomes) {
    const std::string message = cut(outcome.message);
    const auto done =
        transaction.append(LogType::outcome, outcome.intent,
                           {moment, name(outcome.result), std::int64_t{outcome.http_status},
                            std::int64_t{outcome.attempts}, outcome.duration_ms, message});
    if (!done) return tl::make_unexpected(done.error());
  }
  return {};
}

Result<void> check_writable(const std::string& path) {
  if (may_write(path)) return {};
  return fail(fmt::format("cannot write {}: it is read-only", path));
}

template <class MayCreate>
Result<void> check_files(const StorePlace& place, Store::Access access, MayCreate may_create) {
  auto exists = check_private_file(place.file);
  if (!exists) return tl::make_unexpected(exists.error());
  if (!*exists && access != Store::Access::write) {
    return fail(fmt::format("there is no store at {}", place.shown), std::string(kNoStoreYet));
  }
  std::error_code ignored;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    auto beside = check_private_file(place.file + suffix);
    if (!beside) return tl::make_unexpected(beside.error());
    // Reading leaves these files behind empty, or without anything that cannot be made anew.
    const bool holds_rows = *beside && suffix != std::string_view("-shm") &&
                            std::filesystem::file_size(place.file + suffix, ignored) > 0;
    if (holds_rows && !*exists) {
      return fail(fmt::format("{}{} is there without its store", place.file, suffix),
                  "the store was removed or renamed: put it back, or remove that file too");
    }
  }
  if (*exists && access == Store::Access::write) {
    if (auto fine = check_writable(place.folder); !fine) return fine;
    return check_writable(place.file);
  }
  if (*exists) return {};
  if (auto fine = may_create(); !fine) return fine;
  return create_store(place);
}

Result<void> take_schema(Database& database, const StorePlace& place, bool write) {
  auto version = check_schema(database, migrations());
  if (!version) return tl::make_unexpected(version.error());
  if (*version == static_cast<std::int64_t>(migrations().size())) return {};
  if (write) {
    if (auto done = database.accept(); !done) return done;
    if (auto kept = back_up(database, place.file, *version); !kept) return kept;
    return migrate(database, migrations());
  }
  return fail(fmt::format("the store {} was written by an older rolecall (schema {}, this one "
                          "reads {})",
                          database.path(), *version, migrations().size()),
              "the next apply brings it up to date");
}

}  // namespace

Result<Store> Store::open(const std::string& path, Access access,
                          const std::optional<AcceptedGap>& accepted) {
  const bool write = access == Access::write;
  auto place = find_store_place(path, write);
  if (!place) return tl::make_unexpected(place.error());
  HeadFile head_file(place->file);
  std::optional<HeadFile::Content> known;
  if (write) {
    auto read = head_file.read(true);
    if (!read) return tl::make_unexpected(read.error());
    known = std::move(*read);
  }
  const auto may_create = [&] { return check_before_creating(head_file, known, accepted); };
  if (auto fine = check_files(*place, access, may_create); !fine) {
    return tl::make_unexpected(fine.error());
  }
  auto database = Database::open(place->file, mode_for(access));
  if (!database) return tl::make_unexpected(database.error());
  if (auto fine = take_schema(*database, *place, write); !fine)
    return tl::make_unexpected(fine.error());

  auto statements = StoreStatements::prepare(*database);
  if (!statements) return tl::make_unexpected(statements.error());
  auto id = store_id_of(*database);
  if (!id) return tl::make_unexpected(id.error());
  if (write) {
    // Whoever hung in a transaction while its lock was taken away ends that one first, and begins
    // no other (StoreCore::begin): only then is it certain where the log ends.
    const auto barrier = Transaction::begin(*database);
    if (!barrier) return tl::make_unexpected(barrier.error());
  }
  auto head = recorded_head(*database, *id);
  if (!head) return tl::make_unexpected(head.error());
  auto impl = std::make_unique<Impl>(
      Impl{{std::move(*database), std::move(*statements), std::move(*id), std::move(head_file),
            ChainHasher(), RowText(), std::move(*head)}});
  if (write) {
    if (auto fine = check_before_writing(*impl, known, accepted); !fine) {
      return tl::make_unexpected(fine.error());
    }
  }
  return Store(std::move(impl));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::id() const {
  return impl_->id;
}

const ChainHead& Store::head() const {
  return impl_->head;
}

std::string_view name(ChangeResult result) {
  static constexpr std::array<std::string_view, 4> kNames = {"applied", "already_so", "failed",
                                                             "in_doubt"};
  return kNames[static_cast<std::size_t>(result)];
}

void Store::write_only_while(std::function<bool()> lock_is_ours) {
  impl_->lock_is_ours = std::move(lock_is_ours);
}

Result<RunId> Store::begin_run(const RunStart& start) {
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  const std::string moment = format_instant(start.at);
  auto id = transaction->append(
      LogType::run, std::nullopt,
      {moment, start.command, start.user, start.host, start.pid, start.tool_version,
       start.organization, start.directory, start.policy_path, start.policy_digest,
       start.git_commit, start.plan_digest});
  if (!id) return id;
  if (auto done = transaction->commit(); !done) return tl::make_unexpected(done.error());
  return id;
}

Result<void> Store::end_run(RunId run, const RunEnd& end) {
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  if (auto done = append_end(*transaction, run, end); !done) return done;
  return transaction->commit();
}

Result<std::vector<IntentId>> Store::record_intents(RunId run, Instant at,
                                                    std::span<const Intent> intents) {
  return record(run, at, {}, intents);
}

Result<void> Store::record_outcomes(Instant at, std::span<const Outcome> outcomes) {
  if (outcomes.empty()) return {};
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  if (auto done = append_outcomes(*transaction, at, outcomes); !done) return done;
  return transaction->commit(LogTransaction::Head::written);
}

Result<std::vector<IntentId>> Store::record(RunId run, Instant at,
                                            std::span<const Outcome> outcomes,
                                            std::span<const Intent> intents) {
  if (intents.empty()) {
    auto done = record_outcomes(at, outcomes);
    return done ? Result<std::vector<IntentId>>{} : tl::make_unexpected(done.error());
  }
  const auto both = [&]() -> Result<std::vector<IntentId>> {
    if (auto done = impl_->database.reserve(pages_for(intents)); !done) {
      return tl::make_unexpected(done.error());
    }
    auto transaction = impl_->begin();
    if (!transaction) return tl::make_unexpected(transaction.error());
    if (auto done = append_outcomes(*transaction, at, outcomes); !done) {
      return tl::make_unexpected(done.error());
    }
    auto ids = append_intents(*transaction, run, at, intents);
    if (!ids) return ids;
    if (auto done = transaction->commit(LogTransaction::Head::written); !done) {
      return tl::make_unexpected(done.error());
    }
    return ids;
  };
  auto ids = both();
  // The space that was taken with their intents is still there for them.
  if (!ids) (void)record_outcomes(at, outcomes);
  return ids;
}

Result<std::size_t> Store::close_interrupted_runs(Instant at) {
  std::vector<RunId> dead;
  {
    auto rows = impl_->statements.select_unended.use();
    while (true) {
      auto row = rows.next();
      if (!row) return tl::make_unexpected(row.error());
      if (!*row) break;
      dead.push_back(rows.integer(0));
    }
  }
  if (dead.empty()) return 0;
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  for (const RunId run : dead) {
    RunEnd end{.at = at, .exit_code = -1, .state = "interrupted"};
    {
      auto counts = impl_->statements.count_run.use();
      auto row = counts.bind(run).next();
      if (!row) return tl::make_unexpected(row.error());
      end.writes = counts.integer(0);
      end.applied = counts.integer(1);
      end.already_so = counts.integer(2);
      end.failed = counts.integer(3);
      end.in_doubt = counts.integer(4);
    }
    if (auto done = append_end(*transaction, run, end); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  if (auto done = transaction->commit(); !done) return tl::make_unexpected(done.error());
  return dead.size();
}

Result<void> Store::remember_protections(const std::string& organization,
                                         std::span<const Protection> protections) {
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  if (auto done = impl_->statements.delete_protections.use().bind(organization).run(); !done) {
    return done;
  }
  for (const Protection& protection : protections) {
    auto use = impl_->statements.insert_protection.use();
    if (auto done = use.bind(organization).bind(protection.kind).bind(protection.key).run();
        !done) {
      return done;
    }
  }
  if (auto done = seal_memory(*impl_, *transaction, kProtections, organization); !done) return done;
  return transaction->commit();
}

}  // namespace rolecall
