#include "state/model/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <cstddef>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "state/model/json_parts.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Boost.JSON's own default; deeper documents are nobody's honest answer.
constexpr std::size_t kDeepest = 32;

/// Builds a value while refusing what Boost.JSON's own parser lets pass: duplicate members (it
/// keeps the last), integers beyond 64 bits (it makes doubles of them) and infinite numbers.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  StrictHandler(IsWanted is_wanted, json::storage_ptr memory)
      : is_wanted_(is_wanted), memory_(std::move(memory)) {}

  bool on_document_begin(json::error_code&) {
    stack_.reset(memory_);
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    levels_.push_back({keys_.size(), key_bytes_.size()});
    ++objects_;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    const std::size_t kept = levels_.back().kept;
    keys_.resize(levels_.back().first_key);
    key_bytes_.resize(levels_.back().first_byte);
    levels_.pop_back();
    --objects_;
    if (!skips()) stack_.push_object(kept);
    element_done();
    return true;
  }
  bool on_array_begin(json::error_code&) {
    levels_.push_back({keys_.size(), key_bytes_.size(), 0, 0, true});
    return true;
  }
  bool on_array_end(std::size_t n, json::error_code&) {
    levels_.pop_back();
    if (!skips()) stack_.push_array(n);
    element_done();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_bytes_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    key_bytes_.append(part.data(), part.size());
    if (!is_new_key()) return refuse("duplicate member", ec);
    if (skips()) return true;
    const std::string_view name = text(keys_.back());
    if (is_wanted_ != nullptr && !is_wanted_(objects_, name)) {
      skipped_from_ = levels_.size();
      return true;
    }
    ++levels_.back().kept;
    stack_.push_key(name);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    if (!skips()) stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    if (!skips()) stack_.push_string(part);
    element_done();
    return true;
  }
  bool on_number_part(json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    if (!skips()) stack_.push_int64(value);
    number_.clear();
    element_done();
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) {
    return refuse("number does not fit 64 bits", ec);
  }
  bool on_double(double value, json::string_view part, json::error_code& ec) {
    number_.append(part.data(), part.size());
    const bool whole = number_.find_first_of(".eE") == std::string::npos;
    number_.clear();
    if (whole) return refuse("number does not fit 64 bits", ec);
    if (!std::isfinite(value)) return refuse("number is too large", ec);
    if (!skips()) stack_.push_double(value);
    element_done();
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    if (!skips()) stack_.push_bool(value);
    element_done();
    return true;
  }
  bool on_null(json::error_code&) {
    if (!skips()) stack_.push_null();
    element_done();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  json::value release() { return stack_.release(); }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string where() const {
    std::string out = "$";
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const std::size_t last = i + 1 < levels_.size() ? levels_[i + 1].first_key : keys_.size();
      if (levels_[i].is_array) {
        out += fmt::format("[{}]", levels_[i].index);
      } else if (last > levels_[i].first_key && keys_[last - 1].size > 0) {
        out.append(".").append(text(keys_[last - 1]));
      }
    }
    return out;
  }

 private:
  /// A member's name, in key_bytes_.
  struct Key {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  /// An object or array that is not closed yet.
  struct Level {
    std::size_t first_key = 0;   ///< its names are those from here on, up to the next level's
    std::size_t first_byte = 0;  ///< where their bytes begin
    std::size_t kept = 0;        ///< of an object: members that are wanted
    std::size_t index = 0;
    bool is_array = false;
    std::uint64_t marks = 0;  ///< of its names, to know most new ones without looking
    std::unordered_set<std::string> seen{};  ///< its names, once there are more than kFewKeys
  };
  /// Objects of up to so many members are searched name by name.
  static constexpr std::size_t kFewKeys = 32;

  [[nodiscard]] std::string_view text(const Key& key) const {
    return std::string_view(key_bytes_).substr(key.begin, key.size);
  }

  /// Takes in the name that ends where key_bytes_ does.
  bool is_new_key() {
    Level& level = levels_.back();
    const std::size_t known = keys_.size() - level.first_key;
    const std::size_t begin =
        known == 0 ? level.first_byte : keys_.back().begin + keys_.back().size;
    keys_.push_back({begin, key_bytes_.size() - begin});
    const std::string_view name = text(keys_.back());
    const std::uint64_t mark = mark_of(name);
    const bool looks_new = (level.marks & mark) == 0;
    level.marks |= mark;
    if (known < kFewKeys) {
      if (looks_new) return true;
      return std::none_of(keys_.end() - 1 - static_cast<std::ptrdiff_t>(known), keys_.end() - 1,
                          [&](const Key& other) { return text(other) == name; });
    }
    for (std::size_t i = level.first_key; level.seen.size() < known; ++i) {
      level.seen.emplace(text(keys_[i]));
    }
    return level.seen.emplace(name).second;
  }

  static std::uint64_t mark_of(std::string_view name) {
    if (name.empty()) return 1;
    const auto first = static_cast<unsigned char>(name.front());
    const auto last = static_cast<unsigned char>(name.back());
    return std::uint64_t{1} << ((name.size() * 5 + std::size_t{first} * 3 + last) % 64);
  }

  /// Inside a member that is not wanted.
  [[nodiscard]] bool skips() const { return skipped_from_ != 0; }

  /// A value is complete.
  void element_done() {
    if (skipped_from_ == levels_.size()) skipped_from_ = 0;
    if (!levels_.empty() && levels_.back().is_array) ++levels_.back().index;
  }
  bool refuse(const char* problem, json::error_code& ec) {
    problem_ = problem;
    ec = json::error::syntax;
    return false;
  }

  IsWanted is_wanted_;
  json::storage_ptr memory_;
  std::size_t objects_ = 0;       ///< that are open
  std::size_t skipped_from_ = 0;  ///< open levels around the member that is not wanted; 0: none is
  json::value_stack stack_;
  std::vector<Level> levels_;
  std::vector<Key> keys_;  ///< of the objects that are open, the outermost first
  std::string key_bytes_;
  std::string number_;
  std::string problem_;
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  return parse_json_parts(text, nullptr, {});
}

