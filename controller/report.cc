#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/apply_run.h"
#include "controller/output.h"
#include "controller/text_table.h"
#include "diff/plan_json.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using State = ChangeOutcome::State;

std::string_view word(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::applied:
      return "applied";
    case State::already_so:
      return "already so";
    case State::failed:
      return "failed";
    case State::in_doubt:
      return "in doubt";
    case State::skipped:
      return "skipped";
  }
  return "";
}

std::string subject(const Change& change) {
  std::string out;
  for (const std::string& part : {change.user, change.group, change.resource, change.role}) {
    if (!part.empty()) out += (out.empty() ? "" : " ") + part;
  }
  return out;
}

/// A text or null where it is empty.
json::value or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

}  // namespace

std::string render_report(const Plan& plan, const ApplyReport& report, RunId run) {
  std::vector<std::vector<std::string>> rows;
  std::size_t lost_answers = 0;
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const ChangeOutcome& outcome = report.outcomes[i];
    if (outcome.state == State::applied && !outcome.message.empty()) ++lost_answers;
    if (outcome.state == State::applied || outcome.state == State::already_so) continue;
    rows.push_back({std::string(word(outcome.state)), std::string(name(plan.changes[i].kind)),
                    subject(plan.changes[i]), outcome.message});
  }
  std::string out;
  if (!rows.empty())
    out +=
        text_table({"RESULT", "CHANGE", "OF", "BECAUSE"}, rows, terminal_columns(STDOUT_FILENO)) +
        '\n';
  if (!report.misread.empty()) {
    out += "Meanwhile could not be read, or was not understood:\n";
    for (const std::string& why : report.misread) {
      out += fmt::format("  {}\n", escape_terminal(why));
    }
  }
  if (lost_answers > 0) {
    out += fmt::format(
        "For {} the answer was lost or an error; reading back showed that the change was made.\n",
        counted(lost_answers, "change", "changes"));
  }
  if (report.looked_again > 0) {
    out += fmt::format(
        "Just before, {} checked again: no call left more than {} s after what it rests on was "
        "read.\n",
        report.looked_again == 1 ? std::string("1 change was")
                                 : fmt::format("{} changes were", report.looked_again),
        std::chrono::ceil<std::chrono::seconds>(report.oldest_read).count());
  }
  if (!report.store_error.empty()) {
    out += fmt::format("The log could not be written: {}. Nothing more was sent.\n",
                       escape_terminal(report.store_error));
  }
  if (!report.broken.empty()) {
    out += fmt::format("Internal error: {}. Nothing more was sent; please report it.\n",
                       report.broken);
  }
  if (!report.stopped_because.empty()) {
    out += fmt::format("Stopped: {}.\n", escape_terminal(report.stopped_because));
  }
  if (report.interrupted) {
    out += "Interrupted: what was in flight was finished and recorded.\n";
  }
  out += fmt::format("Run {}: {} applied, {} already so, {} failed, {} in doubt, {} skipped; {}.\n",
                     run, report.count(State::applied), report.count(State::already_so),
                     report.count(State::failed), report.count(State::in_doubt),
                     report.count(State::skipped),
                     counted(report.writes, "write call", "write calls"));
  return out;
}

std::string render_report_json(const Plan& plan, const ApplyReport& report, RunId run,
                               int exit_code, const ChainHead& audit_head) {
  json::array changes;
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const Change& change = plan.changes[i];
    changes.push_back(json::object{{"kind", name(change.kind)},
                                   {"user", or_null(change.user)},
                                   {"group", or_null(change.group)},
                                   {"resource", or_null(change.resource)},
                                   {"role", or_null(change.role)},
                                   {"result", word(report.outcomes[i].state)},
                                   {"message", or_null(report.outcomes[i].message)}});
  }
  const json::object document{
      {"format_version", "1.0"},
      {"run", run},
      {"exit_code", exit_code},
      {"digest", plan.digest},
      {"summary",
       {{"applied", report.count(State::applied)},
        {"already_so", report.count(State::already_so)},
        {"failed", report.count(State::failed)},
        {"in_doubt", report.count(State::in_doubt)},
        {"skipped", report.count(State::skipped)}}},
      {"writes", report.writes},
      {"interrupted", report.interrupted},
      {"audit_head", format_head(audit_head)},
      {"refusals", refusals_array(plan)},
      {"misread", json::array(report.misread.begin(), report.misread.end())},
      {"changes", std::move(changes)}};
  return print_line(document) + "\n";
}

}  // namespace rolecall
