#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// One JSON document, read strictly: whole input, depth at most 32, valid UTF-8, no duplicate
/// member (Boost.JSON alone would keep the last), no number beyond 64 bits or infinite. The error
/// says where ("$.data[17].accountId: duplicate member", "byte 412: ...").
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text);

/// One line of JSON that can be shown: hidden characters are escaped, and so is what a build server
/// would take for a command to it (escape_json).
[[nodiscard]] std::string print_line(const boost::json::value& value);

/// Reading members of an object from outside: null stands for "absent" as the API uses it, and a
/// value of the wrong type is never converted.
[[nodiscard]] const boost::json::value* member(const boost::json::value& object,
                                               std::string_view key);
[[nodiscard]] const boost::json::string* string_member(const boost::json::value& object,
                                                       std::string_view key);
[[nodiscard]] const boost::json::array* array_member(const boost::json::value& object,
                                                     std::string_view key);
/// A whole number of 0 or more; doubles are refused.
[[nodiscard]] const std::int64_t* integer_member(const boost::json::value& object,
                                                 std::string_view key);
[[nodiscard]] const bool* bool_member(const boost::json::value& object, std::string_view key);
/// The same, or what stands for it where it is absent.
[[nodiscard]] std::string string_or(const boost::json::value& object, std::string_view key,
                                    std::string_view otherwise);

}  // namespace rolecall
