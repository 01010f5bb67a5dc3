#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall::test {

/// A member of an answer: where it is, "$.data[0].groups[1].id".
struct Member {
  std::string path;
  std::string last;
  std::function<boost::json::value*(boost::json::value&)> find;
};
/// All that a document has, in its order.
[[nodiscard]] std::vector<Member> members_of(const boost::json::value& whole);

enum class How : std::uint8_t { deleted, null, a_number, a_word, a_list, an_object, a_truth, huge };
inline constexpr How kHows[] = {How::deleted, How::null,      How::a_number, How::a_word,
                                How::a_list,  How::an_object, How::a_truth,  How::huge};
[[nodiscard]] std::string_view name(How how);

/// The document with that member made odd.
[[nodiscard]] std::string spoilt(const std::string& body, const Member& member, How how);

/// Texts of which any is as good as another: that one is not the right one nobody can see.
[[nodiscard]] bool is_free(std::string_view member);

}  // namespace rolecall::test
