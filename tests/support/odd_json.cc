#include "tests/support/odd_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace rolecall::test {

namespace json = boost::json;

namespace {

constexpr std::string_view kHowNames[] = {"deleted", "null",      "a number", "a word",
                                          "a list",  "an object", "true",     "huge"};

void collect(const json::value& value, const Member& here, std::vector<Member>& out) {
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, inner] : *object) {
      const std::string name(key);
      const Member next{here.path + "." + name, name, [find = here.find, name](json::value& whole) {
                          json::value* outer = find(whole);
                          return &outer->as_object().at(name);
                        }};
      out.push_back(next);
      collect(inner, next, out);
    }
  }
  if (const json::array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Member next{
          fmt::format("{}[{}]", here.path, i), here.last,
          [find = here.find, i](json::value& whole) { return &find(whole)->as_array().at(i); }};
      out.push_back(next);
      collect((*array)[i], next, out);
    }
  }
}

}  // namespace

std::vector<Member> members_of(const json::value& whole) {
  std::vector<Member> out;
  collect(whole, {"$", "", [](json::value& it) { return &it; }}, out);
  return out;
}

std::string_view name(How how) {
  return kHowNames[static_cast<std::size_t>(how)];
}

bool is_free(std::string_view member) {
  constexpr std::string_view kFree[] = {"id", "name", "description", "resourceId", "directoryId"};
  return std::find(std::begin(kFree), std::end(kFree), member) != std::end(kFree);
}

std::string spoilt(const std::string& body, const Member& member, How how) {
  json::value whole = json::parse(body);
  json::value& value = *member.find(whole);
  switch (how) {
    case How::deleted: {
      // Erased in the text, where it is marked: a tree does not know its parents.
      const bool is_item = member.path.ends_with("]");
      value = "\x01";
      std::string text = json::serialize(whole);
      const std::string mark = R"("\u0001")";
      std::size_t from = text.find(mark);
      std::size_t to = from + mark.size();
      if (!is_item) from = text.rfind('"', from - 3);
      if (text[to] == ',') {
        ++to;
      } else if (text[from - 1] == ',') {
        --from;
      }
      return text.erase(from, to - from);
    }
    case How::null:
      value = nullptr;
      break;
    case How::a_number:
      value = 42;
      break;
    case How::a_word:
      value = "LIMBO";
      break;
    case How::a_list:
      value = json::array{json::array{}};
      break;
    case How::an_object:
      value = json::object{{"odd", 1}};
      break;
    case How::a_truth:
      value = value != json::value(true);
      break;
    case How::huge:
      value = value.is_int64() ? json::value(std::int64_t{1} << 62U)
                               : json::value(std::string(5'000, 'x'));
  }
  return json::serialize(whole);
}

}  // namespace rolecall::test
