#include "policies/csv.h"

#include <algorithm>
#include <utility>

#include "state/model/text.h"

namespace rolecall {
namespace {

char delimiter_of(std::string_view text) {
  std::size_t commas = 0;
  std::size_t semicolons = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    if (c == ',') ++commas;
    if (c == ';') ++semicolons;
  }
  return semicolons > commas ? ';' : ',';
}

std::string_view without_blank_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

CsvReader::CsvReader(std::string_view text)
    : text_(without_blank_end(text)), delimiter_(delimiter_of(text)) {}

bool CsvReader::fail(std::size_t offset, std::string what, std::string hint) {
  problem_ = CsvProblem{offset, std::move(what), std::move(hint)};
  return false;
}

/// Length of the line end that stands here, 0 where there is none.
std::size_t CsvReader::line_end_here() const {
  if (text_[pos_] == '\n') return 1;
  return text_.substr(pos_, 2) == "\r\n" ? 2 : 0;
}

const std::vector<CsvField>* CsvReader::next() {
  if (problem_) return nullptr;
  record_line_ += static_cast<std::uint32_t>(
      std::count(text_.begin() + static_cast<std::ptrdiff_t>(record_begin_),
                 text_.begin() + static_cast<std::ptrdiff_t>(pos_), '\n'));
  record_begin_ = pos_;
  if (pos_ == text_.size()) return nullptr;
  fields_.clear();
  unquoted_.clear();
  for (;;) {
    CsvField field{{}, pos_};
    const bool quoted = pos_ < text_.size() && text_[pos_] == '"';
    if (!(quoted ? read_quoted(field) : read_plain(field))) return nullptr;
    fields_.push_back(field);
    if (pos_ == text_.size()) return &fields_;
    if (const std::size_t line_end = line_end_here(); line_end > 0) {
      pos_ += line_end;
      return &fields_;
    }
    ++pos_;  // the delimiter
  }
}

bool CsvReader::read_plain(CsvField& field) {
  for (; pos_ < text_.size(); ++pos_) {
    const char c = text_[pos_];
    if (c == delimiter_ || c == '\n') break;
    if (c == '\r') {
      if (line_end_here() > 0) break;
      return fail(pos_, "carriage return without line feed",
                  "end lines with LF or CR LF, not with CR alone");
    }
    if (c == '"') {
      return fail(pos_, "quote inside a field that does not begin with one",
                  "put the whole field in quotes, and double those within it");
    }
  }
  field.text = text_.substr(field.offset, pos_ - field.offset);
  return true;
}

bool CsvReader::read_quoted(CsvField& field) {
  std::size_t begin = ++pos_;
  std::string* joined = nullptr;
  for (;;) {
    const std::size_t end = text_.find('"', pos_);
    if (end == std::string_view::npos) {
      return fail(field.offset, "quoted field is never closed",
                  "close it with a quote; a quote within it is written twice");
    }
    const std::string_view part = text_.substr(begin, end - begin);
    if (end + 1 < text_.size() && text_[end + 1] == '"') {
      if (joined == nullptr) joined = &unquoted_.emplace_back();
      joined->append(part).push_back('"');
      begin = pos_ = end + 2;
      continue;
    }
    if (joined != nullptr) joined->append(part);
    field.text = joined == nullptr ? part : std::string_view(*joined);
    pos_ = end + 1;
    break;
  }
  if (pos_ == text_.size() || text_[pos_] == delimiter_ || line_end_here() > 0) return true;
  return fail(pos_, "text after the closing quote of a field",
              "a quote within a field is written twice");
}

Position CsvReader::position(std::size_t offset) const {
  const std::string_view before = text_.substr(record_begin_, offset - record_begin_);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {record_line_ + static_cast<std::uint32_t>(lines),
          static_cast<std::uint32_t>(count_code_points(before.substr(line_start)) + 1)};
}

}  // namespace rolecall
