#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "diff/effects.h"
#include "diff/plan_json.h"
#include "diff/plan_view.h"
#include "diff/render.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

json::object summary_object(const Plan& plan) {
  // The order of the contract: people, groups, members, grants, roles.
  constexpr std::array<ChangeKind, kChangeKindCount> kOrder = {
      ChangeKind::invite_user,        ChangeKind::suspend_user,
      ChangeKind::restore_user,       ChangeKind::remove_user,
      ChangeKind::create_group,       ChangeKind::delete_group,
      ChangeKind::add_member,         ChangeKind::remove_member,
      ChangeKind::grant_group_access, ChangeKind::revoke_group_access,
      ChangeKind::grant_user_access,  ChangeKind::revoke_user_access,
      ChangeKind::grant_org_role,     ChangeKind::revoke_org_role};
  const auto counts = plan.counts();
  json::object out;
  for (const ChangeKind kind : kOrder) {
    out.emplace(name(kind), counts[static_cast<std::size_t>(kind)]);
  }
  return out;
}

/// Nearly all texts need no escape of any kind, and one look at them shows it.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '#';
  });
}

void print_text(std::string_view text, std::string& out) {
  if (is_plain(text)) {
    out.append("\"").append(text).append("\"");
  } else {
    out += print_line(json::value(text));
  }
}

void print(const json::value& value, int depth, std::size_t indent, std::string& out) {
  const json::object* object = value.if_object();
  const json::array* array = value.if_array();
  const std::size_t size = object != nullptr  ? object->size()
                           : array != nullptr ? array->size()
                                              : 0;
  if (const json::string* text = value.if_string()) return print_text(*text, out);
  if (size == 0) {
    out += value.is_null() ? "null" : print_line(value);
    return;
  }
  const std::string separator = depth > 0 ? "\n" + std::string(indent + 2, ' ') : "";
  out += object != nullptr ? '{' : '[';
  std::size_t i = 0;
  const auto next = [&] {
    if (i++ > 0) out += depth > 0 ? "," : ", ";
    out += separator;
  };
  if (object != nullptr) {
    for (const auto& member : *object) {
      next();
      print_text(member.key(), out);
      out += ": ";
      print(member.value(), depth - 1, indent + 2, out);
    }
  } else {
    for (const json::value& item : *array) {
      next();
      print(item, depth - 1, indent + 2, out);
    }
  }
  if (depth > 0) out += "\n" + std::string(indent, ' ');
  out += object != nullptr ? '}' : ']';
}

}  // namespace

json::value text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return json_text(text);
}

json::string json_text(std::string_view text) {
  return find_invalid_utf8(text) ? json::string(escape_terminal(text)) : json::string(text);
}

json::object change_object(const Change& change) {
  json::object cause{{"file", json_text(change.cause.place.file)},
                     {"line", change.cause.place.line},
                     {"why", json_text(change.cause.why)},
                     {"reason", text_or_null(change.cause.reason)}};
  return {{"kind", name(change.kind)},
          {"user", text_or_null(change.user)},
          {"account_id", text_or_null(change.account_id)},
          {"group", text_or_null(change.group)},
          {"resource", text_or_null(change.resource)},
          {"role", text_or_null(change.role)},
          {"cause", std::move(cause)}};
}

json::array refusals_array(const Plan& plan) {
  json::array out;
  for (const Refusal& refusal : plan.refusals) {
    out.push_back({{"class", json_text(refusal.klass)},
                   {"n", refusal.n},
                   {"of", refusal.of},
                   {"limit", json_text(refusal.limit)},
                   {"subject", text_or_null(refusal.subject)}});
  }
  return out;
}

