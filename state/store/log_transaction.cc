#include "state/store/store_impl.h"

namespace rolecall {

LogTransaction::LogTransaction(StoreCore& store, Transaction transaction)
    : store_(store), transaction_(std::move(transaction)), head_(store.head) {}

Result<LogTransaction> StoreCore::begin() {
  if (auto fine = database.check_in_place(); !fine) return tl::make_unexpected(fine.error());
  auto transaction = Transaction::begin(database);
  if (!transaction) return tl::make_unexpected(transaction.error());
  if (lock_is_ours && !lock_is_ours()) {
    return fail("another run has taken over the lock: this one writes nothing any more",
                "see `rolecall audit list` for what the other did, then plan again");
  }
  return LogTransaction(*this, std::move(*transaction));
}

Result<std::int64_t> LogTransaction::append(LogType type, std::optional<std::int64_t> key,
                                            std::initializer_list<LogValue> values) {
  const LogTable& table = log_table(type);
  auto use = store_.statements.insert_rows[static_cast<std::size_t>(type)].use();
  key ? use.bind(*key) : use.bind_null();
  for (const LogValue& value : values) {
    std::visit([&](const auto& bound) { use.bind(bound); }, value);
  }
  if (auto done = use.run(); !done) return tl::make_unexpected(done.error());
  const std::int64_t id = store_.database.last_insert_id();

  RowText& text = store_.row_text;
  text.begin(head_.seq + 1, table.type);
  text.add(table.columns.front().name, id);
  auto column = table.columns.begin();
  for (const LogValue& value : values) {
    ++column;
    std::visit([&](const auto& bound) { text.add(column->name, bound); }, value);
  }
  head_.hash = store_.hasher.next(head_.hash, text.finish());
  ++head_.seq;
  auto log = store_.statements.insert_log.use();
  log.bind(head_.seq).bind(table.type).bind(id).bind(head_.hash);
  if (auto done = log.run(); !done) return tl::make_unexpected(done.error());
  return id;
}

Result<void> LogTransaction::commit(Head head) {
  if (auto done = transaction_.commit(); !done) return done;
  if (store_.head == head_) return {};
  store_.head = head_;
  // It hung meanwhile, and the head file is by now of what another run wrote.
  if (store_.lock_is_ours && !store_.lock_is_ours()) return {};
  return head == Head::on_disk ? store_.head_file.write(store_.id, head_)
                               : store_.head_file.overwrite(store_.id, head_);
}

}  // namespace rolecall
