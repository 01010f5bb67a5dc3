#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "diff/effect_view.h"
#include "diff/effects.h"
#include "diff/plan_view.h"
#include "diff/render.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

// How the room of kMostMarkdown is given out. The head comes first, so that a large plan cannot
// push out what matters most; the folds below it get whatever the rest leaves.
constexpr std::size_t kRoomForRefusals = 6'000;
constexpr std::size_t kRoomForGaps = 2'500;
constexpr std::size_t kRoomForStops = 1'500;
constexpr std::size_t kRoomForAdmins = 32'000;
constexpr std::size_t kRoomForOutsiders = 3'500;
constexpr std::size_t kRoomForSeats = 2'500;
constexpr std::size_t kRoomForNotes = 4'000;
constexpr std::size_t kRoomForFrames = 1'200;  ///< headings and folds around the changes
/// So that no line can eat the room of all others.
constexpr std::size_t kLongestText = 120;

/// Cut where it is very long; not escaped.
std::string clip(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins && ++characters > kLongestText) break;
    // Bytes that are not UTF-8 may never begin a character.
    if (end >= 4 * kLongestText) break;
  }
  return std::string(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string shown(std::string_view text) {
  return escape_markdown(clip(text));
}

/// One line and how many changes it tells of: 0 for the heading of a group whose parts follow.
struct Item {
  std::string line;
  std::size_t tells = 1;
};

struct List {
  std::vector<Item> items;
  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const Item& item : items) sum += item.line.size();
    return sum;
  }
};

/// The first items that fit, and a line that counts the others.
std::string cut(const List& list, std::size_t room, std::string_view what,
                std::string_view indent = "") {
  constexpr std::size_t kRoomForRest = 80;
  std::string out;
  std::size_t i = 0;
  const bool all = list.size() <= room;
  for (; i < list.items.size(); ++i) {
    if (!all && out.size() + list.items[i].line.size() + kRoomForRest > room) break;
    out += list.items[i].line;
  }
  std::size_t left = 0;
  for (; i < list.items.size(); ++i) left += list.items[i].tells;
  if (left > 0) out += fmt::format("{}- *and {} more {}*\n", indent, left, what);
  return out;
}

class MarkdownRenderer {
 public:
  MarkdownRenderer(const Plan& plan, const AgainstBase* base, const std::string& apply_command)
      : plan_(plan), base_(base), apply_command_(apply_command) {}

  std::string run() {
    std::string out = std::string(kMarkdownMarker) + "\n" + verdict();
    out += section("Refused", refusals(), kRoomForRefusals, "refusals");
    out += acknowledgements();
    out += section("Incomplete", gaps(), kRoomForGaps, "gaps");
    out += risks();
    out += section("Seats", seats(), kRoomForSeats, "apps");
    const std::string end = notes() + footer();
    const std::size_t used = out.size() + end.size() + kRoomForFrames;
    const std::size_t room = used < kMostMarkdown ? kMostMarkdown - used : 0;
    const std::string folded =
        base_ == nullptr ? folds(plan_, room, "", effect_list()) : against_base(room);
    return out + folded + end;
  }

 private:
  [[nodiscard]] std::string person(const std::string& address) const {
    const auto found = plan_.names.find(address);
    if (found == plan_.names.end() || found->second.empty()) return shown(address);
    return fmt::format("{} &lt;{}&gt;", shown(found->second), shown(address));
  }
  /// A plus or minus that cannot be taken for the bullet of a list.
  static std::string sign(char symbol) { return fmt::format("`{}`", symbol); }
  static std::string cause(const Change& change) {
    const std::string words = cause_in_words(change);
    return words.empty() ? "" : fmt::format(" ({})", shown(words));
  }

  static std::string section(std::string_view title, const List& list, std::size_t room,
                             std::string_view what) {
    if (list.items.empty()) return "";
    return fmt::format("\n#### {}\n\n{}", title, cut(list, room, what));
  }

