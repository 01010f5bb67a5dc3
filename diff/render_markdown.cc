#include <fmt/format.h>

#include <algorithm>

#include "diff/plan_view.h"
#include "diff/render.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

// How the room of kMostMarkdown is given out. The head comes first, so that a large plan cannot
// push out what matters most; the changes get whatever the rest leaves.
constexpr std::size_t kRoomForRefusals = 8'000;
constexpr std::size_t kRoomForGaps = 4'000;
constexpr std::size_t kRoomForAdmins = 16'000;
constexpr std::size_t kRoomForNotes = 8'000;
constexpr std::size_t kRoomForFrames = 1'000;  ///< headings and folds around the changes
constexpr std::size_t kSubjectsPerNote = 5;
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
std::string cut(const List& list, std::size_t room, std::string_view what) {
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
  if (left > 0) out += fmt::format("- *and {} more {}*\n", left, what);
  return out;
}

class MarkdownRenderer {
 public:
  MarkdownRenderer(const Plan& plan, const AgainstBase* base) : plan_(plan), base_(base) {}

  std::string run() {
    std::string out = "<!-- rolecall plan -->\n" + verdict();
    out += section("Refused", refusals(), kRoomForRefusals, "refusals");
    out += acknowledgements();
    out += section("Incomplete", gaps(), kRoomForGaps, "gaps");
    out += risks();
    const std::string end = notes() + footer();
    const std::size_t used = out.size() + end.size() + kRoomForFrames;
    const std::size_t room = kMostMarkdown - used;
    return out + (base_ == nullptr ? changes(plan_, room, "") : against_base(room)) + end;
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
    const std::string words = cause_in_words(change.cause);
    return words.empty() ? "" : fmt::format(" ({})", shown(words));
  }

  static std::string section(std::string_view title, const List& list, std::size_t room,
                             std::string_view what) {
    if (list.items.empty()) return "";
    return fmt::format("\n#### {}\n\n{}", title, cut(list, room, what));
  }

  [[nodiscard]] std::string verdict() const {
    std::string out = "### Plan";
    if (!plan_.applyable()) out += ", refused by a safety rule";
    if (!plan_.complete) out += ", incomplete so that nothing is taken away";
    const std::string counts = counts_in_words(plan_);
    if (!counts.empty()) return fmt::format("{}: {}\n", out, counts);
    return out + (plan_.complete ? ": nothing to do, the organization is as described\n"
                                 : ": nothing to add\n");
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

  [[nodiscard]] std::string risks() const {
    List admins;
    for (const AdminChange& admin : admin_changes(plan_)) {
      const std::string by =
          admin.change->role.empty() ? fmt::format(" ({})", deed(admin.change->kind)) : "";
      admins.items.push_back({fmt::format(
          "- {} {} {} org-admin{}{}\n", sign(admin.gains ? '+' : '-'), person(admin.change->user),
          admin.gains ? "gains" : "loses", by, cause(*admin.change))});
    }
    std::string out;
    for (const Note& note : plan_.notes) {
      if (note.kind == kStoppedNote)
        out += fmt::format("- **{}**\n", escape_markdown(note.subject));
    }
    out += cut(admins, kRoomForAdmins, "admin changes");
    const auto counts = plan_.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto kind = static_cast<ChangeKind>(i);
      if (counts[i] == 0 || !takes_away(kind)) continue;
      out += fmt::format("- {} {}\n", sign(symbol(kind)), count_in_words(kind, counts[i]));
    }
    return out.empty() ? out : "\n#### Risks\n\n" + out;
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
      for (const Change* part : subject.parts) {
        list.items.push_back({fmt::format("  - {} {}{}\n", sign(symbol(part->kind)),
                                          part_in_words(*part), cause(*part))});
      }
    }
    return list;
  }

  static std::string fold(std::string_view title, const List& list, std::size_t room) {
    if (list.items.empty()) return "";
    return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title,
                       cut(list, room, "changes"));
  }

  [[nodiscard]] std::string changes(const Plan& part, std::size_t room,
                                    std::string_view before) const {
    const PlanView subjects = view(part);
    const List groups = change_list(subjects.groups, false);
    const List people = change_list(subjects.people, true);
    // Each may have half; what one leaves, the other may use.
    const std::size_t for_groups =
        std::min(groups.size(), std::max(room / 2, room - std::min(room, people.size())));
    const auto title = [&](std::string_view what, std::size_t n) {
      return fmt::format("{}{} ({} changed)", before, what, n);
    };
    return fold(title("Groups", subjects.groups.size()), groups, for_groups) +
           fold(title("People", subjects.people.size()), people, room - for_groups);
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
      out += changes(part, room > used ? room - used : 0, title);
    };
    if (own.changes.empty()) out += "\n**This change does nothing by itself.**\n";
    add(own, "**This change**", "");
    add(before, "Already to be done before it (drift)", "Drift: ");
    add(dropped, "Not to be done any more", "Dropped: ");
    return out;
  }

  [[nodiscard]] std::string notes() const {
    List list;
    for (const NoteGroup& group : group_notes(plan_)) {
      std::string line = fmt::format("- {} {} ({})", group.subjects.size(), shown(group.kind),
                                     note_in_words(group.kind));
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
    if (!plan_.changes.empty()) {
      out += fmt::format(" - digest {}", escape_markdown(short_digest(plan_)));
    }
    return out + "\n";
  }

  const Plan& plan_;
  const AgainstBase* base_;
};

}  // namespace

std::string render_markdown(const Plan& plan, const AgainstBase* base) {
  return MarkdownRenderer(plan, base).run();
}

}  // namespace rolecall
