#include "state/model/json_schema.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace rolecall::json_schema {
namespace {

namespace json = boost::json;

void print(const json::value& value, std::size_t indent, std::string& out) {
  const json::object* object = value.if_object();
  const json::array* array = value.if_array();
  const bool flat = array != nullptr && (array->empty() || !array->front().is_object());
  if ((object == nullptr && array == nullptr) || flat) {
    out += json::serialize(value);
    return;
  }
  const std::string inner(indent + 2, ' ');
  out += object != nullptr ? "{" : "[";
  const char* separator = "\n";
  if (object != nullptr) {
    for (const auto& [name, member] : *object) {
      out += separator + inner + json::serialize(name) + ": ";
      print(member, indent + 2, out);
      separator = ",\n";
    }
  } else {
    for (const json::value& element : *array) {
      out += separator + inner;
      print(element, indent + 2, out);
      separator = ",\n";
    }
  }
  out += "\n" + std::string(indent, ' ') + (object != nullptr ? "}" : "]");
}

}  // namespace

json::object text(std::string_view pattern) {
  json::object out{{"type", "string"}};
  if (!pattern.empty()) out["pattern"] = pattern;
  return out;
}

json::object word(std::span<const std::string_view> words) {
  return {{"type", "string"}, {"enum", json::array(words.begin(), words.end())}};
}

json::object whole(std::int64_t least) {
  return {{"type", "integer"}, {"minimum", least}};
}

json::object boolean() {
  return {{"type", "boolean"}};
}

json::object just(const json::value& value) {
  return {{"const", value}};
}

json::object list(json::object of, std::size_t least) {
  json::object out{{"type", "array"}, {"items", std::move(of)}};
  if (least > 0) out["minItems"] = least;
  return out;
}

json::object or_null(json::object form) {
  form["type"] = json::array{form.at("type"), "null"};
  if (json::value* words = form.if_contains("enum")) words->as_array().emplace_back(nullptr);
  return form;
}

json::object defined(std::string_view name) {
  return {{"$ref", fmt::format("#/definitions/{}", name)}};
}

json::object object(const std::vector<Member>& members) {
  json::object properties;
  json::array required;
  for (const Member& member : members) {
    json::object one;
    if (!member.what.empty()) one["description"] = member.what;
    for (const auto& [name, value] : member.form) one[name] = value;
    properties[member.name] = std::move(one);
    if (member.required) required.emplace_back(member.name);
  }
  json::object out{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

std::string document(std::string_view title, std::string_view description,
                     const json::object& form) {
  json::object root{{"$schema", "http://json-schema.org/draft-07/schema#"},
                    {"title", title},
                    {"description", description}};
  for (const auto& [name, value] : form) root[name] = value;
  std::string out;
  print(root, 0, out);
  return out + "\n";
}

}  // namespace rolecall::json_schema
