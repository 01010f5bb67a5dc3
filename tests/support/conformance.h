#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall::test {

/// What of the API's OpenAPI document says which requests there are: tests/e2e/openapi.json.
/// Stricter than the document where it is silent: a body has no other fields than it names.
class ApiDocument {
 public:
  ApiDocument();

  /// How a request breaks the document; empty where it does not. `body` is null where none was
  /// sent.
  [[nodiscard]] std::vector<std::string> complaints(std::string_view method,
                                                    std::string_view target,
                                                    const boost::json::value& body) const;
  /// The same for all requests of a simulator's log.
  [[nodiscard]] std::vector<std::string> complaints(const boost::json::array& log) const;

 private:
  boost::json::value document_;
};

}  // namespace rolecall::test
