#include "state/store/export.h"

#include <fmt/format.h>

#include <set>

#include "state/store/export_format.h"
#include "state/store/log_walk.h"
#include "state/store/memory.h"
#include "state/store/read_only.h"

namespace rolecall {
namespace {

Result<std::set<std::string>> organizations_of(Database& database) {
  auto statement = database.prepare("SELECT DISTINCT organization FROM runs");
  if (!statement) return tl::make_unexpected(statement.error());
  std::set<std::string> found;
  auto rows = statement->use();
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return found;
    std::string quoted;
    append_json_string(quoted, rows.text_view(0));
    found.insert(std::move(quoted));
  }
}

class JsonLines {
 public:
  explicit JsonLines(const ExportSink& sink) : sink_(sink) {}

  Result<void> begin(Database& database, const std::string& store_id) {
    const auto organizations = organizations_of(database);
    if (!organizations) return tl::make_unexpected(organizations.error());
    return write(header_line(store_id, *organizations));
  }
  Result<void> row(const LogRow& row) {
    std::string line(kRowHead);
    line.append(row.hash).append(kRowMiddle).append(row.text).append("}");
    return write(std::move(line));
  }
  Result<void> end(const ChainHead& head, const std::vector<Checkpoint>& checkpoints) {
    for (const Checkpoint& checkpoint : checkpoints) {
      auto done = write(std::string(kCheckpointHead) + format_checkpoint(checkpoint) + "}");
      if (!done) return done;
    }
    return sink_(last_line(head, sha256_.hex()) + "\n");
  }

 private:
  Result<void> write(std::string line) {
    line += '\n';
    sha256_.add(line);
    return sink_(line);
  }

  const ExportSink& sink_;
  Sha256 sha256_;
};

class Csv {
 public:
  explicit Csv(const ExportSink& sink) : sink_(sink) {}

  Result<void> begin(Database&, const std::string& store_id) {
    const auto& columns = csv_columns();
    auto done = sink_(csv_record({columns.begin(), columns.end()}));
    if (!done) return done;
    return record(ChainHasher().start(store_id), "store", store_id);
  }
  Result<void> row(const LogRow& row) {
    std::vector<std::string> cells(csv_columns().size());
    cells[kSeqCell] = std::to_string(row.seq);
    cells[kHashCell] = row.hash;
    cells[kTypeCell] = row.table->type;
    const std::vector<std::size_t> places = csv_places(*row.table);
    for (std::size_t i = 0; i < places.size(); ++i) {
      cells[places[i]] = row.columns.text(static_cast<int>(i));
    }
    return sink_(csv_record(cells));
  }
  Result<void> end(const ChainHead& head, const std::vector<Checkpoint>&) {
    return record(head, "head", {});
  }

 private:
  Result<void> record(const ChainHead& head, std::string_view type, const std::string& id) {
    std::vector<std::string> cells(csv_columns().size());
    cells[kSeqCell] = std::to_string(head.seq);
    cells[kHashCell] = head.hash;
    cells[kTypeCell] = type;
    cells[kIdCell] = id;
    return sink_(csv_record(cells));
  }

  const ExportSink& sink_;
};

template <class Writer>
Result<ChainHead> write_log(Database& database, Writer writer,
                            const std::vector<Checkpoint>& checkpoints) {
  const auto id = store_id_of(database);
  if (!id) return tl::make_unexpected(id.error());
  if (auto done = writer.begin(database, *id); !done) return tl::make_unexpected(done.error());
  const auto walked = walk_log(database, ChainHasher().start(*id),
                               [&](const LogRow& row) { return writer.row(row); });
  if (!walked) return tl::make_unexpected(walked.error());
  std::string wrong;
  if (walked->broken) {
    wrong = fmt::format("row {} of the log: {}", walked->broken->seq, walked->broken->what);
  } else {
    const auto strays = find_strays(database, *walked);
    if (!strays) return tl::make_unexpected(strays.error());
    if (!strays->empty()) wrong = strays->front();
  }
  if (!wrong.empty()) {
    return fail(fmt::format("the export is not whole, as the log does not verify: {}", wrong));
  }
  if (auto done = writer.end(walked->head, checkpoints); !done) {
    return tl::make_unexpected(done.error());
  }
  return walked->head;
}

}  // namespace

Result<ChainHead> export_log(const std::string& store_path, ExportFormat format,
                             const ExportSink& sink) {
  // Before the log, which may grow meanwhile.
  const auto checkpoints = read_checkpoints(store_path);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  Result<ChainHead> head;
  const auto read = [&](Database& database) -> Result<void> {
    head = format == ExportFormat::csv ? write_log(database, Csv(sink), *checkpoints)
                                       : write_log(database, JsonLines(sink), *checkpoints);
    return head ? Result<void>{} : tl::make_unexpected(head.error());
  };
  const auto done = read_without_traces(store_path, WhenWritten::keep, read);
  if (!done) return tl::make_unexpected(done.error());
  return head;
}

}  // namespace rolecall
