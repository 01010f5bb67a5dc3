#include "tests/support/conformance.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using Complaints = std::vector<std::string>;
using Query = std::map<std::string, std::vector<std::string>>;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Query parse_query(std::string_view text) {
  Query out;
  if (text.empty()) return out;
  for (const std::string& pair : split(text, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out[decode(std::string_view(pair).substr(0, equals))].push_back(
        equals == pair.size() ? "" : decode(std::string_view(pair).substr(equals + 1)));
  }
  return out;
}

/// The values of a template's parts, where the path fits it.
std::optional<std::map<std::string, std::string>> match(std::string_view pattern,
                                                        std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].starts_with('{')) {
      if (wanted[i] != given[i]) return std::nullopt;
    } else if (given[i].empty()) {
      return std::nullopt;
    } else {
      out[wanted[i].substr(1, wanted[i].size() - 2)] = decode(given[i]);
    }
  }
  return out;
}

bool is(const json::value& value, std::string_view text) {
  return std::string_view(value.as_string()) == text;
}

bool among(const json::value& list, const json::value& value) {
  const json::array& all = list.as_array();
  return std::find(all.begin(), all.end(), value) != all.end();
}

/// A bound of the schema, where it has one.
std::optional<std::int64_t> bound(const json::object& schema, std::string_view name) {
  const json::value* found = schema.if_contains(name);
  return found == nullptr ? std::nullopt : std::optional(found->to_number<std::int64_t>());
}

bool of_type(const json::value& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  if (type == "array") return value.is_array();
  return value.is_object();
}

class Checker {
 public:
  void value(const std::string& where, const json::value& given, const json::object& schema) {
    const std::string type = json::value_to<std::string>(schema.at("type"));
    if (given.is_null() && schema.contains("nullable")) return;
    if (!of_type(given, type)) return say("{}: no {}", where, type);
    if (schema.contains("enum") && !among(schema.at("enum"), given)) {
      say("{}: {} is none of the values there are", where, json::serialize(given));
    }
    if (schema.contains("not") && among(schema.at("not").at("enum"), given)) {
      say("{}: {} is not for this operation", where, json::serialize(given));
    }
    if (type == "integer") within(where, given.to_number<std::int64_t>(), schema, "imum");
    if (const json::array* array = given.if_array()) list(where, *array, schema);
    if (const json::object* object = given.if_object()) fields(where, *object, schema);
  }

  void query(const Query& given, const json::array& parameters) {
    for (const auto& [name, values] : given) {
      const json::object* schema = schema_of(parameters, "query", name);
      if (schema == nullptr) {
        say("query: there is no {}", name);
        continue;
      }
      const json::object* item = schema;
      if (is(schema->at("type"), "array")) {
        item = &schema->at("items").as_object();
        within(name, static_cast<std::int64_t>(values.size()), *schema, "Items");
      } else if (values.size() > 1) {
        say("query: {} more than once", name);
      }
      for (const std::string& one : values) value("query: " + name, typed(one, *item), *item);
    }
    for (const json::value& parameter : parameters) {
      const json::object& known = parameter.as_object();
      const std::string name = json::value_to<std::string>(known.at("name"));
      if (is(known.at("in"), "query") && known.contains("required") && !given.contains(name)) {
        say("query: no {}", name);
      }
    }
  }

  void path(const std::map<std::string, std::string>& given, const json::array& parameters) {
    for (const auto& [name, text] : given) {
      const json::object* schema = schema_of(parameters, "path", name);
      if (schema == nullptr) {
        say("path: the document does not say what {} is", name);
      } else {
        value("path: " + name, json::value(text), *schema);
      }
    }
  }

  template <class... Parts>
  void say(fmt::format_string<Parts...> text, Parts&&... parts) {
    complaints.push_back(fmt::format(text, std::forward<Parts>(parts)...));
  }

  Complaints complaints;

 private:
  void within(const std::string& where, std::int64_t n, const json::object& schema,
              const std::string& what) {
    const auto least = bound(schema, "min" + what);
    const auto most = bound(schema, "max" + what);
    if (least && n < *least) say("{}: {} is less than {}", where, n, *least);
    if (most && n > *most) say("{}: {} is more than {}", where, n, *most);
  }

