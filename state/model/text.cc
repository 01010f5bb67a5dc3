#include "state/model/text.h"

#include <fmt/format.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "state/model/html.h"

namespace rolecall {
namespace {

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 0;  ///< 0: not valid here
};

/// RFC 3629, table 3-7 of the Unicode standard.
Decoded decode(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  char32_t code_point = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    code_point = first & 0x1FU;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    code_point = first & 0x0FU;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    code_point = first & 0x07U;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {};
  }
  if (bytes.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if (at(i) < low || at(i) > high) return {};
    code_point = (code_point << 6U) | (at(i) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, length};
}

/// Characters that hide, reorder or break what a person reads.
bool is_hidden(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  switch (c) {
    case 0x00AD:  // soft hyphen
    case 0x034F:  // combining grapheme joiner
    case 0x061C:  // Arabic letter mark
    case 0x115F:
    case 0x1160:
    case 0x17B4:
    case 0x17B5:
    case 0x180E:
    case 0x3164:
    case 0xFEFF:  // byte-order mark
    case 0xFFA0:
      return true;
    default:
      break;
  }
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE007F);
}

template <class Visit>
void for_each_code_point(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const std::size_t length = decoded.length == 0 ? 1 : decoded.length;
    visit(decoded, text.substr(0, length));
    text.remove_prefix(length);
  }
}

void append_escaped(std::string& out, const Decoded& decoded, std::string_view bytes) {
  // Build servers take "##vso[...]" and the like in any line of a log for a command to them.
  const bool command = decoded.code_point == U'#' && out.ends_with('#');
  if (decoded.length == 0) {
    out += fmt::format("\\x{:02X}", static_cast<unsigned char>(bytes[0]));
  } else if (command || is_hidden(decoded.code_point)) {
    out += fmt::format("\\u{{{:X}}}", static_cast<std::uint32_t>(decoded.code_point));
  } else {
    out += bytes;
  }
}

/// How many bytes of ASCII the text begins with. Most text is nothing else, and megabytes of it are
/// checked: eight at a time.
std::size_t ascii_length(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t length = 0;
  for (std::uint64_t eight = 0; length + sizeof(eight) <= text.size(); length += sizeof(eight)) {
    std::memcpy(&eight, text.data() + length, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80) ++length;
  return length;
}

/// Scripts that are written together with Latin ones within a word, as in Japanese.
bool is_east_asian(std::string_view script) {
  constexpr std::array<std::string_view, 5> kScripts = {"Han", "Hiragana", "Katakana", "Hangul",
                                                        "Bopomofo"};
  return std::find(kScripts.begin(), kScripts.end(), script) != kScripts.end();
}

}  // namespace

bool is_ascii(std::string_view text) {
  return ascii_length(text) == text.size();
}

std::optional<std::size_t> find_invalid_utf8(std::string_view bytes) {
  std::size_t offset = ascii_length(bytes);
  while (offset < bytes.size()) {
    const Decoded decoded = decode(bytes.substr(offset));
    if (decoded.length == 0) return offset;
    offset += decoded.length;
    offset += ascii_length(bytes.substr(offset));
  }
  return std::nullopt;
}

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  if (text.substr(begin).starts_with("::")) {  // a command where it begins a line
    out = std::string(text.substr(0, begin)) + "\\u{3A}";
    text.remove_prefix(begin + 1);
  }
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view bytes) {
    append_escaped(out, decoded, bytes);
  });
  return out;
}

std::string quote(std::string_view text, std::size_t limit) {
  std::string out = "\"";
  std::size_t count = 0;
  bool cut = false;
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view bytes) {
    if (count++ >= limit) {
      cut = true;
      return;
    }
    if (bytes == "\"" || bytes == "\\") out += '\\';
    append_escaped(out, decoded, bytes);
  });
  return out + (cut ? "...\"" : "\"");
}

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view kPunctuation = "\\`*_{}[]()#+!|~$^=";
  // Mentions and references to issues are looked for in what has been rendered, where an escaped
  // character is the character again. A comment, which nobody sees, tears them apart.
  constexpr std::string_view kApart = "<!-- -->";
  std::string out;
  // Spaces in front would move what follows them to another level of a list.
  for (; text.starts_with(' '); text.remove_prefix(1)) out += "&#32;";
  const std::size_t begin = out.size();
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view bytes) {
    const bool ascii = decoded.length == 1;
    switch (decoded.code_point) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case ':':  // links are made of addresses as they are written
        out += "&#58;";
        break;
      case '@':
        out.append("@").append(kApart);
        break;
      case '#':
        out.append("\\#").append(kApart);
        break;
      case '-':  // a list or a rule, where it begins a line
        out += out.size() == begin ? "\\-" : "-";
        break;
      case '.':  // "www." is a link, "1." a list
        out += out.find_first_not_of("0123456789", begin) == std::string::npos ||
                       to_lower_ascii(out).ends_with("www")
                   ? "\\."
                   : ".";
        break;
      default:
        if (ascii && kPunctuation.find(bytes[0]) != std::string_view::npos) out += '\\';
        append_escaped(out, decoded, bytes);
    }
  });
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view bytes) {
    if (decoded.length == 0) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(bytes[0]));
    } else if (is_hidden(decoded.code_point)) {
      out += fmt::format("\\u{{{:X}}}", static_cast<std::uint32_t>(decoded.code_point));
    } else if (decoded.code_point < 0x80 &&
               std::string_view("&<>\"'`=").find(bytes[0]) != std::string_view::npos) {
      out += fmt::format("&#{};", static_cast<unsigned>(bytes[0]));
    } else {
      out += bytes;
    }
  });
  return out;
}

