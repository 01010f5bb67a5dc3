#include "policies/toml_document.h"

// What a hostile file can make toml++ assert must be an error, never the end of the process.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "policies/syntax_error.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

const toml::node& node_of(const void* node) {
  return *static_cast<const toml::node*>(node);
}

Position position(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

std::chrono::sys_days days(const toml::date& date) {
  return std::chrono::year{date.year} / std::chrono::month{date.month} / std::chrono::day{date.day};
}

}  // namespace

std::string_view describe(ValueKind kind) {
  switch (kind) {
    case ValueKind::string:
      return "a string";
    case ValueKind::integer:
      return "an integer";
    case ValueKind::real:
      return "a decimal number";
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::date:
      return "a date";
    case ValueKind::date_time:
      return "a date-time";
    case ValueKind::time:
      return "a time of day";
    case ValueKind::array:
      return "an array";
    case ValueKind::table:
      return "a table";
  }
  return "a value";
}

/// By the place of their bracket.
class PlainLists {
 public:
  explicit PlainLists(std::vector<PlainList> lists) : lists_(std::move(lists)) {}

  [[nodiscard]] const std::vector<PlainList>& all() const { return lists_; }
  [[nodiscard]] const PlainList* find(Position at) const {
    const std::pair wanted(at.line, at.column);
    const auto place = [](const PlainList& list) { return std::pair(list.line, list.column); };
    const auto found = std::lower_bound(
        lists_.begin(), lists_.end(), wanted,
        [&](const PlainList& list, const auto& other) { return place(list) < other; });
    return found == lists_.end() || place(*found) != wanted ? nullptr : &*found;
  }

 private:
  std::vector<PlainList> lists_;
};

Value::Value(const void* node, const PlainLists* lists) : node_(node), lists_(lists) {
  if (node_of(node).is_array()) list_ = lists->find(position(node_of(node).source()));
}

ValueKind Value::kind() const {
  if (string_ != nullptr) return ValueKind::string;
  switch (node_of(node_).type()) {
    case toml::node_type::table:
      return ValueKind::table;
    case toml::node_type::array:
      return ValueKind::array;
    case toml::node_type::integer:
      return ValueKind::integer;
    case toml::node_type::floating_point:
      return ValueKind::real;
    case toml::node_type::boolean:
      return ValueKind::boolean;
    case toml::node_type::date:
      return ValueKind::date;
    case toml::node_type::time:
      return ValueKind::time;
    case toml::node_type::date_time:
      return ValueKind::date_time;
    case toml::node_type::none:
    case toml::node_type::string:
      break;
  }
  return ValueKind::string;
}

Position Value::at() const {
  if (string_ != nullptr) return {string_->line, string_->column};
  return position(node_of(node_).source());
}

std::string_view Value::string() const {
  if (string_ != nullptr) return string_->text;
  return **node_of(node_).as_string();
}

std::int64_t Value::integer() const {
  return **node_of(node_).as_integer();
}

bool Value::boolean() const {
  return **node_of(node_).as_boolean();
}

Moment Value::moment() const {
  if (const auto* date = node_of(node_).as_date()) {
    const Instant begin = days(date->get());
    return {begin, begin + std::chrono::days{1}, format_instant(begin).substr(0, 10)};
  }
  const toml::date_time& written = node_of(node_).as_date_time()->get();
  const auto& time = written.time;
  Instant moment = days(written.date) + std::chrono::hours{time.hour} +
                   std::chrono::minutes{time.minute} + std::chrono::seconds{time.second} +
                   milliseconds{time.nanosecond / 1'000'000};
  if (written.offset) moment -= std::chrono::minutes{written.offset->minutes};
  return {moment, moment, format_instant(moment)};
}

std::size_t Value::size() const {
  if (list_ != nullptr) return list_->strings.size();
  return node_of(node_).as_array()->size();
}

Value Value::operator[](std::size_t i) const {
  if (list_ != nullptr) return Value(&list_->strings[i]);
  return {node_of(node_).as_array()->get(i), lists_};
}

std::vector<Entry> Value::entries() const {
  const toml::table& table = *node_of(node_).as_table();
  std::vector<Entry> entries;
  entries.reserve(table.size());
  for (const auto& [key, value] : table) {
    entries.push_back({key.str(), position(key.source()), Value(&value, lists_)});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
    return std::pair(left.at.line, left.at.column) < std::pair(right.at.line, right.at.column);
  });
  return entries;
}

struct Document::Tree {
  PlainLists lists;
  toml::table root;
};

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Value Document::root() const {
  return {static_cast<const toml::node*>(&tree_->root), &tree_->lists};
}

std::optional<Document> Document::parse(const std::string& path, std::string_view text,
                                        Diagnostics& diagnostics, std::vector<PlainList> lists) {
  try {
    auto tree = std::make_unique<Tree>(Tree{PlainLists(std::move(lists)), {}});
    tree->root = tree->lists.all().empty()
                     ? toml::parse(text)
                     : toml::parse(without_plain_lists(text, tree->lists.all()));
    return Document(std::move(tree));
  } catch (const toml::parse_error& error) {
    std::string words(error.description());
    // The name it gives is not always the right one.
    if (words.find("cannot redefine") != std::string::npos) words = "this is defined already";
    // "Error while parsing key-value pair: cannot redefine ...": say what, not what was being done.
    if (words.starts_with("Error while parsing ")) {
      words.erase(0, std::string_view("Error while ").size());
    }
    SyntaxError found = explain_syntax(text, position(error.source()), words);
    diagnostics.error({path, found.at.line, found.at.column}, std::move(found.what),
                      std::move(found.hint));
    return std::nullopt;
  }
}

}  // namespace rolecall
