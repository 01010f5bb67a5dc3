#include "state/model/wrap.h"

#include <algorithm>

#include "state/model/text.h"

namespace rolecall {

std::vector<std::string_view> wrap(std::string_view text, std::size_t before, std::size_t indent,
                                   std::size_t columns) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;  // of the part
  std::size_t at = before;
  for (std::size_t word = 0; word <= text.size();) {
    const std::size_t end = std::min(text.find(' ', word), text.size());
    const std::size_t length = count_code_points(text.substr(word, end - word));
    const bool first = word == begin;
    if (!first && columns != 0 && at + 1 + length > columns) {
      out.push_back(text.substr(begin, word - 1 - begin));
      begin = word;
      at = indent + length;
    } else {
      at += length + (first ? 0 : 1);
    }
    word = end + 1;
  }
  out.push_back(text.substr(begin));
  return out;
}

}  // namespace rolecall
