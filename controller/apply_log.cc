#include "controller/apply_log.h"

#include <fmt/format.h>

#include <functional>

#include "state/model/digest.h"

namespace rolecall {
namespace {

std::string digest_of_body(const Request& request) {
  Digest body("rolecall body 1");
  body.field(request.body);
  return body.hex();
}

}  // namespace

void ApplyLog::add_intents(std::size_t call, const std::vector<std::size_t>& changes,
                           const Request& request, const KnownIds& ids) {
  const std::string body_digest = digest_of_body(request);
  const std::size_t body = std::hash<std::string>()(request.body);
  for (const std::size_t i : changes) {
    if (intents_[i] != 0 && bodies_[i] == body) continue;
    if (intents_[i] != 0) {
      add_outcome(i, ChangeResult::failed, 0, 0, 0, "not sent: it went with another call instead");
      intents_[i] = 0;
    }
    bodies_[i] = body;
    const Change& change = plan_.changes[i];
    fresh_.push_back({static_cast<std::int64_t>(call + 1), std::string(name(change.kind)),
                      change.user, ids.account(change), change.group, ids.group(change),
                      change.ari.empty() ? change.resource : change.ari, change.role,
                      change.cause.place.file, change.cause.place.line, change.cause.why,
                      change.cause.reason,
                      fmt::format("{} {}", name(request.method), request.target), body_digest});
    of_.push_back(i);
  }
}

void ApplyLog::add_outcome(std::size_t change, ChangeResult result, int status, int attempts,
                           std::int64_t milliseconds, std::string message) {
  outcomes_.push_back(
      {intents_[change], result, status, attempts, milliseconds, std::move(message)});
}

Result<void> ApplyLog::record() {
  if (fresh_.empty() && outcomes_.empty()) return {};
  const auto rows = log_.record(clock_.now(), outcomes_, fresh_);
  outcomes_.clear();
  fresh_.clear();
  const std::vector<std::size_t> of = std::exchange(of_, {});
  if (!rows) return tl::make_unexpected(rows.error());
  for (std::size_t k = 0; k < of.size(); ++k) intents_[of[k]] = (*rows)[k];
  return {};
}

}  // namespace rolecall
