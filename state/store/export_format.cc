#include "state/store/export_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/text.h"

namespace rolecall {
namespace {

// ASVS 1.2.10. The apostrophe is among them so that it can be taken off again for sure.
constexpr std::string_view kFormulaStarts("=+-@\t\r\n\0'", 9);

std::vector<std::string_view> all_columns() {
  std::vector<std::string_view> columns = {"seq", "hash", "type"};
  for (const LogTable& table : log_tables()) {
    for (const LogColumn& column : table.columns) {
      if (std::find(columns.begin(), columns.end(), column.name) == columns.end()) {
        columns.push_back(column.name);
      }
    }
  }
  return columns;
}

}  // namespace

std::string header_line(std::string_view store_id, const std::set<std::string>& organizations) {
  std::string line = R"({"rolecall_audit_export":1,"store":)";
  append_json_string(line, store_id);
  line += R"(,"organizations":[)";
  for (const std::string& organization : organizations) {
    if (line.back() != '[') line += ',';
    line += organization;
  }
  return line + "]}";
}

std::string last_line(const ChainHead& head, std::string_view sha256) {
  return fmt::format(R"({{"rows":{},"head":"{}","sha256":"{}"}})", head.seq, format_head(head),
                     sha256);
}

const std::vector<std::string_view>& csv_columns() {
  static const std::vector<std::string_view> columns = all_columns();
  return columns;
}

std::vector<std::size_t> csv_places(const LogTable& table) {
  const auto& columns = csv_columns();
  std::vector<std::size_t> places;
  for (const LogColumn& column : table.columns) {
    const auto found = std::find(columns.begin(), columns.end(), column.name);
    places.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  return places;
}

std::string csv_record(const std::vector<std::string>& cells) {
  std::string record;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) record += ',';
    std::string text = cell;
    if (!cell.empty() && kFormulaStarts.find(cell.front()) != std::string_view::npos) {
      text.insert(0, 1, '\'');
    }
    if (text.find_first_of("\",\r\n") == std::string::npos) {
      record += text;
      continue;
    }
    record += '"';
    for (const char c : text) {
      if (c == '"') record += '"';
      record += c;
    }
    record += '"';
  }
  return record + "\r\n";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::vector<std::string> shown;
  shown.reserve(cells.size());
  for (const std::string& cell : cells) shown.push_back(escape_terminal(cell));
  return csv_record(shown);
}

std::string_view csv_content(std::string_view cell) {
  if (cell.starts_with('\'')) cell.remove_prefix(1);
  return cell;
}

}  // namespace rolecall
