#include "state/store/export_schema.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json_schema.h"
#include "state/store/log_tables.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using namespace json_schema;  // the words that a schema is written in

constexpr std::array<std::string_view, 4> kEndStates = {"finished", "interrupted", "refused",
                                                        "failed"};
constexpr std::array kResults = {ChangeResult::applied, ChangeResult::already_so,
                                 ChangeResult::failed, ChangeResult::in_doubt};

json::object results() {
  std::array<std::string_view, kResults.size()> names;
  std::transform(kResults.begin(), kResults.end(), names.begin(),
                 [](ChangeResult result) { return name(result); });
  return word(names);
}

json::object form(const LogColumn& column) {
  if (column.kind == LogColumn::Kind::integer) {
    // -1: the process died, nobody saw one.
    return whole(column.name == "exit_code" ? -1 : 0);
  }
  if (column.name == "at") return text(kInstant);
  if (column.name == "result") return results();
  if (column.name == "state") return word(kEndStates);
  if (column.name == "digest") return text(kSha256);
  if (column.name.ends_with("_digest")) return text(kSha256OrNothing);
  return text();
}

json::object row(const LogTable& table) {
  std::vector<Member> members = {{"seq", whole(1)}, {"type", just(json::string(table.type))}};
  for (const LogColumn& column : table.columns) members.push_back({column.name, form(column)});
  return object(members);
}

json::object some_text() {
  return {{"type", "string"}, {"minLength", 1}};
}

}  // namespace

std::string export_schema() {
  json::object definitions;
  json::array rows;
  for (const LogTable& table : log_tables()) {
    definitions[table.type] = row(table);
    rows.push_back(defined(table.type));
  }
  definitions["head_line"] = object({{"rolecall_audit_export", just(1)},
                                     {"store", some_text(), "Id"},
                                     {"organizations", list(some_text()), "Ids"}});
  definitions["row_line"] =
      object({{"hash", text(kSha256), "Of the row before and the bytes of `row`"},
              {"row", json::object{{"anyOf", std::move(rows)}}}});
  definitions["checkpoint_line"] =
      object({{"checkpoint", object({{"seq", whole(1)},
                                     {"hash", text(kSha256)},
                                     {"signature", some_text(), "As ssh-keygen writes it"}})}});
  definitions["last_line"] = object({{"rows", whole()},
                                     {"head", text(kHead), "Number and hash of the last row"},
                                     {"sha256", text(kSha256), "Of all bytes before this line"}});
  json::array lines;
  for (const char* line : {"head_line", "row_line", "checkpoint_line", "last_line"}) {
    lines.push_back(defined(line));
  }
  return json_schema::document(
      "rolecall audit export",
      "Each line of what audit export writes as JSON Lines, format 1: one head line, a row line "
      "for each row of the log, a checkpoint line for each signature, one last line",
      {{"anyOf", std::move(lines)}, {"definitions", std::move(definitions)}});
}

}  // namespace rolecall
