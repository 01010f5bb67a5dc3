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

/// Where to begin: what somebody accepted is not complained of again.
Result<ChainHead> first_to_check(StoreCore& store) {
  ChainHead from = store.hasher.start(store.id);
  const auto gap = store.database.query_integer(
      "SELECT ifnull(max(seq), 0) FROM log WHERE type = 'notice' AND row = "
      "(SELECT max(id) FROM notices WHERE kind = 'log_gap')");
  if (!gap) return tl::make_unexpected(gap.error());
  const std::int64_t seq = std::max(*gap, store.head.seq - kMostRows);
  if (seq <= 0) return from;
  auto hash = recorded_hash(store.database, seq);
  if (!hash) return tl::make_unexpected(hash.error());
  return ChainHead{seq, std::move(*hash)};
}

Result<std::string> find_break(StoreCore& store) {
  const auto from = first_to_check(store);
  if (!from) return tl::make_unexpected(from.error());
  const auto walked = walk_log(store.database, *from, {});
  if (!walked) return tl::make_unexpected(walked.error());
  if (walked->broken) {
    return fmt::format("row {} of the log: {}", walked->broken->seq, walked->broken->what);
  }
  if (from->seq > 0) return std::string();
  const auto strays = find_strays(store.database, *walked);
  if (!strays) return tl::make_unexpected(strays.error());
  return strays->empty() ? std::string() : strays->front();
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
  if (found && found->empty()) found = find_break(store);
  if (!found) return tl::make_unexpected(found.error());
  if (!found->empty()) {
    if (!accepted) {
      return fail(fmt::format("the store {} cannot be trusted: {}", store.database.path(), *found),
                  kHint);
    }
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
