#include "diff/plan_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "diff/near_names.h"
#include "diff/undo.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

struct KindWords {
  char symbol;
  std::string_view deed;
  std::string_view one;
  std::string_view many;
  std::string_view to_do;
};

const KindWords& words(ChangeKind kind) {
  static constexpr std::array<KindWords, kChangeKindCount> kWords = {{
      {'+', "created", "group", "groups", "create"},
      {'+', "granted", "group grant", "group grants", "give"},
      {'~', "restored", "person", "people", "restore"},
      {'+', "invited", "person", "people", "invite"},
      {'+', "added", "member", "members", "add"},
      {'+', "granted", "direct grant", "direct grants", "give"},
      {'+', "made org-admin", "org admin", "org admins", "make"},
      {'-', "revoked", "group grant", "group grants", "revoke"},
      {'-', "revoked", "direct grant", "direct grants", "revoke"},
      {'-', "removed", "member", "members", "remove"},
      {'~', "suspended", "person", "people", "suspend"},
      {'-', "removed", "person", "people", "remove"},
      {'-', "deleted", "group", "groups", "delete"},
      {'-', "no longer org-admin", "org admin", "org admins", "demote"},
  }};
  return kWords[static_cast<std::size_t>(kind)];
}

bool is_whole(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::create_group:
    case ChangeKind::delete_group:
    case ChangeKind::invite_user:
    case ChangeKind::suspend_user:
    case ChangeKind::restore_user:
    case ChangeKind::remove_user:
      return true;
    default:
      return false;
  }
}

std::vector<ChangedSubject> subjects(std::map<std::string, ChangedSubject>&& by_key) {
  std::vector<ChangedSubject> out;
  out.reserve(by_key.size());
  for (auto& [key, subject] : by_key) {
    subject.key = key;
    out.push_back(std::move(subject));
  }
  return out;
}

std::optional<LimitClass> limit_class(std::string_view text) {
  const auto* found = std::find(kLimitClassNames.begin(), kLimitClassNames.end(), text);
  if (found == kLimitClassNames.end()) return std::nullopt;
  return static_cast<LimitClass>(found - kLimitClassNames.begin());
}

/// "free 3, percent 10, count 100" as people say it: it passes up to `free`, else where both others
/// hold.
std::string limit_in_words(const std::string& limit) {
  long long free = 0, percent = 0, count = 0;
  int used = 0;
  if (std::sscanf(limit.c_str(), "free %lld, percent %lld, count %lld%n", &free, &percent, &count,
                  &used) != 3) {
    return limit;
  }
  return fmt::format("{} (free), or {} % (percent) and at most {} (count){}", free, percent, count,
                     limit.substr(static_cast<std::size_t>(used)));
}

std::string share(const Refusal& refusal) {
  if (refusal.of <= 0) return "";
  const double percent = 100.0 * static_cast<double>(refusal.n) / static_cast<double>(refusal.of);
  return fmt::format(" ({:.3g} %)", percent);
}

}  // namespace

PlanView view(const Plan& plan) {
  std::map<std::string, ChangedSubject> groups;
  std::map<std::string, ChangedSubject> people;
  for (const Change& change : plan.changes) {
    ChangedSubject& subject = change.group.empty() ? people[change.user] : groups[change.group];
    if (is_whole(change.kind)) {
      subject.self = &change;
    } else {
      subject.parts.push_back(&change);
    }
  }
  return {subjects(std::move(groups)), subjects(std::move(people))};
}

std::vector<AdminChange> admin_changes(const Plan& plan) {
  std::vector<AdminChange> out;
  for (const Change& change : plan.changes) {
    const auto& holders = plan.org_role_holders;
    const bool holds = std::binary_search(holders.begin(), holders.end(), change.user);
    switch (change.kind) {
      case ChangeKind::grant_org_role:
        out.push_back({&change, true});
        break;
      case ChangeKind::restore_user:
        if (holds) out.push_back({&change, true});
        break;
      case ChangeKind::suspend_user:
      case ChangeKind::remove_user:
        if (holds) out.push_back({&change, false});
        break;
      case ChangeKind::revoke_org_role:
        out.push_back({&change, false});
        break;
      default:
        break;
    }
  }
  return out;
}

char symbol(ChangeKind kind) {
  return words(kind).symbol;
}

std::string_view deed(ChangeKind kind) {
  return words(kind).deed;
}

std::string count_in_words(ChangeKind kind, std::size_t n) {
  const KindWords& said = words(kind);
  return fmt::format("{} {} to {}", n, n == 1 ? said.one : said.many, said.to_do);
}

std::string counts_in_words(const Plan& plan) {
  const auto counts = plan.counts();
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    if (!out.empty()) out += ", ";
    out += count_in_words(static_cast<ChangeKind>(i), counts[i]);
  }
  return out;
}

