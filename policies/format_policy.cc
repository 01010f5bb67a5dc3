#include "policies/format_policy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "policies/byte_scan.h"
#include "policies/toml_document.h"
#include "policies/toml_source.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kMostAligned = 24;        ///< lines of a paragraph
constexpr std::size_t kWidestAlignedKey = 40;   ///< longer ones stand out by themselves
constexpr std::size_t kWidestAlignedCode = 80;  ///< likewise, before a comment

using Kind = WrittenStatement::Kind;

bool is_header(const WrittenStatement& statement) {
  return statement.kind == Kind::table || statement.kind == Kind::array_table;
}

bool is_below(const WrittenStatement& table, const WrittenStatement* other) {
  return other != nullptr && table.name.size() > other->name.size() &&
         std::equal(other->name.begin(), other->name.end(), table.name.begin());
}

/// With blank lines where the canonical form has them, and nowhere else.
std::vector<const WrittenStatement*> spaced(const std::vector<WrittenStatement>& statements) {
  static const WrittenStatement kBlank{};
  std::vector<const WrittenStatement*> out;
  const auto last_is = [&](Kind kind) { return !out.empty() && out.back()->kind == kind; };
  const WrittenStatement* table = nullptr;
  for (const WrittenStatement& statement : statements) {
    if (statement.kind == Kind::blank) {
      if (!out.empty() && !last_is(Kind::blank) && !is_header(*out.back())) out.push_back(&kBlank);
      continue;
    }
    if (is_header(statement)) {
      auto above = out.end();
      while (above != out.begin() && (*std::prev(above))->kind == Kind::comment) --above;
      const bool is_first = above == out.begin();
      const bool has_blank = !is_first && (*std::prev(above))->kind == Kind::blank;
      if (!is_first && !has_blank && !is_below(statement, table)) out.insert(above, &kBlank);
      table = &statement;
    }
    out.push_back(&statement);
  }
  if (last_is(Kind::blank)) out.pop_back();
  return out;
}

/// A scalar as it is written; only line ends within it may be others.
std::string without_returns(std::string_view text) {
  std::string out(text);
  for (std::size_t i = out.find("\r\n"); i != std::string::npos; i = out.find("\r\n", i)) {
    out.erase(i, 1);
  }
  return out;
}

std::string flat(const WrittenValue& value) {
  if (value.kind == WrittenValue::Kind::scalar) return without_returns(value.scalar);
  std::string out;
  for (const WrittenPart& part : value.parts) {
    if (!part.element.empty()) out += (out.empty() ? "" : ", ") + flat(part.element.front());
  }
  for (const WrittenEntry& entry : value.entries) {
    out += (out.empty() ? "" : ", ") + entry.key + " = " + flat(entry.value);
  }
  if (value.kind == WrittenValue::Kind::array) return "[" + out + "]";
  return out.empty() ? "{}" : "{ " + out + " }";
}

bool holds_comment(const WrittenValue& value) {
  return std::any_of(value.parts.begin(), value.parts.end(),
                     [](const WrittenPart& part) {
                       return !part.comment.empty() ||
                              (!part.element.empty() && holds_comment(part.element.front()));
                     }) ||
         std::any_of(value.entries.begin(), value.entries.end(),
                     [](const WrittenEntry& entry) { return holds_comment(entry.value); });
}

struct Line {
  std::string code;  ///< with line feeds where it holds a string over several lines
  std::string_view comment{};

  [[nodiscard]] std::size_t width() const {
    return count_code_points(std::string_view(code).substr(code.rfind('\n') + 1));
  }
  [[nodiscard]] bool has_both() const {
    return !comment.empty() && code.find_first_not_of(' ') != std::string::npos;
  }
};

class Printer {
 public:
  std::string run(const std::vector<const WrittenStatement*>& statements) {
    std::size_t pad = 0;
    bool in_paragraph = false;
    for (auto it = statements.begin(); it != statements.end(); ++it) {
      const WrittenStatement& statement = **it;
      if (statement.kind == Kind::entry && !in_paragraph) {
        pad = key_width(it, statements.end());
        in_paragraph = true;
      }
      if (statement.kind == Kind::blank || is_header(statement)) in_paragraph = false;
      put(statement, pad);
    }
    return text();
  }

 private:
  using Position = std::vector<const WrittenStatement*>::const_iterator;

  /// The width to which keys are filled up from here to the end of the paragraph.
  static std::size_t key_width(Position it, Position end) {
    std::size_t width = 0;
    std::size_t entries = 0;
    for (; it != end && (*it)->kind != Kind::blank && !is_header(**it); ++it) {
      if ((*it)->kind != Kind::entry) continue;
      const std::size_t own = count_code_points((*it)->entry.key);
      if (own <= kWidestAlignedKey) width = std::max(width, own);
      ++entries;
    }
    return entries <= kMostAligned ? width : 0;
  }

