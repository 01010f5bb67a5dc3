#include "diff/text_lines.h"

#include <algorithm>

#include "state/model/text.h"
#include "state/model/wrap.h"

namespace rolecall {
namespace {

constexpr std::size_t kGap = 2;

std::size_t width(const TextLine& line) {
  return line.indent + 2 + count_code_points(line.text);
}

}  // namespace

void TextLines::add(const std::vector<TextLine>& lines, std::size_t widest) {
  std::size_t column = 0;
  for (const TextLine& line : lines) {
    if (!line.remark.empty() && width(line) <= widest) column = std::max(column, width(line));
  }
  for (const TextLine& line : lines) {
    const std::size_t own = line.indent + 2;
    out += std::string(line.indent, ' ') + paint_symbol(line.symbol) + ' ';
    add_words(own, line.text, own + 2);
    if (line.remark.empty()) continue;
    const std::string remark = "(" + line.remark + ")";
    const std::size_t from = std::max(column, width(line)) + kGap;
    if (columns_ == 0 || from + count_code_points(remark) <= columns_) {
      out.back() = ' ';
      out += std::string(from - width(line) - 1, ' ');
      add_words(from, remark, from, Tone::dim);
    } else {
      out += std::string(own + 2, ' ');
      add_words(own + 2, remark, own + 3, Tone::dim);
    }
  }
}

void TextLines::add_words(std::size_t before, std::string_view words, std::size_t indent,
                          Tone tone) {
  bool first = true;
  for (const std::string_view part : wrap(words, before, indent, columns_)) {
    if (!first) out += '\n' + std::string(indent, ' ');
    out += paint(color_, tone, part);
    first = false;
  }
  out += '\n';
}

std::string TextLines::paint_symbol(char symbol) const {
  const Tone tone = symbol == '+' ? Tone::green : symbol == '-' ? Tone::red : Tone::yellow;
  return paint(color_, tone, std::string_view(&symbol, 1));
}

}  // namespace rolecall
