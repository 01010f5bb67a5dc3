#include "state/simulator/request_log.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"

namespace rolecall::simulator {

namespace json = boost::json;

void RequestLog::add(LoggedRequest request, std::size_t limit) {
  request.n = ++last_;
  ++counts_[request.operation];
  entries_.push_back(std::move(request));
  if (entries_.size() > limit) entries_.pop_front();
}

json::value RequestLog::to_json() const {
  json::array out;
  out.reserve(entries_.size());
  for (const LoggedRequest& one : entries_) {
    json::object entry{{"n", static_cast<std::int64_t>(one.n)},
                       {"at", format_instant(one.at)},
                       {"method", one.method},
                       {"target", one.target},
                       {"operation", one.operation},
                       {"status", one.status},
                       {"effective", one.effective},
                       {"valid", one.why.empty()}};
    if (one.body.empty()) {
      entry["body"] = nullptr;
    } else if (auto parsed = parse_json(one.body)) {
      entry["body"] = std::move(*parsed);
    } else {
      entry["body"] = one.body;
    }
    if (!one.why.empty()) entry["why"] = one.why;
    if (!one.fault.empty()) entry["fault"] = one.fault;
    out.push_back(std::move(entry));
  }
  return out;
}

json::value RequestLog::counts() const {
  json::object out;
  for (const auto& [operation, count] : counts_) out[operation] = count;
  return out;
}

}  // namespace rolecall::simulator