  void put(const WrittenStatement& statement, std::size_t pad) {
    begin_line(0);
    if (is_header(statement)) {
      std::string name;
      for (const std::string_view part : statement.name) {
        name.append(name.empty() ? "" : ".").append(part);
      }
      append(statement.kind == Kind::table ? "[" + name + "]" : "[[" + name + "]]");
    } else if (statement.kind == Kind::entry) {
      const std::size_t own = count_code_points(statement.entry.key);
      append(statement.entry.key + std::string(own < pad ? pad - own : 0, ' ') + " = ");
      put(statement.entry.value, 0, 0, false);
    }
    lines_.back().comment = statement.comment;
  }

  /// `behind`: characters that follow on the same line. An inline table may not be broken, so that
  /// arrays `in_table` are only where a comment needs it.
  void put(const WrittenValue& value, std::size_t indent, std::size_t behind, bool in_table) {
    const bool must = holds_comment(value);
    if (value.kind == WrittenValue::Kind::table && must) {
      append("{ ");
      for (const WrittenEntry& entry : value.entries) {
        append((&entry == value.entries.data() ? "" : ", ") + entry.key + " = ");
        put(entry.value, indent, 0, true);
      }
      return append(" }");
    }
    const std::string on_one_line = flat(value);
    const bool is_array = value.kind == WrittenValue::Kind::array && !value.parts.empty();
    const auto should = [&] {
      return value.ends_with_comma || on_one_line.find('\n') != std::string::npos ||
             lines_.back().width() + count_code_points(on_one_line) + behind > kWidth;
    };
    if (is_array && (must || (!in_table && should()))) return put_parts(value, indent, in_table);
    append(on_one_line);
  }

  void put_parts(const WrittenValue& array, std::size_t indent, bool in_table) {
    append("[");
    const bool blank_last =
        array.parts.back().element.empty() && array.parts.back().comment.empty();
    const std::size_t count = array.parts.size() - (blank_last ? 1 : 0);
    for (std::size_t i = 0; i < count; ++i) {
      const WrittenPart& part = array.parts[i];
      const bool blank = part.element.empty() && part.comment.empty();
      begin_line(blank ? 0 : indent + kIndent);
      if (!part.element.empty()) {
        put(part.element.front(), indent + kIndent, 1, in_table);
        append(",");
      }
      lines_.back().comment = part.comment;
    }
    begin_line(indent);
    append("]");
  }

  void begin_line(std::size_t indent) { lines_.push_back({std::string(indent, ' ')}); }
  void append(std::string_view code) { lines_.back().code += code; }

  [[nodiscard]] std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < lines_.size();) {
      std::size_t end = i;
      std::size_t column = 0;
      for (; end < lines_.size() && lines_[end].has_both(); ++end) {
        const std::size_t width = lines_[end].width();
        if (width <= kWidestAlignedCode) column = std::max(column, width);
      }
      if (end - i > kMostAligned) column = 0;
      end = std::max(end, i + 1);
      for (; i < end; ++i) {
        const Line& line = lines_[i];
        out += line.code;
        if (line.has_both()) {
          out.append(2 + (line.width() < column ? column - line.width() : 0), ' ');
        }
        out.append(line.comment).append("\n");
      }
    }
    return out;
  }

  std::vector<Line> lines_;
};

bool same(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case ValueKind::string:
      return left.string() == right.string();
    case ValueKind::integer:
      return left.integer() == right.integer();
    case ValueKind::boolean:
      return left.boolean() == right.boolean();
    case ValueKind::date:
    case ValueKind::date_time:
      return left.moment().begin == right.moment().begin;
    case ValueKind::array:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (!same(left[i], right[i])) return false;
      }
      return true;
    case ValueKind::table: {
      const std::vector<Entry> ours = left.entries();
      const std::vector<Entry> theirs = right.entries();
      return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                        [](const Entry& one, const Entry& other) {
                          return one.key == other.key && same(one.value, other.value);
                        });
    }
    case ValueKind::real:
    case ValueKind::time:
      break;  // no policy has any
  }
  return true;
}

/// A formatter that changed what a policy says, or lost a comment, would do so unseen: so each
/// result is held against what it was made from.
bool says_the_same(const Document& document, const std::vector<WrittenStatement>& statements,
                   const SourceFile& formatted) {
  Diagnostics ignored;
  const auto text = scan_bytes(formatted, ignored);
  if (!text) return false;
  const auto again = Document::parse(formatted.path, *text, ignored);
  const auto read = read_statements(*text);
  return again && read && same(document.root(), again->root()) &&
         comments_of(statements) == comments_of(*read);
}

}  // namespace

std::optional<std::string> format_policy(const SourceFile& file, Diagnostics& diagnostics) {
  const std::optional<std::string_view> text = scan_bytes(file, diagnostics);
  if (!text) return std::nullopt;
  const std::optional<Document> document = Document::parse(file.path, *text, diagnostics);
  if (!document) return std::nullopt;
  const std::optional<std::vector<WrittenStatement>> statements = read_statements(*text);
  if (statements) {
    const SourceFile formatted{file.path, Printer().run(spaced(*statements))};
    if (says_the_same(*document, *statements, formatted)) return formatted.bytes;
  }
  diagnostics.error({file.path, 0, 0}, "cannot be formatted without changing what it says",
                    "this is a fault of rolecall: please report it with the file");
  return std::nullopt;
}

}  // namespace rolecall