  /// What there is to decide, in one line; what it holds, in another.
  [[nodiscard]] std::string verdict() const {
    std::string state;
    if (!plan_.applyable()) state += ", refused by a safety rule";
    if (!plan_.complete) state += ", incomplete so that nothing is taken away";
    if (plan_.changes.empty()) {
      return fmt::format("### Plan{}: {}\n", state,
                         !plan_.complete ? "nothing to add"
                         : leaves_some_out(plan_)
                             ? "nothing to do, but not everything is as described: see the notes"
                             : "nothing to do, the organization is as described");
    }
    const auto takes = static_cast<std::size_t>(
        std::count_if(plan_.changes.begin(), plan_.changes.end(),
                      [](const Change& change) { return takes_away(change.kind); }));
    std::string out = fmt::format("### Plan{}: {} {}", state, plan_.changes.size(),
                                  plan_.changes.size() == 1 ? "change" : "changes");
    out += takes == 0 ? ", nothing is taken away\n"
                      : fmt::format(", {} of them {} something away\n", takes,
                                    takes == 1 ? "takes" : "take");
    out += fmt::format("\n{}\n", counts_in_words(plan_));
    const std::string origins = origins_in_words(plan_);
    return origins.empty() ? out : fmt::format("{}\nOrigin: {}\n", out, origins);
  }

  [[nodiscard]] List refusals() const {
    List list;
    for (const Refusal& refusal : plan_.refusals) {
      Refusal clipped = refusal;
      clipped.subject = clip(refusal.subject);
      list.items.push_back({fmt::format("- **{}**: {}\n", shown(refusal.klass),
                                        escape_markdown(refusal_in_words(clipped)))});
    }
    for (const std::string& why : plan_.unfit_acknowledgements) {
      list.items.push_back({fmt::format("- {}\n", escape_markdown(why))});
    }
    return list;
  }

  /// Nothing in it comes from outside but digits.
  [[nodiscard]] std::string acknowledgements() const {
    const std::string toml = acknowledgements_for(plan_);
    if (toml.empty()) return "";
    return fmt::format("\n{}\n\n```toml\n{}```\n", acknowledgements_lead(plan_), toml);
  }

  [[nodiscard]] List gaps() const {
    List list;
    if (plan_.complete) return list;
    if (plan_.withheld > 0) {
      list.items.push_back({fmt::format("- changes withheld: {}\n", plan_.withheld)});
    }
    for (const std::string& gap : plan_.gaps) {
      list.items.push_back({fmt::format("- {}\n", shown(gap))});
    }
    return list;
  }

  /// Every one of them is shown, in fewer and fewer words, for as long as there is any room.
  [[nodiscard]] std::string admins() const {
    const std::vector<AdminChange> all = admin_changes(plan_);
    const auto by = [](const AdminChange& admin) {
      return admin.change->role.empty() ? fmt::format(" ({})", deed(admin.change->kind)) : "";
    };
    List full;
    for (const AdminChange& admin : all) {
      full.items.push_back({fmt::format("- {} {} {} org-admin{}{}\n", sign(admin.gains ? '+' : '-'),
                                        person(admin.change->user), admin.gains ? "gains" : "loses",
                                        by(admin), cause(*admin.change))});
    }
    if (full.size() <= kRoomForAdmins) return cut(full, kRoomForAdmins, "admin changes");
    std::string out;
    for (const bool gains : {true, false}) {
      std::vector<std::string> addresses;
      for (const AdminChange& admin : all) {
        if (admin.gains == gains) addresses.push_back(admin.change->user);
      }
      if (addresses.empty()) continue;
      out += fmt::format("- {} {} {} org-admin: {}\n", sign(gains ? '+' : '-'), addresses.size(),
                         gains ? "gain" : "lose", named(addresses, kRoomForAdmins / 2));
    }
    return out;
  }

  /// Addresses alone, as many as fit, and how many others there are.
  static std::string named(const std::vector<std::string>& addresses, std::size_t room) {
    std::string out;
    std::size_t i = 0;
    for (; i < addresses.size(); ++i) {
      const std::string next = (i == 0 ? "" : ", ") + shown(addresses[i]);
      if (out.size() + next.size() > room) break;
      out += next;
    }
    if (i < addresses.size()) out += fmt::format(" *and {} more*", addresses.size() - i);
    return out;
  }

  [[nodiscard]] std::string outside() const {
    const std::vector<Outsider> all = outsiders(plan_);
    if (all.empty()) return "";
    List list;
    for (const Outsider& outsider : all) {
      list.items.push_back({fmt::format("  - {} {}: {}\n", sign('+'), person(outsider.user),
                                        shown(gifts_in_words(outsider.gifts)))});
    }
    return fmt::format("- **{}**\n{}", shown(outsiders_in_words(plan_, all.size())),
                       cut(list, kRoomForOutsiders, "people from outside", "  "));
  }

