#include "policies/source_excerpt.h"

#include <fmt/format.h>
#include <uniwidth.h>

#include <algorithm>

#include "policies/misplaced_keys.h"
#include "state/model/paint.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

// Of a line that does not fit, so many characters are shown before the place and from there on.
constexpr std::size_t kWidest = 100;
constexpr std::size_t kBefore = 40;
constexpr std::size_t kFrom = 60;
constexpr std::string_view kCut = "...";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::size_t forward(std::string_view text, std::size_t pos, std::size_t characters) {
  for (; characters > 0 && pos < text.size(); --characters) {
    ++pos;
    while (pos < text.size() && continues(text[pos])) ++pos;
  }
  return pos;
}

std::size_t backward(std::string_view text, std::size_t pos, std::size_t characters) {
  for (; characters > 0 && pos > 0; --characters) {
    --pos;
    while (pos > 0 && continues(text[pos])) --pos;
  }
  return pos;
}

std::string shown(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '\t', ' ');
  return escape_terminal(plain);
}

std::size_t columns(const std::string& text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return static_cast<std::size_t>(std::max(u8_width(bytes, text.size(), "UTF-8"), 0));
}

}  // namespace

SourceExcerpts::SourceExcerpts(std::span<const SourceFile> files) {
  for (const SourceFile& file : files) {
    if (file.roster) continue;
    std::string_view text = file.bytes;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    files_.emplace(file.path, Cursor{text});
  }
}

std::string SourceExcerpts::at(const Place& place, bool color) {
  const auto found = files_.find(place.file);
  if (found == files_.end() || place.line == 0) return {};
  Cursor& cursor = found->second;
  while (cursor.line < place.line) {
    const std::size_t end = cursor.text.find('\n', cursor.line_start);
    if (end == std::string_view::npos) return {};
    cursor = {cursor.text, end + 1, std::string_view::npos, cursor.line + 1, end + 1, 1};
  }
  if (cursor.line_end == std::string_view::npos) {
    cursor.line_end = std::min(cursor.text.find('\n', cursor.line_start), cursor.text.size());
  }
  std::string_view line = cursor.text.substr(0, cursor.line_end);
  if (line.size() > cursor.pos && line.ends_with('\r')) line.remove_suffix(1);
  if (place.column > cursor.column) {
    cursor.pos = forward(line, cursor.pos, place.column - cursor.column);
    cursor.column = place.column;
  }
  std::size_t begin = cursor.line_start;
  std::size_t end = line.size();
  if (forward(line, begin, kWidest) < line.size()) {
    begin = std::max(begin, backward(line, cursor.pos, kBefore));
    end = forward(line, cursor.pos, kFrom);
  }
  const std::string_view part = line.substr(begin, end - begin);
  if (part.empty() || names_a_secret(part)) return {};

  const std::string_view cut_before = begin > cursor.line_start ? kCut : "";
  const std::string_view cut_behind = end < line.size() ? kCut : "";
  const std::string number = fmt::format("{:>5}", place.line);
  const std::size_t indent =
      cut_before.size() + columns(shown(line.substr(begin, cursor.pos - begin)));
  return fmt::format("{} {}{}{}\n{} {}{}\n", paint(color, Tone::dim, number + " |"), cut_before,
                     shown(part), cut_behind,
                     paint(color, Tone::dim, std::string(number.size(), ' ') + " |"),
                     std::string(indent, ' '), paint(color, Tone::red, "^"));
}

}  // namespace rolecall
