#include "diff/plan_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <map>
#include <set>

#include "diff/goes_along.h"
#include "diff/lost_gifts.h"
#include "diff/plan_json.h"
#include "diff/plan_view.h"
#include "state/model/digest.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormat = 3;
constexpr int kLinesDeep = 3;
constexpr std::string_view kAgain = "make a new plan";

json::object behind_object(const Plan& plan) {
  std::map<std::string, std::string> groups;
  std::map<std::string, std::string> resources;
  for (const Change& change : plan.changes) {
    if (!change.group_id.empty()) groups[change.group] = change.group_id;
    if (!change.resource.empty()) resources[change.resource] = change.ari;
  }
  json::object ids;
  for (const auto& [name, id] : groups) ids.emplace(json_text(name), json_text(id));
  json::object aris;
  for (const auto& [alias, ari] : resources) aris.emplace(json_text(alias), json_text(ari));
  return {{"groups", std::move(ids)}, {"resources", std::move(aris)}};
}

json::object saved_object(const Plan& plan, const SavedPlanInfo& info) {
  json::object shown = plan_object(plan, info.tool_version);
  json::array& changes = shown.at("changes").as_array();
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    changes[i].as_object().emplace("goes_along", json_text(plan.changes[i].goes_along));
    if (plan.changes[i].kind != ChangeKind::create_group) continue;
    changes[i].as_object().emplace("description", json_text(plan.changes[i].description));
  }
  json::object out{{"rolecall_plan", kFormat},
                   {"tool_version", json_text(info.tool_version)},
                   {"created", format_instant(info.created)},
                   {"server_date", info.server_date ? json_text(format_instant(*info.server_date))
                                                    : json::value(nullptr)},
                   {"store", text_or_null(info.store)},
                   {"audit_head", text_or_null(info.audit_head)},
                   {"policy_path", json_text(info.policy_path)},
                   {"at_given", info.at_given},
                   {"plan", std::move(shown)},
                   {"behind", behind_object(plan)}};
  Digest checksum("rolecall plan file 2");
  checksum.field(json::serialize(out));
  out.emplace("checksum", checksum.hex());
  return out;
}

/// Reads the members of one object and remembers the first thing that is wrong, for all of them
/// together: what it returns means something only while there is no problem.
class FieldReader {
 public:
  FieldReader(const json::value& value, std::string path, std::string& problem)
      : object_(value.if_object()), path_(std::move(path)), problem_(problem) {
    if (object_ == nullptr) note(path_, "expected an object");
  }

  const json::value& value(std::string_view key) {
    static const json::value kNull;
    if (object_ == nullptr) return kNull;
    known_.emplace_back(key);
    const json::value* found = object_->if_contains(key);
    if (found == nullptr) note(path(key), "is missing");
    return found == nullptr ? kNull : *found;
  }
  [[nodiscard]] bool has(std::string_view key) const {
    return object_ != nullptr && object_->contains(key);
  }
  std::string text(std::string_view key) {
    const json::string* found = value(key).if_string();
    if (found == nullptr) note(path(key), "expected text");
    return found == nullptr ? "" : std::string(*found);
  }
  std::string text_or_null(std::string_view key) { return value(key).is_null() ? "" : text(key); }
  std::int64_t integer(std::string_view key) {
    const std::int64_t* found = value(key).if_int64();
    const bool good = found != nullptr && *found >= 0;
    if (!good) note(path(key), "expected a whole number of 0 or more");
    return good ? *found : 0;
  }
  bool boolean(std::string_view key) {
    const bool* found = value(key).if_bool();
    if (found == nullptr) note(path(key), "expected true or false");
    return found != nullptr && *found;
  }
  Instant instant(std::string_view key) {
    const std::string words = text(key);
    const std::optional<Instant> found = parse_instant(words);
    if (!found) note(path(key), fmt::format("{} is not a moment in time", quote(words)));
    return found.value_or(Instant{});
  }
  FieldReader object(std::string_view key) { return {value(key), path(key), problem_}; }
  template <class Visit>
  void each(std::string_view key, Visit visit) {
    const json::array* items = value(key).if_array();
    if (items == nullptr) return note(path(key), "expected a list");
    for (std::size_t i = 0; i < items->size(); ++i) {
      FieldReader item((*items)[i], fmt::format("{}[{}]", path(key), i), problem_);
      visit(item);
      item.end();
    }
  }
  /// The names and texts of an object that is a table.
  std::map<std::string, std::string> table() {
    std::map<std::string, std::string> out;
    if (object_ == nullptr) return out;
    for (const auto& member : *object_) out[std::string(member.key())] = text(member.key());
    return out;
  }
  /// Every member must have been asked for.
  void end() {
    if (object_ == nullptr) return;
    for (const auto& member : *object_) {
      if (std::find(known_.begin(), known_.end(), member.key()) == known_.end()) {
        note(path(member.key()), "is not known");
      }
    }
  }
  void note(const std::string& where, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}: {}", where, what);
  }
  [[nodiscard]] std::string path(std::string_view key) const {
    return fmt::format("{}.{}", path_, key);
  }

 private:
  const json::object* object_;
  std::string path_;
  std::string& problem_;
  std::vector<std::string> known_;
};

