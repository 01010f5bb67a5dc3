#include "policies/schema.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "policies/language_tables.h"
#include "state/model/json_schema.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using json_schema::list;
using json_schema::text;
using json_schema::word;
using language::Form;
using language::Key;

constexpr const char* kDay = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$";

json::object form(const Key& key);

json::object list_of_words(const Key& key) {
  json::object out = list(word(key.words), key.least);
  out["uniqueItems"] = true;
  return out;
}

json::object either(json::object one, json::object other) {
  return {{"anyOf", json::array{std::move(one), std::move(other)}}};
}

json::object by_name(json::object of, std::size_t least = 0, std::string_view name_pattern = {}) {
  json::object out{{"type", "object"}, {"additionalProperties", std::move(of)}};
  if (!name_pattern.empty()) out["propertyNames"] = json::object{{"pattern", name_pattern}};
  if (least > 0) out["minProperties"] = least;
  return out;
}

json::object table(std::span<const Key> keys, std::size_t least = 0) {
  json::object properties;
  json::array required;
  for (const Key& key : keys) {
    json::object one{{"description", key.what}};
    for (auto& [name, value] : form(key)) one[name] = std::move(value);
    properties[key.name] = std::move(one);
    if (key.required) required.emplace_back(key.name);
  }
  json::object out{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  if (least > 0) out["minProperties"] = least;
  return out;
}

json::object tables_of(std::span<const std::string_view> names, std::span<const Key> keys) {
  json::object properties;
  for (const std::string_view name : names) properties[name] = table(keys);
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json::object form(const Key& key) {
  switch (key.form) {
    case Form::text:
      return text(key.pattern);
    case Form::word:
      return word(key.words);
    case Form::whole:
      return {{"type", "integer"}, {"minimum", key.low}, {"maximum", key.high}};
    case Form::boolean:
      return {{"type", "boolean"}};
    case Form::day:
      return text(kDay);
    case Form::texts:
      return list(text(key.pattern), key.least);
    case Form::text_or_texts:
      return either(text(key.pattern), list(text(key.pattern), 1));
    case Form::words:
      return list_of_words(key);
    case Form::table:
      return table(key.keys, key.least);
    case Form::tables:
      return list(table(key.keys));
    case Form::texts_by_name:
      return by_name(text(key.pattern));
    case Form::choice_by_name:
      return by_name(either(text(key.pattern), list(text(key.pattern), 1)), 1);
    case Form::words_by_name:
      return by_name(list_of_words(key), key.least);
    case Form::tables_by_name:
      if (!key.words.empty()) return tables_of(key.words, key.keys);
      return by_name(table(key.keys), 0, key.name_pattern);
    case Form::texts_or_tables:
      return list(either(text(key.pattern), table(key.keys)));
    case Form::texts_or_tables_by_name:
      return by_name(either(text(key.pattern), table(key.keys)));
  }
  return {};
}

}  // namespace

std::string policy_schema() {
  return json_schema::document("rolecall policy", "One file of a policy, version 1",
                               table(language::kTopKeys));
}

}  // namespace rolecall