std::string escape_json(std::string json) {
  if (!find_hidden_character(json) && json.find("##") == std::string::npos) return json;
  std::string out;
  out.reserve(json.size() + 16);
  for_each_code_point(json, [&](const Decoded& decoded, std::string_view bytes) {
    const auto c = static_cast<std::uint32_t>(decoded.code_point);
    const bool command = c == '#' && out.ends_with('#');
    // Both stand in strings only; control characters below have been escaped there.
    if (decoded.length == 0 || (!command && (c < 0x7F || !is_hidden(c)))) {
      out += bytes;
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD7C0 + (c >> 10U), 0xDC00 + (c & 0x3FFU));
    }
  });
  return out;
}

std::optional<char32_t> find_hidden_character(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7F; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::nullopt;
  std::optional<char32_t> found;
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view) {
    if (!found && decoded.length != 0 && is_hidden(decoded.code_point)) found = decoded.code_point;
  });
  return found;
}

std::optional<std::string> find_mixed_scripts(std::string_view text) {
  if (is_ascii(text)) return std::nullopt;
  std::string_view first;
  std::optional<std::string> found;
  for_each_code_point(text, [&](const Decoded& decoded, std::string_view) {
    const char32_t c = decoded.code_point;
    const uc_script_t* known = decoded.length == 0 ? nullptr : uc_script(c);
    const std::string_view script = known == nullptr ? "Common" : known->name;
    if (script == "Common" || script == "Inherited") {
      const bool ends_word = c < 0x80 && (c < '0' || c > '9');
      if (ends_word) first = {};
    } else if (!is_east_asian(script)) {
      if (!first.empty() && script != first && !found) {
        found = fmt::format("{} and {}", first, script);
      }
      first = script;
    }
  });
  return found;
}

std::string fold_case(std::string_view text) {
  if (is_ascii(text)) return to_lower_ascii(text);
  std::size_t length = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> folded(
      u8_casefold(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), nullptr,
                  UNINORM_NFC, nullptr, &length),
      &std::free);
  // Only for bytes that are not UTF-8: those compare as they are.
  if (folded == nullptr) return std::string(text);
  return {reinterpret_cast<const char*>(folded.get()), length};
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim_ascii(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./:@%+=,_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::optional<std::string> closest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
  constexpr std::size_t kMostEdits = 2;
  std::size_t best = kMostEdits + 1;
  std::string_view nearest;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > word.size() + kMostEdits ||
        word.size() > candidate.size() + kMostEdits) {
      continue;
    }
    // Optimal string alignment: a swap of neighbours is one edit, as people mistype.
    std::vector<std::vector<std::size_t>> d(word.size() + 1,
                                            std::vector<std::size_t>(candidate.size() + 1));
    for (std::size_t i = 0; i <= word.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= candidate.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t change = word[i - 1] == candidate[j - 1] ? 0 : 1;
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1]) {
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    const std::size_t edits = d[word.size()][candidate.size()];
    if (edits < best && edits < std::max(word.size(), candidate.size())) {
      best = edits;
      nearest = candidate;
    }
  }
  if (best <= kMostEdits) return std::string(nearest);
  constexpr std::size_t kLeastBeginning = 3;
  if (word.size() < kLeastBeginning) return std::nullopt;
  const auto begins = [&](std::string_view candidate) { return candidate.starts_with(word); };
  const auto longer = std::find_if(candidates.begin(), candidates.end(), begins);
  if (longer == candidates.end() || std::any_of(longer + 1, candidates.end(), begins)) {
    return std::nullopt;
  }
  return std::string(*longer);
}

}  // namespace rolecall