Change read_change(FieldReader& in) {
  Change out;
  const std::string kind = in.text("kind");
  const std::optional<ChangeKind> known = parse_change_kind(kind);
  if (!known) in.note(in.path("kind"), fmt::format("{} is not a kind of change", quote(kind)));
  out.kind = known.value_or(ChangeKind{});
  out.user = in.text_or_null("user");
  out.account_id = in.text_or_null("account_id");
  out.group = in.text_or_null("group");
  out.resource = in.text_or_null("resource");
  out.role = in.text_or_null("role");
  FieldReader cause = in.object("cause");
  out.cause.place.file = cause.text("file");
  out.cause.place.line = static_cast<std::uint32_t>(cause.integer("line"));
  out.cause.why = cause.text("why");
  out.cause.reason = cause.text_or_null("reason");
  cause.end();
  if (out.kind == ChangeKind::create_group) out.description = in.text("description");
  out.goes_along = in.text("goes_along");
  return out;
}

/// What is counted from the changes is not read here: the caller compares it.
Plan read_plan(FieldReader in) {
  Plan plan;
  for (const std::string_view derived :
       {"format_version", "tool_version", "applyable", "summary"}) {
    in.value(derived);
  }
  plan.at = in.instant("at");
  plan.organization = in.text("organization");
  plan.directory = in.text("directory");
  plan.digest = in.text("digest");
  plan.policy_digest = in.text("policy_digest");
  plan.live_digest = in.text("live_digest");
  plan.complete = in.boolean("complete");
  if (in.has("undo_of")) plan.undo_of = in.integer("undo_of");
  in.each("changes", [&](FieldReader& item) { plan.changes.push_back(read_change(item)); });
  FieldReader calls = in.object("calls");
  plan.reads = static_cast<std::size_t>(calls.integer("reads"));
  calls.value("writes");
  calls.value("estimated_seconds");
  calls.end();
  in.each("notes", [&](FieldReader& item) {
    plan.notes.push_back({item.text("kind"), item.text("subject")});
  });
  in.each("refusals", [&](FieldReader& item) {
    Refusal refusal;
    refusal.klass = item.text("class");
    refusal.n = item.integer("n");
    refusal.of = item.integer("of");
    refusal.limit = item.text("limit");
    refusal.subject = item.text_or_null("subject");
    plan.refusals.push_back(std::move(refusal));
  });
  in.end();
  return plan;
}

void put_behind(const std::map<std::string, std::string>& groups,
                const std::map<std::string, std::string>& resources, Plan& plan) {
  const auto find = [](const std::map<std::string, std::string>& in, const std::string& key) {
    const auto found = in.find(key);
    return found == in.end() ? std::string() : found->second;
  };
  for (Change& change : plan.changes) {
    if (!change.group.empty()) change.group_id = find(groups, change.group);
    if (!change.resource.empty()) change.ari = find(resources, change.resource);
  }
}

const Change* find(const Plan& plan, const Change& wanted) {
  const auto found =
      std::lower_bound(plan.changes.begin(), plan.changes.end(), wanted,
                       [](const Change& a, const Change& b) { return a.order(b) < 0; });
  return found != plan.changes.end() && found->order(wanted) == 0 ? &*found : nullptr;
}

std::vector<Change> left_out(const Plan& fresh, const Plan& saved) {
  std::vector<Change> out;
  std::copy_if(fresh.changes.begin(), fresh.changes.end(), std::back_inserter(out),
               [&](const Change& change) { return find(saved, change) == nullptr; });
  return out;
}

}  // namespace

std::string save_plan(const Plan& plan, const SavedPlanInfo& info) {
  return print_json(saved_object(plan, info), kLinesDeep);
}

