#include "tests/support/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "state/model/digest.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// Of an outcome that was found by another run, which does not know how often it was sent.
constexpr std::int64_t kMany = 1'000'000;

std::int64_t most_sent(const std::optional<Outcome>& outcome) {
  if (!outcome) return kMany;
  if (outcome->attempts > 0) return outcome->attempts;
  return outcome->message.starts_with("not sent: ") ? 0 : kMany;
}

std::string bytes_of(const json::value& body) {
  if (body.is_null()) return {};
  if (body.is_string()) return std::string(body.as_string());
  return json::serialize(body);
}

}  // namespace

bool is_write(std::string_view method, std::string_view target) {
  const bool search = target.ends_with("/search") || target.ends_with("/workspaces");
  return method != "GET" && !search;
}

std::string write_key(std::string_view request, std::string_view body) {
  Digest digest("rolecall body 1");
  digest.field(body);
  std::string out(request);
  // The path of the API's address, which the log leaves out.
  constexpr std::string_view kPrefix = " /admin/";
  if (const std::size_t at = out.find(kPrefix); at != std::string::npos) {
    out.replace(at, kPrefix.size(), " /");
  }
  return out + ' ' + digest.hex();
}

std::string write_key(const Intent& intent) {
  return intent.request + ' ' + intent.body_digest;
}

void Ledger::add_received(const json::array& requests) {
  for (const json::value& one : requests) {
    const std::string_view method = one.at("method").as_string();
    const std::string_view target = one.at("target").as_string();
    if (!is_write(method, target)) continue;
    received_.push_back({write_key(fmt::format("{} {}", method, target), bytes_of(one.at("body"))),
                         one.at("effective").as_bool()});
  }
}

void Ledger::add_foreign(std::string_view request, std::string_view body) {
  // As a simulator's log tells it.
  const auto logged = body.empty() ? json::value() : json::parse(body);
  ++foreign_[write_key(request, bytes_of(logged))];
}

void Ledger::add_intended(const Store& store) {
  const auto runs = store.runs(0);
  if (!runs) throw std::runtime_error(runs.error().what);
  for (const RunRecord& run : *runs) {
    const auto calls = store.calls(run.id);
    if (!calls) throw std::runtime_error(calls.error().what);
    for (const CallRecord& record : *calls) {
      Call& call = intended_[write_key(record.intent)][{store.id(), run.id, record.intent.call}];
      call.run = run.id;
      call.most_sent = std::max(call.most_sent, most_sent(record.outcome));
      const bool applied = record.outcome && record.outcome->result == ChangeResult::applied;
      call.applied = call.applied || applied;
      call.done_perhaps = call.done_perhaps || applied || !record.outcome ||
                          record.outcome->result == ChangeResult::in_doubt;
    }
  }
}

std::vector<RunId> Ledger::runs_of(const std::string& key) const {
  std::vector<RunId> out;
  const auto calls = intended_.find(key);
  if (calls == intended_.end()) return out;
  for (const auto& [id, call] : calls->second) out.push_back(call.run);
  return out;
}

std::vector<std::string> Ledger::complaints(Others others) const {
  struct Count {
    std::int64_t arrived = 0, effective = 0, calls = 0, most_sent = 0, applied = 0,
                 done_perhaps = 0;
  };
  std::map<std::string, Count> counts;
  for (const Write& write : received_) {
    ++counts[write.key].arrived;
    if (write.effective) ++counts[write.key].effective;
  }
  for (const auto& [key, n] : foreign_) {
    counts[key].arrived -= n;
    counts[key].effective -= n;
  }
  for (const auto& [key, calls] : intended_) {
    Count& count = counts[key];
    for (const auto& [id, call] : calls) {
      ++count.calls;
      count.most_sent += call.most_sent;
      count.applied += call.applied ? 1 : 0;
      count.done_perhaps += call.done_perhaps ? 1 : 0;
    }
  }
  std::vector<std::string> out;
  for (const auto& [key, count] : counts) {
    const auto complain = [&out, &key = key](std::string_view what, std::int64_t n, std::int64_t of,
                                             std::string_view whose) {
      if (n > of) out.push_back(fmt::format("{}: {} {}, {} {}", key, n, what, of, whose));
    };
    if (count.calls == 0) complain("arrived", count.arrived, 0, "intended");
    complain("arrived", count.arrived, count.most_sent, "sent by the log");
    complain("applied by the log", count.applied, count.arrived, "arrived");
    complain("effective", count.effective, count.calls, "intended");
    if (others == Others::may_change) continue;
    complain("applied by the log", count.applied, count.effective, "effective");
    complain("effective", count.effective, count.done_perhaps, "applied or in doubt by the log");
  }
  return out;
}

}  // namespace rolecall::test
