#include "state/simulator/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "state/model/text.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;

Result<void> check_text(const json::value& value, const Field& field) {
  if (!value.is_string()) return fail(fmt::format("{} must be a string", field.name));
  const std::string_view text = value.get_string();
  if (field.one_of.empty()) return {};
  if (std::find(field.one_of.begin(), field.one_of.end(), text) == field.one_of.end()) {
    return fail(fmt::format("{} cannot be {}", field.name, quote(text)));
  }
  return {};
}

Result<void> check_integer(const json::value& value, const Field& field) {
  if (!value.is_int64()) return fail(fmt::format("{} must be a whole number", field.name));
  const std::int64_t number = value.get_int64();
  if (number < field.min || (field.max != 0 && number > field.max)) {
    return fail(fmt::format("{} must be from {} to {}", field.name, field.min, field.max));
  }
  return {};
}

Result<void> check_items(const json::value& value, const Field& field) {
  const json::array* items = value.if_array();
  if (items == nullptr) return fail(fmt::format("{} must be a list", field.name));
  const auto count = static_cast<std::int64_t>(items->size());
  if (count < field.min) return fail(fmt::format("{} is too short", field.name));
  if (field.max != 0 && count > field.max) {
    return fail(
        fmt::format("{} has {} items, at most {} are allowed", field.name, count, field.max));
  }
  for (const json::value& item : *items) {
    if (field.type == Field::Type::texts) {
      if (auto fine = check_text(item, field); !fine) return fine;
    } else if (field.inner != nullptr) {
      if (auto fine = check(item, *field.inner); !fine) {
        return fail(fmt::format("{}: {}", field.name, fine.error().what));
      }
    } else if (!item.is_object()) {
      return fail(fmt::format("{} must hold objects", field.name));
    }
  }
  return {};
}

Result<void> check_field(const json::value& value, const Field& field) {
  if (value.is_null() && field.nullable) return {};
  switch (field.type) {
    case Field::Type::text:
      return check_text(value, field);
    case Field::Type::integer:
      return check_integer(value, field);
    case Field::Type::boolean:
      if (!value.is_bool()) return fail(fmt::format("{} must be true or false", field.name));
      return {};
    case Field::Type::texts:
    case Field::Type::objects:
      return check_items(value, field);
    case Field::Type::object:
      if (!value.is_object()) return fail(fmt::format("{} must be an object", field.name));
      if (field.inner == nullptr) return {};
      return check(value, *field.inner);
  }
  return {};
}

Result<json::value> query_value(std::string_view text, const Field& field) {
  if (field.type == Field::Type::integer) {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc() || end != text.data() + text.size()) {
      return fail(fmt::format("{} must be a whole number", field.name));
    }
    return json::value(number);
  }
  if (field.type == Field::Type::boolean) {
    if (text != "true" && text != "false") {
      return fail(fmt::format("{} must be true or false", field.name));
    }
    return json::value(text == "true");
  }
  return json::value(text);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

const Field* Schema::find(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const Field& field) { return field.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

Result<void> check(const json::value& value, const Schema& schema) {
  const json::object* object = value.if_object();
  if (object == nullptr) return fail("an object is expected");
  for (const auto& [key, member] : *object) {
    const Field* field = schema.find(key);
    if (field == nullptr) return fail(fmt::format("unknown field {}", quote(key)));
    if (auto fine = check_field(member, *field); !fine) return fine;
  }
  for (const Field& field : schema.fields) {
    if (field.required && !object->contains(field.name)) {
      return fail(fmt::format("{} is missing", field.name));
    }
  }
  return {};
}

Result<json::object> parse_query(std::string_view query, const Schema& schema) {
  static constexpr Field kUnknown{};
  json::object out;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto text = percent_decode(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !text) return fail("the query has a broken escape");
    const Field* field = schema.find(*name);
    if (field == nullptr) field = &kUnknown;
    auto value = query_value(*text, *field);
    if (!value) return tl::make_unexpected(value.error());
    if (field->type == Field::Type::texts) {
      json::value& list = out[*name];
      if (list.is_null()) list.emplace_array();
      list.get_array().push_back(std::move(*value));
    } else if (!out.emplace(*name, std::move(*value)).second) {
      return fail(fmt::format("{} is given twice", quote(*name)));
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail("broken escape");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (find_invalid_utf8(out)) return fail("invalid UTF-8");
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace rolecall::simulator
