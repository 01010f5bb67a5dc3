#include "controller/recover.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <vector>

#include "controller/read_back.h"
#include "controller/settle_window.h"
#include "controller/write_call.h"
#include "state/api/endpoints.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kRecoverWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};
constexpr std::chrono::hours kLookedForLongEnough{1};

Change change_of(const Intent& intent, ChangeKind kind) {
  Change change;
  change.kind = kind;
  change.user = intent.user;
  change.account_id = intent.account_id;
  change.group = intent.group;
  change.group_id = intent.group_id;
  change.ari = intent.resource;
  change.resource = intent.resource;
  change.role = intent.role;
  return change;
}

/// The open intents of one directory as a plan, so that they are read back like an apply's own.
struct Unfinished {
  Plan plan;
  std::vector<const CallRecord*> records;  ///< parallel to plan.changes
};

std::vector<Effect> look(ReadClient& client, const Unfinished& unfinished) {
  const Endpoints endpoints(unfinished.plan.organization);
  KnownIds ids(unfinished.plan);
  std::vector<Effect> effects(unfinished.records.size(), Effect::unknown);
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < effects.size(); ++i) asked.push_back(i);
  for (const milliseconds wait : kRecoverWaits) {
    const auto found = read_back_for_sure(client, endpoints, unfinished.plan, asked, ids, wait);
    std::vector<std::size_t> missing;
    for (std::size_t k = 0; k < asked.size(); ++k) {
      effects[asked[k]] = found[k];
      if (found[k] == Effect::not_there) missing.push_back(asked[k]);
    }
    asked = std::move(missing);
    if (asked.empty()) break;
  }
  return effects;
}

Outcome outcome_of(const CallRecord& record, ChangeKind kind, Effect effect, Instant now) {
  Outcome outcome;
  outcome.intent = record.id;
  const std::string cut = fmt::format("run {} was cut off", record.run);
  if (effect == Effect::there) {
    outcome.result = ChangeResult::applied;
    outcome.message = cut + "; found done by the next run";
  } else if (effect == Effect::ambiguous) {
    outcome.result = ChangeResult::in_doubt;
    outcome.message = fmt::format("{}; {}", cut, kTwoAccounts);
  } else if (effect == Effect::filled) {
    outcome.result = ChangeResult::in_doubt;
    outcome.message = fmt::format("{}; {}", cut, kMayBeTheirs);
  } else if (effect == Effect::unknown) {
    outcome.result = ChangeResult::in_doubt;
    outcome.message = cut + "; the next runs could not read whether it was done";
  } else if (kind == ChangeKind::invite_user || now - record.at < kSettleWindow) {
    outcome.result = ChangeResult::in_doubt;
    outcome.message = cut + "; not to be seen by the next run";
  } else {
    outcome.result = ChangeResult::failed;
    outcome.message = cut + "; found not done by the next run";
  }
  return outcome;
}

}  // namespace

Result<Recovered> recover(Store& store, ReadClient& client, const std::string& organization,
                          Instant now) {
  Recovered recovered;
  const auto open = store.open_intents();
  if (!open) return tl::make_unexpected(open.error());
  std::map<std::string, Unfinished> by_directory;
  for (const CallRecord& record : *open) {
    const auto run = store.run(record.run);
    if (!run) return tl::make_unexpected(run.error());
    const auto kind = parse_change_kind(record.intent.kind);
    if (!*run || !kind || (*run)->start.organization != organization) continue;
    Unfinished& unfinished = by_directory[(*run)->start.directory];
    unfinished.plan.organization = organization;
    unfinished.plan.directory = (*run)->start.directory;
    unfinished.plan.changes.push_back(change_of(record.intent, *kind));
    unfinished.records.push_back(&record);
  }
  for (const auto& [directory, unfinished] : by_directory) {
    const std::vector<Effect> effects = look(client, unfinished);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < effects.size(); ++i) {
      const CallRecord& record = *unfinished.records[i];
      const ChangeKind kind = unfinished.plan.changes[i].kind;
      // The next run looks again; what never shows is told, and the next plan says what is so.
      const bool given_up =
          kind != ChangeKind::invite_user && now - record.at > kLookedForLongEnough;
      if (effects[i] == Effect::unknown && !given_up) continue;
      outcomes.push_back(outcome_of(record, kind, effects[i], now));
      switch (outcomes.back().result) {
        case ChangeResult::applied:
        case ChangeResult::already_so:
          ++recovered.done;
          break;
        case ChangeResult::failed:
          ++recovered.not_done;
          break;
        case ChangeResult::in_doubt:
          ++recovered.in_doubt;
      }
    }
    if (const auto done = store.record_outcomes(now, outcomes); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  const auto closed = store.close_interrupted_runs(now);
  if (!closed) return tl::make_unexpected(closed.error());
  recovered.runs = *closed;
  return recovered;
}

}  // namespace rolecall
