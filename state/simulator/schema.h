#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "state/model/result.h"

namespace rolecall::simulator {

/// What the API's document says about one member of a request body or one query parameter.
struct Field {
  enum class Type : std::uint8_t { text, integer, boolean, texts, objects, object };

  std::string_view name;
  Type type = Type::text;
  std::int64_t min = 0;                           ///< smallest number, fewest items
  std::int64_t max = 0;                           ///< largest number, most items; 0: no bound
  std::span<const std::string_view> one_of = {};  ///< the enumeration, of the text or of the items
  const struct Schema* inner = nullptr;           ///< of the object or of the items
  bool required = false;
  bool nullable = false;
};

/// An object with these members and no others.
struct Schema {
  std::vector<Field> fields;
  [[nodiscard]] const Field* find(std::string_view name) const;
};

/// Error: the first thing in `value` that the schema does not allow.
[[nodiscard]] Result<void> check(const boost::json::value& value, const Schema& schema);

/// The query of a URL (without "?") as the object that `check` takes: repeated keys make lists.
/// Error: a bad escape, a single parameter given twice, a number or truth value that is none.
/// Parameters that are not in the schema become texts.
[[nodiscard]] Result<boost::json::object> parse_query(std::string_view query, const Schema& schema);

/// Percent-decoding. Nothing where an escape is broken.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace rolecall::simulator
