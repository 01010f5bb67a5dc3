#include "tests/support/toml_pen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace rolecall::test {

using Kind = TomlEntry::Kind;

TomlEntry toml_text(std::string key, std::string text) {
  return {Kind::text, std::move(key), std::move(text), {}};
}
TomlEntry toml_raw(std::string key, std::string value) {
  return {Kind::raw, std::move(key), std::move(value), {}};
}
TomlEntry toml_list(std::string key, std::vector<TomlEntry> items) {
  return {Kind::list, std::move(key), {}, std::move(items)};
}
TomlEntry toml_texts(std::string key, const std::vector<std::string>& items) {
  std::vector<TomlEntry> entries;
  for (const std::string& item : items) entries.push_back(toml_text("", item));
  return toml_list(std::move(key), std::move(entries));
}
TomlEntry toml_table(std::string key, std::vector<TomlEntry> entries) {
  return {Kind::table, std::move(key), {}, std::move(entries)};
}

void TomlPen::shuffle(std::vector<TomlEntry>& entries) {
  for (std::size_t i = entries.size(); i > 1; --i) {
    std::swap(entries[i - 1], entries[static_cast<std::size_t>(how_.below(static_cast<int>(i)))]);
  }
}

std::string TomlPen::blanks() {
  static constexpr const char* kBlanks[] = {"", " ", " ", "  ", "\t"};
  return kBlanks[how_.below(5)];
}

std::string TomlPen::line_end() {
  std::string out = blanks();
  if (how_.chance(8)) out += "# \"why\" = [ { not 'closed";
  out += '\n';
  if (how_.chance(10)) out += blanks() + "\n";
  if (how_.chance(10)) out += blanks() + "# a line of its own\n";
  return out;
}

std::string TomlPen::quoted(const std::string& text) {
  switch (how_.below(6)) {
    case 0:
      return fmt::format("'{}'", text);
    case 1:
      return fmt::format("\"\"\"{}\"\"\"", text);
    case 2:
      return fmt::format("'''{}'''", text);
    case 3: {
      std::string out = "\"";
      for (const char c : text) {
        if (how_.chance(4)) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else if (how_.chance(8)) {
          out += fmt::format("\\U{:08X}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
      }
      return out + "\"";
    }
    default:
      return fmt::format("\"{}\"", text);
  }
}

std::string TomlPen::key(const std::string& name) {
  const bool bare = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  if (bare && !how_.chance(4)) return name;
  return how_.chance(2) ? fmt::format("\"{}\"", name) : fmt::format("'{}'", name);
}

std::string TomlPen::list(const TomlEntry& entry, bool may_break) {
  const bool broken = may_break && how_.chance(3);
  const auto gap = [&] { return broken ? line_end() + blanks() : blanks(); };
  std::string out = "[";
  for (std::size_t i = 0; i < entry.entries.size(); ++i) {
    out += gap() + value(entry.entries[i], false);
    const bool last = i + 1 == entry.entries.size();
    if (!last || how_.chance(3)) out += blanks() + ",";
  }
  return out + gap() + "]";
}

std::string TomlPen::inline_table(const TomlEntry& entry) {
  std::vector<TomlEntry> entries = entry.entries;
  shuffle(entries);
  std::string out = "{";
  for (const TomlEntry& one : entries) {
    if (out.size() > 1) out += blanks() + ",";
    out +=
        fmt::format("{}{}{}={}{}", blanks(), key(one.key), blanks(), blanks(), value(one, false));
  }
  return out + blanks() + "}";
}

std::string TomlPen::value(const TomlEntry& entry, bool may_break) {
  switch (entry.kind) {
    case Kind::text:
      return quoted(entry.text);
    case Kind::list:
      return list(entry, may_break);
    case Kind::table:
      return inline_table(entry);
    case Kind::raw:
      break;
  }
  return entry.text;
}

std::string TomlPen::lines(const std::string& path, const std::string& prefix,
                           std::vector<TomlEntry> entries, std::string& later) {
  shuffle(entries);
  std::string out;
  for (const TomlEntry& one : entries) {
    const std::string name = prefix + key(one.key);
    // A dotted key makes its table, so an empty one cannot be written that way.
    const int style = one.kind != Kind::table ? 0 : how_.below(one.entries.empty() ? 2 : 3);
    if (style == 2) {
      out += lines(path, name + ".", one.entries, later);
    } else if (style == 1 && prefix.empty()) {
      std::string below;
      const std::string full = path.empty() ? name : path + "." + name;
      const std::string own = lines(full, "", one.entries, below);
      later += fmt::format("{}[{}]{}{}{}", blanks(), full, line_end(), own, below);
    } else {
      out += fmt::format("{}{}{}={}{}{}", blanks(), name, blanks(), blanks(), value(one, true),
                         line_end());
    }
  }
  return out;
}

std::string TomlPen::document(std::vector<TomlEntry> entries) {
  std::string later;
  std::string out = lines("", "", std::move(entries), later);
  out += later;
  if (how_.chance(3)) {
    for (std::size_t at = 0; (at = out.find('\n', at)) != std::string::npos; at += 2) {
      out.insert(at, "\r");
    }
  }
  if (how_.chance(3)) out.insert(0, "\xEF\xBB\xBF");
  return out;
}

}  // namespace rolecall::test
