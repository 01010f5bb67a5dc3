#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// Whether a member is wanted: its name, and how many objects it is in (1: the outermost).
using IsWanted = bool (*)(std::size_t depth, std::string_view name);

/// As parse_json (json.h), for much JSON of which little is looked at: all of the document is
/// checked, and what is not wanted (with all that is in it) is left out of the result. Null for
/// `is_wanted` keeps everything.
///
/// The value stands in `memory`, and so does whatever is copied or moved from it without another
/// storage_ptr.
[[nodiscard]] Result<boost::json::value> parse_json_parts(std::string_view text, IsWanted is_wanted,
                                                          boost::json::storage_ptr memory);

}  // namespace rolecall
