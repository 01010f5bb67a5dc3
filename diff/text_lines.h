#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "state/model/paint.h"

namespace rolecall {

/// One thing, and what there is to say about it. Both are escaped.
struct TextLine {
  std::size_t indent = 0;
  char symbol = ' ';
  std::string text;
  std::string remark;
};

/// What plans and explanations are made of for a terminal.
class TextLines {
 public:
  /// Where there are `columns`, longer lines go on below, indented; zero: each stays one line.
  TextLines(bool color, std::size_t columns) : color_(color), columns_(columns) {}

  /// Remarks stand in brackets, below each other as far as lines are no longer than `widest`; a
  /// longer one pushes its remark aside. One that does not fit there stands below its line.
  void add(const std::vector<TextLine>& lines, std::size_t widest);
  /// Ends a line of `before` characters with words; further lines of them begin behind `indent`.
  void add_words(std::size_t before, std::string_view words, std::size_t indent,
                 Tone tone = Tone::plain);
  /// What is taken away is red, what is given green, the rest yellow.
  [[nodiscard]] std::string paint_symbol(char symbol) const;

  std::string out;

 private:
  bool color_;
  std::size_t columns_;
};

}  // namespace rolecall