Result<json::value> parse_json_parts(std::string_view text, IsWanted is_wanted,
                                     json::storage_ptr memory) {
  if (text.empty()) return fail("empty body, expected JSON");
  json::parse_options options;
  options.max_depth = kDeepest;
  json::basic_parser<StrictHandler> parser(options, is_wanted, std::move(memory));
  json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) {
    return fail(
        fmt::format("byte {}: {} unexpected bytes after the JSON", read, text.size() - read));
  }
  if (!ec && !parser.done()) ec = json::error::incomplete;
  if (ec) {
    const StrictHandler& handler = parser.handler();
    const std::string where = handler.where();
    if (!handler.problem().empty()) return fail(fmt::format("{}: {}", where, handler.problem()));
    if (ec == json::error::incomplete) return fail(fmt::format("JSON ends inside {}", where));
    if (ec == json::error::too_deep)
      return fail(fmt::format("JSON nested deeper than {}", kDeepest));
    return fail(fmt::format("byte {} (in {}): {}", read, where, ec.message()));
  }
  return parser.handler().release();
}

std::string print_line(const json::value& value) {
  return escape_json(json::serialize(value));
}

const json::value* member(const json::value& object, std::string_view key) {
  const json::object* fields = object.if_object();
  if (fields == nullptr) return nullptr;
  const json::value* found = fields->if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const json::string* string_member(const json::value& object, std::string_view key) {
  const json::value* found = member(object, key);
  return found == nullptr ? nullptr : found->if_string();
}

const json::array* array_member(const json::value& object, std::string_view key) {
  const json::value* found = member(object, key);
  return found == nullptr ? nullptr : found->if_array();
}

const std::int64_t* integer_member(const json::value& object, std::string_view key) {
  const json::value* found = member(object, key);
  const std::int64_t* number = found == nullptr ? nullptr : found->if_int64();
  return number == nullptr || *number < 0 ? nullptr : number;
}

const bool* bool_member(const json::value& object, std::string_view key) {
  const json::value* found = member(object, key);
  return found == nullptr ? nullptr : found->if_bool();
}

std::string string_or(const json::value& object, std::string_view key, std::string_view otherwise) {
  const json::string* found = string_member(object, key);
  return std::string(found == nullptr ? otherwise : std::string_view(*found));
}

}  // namespace rolecall