  void list(const std::string& where, const json::array& given, const json::object& schema) {
    within(where, static_cast<std::int64_t>(given.size()), schema, "Items");
    for (const json::value& item : given) {
      value(where + "[]", item, schema.at("items").as_object());
    }
  }

  void fields(const std::string& where, const json::object& given, const json::object& schema) {
    const json::value* properties = schema.if_contains("properties");
    if (properties == nullptr) return;
    for (const auto& [name, field] : given) {
      const json::value* known = properties->as_object().if_contains(name);
      const std::string place = fmt::format("{}.{}", where, std::string_view(name));
      if (known == nullptr) {
        say("{}: there is no such field", place);
      } else {
        value(place, field, known->as_object());
      }
    }
    const json::value* required = schema.if_contains("required");
    if (required == nullptr) return;
    for (const json::value& name : required->as_array()) {
      if (!given.contains(name.as_string())) {
        say("{}: no {}", where, json::value_to<std::string>(name));
      }
    }
  }

  static const json::object* schema_of(const json::array& parameters, std::string_view in,
                                       std::string_view name) {
    for (const json::value& parameter : parameters) {
      if (is(parameter.at("in"), in) && is(parameter.at("name"), name)) {
        return &parameter.at("schema").as_object();
      }
    }
    return nullptr;
  }

  /// The text of a query as what the schema wants, where it can be read so.
  static json::value typed(const std::string& text, const json::object& schema) {
    if (is(schema.at("type"), "string")) return json::value(text);
    boost::system::error_code bad;
    json::value out = json::parse(text, bad);
    return bad ? json::value(text) : out;
  }
};

}  // namespace

ApiDocument::ApiDocument()
    : document_(json::parse(read_file(source_dir() + "/tests/e2e/openapi.json"))) {}

Complaints ApiDocument::complaints(std::string_view method, std::string_view target,
                                   const json::value& body) const {
  const std::size_t mark = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, mark);
  const std::string_view base = document_.at("base").as_string();
  if (!path.starts_with(base)) return {fmt::format("path: not below {}", base)};
  path.remove_prefix(base.size());
  std::string verb(method);
  std::transform(verb.begin(), verb.end(), verb.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });

  // A path with fewer variable parts goes before one with more: groups/search, groups/{groupId}.
  const json::object* operation = nullptr;
  std::map<std::string, std::string> parts;
  bool known_path = false;
  for (const auto& [pattern, operations] : document_.at("paths").as_object()) {
    auto found = match(pattern, path);
    if (!found) continue;
    known_path = true;
    const json::value* one = operations.as_object().if_contains(verb);
    if (one == nullptr || (operation != nullptr && found->size() >= parts.size())) continue;
    operation = &one->as_object();
    parts = std::move(*found);
  }
  if (!known_path) return {"path: the document does not know it"};
  if (operation == nullptr) return {fmt::format("{}: no such method on this path", method)};

  Checker checker;
  const json::array& parameters = operation->at("parameters").as_array();
  checker.path(parts, parameters);
  checker.query(mark == target.size() ? Query() : parse_query(target.substr(mark + 1)), parameters);
  const json::value* wanted = operation->if_contains("requestBody");
  if (wanted == nullptr) {
    if (!body.is_null()) checker.say("body: this operation takes none");
  } else if (!body.is_null()) {
    checker.value("body", body, wanted->at("schema").as_object());
  } else if (wanted->at("required").as_bool()) {
    checker.say("body: there must be one");
  }
  return std::move(checker.complaints);
}

Complaints ApiDocument::complaints(const json::array& log) const {
  Complaints out;
  for (const json::value& request : log) {
    const auto text = [&](std::string_view name) {
      return std::string_view(request.at(name).as_string());
    };
    for (const std::string& one : complaints(text("method"), text("target"), request.at("body"))) {
      out.push_back(fmt::format("{} {}: {}", text("method"), text("target"), one));
    }
  }
  return out;
}

}  // namespace rolecall::test
