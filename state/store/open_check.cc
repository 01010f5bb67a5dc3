#include "state/store/open_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/store/files.h"
#include "state/store/log_walk.h"
#include "state/store/memory.h"

namespace rolecall {
namespace {

// As many rows as are hashed in a fraction of a second. All of them are for `audit verify`.
constexpr std::int64_t kMostRows = 50'000;

constexpr const char* kHint =
    "see rolecall audit verify; put the right store and its head file back. To go on with this "
    "one, for a reason that is then recorded: --accept-log-gap REASON";

/// How the store differs from what the head file says of it; empty: not at all.
Result<std::string> compare(StoreCore& store, const std::optional<HeadFile::Content>& known) {
  if (!known) {
    if (store.head.seq == 0) return std::string();
    return fmt::format("the log ends at {}, but there is no {}", format_head(store.head),
                       store.head_file.path());
  }
  if (known->store_id != store.id) {
    return fmt::format("this is the store {}, but {} is of the store {}", store.id,
                       store.head_file.path(), known->store_id);
  }
  if (known->head.seq > store.head.seq) {
    return fmt::format("the log ends at {}, but {} says {}: rows are missing at its end",
                       format_head(store.head), store.head_file.path(), format_head(known->head));
  }
  ChainHead there = known->head;
  if (there.seq == 0) {
    there = store.hasher.start(store.id);
  } else {
    auto hash = recorded_hash(store.database, there.seq);
    if (!hash) return hash;
    there.hash = std::move(*hash);
  }
  if (there == known->head) return std::string();
  return fmt::format("the log has {}, but {} says {}", format_head(there), store.head_file.path(),
                     format_head(known->head));
}

/// What is wrong with the rows after `from`, or beside the log when that is all of it.
Result<std::string> find_break(StoreCore& store, const ChainHead& from) {
  const auto walked = walk_log(store.database, from, {});
  if (!walked) return tl::make_unexpected(walked.error());
  if (walked->broken) {
    return fmt::format("row {} of the log: {}", walked->broken->seq, walked->broken->what);
  }
  if (from.seq > 0) return std::string();
  const auto strays = find_strays(store.database, *walked);
  if (!strays) return tl::make_unexpected(strays.error());
  if (!strays->empty()) return strays->front();
  // An index that a disk has lost a page of would have runs overlook rows.
  return find_damage(store.database);
}

Result<ChainHead> recorded_at(StoreCore& store, std::int64_t seq) {
  if (seq <= 0) return store.hasher.start(store.id);
  auto hash = recorded_hash(store.database, seq);
  if (!hash) return tl::make_unexpected(hash.error());
  return ChainHead{seq, std::move(*hash)};
}

/// The row in which somebody last accepted exactly that; 0: nobody did.
Result<std::int64_t> acceptance_of(StoreCore& store, const std::string& found) {
  auto statement = store.database.prepare(
      "SELECT l.seq FROM notices n JOIN log l ON l.row = n.id AND l.type = 'notice' "
      "WHERE n.kind = 'log_gap' AND n.found = ? ORDER BY n.id DESC LIMIT 1");
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(found).next();
  if (!row) return tl::make_unexpected(row.error());
  return *row ? rows.integer(0) : 0;
}

/// What somebody accepted is not complained of again, and from there on the log must be right.
Result<std::string> find_new_break(StoreCore& store) {
  const auto from = recorded_at(store, store.head.seq - kMostRows);
  if (!from) return tl::make_unexpected(from.error());
  auto found = find_break(store, *from);
  if (!found || found->empty()) return found;
  const auto accepted = acceptance_of(store, *found);
  if (!accepted) return tl::make_unexpected(accepted.error());
  if (*accepted == 0) return found;
  const auto after = recorded_at(store, *accepted);
  if (!after) return tl::make_unexpected(after.error());
  return find_break(store, *after);
}

Result<void> record_gap(StoreCore& store, const AcceptedGap& accepted, const std::string& found) {
  auto transaction = store.begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  const std::string moment = format_instant(accepted.at);
  const auto done = transaction->append(LogType::notice, std::nullopt,
                                        {moment, accepted.user, "log_gap", found, accepted.reason});
  if (!done) return tl::make_unexpected(done.error());
  return transaction->commit();
}

}  // namespace

Result<void> check_before_writing(StoreCore& store, const std::optional<HeadFile::Content>& known,
                                  const std::optional<AcceptedGap>& accepted) {
  auto found = compare(store, known);
  if (found && found->empty()) found = find_new_break(store);
  if (!found) return tl::make_unexpected(found.error());
  if (!found->empty() && !accepted) {
    return fail(fmt::format("the store {} cannot be trusted: {}", store.database.path(), *found),
                kHint);
  }
  // Not before: it folds what is in the write-ahead log into the database, whoever's log that is.
  if (auto done = store.database.accept(); !done) return done;
  if (!found->empty()) {
    if (auto done = record_gap(store, *accepted, *found); !done) return done;
    return sync_folder_of(store.head_file.path());
  }
  if (known && known->head == store.head) return {};
  if (auto done = store.head_file.write(store.id, store.head); !done) return done;
  // Later only a newer head could be lost with the power, never the file itself.
  return known ? Result<void>{} : sync_folder_of(store.head_file.path());
}

Result<void> check_before_creating(const HeadFile& file,
                                   const std::optional<HeadFile::Content>& known,
                                   const std::optional<AcceptedGap>& accepted) {
  if (!known || known->head.seq == 0 || accepted) return {};
  return fail(fmt::format("there is no store, but {} says that its log ends at {}", file.path(),
                          format_head(known->head)),
              kHint);
}

}  // namespace rolecall
