#include "controller/text_table.h"

#include <algorithm>

#include "diff/text_lines.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kIndent = 4;
constexpr std::size_t kWrapped = 30;  ///< room in which the words of the last column may wrap

class Table {
 public:
  Table(std::vector<std::vector<std::string>> lines, std::size_t columns)
      : lines_(std::move(lines)), columns_(columns), widths_(lines_.front().size()) {
    for (const std::vector<std::string>& line : lines_) {
      for (std::size_t i = 0; i < line.size(); ++i) {
        widths_[i] = std::max(widths_[i], count_code_points(line[i]));
      }
    }
    std::size_t used = 0;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const bool last = i + 1 == widths_.size();
      const std::size_t least = last ? std::min(widths_[i], kWrapped) : widths_[i];
      const bool fits = columns_ == 0 || used + least <= columns_;
      if (i > 0 && !fits) {
        first_.push_back(i);
        used = kIndent;
      }
      used += widths_[i] + kGap;
    }
    first_.push_back(widths_.size());
  }

  [[nodiscard]] std::string str() const {
    std::string out;
    for (const std::vector<std::string>& line : lines_) {
      std::size_t from = 0;
      for (const std::size_t to : first_) {
        add(line, from, std::min(to, line.size()), out);
        from = to;
      }
    }
    return out;
  }

 private:
  void add(const std::vector<std::string>& line, std::size_t from, std::size_t to,
           std::string& out) const {
    std::string text(from == 0 ? 0 : kIndent, ' ');
    const std::size_t empty = text.size();
    for (std::size_t i = from; i < to; ++i) {
      const std::size_t length = count_code_points(line[i]);
      const bool alone = i + 1 == to;
      if (alone && columns_ != 0 && count_code_points(text) + length > columns_) {
        const std::size_t before = count_code_points(text);
        TextLines wrapped(false, columns_);
        wrapped.out = text;
        wrapped.add_words(before, line[i], before);
        out += wrapped.out;
        return;
      }
      text += line[i];
      text.append(widths_[i] - length + kGap, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    // What goes on below is left out where there is nothing.
    if (from == 0 || text.size() > empty) out += text + '\n';
  }

  std::vector<std::vector<std::string>> lines_;
  std::size_t columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> first_;  ///< columns that begin a line below, and the end
};

}  // namespace

std::string text_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  std::vector<std::vector<std::string>> lines{header};
  for (const std::vector<std::string>& row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::string& cell : row) line.push_back(escape_terminal(cell));
  }
  return Table(std::move(lines), columns).str();
}

}  // namespace rolecall