std::string refusal_in_words(const Refusal& refusal) {
  const std::string part = fmt::format("{} of {}", refusal.n, refusal.of);
  if (refusal.klass == "min_org_admins") {
    return fmt::format("{} of {} active org admins would be left; the policy wants {}", refusal.n,
                       refusal.of, refusal.limit);
  }
  if (refusal.klass == "protected_users") {
    return fmt::format("{} is protected, and {} would take something away; {}", refusal.subject,
                       refusal.n == 1 ? "a change" : fmt::format("{} changes", refusal.n),
                       refusal.limit);
  }
  if (refusal.klass == "protected_groups") {
    return fmt::format(
        "group {} is protected, and {} would take something away; {}", refusal.subject,
        refusal.n == 1 ? "a change" : fmt::format("{} changes", refusal.n), refusal.limit);
  }
  static const std::map<std::string_view, std::string_view> kPopulation = {
      {"delete_groups", "groups would be deleted"},
      {"remove_members", "memberships would end"},
      {"remove_members_per_group", "members would be removed"},
      {"remove_users", "people would be removed"},
      {"revoke_admins", "org admins would be lost"},
      {"revoke_group_access", "group grants would be revoked"},
      {"revoke_user_access", "direct grants would be revoked"},
      {"suspend_users", "people would be suspended"},
  };
  const auto found = kPopulation.find(refusal.klass);
  const std::string_view what = found == kPopulation.end() ? "would be taken" : found->second;
  const std::string where =
      refusal.subject.empty() ? "" : fmt::format(" in group {}", refusal.subject);
  return fmt::format("{}{} {}{}; the limit is {}", part, share(refusal), what, where,
                     limit_in_words(refusal.limit));
}

std::string acknowledgements_for(const Plan& plan) {
  // Long enough for a review, short enough not to be forgotten.
  constexpr std::chrono::days kValid{7};
  std::map<LimitClass, std::int64_t> most;
  for (const Refusal& refusal : plan.refusals) {
    const auto klass = limit_class(refusal.klass);
    if (klass) most[*klass] = std::max(most[*klass], refusal.n);
  }
  std::string out;
  for (const auto& [klass, n] : most) {
    out += fmt::format(
        "{}[[acknowledge]]\nclass  = \"{}\"\ncount  = {}\nplan   = \"{}\"\nuntil  = {}\n"
        "reason = \"say why\"\n",
        out.empty() ? "" : "\n", name(klass), n, short_digest(plan),
        format_instant(std::chrono::floor<std::chrono::days>(plan.at) + kValid).substr(0, 10));
  }
  return out;
}

bool only_limits_refuse(const Plan& plan) {
  return std::all_of(plan.refusals.begin(), plan.refusals.end(),
                     [](const Refusal& r) { return limit_class(r.klass).has_value(); });
}

std::string acknowledgements_lead(const Plan& plan) {
  return only_limits_refuse(plan)
             ? "If all of this is meant, add this to a file of the policy, and plan again:"
             : "Limits can be acknowledged in a file of the policy, the other refusals cannot:";
}

std::string change_in_words(const Change& change) {
  std::string out(name(change.kind));
  if (!change.user.empty()) out += " of " + quote(change.user);
  if (!change.group.empty()) out += " for group " + quote(change.group);
  if (!change.role.empty()) out += " with role " + quote(change.role);
  if (!change.resource.empty()) out += " on " + quote(change.resource);
  return out;
}

std::string cause_in_words(const Cause& cause) {
  std::string out = cause.place.file;
  if (!out.empty() && cause.place.line != 0) out += fmt::format(":{}", cause.place.line);
  if (!cause.why.empty()) out += (out.empty() ? "" : " ") + cause.why;
  if (!cause.reason.empty()) out += (out.empty() ? "" : "; ") + cause.reason;
  return out;
}

