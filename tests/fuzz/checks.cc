#include "tests/fuzz/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/text.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

/// Line `number`, from 1, without its line feed.
std::string_view line_of(std::string_view bytes, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number; ++line) {
    bytes.remove_prefix(std::min(bytes.size(), bytes.find('\n') + 1));
  }
  return bytes.substr(0, bytes.find('\n'));
}

}  // namespace

void require_inside(const Place& place, std::string_view path, std::string_view bytes) {
  if (place.file.empty()) return;
  require(place.file == path, "a place in another file: " + place.file);
  if (place.line == 0) return;
  const auto lines = std::count(bytes.begin(), bytes.end(), '\n') + 1;
  const std::string where = fmt::format("{}:{}", place.line, place.column);
  require(place.line <= lines, "a place beyond the last line: " + where);
  require(place.column >= 1, "a place before the first column: " + where);
  // The end of a line is a place too: something is missing there.
  require(place.column <= count_code_points(line_of(bytes, place.line)) + 1,
          "a place beyond the end of its line: " + where);
}

void require_inside(const Diagnostics& diagnostics, std::string_view path, std::string_view bytes) {
  for (const Diagnostic& item : diagnostics.sorted()) {
    require(!item.what.empty(), "a message without words");
    require_inside(item.place, path, bytes);
    for (const Place& related : item.related) require_inside(related, path, bytes);
  }
  require_printable(render(diagnostics));
}

void require_printable(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    require(escape_terminal(line) == line, "a line that is not fit for a terminal: " + quote(line));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

}  // namespace rolecall::fuzz
