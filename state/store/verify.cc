#include "state/store/verify.h"

#include <fmt/format.h>

#include "state/store/head_file.h"
#include "state/store/log_walk.h"
#include "state/store/memory.h"
#include "state/store/read_only.h"

namespace rolecall {
namespace {

constexpr std::string_view kGaps =
    "SELECT l.seq, n.user, n.at, n.reason, n.found FROM notices n "
    "JOIN log l ON l.type = 'notice' AND l.row = n.id WHERE n.kind = 'log_gap' ORDER BY l.seq";

Result<std::vector<std::string>> texts(Database& database, std::string_view sql) {
  auto statement = database.prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  std::vector<std::string> found;
  auto rows = statement->use();
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return found;
    found.push_back(rows.text(0));
  }
}

Result<std::vector<std::string>> accepted_gaps(Database& database) {
  auto statement = database.prepare(kGaps);
  if (!statement) return tl::make_unexpected(statement.error());
  std::vector<std::string> found;
  auto rows = statement->use();
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return found;
    found.push_back(fmt::format("row {}: accepted by {} at {}: {} ({})", rows.integer(0),
                                rows.text(1), rows.text(2), rows.text(3), rows.text(4)));
  }
}

class Verifier {
 public:
  Verifier(Database& database, LogVerdict& verdict) : database_(database), verdict_(verdict) {}

  Result<void> run(const std::vector<ExpectedHead>& expected) {
    const auto walked = walk_log(database_, ChainHasher().start(verdict_.store_id), {});
    if (!walked) return tl::make_unexpected(walked.error());
    verdict_.head = walked->head;
    if (walked->broken) {
      verdict_.broken_seq = walked->broken->seq;
      verdict_.broken = walked->broken->what;
    } else if (auto done = look_beside(*walked); !done) {
      return done;
    }
    for (const ExpectedHead& one : expected) {
      if (auto done = compare(one); !done) return done;
    }
    auto gaps = accepted_gaps(database_);
    if (!gaps) return tl::make_unexpected(gaps.error());
    verdict_.gaps = std::move(*gaps);
    auto organizations =
        texts(database_, "SELECT DISTINCT organization FROM runs ORDER BY organization");
    if (!organizations) return tl::make_unexpected(organizations.error());
    verdict_.organizations = std::move(*organizations);
    return {};
  }

 private:
  Result<void> look_beside(const Walked& walked) {
    const auto strays = find_strays(database_, walked);
    if (!strays) return tl::make_unexpected(strays.error());
    if (!strays->empty()) {
      verdict_.broken = strays->front();
      return {};
    }
    auto damaged = find_damage(database_);
    if (!damaged) return tl::make_unexpected(damaged.error());
    verdict_.broken = std::move(*damaged);
    return {};
  }

  Result<void> compare(const ExpectedHead& expected) {
    ChainHead there = ChainHasher().start(verdict_.store_id);
    if (expected.head.seq > 0) {
      auto hash = recorded_hash(database_, expected.head.seq);
      if (!hash) return tl::make_unexpected(hash.error());
      there = {expected.head.seq, std::move(*hash)};
    }
    if (there == expected.head) return {};
    verdict_.mismatches.push_back(
        there.hash.empty()
            ? fmt::format("{} says {}, but the log ends at {}: rows are missing at its end",
                          expected.from, format_head(expected.head), format_head(verdict_.head))
            : fmt::format("{} says {}, but the log has {}", expected.from,
                          format_head(expected.head), format_head(there)));
    return {};
  }

  Database& database_;
  LogVerdict& verdict_;
};

}  // namespace

Result<LogVerdict> verify_store(const std::string& path,
                                const std::vector<ExpectedHead>& expected) {
  // First of all: a run that is going on may make the log longer, never shorter.
  const HeadFile file(path);
  const auto known = file.read(false);
  if (!known) return tl::make_unexpected(known.error());
  LogVerdict verdict;
  const auto verify = [&](Database& database) -> Result<void> {
    verdict = {};
    auto id = store_id_of(database);
    if (!id) return tl::make_unexpected(id.error());
    verdict.store_id = std::move(*id);
    std::vector<ExpectedHead> heads = expected;
    if (*known) {
      verdict.head_file = (*known)->head;
      if ((*known)->store_id == verdict.store_id) {
        heads.push_back({(*known)->head, file.path()});
      } else {
        verdict.mismatches.push_back(
            fmt::format("{} is of the store {}", file.path(), (*known)->store_id));
      }
    }
    return Verifier(database, verdict).run(heads);
  };
  const auto done = read_without_traces(path, WhenWritten::read_again, verify);
  if (!done) return tl::make_unexpected(done.error());
  return verdict;
}

}  // namespace rolecall
