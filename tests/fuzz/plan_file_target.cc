#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "diff/plan_file.h"
#include "diff/plan_json.h"
#include "state/model/digest.h"
#include "state/model/json.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

/// What is accepted is what is written.
void require_stable(std::string_view bytes) {
  const auto saved = parse_saved_plan(bytes, "1");
  if (!saved) return require(!saved.error().what.empty(), "a refusal without words");
  const std::string again = save_plan(saved->plan, saved->info);
  require(again == bytes, "a plan that is saved otherwise");
  const auto twice = parse_saved_plan(again, "1");
  require(twice && save_plan(twice->plan, twice->info) == again, "a plan that is read otherwise");
  require(
      stale_reasons(*saved, saved->plan).empty() || saved->info.tool_version != ROLECALL_VERSION,
      "a plan that is stale at once");
}

/// A random change of a file hardly ever gets past the checksum, so it is made to fit.
void with_fitting_checksum(std::string_view bytes) {
  const auto document = parse_json(bytes);
  if (!document || !document->is_object()) return;
  boost::json::object object = document->get_object();
  object.erase("checksum");
  Digest checksum("rolecall plan file 2");
  checksum.field(boost::json::serialize(object));
  object.emplace("checksum", checksum.hex());
  // The way save_plan writes it: any other spelling is refused whatever it says.
  require_stable(print_json(object, 3));
}

std::string word(Bytes& bytes) {
  constexpr std::array<std::string_view, 6> kWords = {"ada@x.example", "bob@x.example", "dev",
                                                      "jira",          "user",          ""};
  const std::size_t i = bytes.below(kWords.size() + 1);
  return std::string(i < kWords.size() ? kWords.at(i) : bytes.text());
}

Plan make_plan_of(Bytes& bytes) {
  Plan plan;
  plan.organization = word(bytes);
  plan.directory = word(bytes);
  plan.at = *parse_instant("2026-12-01") + std::chrono::milliseconds(bytes.byte());
  plan.policy_digest = word(bytes);
  plan.complete = bytes.coin();
  plan.reads = bytes.byte();
  for (std::size_t n = bytes.below(8); n > 0; --n) {
    Change change;
    change.kind = static_cast<ChangeKind>(bytes.below(kChangeKindCount));
    change.user = word(bytes);
    change.account_id = word(bytes);
    change.group = word(bytes);
    change.resource = word(bytes);
    change.role = word(bytes);
    change.cause = {{word(bytes), bytes.byte(), 0}, word(bytes), word(bytes)};
    // One id stands behind one name.
    if (!change.group.empty()) change.group_id = "id of " + change.group;
    if (!change.resource.empty()) change.ari = "ari of " + change.resource;
    if (change.kind == ChangeKind::create_group) change.description = word(bytes);
    plan.changes.push_back(std::move(change));
  }
  const auto before = [](const Change& a, const Change& b) { return a.order(b) < 0; };
  std::sort(plan.changes.begin(), plan.changes.end(), before);
  const auto same = [](const Change& a, const Change& b) { return a.order(b) == 0; };
  plan.changes.erase(std::unique(plan.changes.begin(), plan.changes.end(), same),
                     plan.changes.end());
  if (bytes.coin()) plan.notes.push_back({word(bytes), word(bytes)});
  if (bytes.coin()) plan.refusals.push_back({word(bytes), 1, 2, word(bytes), word(bytes)});
  reschedule(plan);
  return plan;
}

}  // namespace

void plan_file(std::string_view input) {
  require_stable(input);
  with_fitting_checksum(input);

  Bytes bytes(input);
  const SavedPlanInfo info{"1", *parse_instant("2026-12-01"), word(bytes), bytes.coin()};
  std::string file = save_plan(make_plan_of(bytes), info);
  require(parse_json(file).has_value(), "a saved plan that is no JSON");
  require_stable(file);
  // A byte elsewhere, or another one in its place.
  const std::size_t at = (bytes.byte() * 256U + bytes.byte()) % file.size();
  file[at] = static_cast<char>(bytes.byte());
  require_stable(file);
  with_fitting_checksum(file);
}

}  // namespace rolecall::fuzz