std::string cost_in_words(const Plan& plan) {
  const std::size_t seconds = estimated_seconds(plan);
  const auto counted = [](std::size_t n, std::string_view what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  std::string why;
  for (const auto& [what, calls] : plan.reads_for) {
    why += fmt::format("{}{} {}", why.empty() ? " (" : ", ", what, calls);
  }
  if (!why.empty()) why += ')';
  return fmt::format(
      "{} made{}, {}, about {}", counted(plan.reads, "read"), why,
      counted(plan.calls.size(), "write"),
      seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", (seconds + 59) / 60));
}

std::string_view note_in_words(std::string_view kind) {
  static const std::map<std::string_view, std::string_view> kMeaning = {
      {"acknowledged", "limits that the plan goes beyond, and the policy acknowledges"},
      {"built_in_group", "built-in groups that the policy does not name; left alone"},
      {"deactivated_account", "accounts that are deactivated or closed; nothing can be changed"},
      {"description_differs", "groups whose description differs; the API cannot change it"},
      {kOpenInvitation,
       "people not invited again, since they may have a mail already; once you know that they have "
       "none, apply with --invite-again ADDRESS"},
      {kConflictingInvitation,
       "people whose invitation was answered 409: they may be there already; invited again by the "
       "next run after 120 s, unless they show"},
      {kFreshInvitation,
       "people invited so lately that the directory may not show them yet; not invited again"},
      {kNearName,
       "names that the organization has not, while it has nearly the same one, of which the policy "
       "does not speak: look at their spelling"},
      {"not_looked_at", "what --quick does not look at"},
      {kNotHeld,
       "people who were suspended or removed, as it was answered, and are there all the same: it "
       "was not effective after 120 s, or somebody has undone it; it is done once more"},
      {kNotShownYet,
       "changes made less than 120 s ago that are not to be seen: reads may lag behind, or "
       "somebody "
       "has undone them; look once more in two minutes"},
      {"opaque_group", "groups the API describes in a way not understood; never changed"},
      {"opaque_user", "people who are not changed, since who or what they are is not understood"},
      {kAdminInDoubt,
       "org admins whom a run took the role from less than 120 s ago, or may have: they do not "
       "count for min_org_admins until reads can be believed"},
      {"other_address", "people whose account shows another address now"},
      {"protected_group", "groups not named, kept because they are protected"},
      {"protected_group_gone",
       "groups not named, kept because they may be a protected one under another name"},
      {"protected_unknown",
       "protected names that neither policy nor organization has: they protect nobody; look at "
       "their spelling"},
      {"protected_user", "people not named, kept because they are protected"},
      {"quick_look", "no change is seen since everything was read at"},
      {"rename_waits_for_opaque_member",
       "renamed groups that stay, because a member cannot be carried over"},
      {kSeatsUnknown, "the plan takes seats, and how many there are could not be read"},
      {"server_tells_no_time",
       "what the clock here was not held against: dates are decided by it alone"},
      {kSettling,
       "people who were suspended or removed less than 120 s ago, which reads may not show yet; it "
       "is done once more"},
      {kStoppedNote, "nothing is written until rolecall resume"},
      {"synced_group", "groups owned by an identity provider; left alone"},
      {kUndoInvites,
       "people invited anew: a mail is sent, and they have nothing until they accept"},
      {kUndoLeftAlone, "changes of the run that are not taken back"},
      {kUndoMail, "people who keep the invitation mail that the run sent, although it ends"},
      {kUndoNewGroup, "groups that come back under a new id"},
      {kUndoPolicy, "an undo does not change the policy"},
      {kUnmanageableRole, "roles that can be seen but not managed; left alone"},
      {"unmanaged_group", "groups that the policy does not name; left alone"},
      {"unmanaged_user",
       "people without an entry in [users]; their place in the directory is left alone"},
  };
  const auto found = kMeaning.find(kind);
  return found == kMeaning.end() ? std::string_view("worth knowing") : found->second;
}

bool leaves_out(const Note& note) {
  // Whoever has no address is in nobody's policy.
  if (note.kind == "opaque_user") {
    return Email::parse(note.subject.substr(0, note.subject.find(':'))).has_value();
  }
  return note.kind == kOpenInvitation || note.kind == kFreshInvitation ||
         note.kind == kConflictingInvitation || note.kind == "deactivated_account" ||
         note.kind == "rename_waits_for_opaque_member";
}

bool leaves_some_out(const Plan& plan) {
  return std::any_of(plan.notes.begin(), plan.notes.end(), leaves_out);
}

std::vector<Note> not_looked_at(std::string_view full_read_at) {
  return {{"not_looked_at", "access: groups that hold other roles on as many apps as before"},
          {"not_looked_at", "access that people hold directly"},
          {"not_looked_at", "members, where as many came as went in each group"},
          {"not_looked_at", "people: their names, who is suspended, who is an organization admin"},
          {"quick_look", std::string(full_read_at)}};
}

std::vector<NoteGroup> group_notes(const Plan& plan) {
  std::map<std::string, NoteGroup> by_kind;
  for (const Note& note : plan.notes) {
    NoteGroup& group = by_kind[note.kind];
    group.kind = note.kind;
    group.subjects.push_back(note.subject);
  }
  std::vector<NoteGroup> out;
  for (auto& [kind, group] : by_kind) out.push_back(std::move(group));
  return out;
}

std::size_t estimated_seconds(const Plan& plan) {
  // What clients of this API have settled on; there is no published number (facts.md section 5).
  constexpr std::size_t kCallsPerSecond = 5;
  return (plan.calls.size() + plan.look_ups + kCallsPerSecond - 1) / kCallsPerSecond;
}

std::string_view short_digest(const Plan& plan) {
  return std::string_view(plan.digest).substr(0, 12);
}

}  // namespace rolecall