  [[nodiscard]] std::string shortages() const {
    List list;
    constexpr std::size_t kRoomForNames = 600;
    for (const Seats& seats : plan_.seats) {
      if (seats.left_over.empty()) continue;
      list.items.push_back({fmt::format("- **{}**: {}\n", shown(shortage_in_words(seats)),
                                        named(seats.left_over, kRoomForNames))});
    }
    return cut(list, kRoomForSeats, "apps without enough seats");
  }

  [[nodiscard]] std::string risks() const {
    std::string out;
    List stopped;
    for (const Note& note : plan_.notes) {
      if (note.kind != kStoppedNote) continue;
      stopped.items.push_back({fmt::format("- **{}**\n", shown(note.subject))});
    }
    out += cut(stopped, kRoomForStops, "orders to stop") + admins();
    const auto counts = plan_.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto kind = static_cast<ChangeKind>(i);
      if (counts[i] == 0 || !takes_away(kind)) continue;
      out += fmt::format("- {} {}\n", sign(symbol(kind)), count_in_words(kind, counts[i]));
    }
    out += outside() + shortages();
    return out.empty() ? out : "\n#### Risks\n\n" + out;
  }

  [[nodiscard]] List seats() const {
    List list;
    for (const Seats& seats : plan_.seats) {
      list.items.push_back({fmt::format("- {}\n", shown(seats_in_words(seats)))});
    }
    return list;
  }

  [[nodiscard]] std::string part_in_words(const Change& change) const {
    switch (change.kind) {
      case ChangeKind::add_member:
      case ChangeKind::remove_member:
        return person(change.user);
      case ChangeKind::grant_org_role:
      case ChangeKind::revoke_org_role:
        return fmt::format("role {}", shown(change.role));
      default:
        return fmt::format("{} on {}", shown(change.role), shown(change.resource));
    }
  }

  [[nodiscard]] List change_list(const std::vector<ChangedSubject>& subjects, bool people) const {
    List list;
    for (const ChangedSubject& subject : subjects) {
      const std::string title = people ? person(subject.key) : shown(subject.key);
      if (subject.self == nullptr) {
        list.items.push_back({fmt::format("- {} **{}**\n", sign('~'), title), 0});
      } else {
        const ChangeKind kind = subject.self->kind;
        list.items.push_back({fmt::format("- {} **{}** {}{}\n", sign(symbol(kind)), title,
                                          deed(kind), cause(*subject.self))});
      }
      // On a narrow screen, one cause under twenty names would hide the names.
      std::string above;
      for (const Change* part : subject.parts) {
        std::string why = cause(*part);
        const bool likewise = !why.empty() && why == above;
        list.items.push_back(
            {fmt::format("  - {} {}{}\n", sign(symbol(part->kind)), part_in_words(*part),
                         likewise ? std::string_view(" (likewise)") : std::string_view(why))});
        above = std::move(why);
      }
    }
    return list;
  }

  [[nodiscard]] List effect_list() const {
    List list;
    constexpr std::size_t kRoomForNames = 1'000;
    for (const EffectGroup& group : group_effects(plan_)) {
      std::string deeds;
      for (const std::string& deed : group.deeds) {
        deeds += (deeds.empty() ? "" : ", ") + shown(deed);
      }
      const std::string who = group.people.size() == 1 ? person(group.people.front())
                                                       : named(group.people, kRoomForNames);
      list.items.push_back(
          {fmt::format("- {} **{}**: {}\n", sign(group.takes ? '-' : '+'), deeds, who),
           group.people.size()});
    }
    const std::string_view uncertain = uncertainty_in_words(plan_);
    if (!uncertain.empty())
      list.items.insert(list.items.begin(), {fmt::format("{}\n\n", uncertain), 0});
    return list;
  }

  static std::string fold(std::string_view title, const List& list, std::size_t room,
                          std::string_view what) {
    if (list.items.empty()) return "";
    return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title,
                       cut(list, room, what));
  }

  [[nodiscard]] std::string effect_fold(const List& effects, std::size_t room) const {
    return fold(fmt::format("Apps gained and lost ({} {})", plan_.effects.size(),
                            plan_.effects.size() == 1 ? "person" : "people"),
                effects, room, "people");
  }

  /// What takes something away first, where not all can be shown.
  static void put_first_what_takes(std::vector<ChangedSubject>& subjects) {
    const auto takes = [](const Change* change) {
      return change != nullptr && takes_away(change->kind);
    };
    std::stable_partition(subjects.begin(), subjects.end(), [&](const ChangedSubject& subject) {
      return takes(subject.self) || std::any_of(subject.parts.begin(), subject.parts.end(), takes);
    });
  }

  /// The changes of a part of the plan, and the effects where any are given.
  [[nodiscard]] std::string folds(const Plan& part, std::size_t room, std::string_view before,
                                  const List& effects) const {
    PlanView subjects = view(part);
    List groups = change_list(subjects.groups, false);
    List people = change_list(subjects.people, true);
    if (effects.size() + groups.size() + people.size() > room) {
      put_first_what_takes(subjects.groups);
      put_first_what_takes(subjects.people);
      groups = change_list(subjects.groups, false);
      people = change_list(subjects.people, true);
    }
    // Each may have a third; what one leaves, the others may use, the first one first.
    const std::array<const List*, 3> lists = {&effects, &groups, &people};
    std::array<std::size_t, 3> given{};
    std::size_t left = room;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      given[i] = std::min(lists[i]->size(), room / lists.size());
      left -= given[i];
    }
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::size_t more = std::min(lists[i]->size() - given[i], left);
      given[i] += more;
      left -= more;
    }
    const auto title = [&](std::string_view what, std::size_t n) {
      return fmt::format("{}{} ({} changed)", before, what, n);
    };
    return effect_fold(effects, given[0]) +
           fold(title("Groups", subjects.groups.size()), groups, given[1], "changes") +
           fold(title("People", subjects.people.size()), people, given[2], "changes");
  }

  /// The change's own changes come first; what they leave of the room is for the others.
  [[nodiscard]] std::string against_base(std::size_t room) const {
    std::string out;
    for (const std::string& problem : base_->problems) {
      if (out.empty()) {
        out =
            "\n**The policy before has no plan of its own; every change is shown as this "
            "change's:**\n\n";
      }
      if (out.size() > kRoomForGaps) break;
      out += fmt::format("- {}\n", shown(problem));
    }
    const Plan own = part_of(plan_, *base_, false);
    const Plan before = part_of(plan_, *base_, true);
    const Plan dropped = dropped_part(plan_, *base_);
    const auto add = [&](const Plan& part, std::string_view words, std::string_view title) {
      if (part.changes.empty()) return;
      out += fmt::format("\n{}: {}\n", words, counts_in_words(part));
      const std::size_t used = out.size() + 2 * kRoomForFrames;
      out += folds(part, room > used ? room - used : 0, title, {});
    };
    if (own.changes.empty()) out += "\n**This change does nothing by itself.**\n";
    add(own, "**This change**", "");
    add(before, "Already to be done before it (drift)", "Drift: ");
    add(dropped, "The policy before would also do this, and this change drops it", "Dropped: ");
    const List effects = effect_list();
    const std::size_t used = out.size() + kRoomForFrames;
    return out + effect_fold(effects, room > used ? room - used : 0);
  }

  [[nodiscard]] std::string notes() const {
    List list;
    for (const NoteGroup& group : group_notes(plan_)) {
      std::string line = fmt::format("- {} ({})", note_in_words(group.kind), group.subjects.size());
      const std::size_t named = std::min(group.subjects.size(), kSubjectsPerNote);
      for (std::size_t i = 0; i < named; ++i) {
        line += (i == 0 ? ": " : ", ") + shown(group.subjects[i]);
      }
      if (named < group.subjects.size()) {
        line += fmt::format(" and {} more", group.subjects.size() - named);
      }
      list.items.push_back({line + "\n", group.subjects.size()});
    }
    if (list.items.empty()) return "";
    return fmt::format("\n<details><summary>Notes ({})</summary>\n\n{}\n</details>\n",
                       plan_.notes.size(), cut(list, kRoomForNotes, "notes"));
  }

  [[nodiscard]] std::string footer() const {
    std::string out = fmt::format("\nCost: {}", cost_in_words(plan_));
    if (plan_.changes.empty()) return out + "\n";
    out += fmt::format(" - digest {}\n", escape_markdown(short_digest(plan_)));
    if (!plan_.applyable() || apply_command_.empty()) return out;
    // Within backticks nothing but another one means anything.
    if (apply_command_.find('`') != std::string::npos) return out;
    return out + fmt::format("\nTo apply this plan and no other: `{}`\n",
                             escape_terminal(apply_command_));
  }

  const Plan& plan_;
  const AgainstBase* base_;
  const std::string& apply_command_;
};

}  // namespace

std::string render_markdown(const Plan& plan, const AgainstBase* base,
                            const std::string& apply_command) {
  return MarkdownRenderer(plan, base, apply_command).run();
}

}  // namespace rolecall
