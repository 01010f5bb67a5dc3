#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "diff/plan_json.h"
#include "diff/render.h"
#include "state/model/json.h"
#include "state/model/keys.h"
#include "state/model/text.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

void require_clean(std::string_view out) {
  require(!find_invalid_utf8(out), "not UTF-8");
  require(!find_hidden_character(out), "a hidden character");
}

}  // namespace

void text(std::string_view bytes) {
  const std::string shown = escape_terminal(bytes);
  require_clean(shown);
  require(escape_terminal(shown) == shown, "what was escaped is escaped again");
  require_clean(quote(bytes));
  require(count_code_points(quote(bytes, 10)) <= 10 * 10 + 5, "a quotation that is not cut");
  require_clean(escape_markdown(bytes));

  const boost::json::value json(json_text(bytes));
  const auto again = parse_json(print_json(boost::json::array{json}, 2));
  require(again.has_value(), "JSON that is none");
  require(again->at(0) == json, "JSON that says something else");

  const std::string folded = fold_case(bytes);
  require(fold_case(folded) == folded, "folding twice differs: " + quote(bytes));
  if (const auto email = Email::parse(bytes)) {
    require_clean(email->str());
    const auto same = Email::parse(email->str());
    require(same && *same == *email, "an address that is not its own: " + quote(bytes));
  }
  if (const auto group = GroupName::parse(bytes)) {
    require_clean(group->display());
    require(*group == GroupName::from_server(bytes), "two keys of one group name");
  }
}

}  // namespace rolecall::fuzz
