#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "diff/explain.h"
#include "diff/plan_json.h"
#include "diff/plan_view.h"
#include "diff/text_lines.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

char sign(const Holding& held, bool offline) {
  if (offline) return held.after ? '=' : ' ';
  if (held.changed) return '~';
  if (held.now) return held.after ? '=' : '-';
  return held.after ? '+' : ' ';
}

/// "through engineering; access.toml:4 listed in members; since run 3, 2026-01-02"
std::string remark(const Holding& held) {
  std::string out;
  const auto add = [&out](const std::string& words) {
    if (!words.empty()) out += (out.empty() ? "" : "; ") + words;
  };
  std::string through;
  for (const std::string& way : held.through) through += (through.empty() ? "" : ", ") + way;
  if (!through.empty()) add(held.through.front() == "directly" ? through : "through " + through);
  add(cause_in_words(held.cause));
  add(held.note);
  add(held.since);
  return out;
}

std::string outlook(const Explanation& explanation) {
  if (explanation.offline) return "Offline: what is wanted; nothing is said of what is live.";
  std::size_t lines = 0;
  const auto count = [&lines](const std::vector<Holding>& all) {
    for (const Holding& held : all) lines += held.changed || held.now != held.after ? 1U : 0U;
  };
  count(explanation.facts);
  for (const HoldingList& list : explanation.lists) {
    if (list.condition.empty()) count(list.items);
  }
  if (lines == 0 && explanation.changes.empty()) return "A plan changes nothing here.";
  return lines == 0 ? "A plan changes something here."
                    : "A plan changes what has a +, - or ~ before it.";
}

std::string heading(const HoldingList& list) {
  std::string out = list.title;
  out.front() = static_cast<char>(out.front() - 'a' + 'A');
  return list.condition.empty() ? out : fmt::format("{} {}", out, list.condition);
}

json::object to_json(const Holding& held) {
  json::value cause = nullptr;
  if (!(held.cause == Cause())) {
    cause = json::object{{"file", json_text(held.cause.place.file)},
                         {"line", held.cause.place.line},
                         {"why", json_text(held.cause.why)},
                         {"reason", json_text(held.cause.reason)}};
  }
  json::array through;
  for (const std::string& way : held.through) through.push_back(json_text(way));
  return {{"subject", json_text(held.subject)},
          {"now", held.now},
          {"after", held.after},
          {"note", json_text(held.note)},
          {"cause", std::move(cause)},
          {"through", std::move(through)},
          {"since", json_text(held.since)}};
}

}  // namespace

std::string render_text(const Explanation& explanation, std::size_t columns) {
  TextLines to(false, columns);
  std::string& out = to.out;
  out = escape_terminal(explanation.subject);
  if (!explanation.name.empty()) {
    out = explanation.kind == "user"
              ? fmt::format("{} <{}>", escape_terminal(explanation.name), out)
              : fmt::format("{} ({})", out, escape_terminal(explanation.name));
  }
  out += '\n';
  const auto lines = [&](const std::vector<Holding>& all) {
    constexpr std::size_t kWidest = 44;
    std::vector<TextLine> shown;
    for (const Holding& held : all) {
      shown.push_back({2, sign(held, explanation.offline), escape_terminal(held.subject),
                       escape_terminal(remark(held))});
    }
    to.add(shown, kWidest);
  };
  lines(explanation.facts);
  for (const std::string& words : explanation.remarks) {
    out += "    ";
    to.add_words(4, escape_terminal(words), 4);
  }
  for (const HoldingList& list : explanation.lists) {
    out += fmt::format("\n{}\n", escape_terminal(heading(list)));
    if (list.items.empty()) out += "  none\n";
    lines(list.items);
  }
  return out + '\n' + outlook(explanation) + '\n';
}

std::string render_markdown(const Explanation& explanation) {
  std::string out = fmt::format("### {}", escape_markdown(explanation.subject));
  if (!explanation.name.empty()) out += fmt::format(" ({})", escape_markdown(explanation.name));
  out += "\n\n";
  const auto lines = [&](const std::vector<Holding>& all) {
    for (const Holding& held : all) {
      const std::string words = remark(held);
      out += fmt::format("- `{}` {}{}\n", sign(held, explanation.offline),
                         escape_markdown(held.subject),
                         words.empty() ? "" : fmt::format(" ({})", escape_markdown(words)));
    }
  };
  lines(explanation.facts);
  for (const std::string& words : explanation.remarks) {
    out += fmt::format("- {}\n", escape_markdown(words));
  }
  for (const HoldingList& list : explanation.lists) {
    out += fmt::format("\n#### {}\n\n", escape_markdown(heading(list)));
    if (list.items.empty()) out += "None.\n";
    lines(list.items);
  }
  return out + '\n' + outlook(explanation) + '\n';
}

std::string render_json(const Explanation& explanation) {
  const auto list = [](const std::vector<Holding>& all) {
    json::array out;
    for (const Holding& held : all) out.push_back(to_json(held));
    return out;
  };
  json::array changes;
  for (const Change& change : explanation.changes) changes.push_back(change_object(change));
  json::array remarks;
  for (const std::string& words : explanation.remarks) remarks.push_back(json_text(words));
  json::object out{{"format_version", "1.0"},
                   {"kind", explanation.kind},
                   {"subject", json_text(explanation.subject)},
                   {"name", json_text(explanation.name)},
                   {"offline", explanation.offline},
                   {"facts", list(explanation.facts)}};
  for (const HoldingList& one : explanation.lists) out[one.title] = list(one.items);
  out["changes"] = std::move(changes);
  out["remarks"] = std::move(remarks);
  return print_json(out, 2);
}

}  // namespace rolecall
