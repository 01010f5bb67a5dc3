#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>

#include "state/store/export.h"
#include "state/store/export_format.h"

namespace rolecall {
namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::string_view kOrganization = R"(,"organization":")";

/// What both formats lead to: rows with their hashes, one after the other.
class Chain {
 public:
  explicit Chain(ExportVerdict& verdict) : verdict_(verdict) {}

  void start(std::string_view store_id) {
    verdict_.store_id = store_id;
    verdict_.head = hasher_.start(store_id);
  }
  [[nodiscard]] const ChainHead& head() const { return verdict_.head; }

  /// False, with the reason in the verdict, when the row is not the next one.
  bool take(std::string_view row_text, std::string_view hash) {
    const std::string begin = fmt::format("{{\"seq\":{},\"type\":\"", verdict_.head.seq + 1);
    if (!row_text.starts_with(begin)) return wrong_row("another row is in its place");
    std::string computed = hasher_.next(verdict_.head.hash, row_text);
    if (computed != hash) return wrong_row("it was altered, or its hash was");
    hashes_ += computed;
    verdict_.head = {verdict_.head.seq + 1, std::move(computed)};
    if (row_text.substr(begin.size()).starts_with("run\"")) note_organization(row_text);
    return true;
  }
  bool wrong_row(std::string what) {
    verdict_.broken_seq = verdict_.head.seq + 1;
    verdict_.broken = std::move(what);
    return false;
  }
  bool wrong(std::string what) {
    verdict_.broken = std::move(what);
    return false;
  }

  void compare(const ExpectedHead& expected) {
    const std::int64_t seq = expected.head.seq;
    const std::string says = fmt::format("{} says {}", expected.from, format_head(expected.head));
    if (seq > verdict_.head.seq) {
      verdict_.mismatches.push_back(
          fmt::format("{}, but the log ends at {}: rows are missing at "
                      "its end",
                      says, format_head(verdict_.head)));
      return;
    }
    const ChainHead there =
        seq == 0 ? hasher_.start(verdict_.store_id)
                 : ChainHead{seq, hashes_.substr((static_cast<std::size_t>(seq) - 1) * kHashDigits,
                                                 kHashDigits)};
    if (there == expected.head) return;
    verdict_.mismatches.push_back(fmt::format("{}, but the log has {}", says, format_head(there)));
  }
  /// As JSON strings with their quotes.
  [[nodiscard]] const std::set<std::string>& organizations() const { return organizations_; }

 private:
  void note_organization(std::string_view row_text) {
    const std::size_t name = row_text.find(kOrganization);
    if (name == std::string_view::npos) return;
    const std::size_t quote = name + kOrganization.size() - 1;
    std::size_t end = quote + 1;
    while (end < row_text.size() && row_text[end] != '"') end += row_text[end] == '\\' ? 2U : 1U;
    organizations_.emplace(row_text.substr(quote, end + 1 - quote));
  }

  ExportVerdict& verdict_;
  ChainHasher hasher_;
  std::string hashes_;  ///< of all rows, one after the other
  std::set<std::string> organizations_;
};

/// A line with its line break; false at the end. A last line without one counts as cut.
bool next_line(std::istream& in, std::string& line) {
  if (!std::getline(in, line)) return false;
  if (!in.eof()) line += '\n';
  return true;
}

std::string store_id_in(std::string_view header) {
  constexpr std::string_view kStore = R"("store":")";
  const std::size_t at = header.find(kStore);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + kStore.size();
  return std::string(header.substr(begin, header.find('"', begin) - begin));
}

constexpr const char* kNoExport =
    "it does not begin as an export does: it is another file, or its first line was altered";

class JsonLinesReader {
 public:
  JsonLinesReader(std::istream& in, ExportVerdict& verdict, Chain& chain)
      : in_(in), verdict_(verdict), chain_(chain) {}

  bool run() {
    std::string header;
    if (!next_line(in_, header)) return chain_.wrong("the file is empty");
    sha256_.add(header);
    const std::string store = store_id_in(header);
    if (store.empty()) return chain_.wrong(kNoExport);
    chain_.start(store);
    std::string line;
    while (true) {
      if (!next_line(in_, line)) return chain_.wrong_row("the export was cut before it");
      if (line.starts_with("{\"rows\":")) break;
      if (!take(line)) return false;
      sha256_.add(line);
    }
    if (line != last_line(chain_.head(), sha256_.hex()) + "\n") {
      return chain_.wrong("the last line does not fit what is before it");
    }
    if (header != header_line(verdict_.store_id, chain_.organizations()) + "\n") {
      return chain_.wrong("the first line does not fit the rows");
    }
    return !next_line(in_, line) || chain_.wrong("there is something after the last line");
  }

 private:
  bool take(std::string_view line) {
    if (!line.ends_with("}\n")) return chain_.wrong_row("the line was altered or cut");
    const std::string_view inside = line.substr(0, line.size() - 2);
    if (line.starts_with(kCheckpointHead)) {
      auto checkpoint = parse_checkpoint(inside.substr(kCheckpointHead.size()));
      if (!checkpoint) return chain_.wrong("a checkpoint: " + checkpoint.error().what);
      verdict_.checkpoints.push_back(std::move(*checkpoint));
      return true;
    }
    constexpr std::size_t kMiddleAt = kRowHead.size() + kHashDigits;
    if (!verdict_.checkpoints.empty() || !inside.starts_with(kRowHead) ||
        inside.size() < kMiddleAt || !inside.substr(kMiddleAt).starts_with(kRowMiddle)) {
      return chain_.wrong_row("the line was altered or cut");
    }
    return chain_.take(inside.substr(kMiddleAt + kRowMiddle.size()),
                       inside.substr(kRowHead.size(), kHashDigits));
  }

