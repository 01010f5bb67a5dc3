#include <algorithm>
#include <string_view>
#include <utility>

#include "state/store/memory.h"
#include "state/store/store_impl.h"

namespace rolecall {
namespace {

// Only runs that were still going on at the time are looked into: the log of years is long.
// A clock that was set back while a run went on does not make what it did older than the run, whose
// beginning was held against the server's clock.
constexpr std::string_view kRecentChanges =
    "SELECT i.run, i.kind, i.group_name, l.user IS NOT NULL AS loses_admin, count(*), "
    "ifnull((SELECT group_concat(class, ' ') FROM admissions WHERE run = i.run), '') "
    "FROM runs r JOIN intents i ON i.run = r.id "
    "LEFT JOIN run_ends e ON e.run = r.id "
    "LEFT JOIN outcomes o ON o.intent = i.id "
    "LEFT JOIN admin_losses l ON l.run = i.run AND l.user = i.user "
    "AND i.kind IN ('suspend_user', 'remove_user') "
    "WHERE r.organization = ?1 AND (e.at IS NULL OR substr(max(e.at, r.at), 1, 19) >= ?2) "
    "AND substr(max(i.at, r.at), 1, 19) >= ?2 "
    "AND (o.result IS NULL OR o.result IN ('applied', 'in_doubt')) "
    "GROUP BY i.run, i.kind, i.group_name, loses_admin ORDER BY i.run, i.kind, i.group_name";

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Result<void> Store::record_safety(RunId run, const SafetyRecord& record) {
  if (record.admitted.empty() && record.admins_lost.empty()) return {};
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  auto admission = impl_->database.prepare(
      "INSERT INTO admissions (run, class, acknowledgement) VALUES (?, ?, ?)");
  if (!admission) return tl::make_unexpected(admission.error());
  for (const auto& [klass, acknowledgement] : record.admitted) {
    auto use = admission->use();
    if (auto done = use.bind(run).bind(klass).bind(acknowledgement).run(); !done) return done;
  }
  auto loss = impl_->database.prepare("INSERT INTO admin_losses (run, user) VALUES (?, ?)");
  if (!loss) return tl::make_unexpected(loss.error());
  for (const std::string& user : record.admins_lost) {
    auto use = loss->use();
    if (auto done = use.bind(run).bind(user).run(); !done) return done;
  }
  const auto about = this->run(run);
  if (!about) return tl::make_unexpected(about.error());
  for (const MemoryTable& table : {kAdmissions, kAdminLosses}) {
    if (!*about) break;
    const std::string& organization = (*about)->start.organization;
    if (auto done = seal_memory(*impl_, *transaction, table, organization); !done) return done;
  }
  return transaction->commit();
}

Result<std::map<std::string, RunId>> Store::used_acknowledgements() const {
  auto query = impl_->database.prepare(
      "SELECT acknowledgement, max(run) FROM admissions GROUP BY acknowledgement");
  if (!query) return tl::make_unexpected(query.error());
  std::map<std::string, RunId> used;
  auto rows = query->use();
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return used;
    used.emplace(rows.text(0), rows.integer(1));
  }
}

Result<std::vector<Store::RecentChanges>> Store::changes_since(const std::string& organization,
                                                               Instant since) const {
  constexpr std::size_t kToTheSecond = std::string_view("2026-12-01T08:00:00").size();
  auto query = impl_->database.prepare(kRecentChanges);
  if (!query) return tl::make_unexpected(query.error());
  std::vector<RecentChanges> found;
  auto rows = query->use();
  rows.bind(organization).bind(format_instant(since).substr(0, kToTheSecond));
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return found;
    found.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.integer(3) != 0,
                     words(rows.text(5)), rows.integer(4)});
  }
}

}  // namespace rolecall
