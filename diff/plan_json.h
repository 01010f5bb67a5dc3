#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "diff/plan.h"

namespace rolecall {

/// The object of command-line.md, "plan --format json", its members in that order.
[[nodiscard]] boost::json::object plan_object(const Plan& plan, std::string_view tool_version);

/// Its "refusals".
[[nodiscard]] boost::json::array refusals_array(const Plan& plan);

/// One of its "changes".
[[nodiscard]] boost::json::object change_object(const Change& change);

/// A plan_object with what is told beside the changes: `origin` of each, `effects`, `seats`,
/// `outside`, `since_run`, behind the members of the contract.
[[nodiscard]] boost::json::object told_plan_object(const Plan& plan, std::string_view tool_version);

/// Valid UTF-8 as it is, anything else escaped.
[[nodiscard]] boost::json::string json_text(std::string_view text);

/// null for an empty text.
[[nodiscard]] boost::json::value text_or_null(std::string_view text);

/// Members of the outer `depth` levels and items of their lists on lines of their own, what is
/// deeper on one line; ends with a line feed. Bytes depend on nothing but the value.
[[nodiscard]] std::string print_json(const boost::json::value& value, int depth);

}  // namespace rolecall