  std::istream& in_;
  ExportVerdict& verdict_;
  Chain& chain_;
  Sha256 sha256_;
};

/// The next record: its bytes and its cells. False at the end of the file.
bool next_record(std::istream& in, std::string& bytes, std::vector<std::string>& cells) {
  bytes.clear();
  cells.assign(1, {});
  bool quoted = false;
  for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
    const char byte = static_cast<char>(c);
    bytes += byte;
    if (quoted) {
      if (byte != '"') {
        cells.back() += byte;
      } else if (in.peek() == '"') {
        bytes += static_cast<char>(in.get());
        cells.back() += '"';
      } else {
        quoted = false;
      }
    } else if (byte == '"') {
      quoted = true;
    } else if (byte == ',') {
      cells.emplace_back();
    } else if (byte == '\n') {
      return true;
    } else if (byte != '\r') {
      cells.back() += byte;
    }
  }
  return !bytes.empty();
}

class CsvReader {
 public:
  CsvReader(std::istream& in, Chain& chain) : in_(in), chain_(chain) {}

  bool run() {
    const auto& columns = csv_columns();
    if (!next() || cells_ != std::vector<std::string>(columns.begin(), columns.end())) {
      return chain_.wrong(kNoExport);
    }
    if (!next()) return chain_.wrong("the line of the store is missing");
    chain_.start(cells_[kIdCell]);
    if (!is_head("store", cells_[kIdCell]))
      return chain_.wrong("the line of the store was altered");
    while (true) {
      if (!next()) return chain_.wrong_row("the export was cut before it, or its line altered");
      if (cells_[kTypeCell] == "head") break;
      if (!take()) return false;
    }
    if (!is_head("head", {})) return chain_.wrong("the last line does not fit what is before it");
    return in_.peek() == std::char_traits<char>::eof() ||
           chain_.wrong("there is something after the last line");
  }

 private:
  /// False also for a record that is not written as rolecall does.
  bool next() {
    std::string bytes;
    if (!next_record(in_, bytes, cells_) || cells_.size() != csv_columns().size()) return false;
    for (std::string& cell : cells_) cell.erase(0, cell.size() - csv_content(cell).size());
    return csv_record(cells_) == bytes;
  }

  [[nodiscard]] bool is_head(const std::string& type, const std::string& id) const {
    std::vector<std::string> expected(cells_.size());
    expected[kSeqCell] = std::to_string(chain_.head().seq);
    expected[kHashCell] = chain_.head().hash;
    expected[kTypeCell] = type;
    expected[kIdCell] = id;
    return cells_ == expected;
  }

  bool take() {
    const LogTable* table = find_log_table(cells_[kTypeCell]);
    if (table == nullptr) return chain_.wrong_row("it is of a type that does not exist");
    text_.begin(chain_.head().seq + 1, table->type);
    std::vector<std::string> expected(cells_.size());
    expected[kSeqCell] = std::to_string(chain_.head().seq + 1);
    expected[kHashCell] = cells_[kHashCell];
    expected[kTypeCell] = cells_[kTypeCell];
    const std::vector<std::size_t> places = csv_places(*table);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string& cell = cells_[places[i]];
      expected[places[i]] = cell;
      if (table->columns[i].kind == LogColumn::Kind::text) {
        text_.add(table->columns[i].name, std::string_view(cell));
        continue;
      }
      std::int64_t number = 0;
      const auto [stop, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
      if (problem != std::errc() || std::to_string(number) != cell) {
        return chain_.wrong_row("a number in it is none");
      }
      text_.add(table->columns[i].name, number);
    }
    if (cells_ != expected) return chain_.wrong_row("a cell that must be empty is not");
    return chain_.take(text_.finish(), cells_[kHashCell]);
  }

  std::istream& in_;
  Chain& chain_;
  std::vector<std::string> cells_;
  RowText text_;
};

}  // namespace

Result<ExportVerdict> verify_export(const std::string& path,
                                    const std::vector<ExpectedHead>& expected) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(fmt::format("{} is not a regular file", path));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in && errno == ENOENT) return fail(fmt::format("there is no store or export at {}", path));
  if (!in) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  ExportVerdict verdict = verify_export(in, expected);
  if (in.bad()) return fail(fmt::format("cannot read {}", path));
  return verdict;
}

ExportVerdict verify_export(std::istream& in, const std::vector<ExpectedHead>& expected) {
  ExportVerdict verdict;
  Chain chain(verdict);
  if (in.peek() == '{') {
    JsonLinesReader(in, verdict, chain).run();
  } else {
    CsvReader(in, chain).run();
  }
  if (!verdict.broken.empty()) return verdict;
  for (const std::string& quoted : chain.organizations()) {
    verdict.organizations.push_back(quoted.substr(1, quoted.size() - 2));
  }
  for (const ExpectedHead& one : expected) chain.compare(one);
  for (const Checkpoint& checkpoint : verdict.checkpoints) {
    chain.compare({checkpoint.head, "a checkpoint"});
  }
  return verdict;
}

}  // namespace rolecall
