#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall::json_schema {

// What the JSON Schemas (draft 7) that rolecall prints are made of.

/// A moment in UTC, as format_instant writes it.
inline constexpr std::string_view kInstant =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$";
inline constexpr std::string_view kSha256 = "^[0-9a-f]{64}$";
/// Nothing is known of, such as where a quick plan read counts only.
inline constexpr std::string_view kSha256OrNothing = "^([0-9a-f]{64})?$";
/// A row of the log by number and hash, as format_head writes it.
inline constexpr std::string_view kHead = "^[0-9]+:[0-9a-f]{64}$";

[[nodiscard]] boost::json::object text(std::string_view pattern = {});
[[nodiscard]] boost::json::object word(std::span<const std::string_view> words);
[[nodiscard]] boost::json::object whole(std::int64_t least = 0);
[[nodiscard]] boost::json::object boolean();
/// Exactly this value.
[[nodiscard]] boost::json::object just(const boost::json::value& value);
[[nodiscard]] boost::json::object list(boost::json::object of, std::size_t least = 0);
/// Likewise, or null.
[[nodiscard]] boost::json::object or_null(boost::json::object form);
/// What `#/definitions/NAME` holds.
[[nodiscard]] boost::json::object defined(std::string_view name);

struct Member {
  std::string_view name;
  boost::json::object form;
  std::string_view what{};  ///< empty: its name says it
  bool required = true;
};
/// With these members and no other.
[[nodiscard]] boost::json::object object(const std::vector<Member>& members);

/// A whole schema as text, a member or element on a line; always the same bytes.
[[nodiscard]] std::string document(std::string_view title, std::string_view description,
                                   const boost::json::object& form);

}  // namespace rolecall::json_schema
