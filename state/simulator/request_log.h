#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "state/model/instant.h"

namespace rolecall::simulator {

struct LoggedRequest {
  std::uint64_t n = 0;
  Instant at{};
  std::string method, target, operation, body;
  int status = 0;          ///< 0: no answer was given
  bool effective = false;  ///< the organization was changed
  std::string why;         ///< how the request breaks the document; empty when it is valid
  std::string fault;       ///< what a fault did to it; empty for none
};

/// The requests that arrived, in order.
class RequestLog {
 public:
  void add(LoggedRequest request, std::size_t limit);
  void clear() { entries_.clear(); }
  [[nodiscard]] boost::json::value to_json() const;
  /// {operation: n} over all requests ever, whether still kept or not.
  [[nodiscard]] boost::json::value counts() const;

 private:
  std::deque<LoggedRequest> entries_;
  std::map<std::string, std::int64_t, std::less<>> counts_;
  std::uint64_t last_ = 0;
};

}  // namespace rolecall::simulator