Result<SavedPlan> parse_saved_plan(std::string_view bytes, std::string_view tool_version) {
  const Result<json::value> document = parse_json(bytes);
  if (!document) return fail(document.error().what, std::string(kAgain));
  const json::object* object = document->if_object();
  if (object == nullptr || !object->contains("rolecall_plan")) {
    return fail("not a plan of this tool: $.rolecall_plan is missing", std::string(kAgain));
  }
  std::string problem;
  FieldReader in(*document, "$", problem);
  SavedPlan out;
  const std::int64_t format = in.integer("rolecall_plan");
  if (problem.empty() && format != kFormat) {
    return fail(fmt::format("plan has format {}, this tool knows format {}", format, kFormat),
                std::string(kAgain));
  }
  out.info.tool_version = in.text("tool_version");
  if (problem.empty() && out.info.tool_version != tool_version) {
    return fail(fmt::format("plan was made by rolecall {}, this is {}",
                            quote(out.info.tool_version), tool_version),
                std::string(kAgain));
  }
  out.info.created = in.instant("created");
  if (!in.value("server_date").is_null()) out.info.server_date = in.instant("server_date");
  out.info.store = in.text_or_null("store");
  out.info.audit_head = in.text_or_null("audit_head");
  out.info.policy_path = in.text("policy_path");
  out.info.at_given = in.boolean("at_given");
  out.plan = read_plan(in.object("plan"));
  FieldReader behind = in.object("behind");
  const auto groups = behind.object("groups").table();
  const auto resources = behind.object("resources").table();
  behind.end();
  out.checksum = in.text("checksum");
  in.end();
  const auto& changes = out.plan.changes;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    if (changes[i - 1].order(changes[i]) < 0) continue;
    in.note(fmt::format("$.plan.changes[{}]", i), "is not in order, or there twice");
  }
  if (!problem.empty()) return fail(problem, std::string(kAgain));

  put_behind(groups, resources, out.plan);
  const std::string digest = out.plan.digest;
  reschedule(out.plan);
  if (out.plan.digest != digest) {
    return fail("plan digest does not match its content - make a new plan");
  }
  // Written anew it must be the same: so whatever was not looked at above is right too.
  const json::value again = saved_object(out.plan, out.info);
  if (again != *document) {
    return fail(again.at("checksum").as_string() != out.checksum
                    ? "plan checksum does not match its content - make a new plan"
                    : "plan holds what does not follow from its changes - make a new plan");
  }
  if (print_json(again, kLinesDeep) != bytes) {
    return fail("plan is not byte for byte as rolecall wrote it - make a new plan");
  }
  return out;
}

std::vector<std::string> stale_reasons(const SavedPlan& saved, const Plan& fresh) {
  std::vector<std::string> out;
  const auto moved = [&](std::string_view what, const std::string& then, const std::string& now) {
    if (then == now) return;
    out.push_back(fmt::format("the plan is for {} {}, this is {}", what, quote(then), quote(now)));
  };
  const Plan& plan = saved.plan;
  if (saved.info.tool_version != ROLECALL_VERSION) {
    out.push_back(fmt::format("the plan was made by rolecall {}, this is {}",
                              quote(saved.info.tool_version), ROLECALL_VERSION));
  }
  moved("organization", plan.organization, fresh.organization);
  moved("directory", plan.directory, fresh.directory);
  // What an undo does follows from the log, and what is safe is checked anew.
  if (plan.undo_of == 0 && plan.policy_digest != fresh.policy_digest) {
    out.emplace_back("the policy has changed since the plan was made");
  }
  const auto same_behind = [&](const Change& change, std::string_view what, const std::string& then,
                               const std::string& now) {
    if (then == now) return;
    out.push_back(fmt::format("{}: {} was {} and is {} now", change_in_words(change), what,
                              then.empty() ? "not known" : quote(then),
                              now.empty() ? "not known" : quote(now)));
  };
  for (const Change& change : plan.changes) {
    const Change* now = find(fresh, change);
    if (now == nullptr) {
      out.push_back(fmt::format("{}: no longer to be done", change_in_words(change)));
      continue;
    }
    same_behind(change, "the account", change.account_id, now->account_id);
    same_behind(change, "the group", change.group_id, now->group_id);
    same_behind(change, "the resource", change.ari, now->ari);
    same_behind(change, "the description", change.description, now->description);
    if (std::string others = different_company(change, *now); !others.empty()) {
      out.push_back(std::move(others));
    }
  }
  LostGifts lost;
  for (const Change& change : left_out(fresh, plan)) lost.add(change);
  for (const Change& change : plan.changes) {
    if (const Lean* lean = lost.cost(fresh, change)) {
      out.push_back(fmt::format(
          "{}: {} {} lose an app by it, since the plan does not hold what "
          "gives it otherwise",
          change_in_words(change), lean->user(), lean->ari().empty() ? "might" : "would"));
    }
  }
  // What the old group of a rename still has to hand over must be in the saved plan, or deleting it
  // would take that from somebody.
  for (const Change& change : fresh.changes) {
    if (takes_away(change.kind) || change.group.empty() || find(plan, change) != nullptr) continue;
    for (const auto& [from, to] : fresh.renamed) {
      Change deletion;
      deletion.kind = ChangeKind::delete_group;
      deletion.group = from;
      if (to != change.group || find(plan, deletion) == nullptr) continue;
      out.push_back(fmt::format("{}: needs {} first, which the plan does not hold",
                                change_in_words(deletion), change_in_words(change)));
    }
  }
  return out;
}

Plan narrow(const Plan& fresh, const SavedPlan& saved) {
  Plan out = fresh;
  std::erase_if(out.changes,
                [&](const Change& change) { return find(saved.plan, change) == nullptr; });
  out.left_out = left_out(fresh, saved.plan);
  // Whoever is not removed any more stays in what is renamed.
  std::set<std::string> removed;
  for (const Change& change : out.changes) {
    if (change.kind == ChangeKind::remove_user) removed.insert(change.account_id);
  }
  for (auto& [group, copied] : out.copied) {
    std::erase_if(copied.leaving, [&](const std::string& who) { return !removed.contains(who); });
  }
  reschedule(out);
  return out;
}

}  // namespace rolecall