json::object plan_object(const Plan& plan, std::string_view tool_version) {
  json::array changes;
  for (const Change& change : plan.changes) changes.push_back(change_object(change));
  json::array notes;
  for (const Note& note : plan.notes) {
    notes.push_back({{"kind", json_text(note.kind)}, {"subject", json_text(note.subject)}});
  }
  json::object out = {{"format_version", "1.0"},
                      {"tool_version", json_text(tool_version)},
                      {"at", format_instant(plan.at)},
                      {"organization", json_text(plan.organization)},
                      {"directory", json_text(plan.directory)},
                      {"digest", json_text(plan.digest)},
                      {"policy_digest", json_text(plan.policy_digest)},
                      {"live_digest", json_text(plan.live_digest)},
                      {"complete", plan.complete},
                      {"applyable", plan.applyable()},
                      {"summary", summary_object(plan)},
                      {"changes", std::move(changes)},
                      {"calls",
                       {{"reads", plan.reads},
                        {"writes", plan.calls.size()},
                        {"estimated_seconds", estimated_seconds(plan)}}},
                      {"notes", std::move(notes)},
                      {"refusals", refusals_array(plan)}};
  if (plan.undo_of != 0) out.emplace("undo_of", plan.undo_of);
  return out;
}

std::string print_json(const json::value& value, int depth) {
  std::string out;
  print(value, depth, 0, out);
  return out + "\n";
}

namespace {

json::array roles_array(const std::vector<Role>& roles) {
  json::array out;
  for (const Role role : roles) out.emplace_back(name(role));
  return out;
}

json::array texts_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(json_text(text));
  return out;
}

json::value number_or_null(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::array effects_array(const Plan& plan) {
  json::array out;
  for (const PersonEffect& effect : plan.effects) {
    json::array apps;
    for (const AppEffect& app : effect.apps) {
      apps.push_back({{"resource", json_text(app.resource)},
                      {"before", roles_array(app.before)},
                      {"after", roles_array(app.after)}});
    }
    out.push_back(
        {{"user", json_text(effect.user)}, {"certain", effect.certain}, {"apps", std::move(apps)}});
  }
  return out;
}

json::array seats_array(const Plan& plan) {
  json::array out;
  for (const Seats& seats : plan.seats) {
    out.push_back({{"resource", json_text(seats.resource)},
                   {"capacity", number_or_null(seats.capacity)},
                   {"usage", number_or_null(seats.usage)},
                   {"taken", seats.takers.size()},
                   {"freed", seats.freed},
                   {"certain", seats.takers_certain && seats.freed_certain},
                   {"left_over", texts_array(seats.left_over)}});
  }
  return out;
}

json::object outside_object(const Plan& plan) {
  std::vector<std::string> users;
  for (const Outsider& outsider : outsiders(plan)) users.push_back(outsider.user);
  return {{"own_domains", texts_array(plan.own_domains.names)},
          {"verified", plan.own_domains.verified},
          {"users", texts_array(users)}};
}

}  // namespace

json::object told_plan_object(const Plan& plan, std::string_view tool_version) {
  json::object out = plan_object(plan, tool_version);
  json::array& changes = out.at("changes").as_array();
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    changes[i].as_object().emplace("origin", name(plan.changes[i].origin));
  }
  out.emplace("effects", effects_array(plan));
  out.emplace("seats", seats_array(plan));
  out.emplace("outside", outside_object(plan));
  out.emplace("since_run", number_or_null(plan.since_run));
  return out;
}

std::string render_json(const Plan& plan, std::string_view tool_version, const AgainstBase* base) {
  json::object out = told_plan_object(plan, tool_version);
  if (base != nullptr) {
    json::array& changes = out.at("changes").as_array();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i].as_object()["in_base"] = static_cast<bool>(base->in_base[i]);
    }
    json::array dropped;
    for (const Change& change : base->dropped) dropped.push_back(change_object(change));
    json::array problems;
    for (const std::string& problem : base->problems) problems.push_back(json_text(problem));
    out["base"] = json::object{{"policy_digest", text_or_null(base->policy_digest)},
                               {"dropped", std::move(dropped)},
                               {"problems", std::move(problems)}};
  }
  return print_json(out, 2);
}

}  // namespace rolecall
