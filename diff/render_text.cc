#include <fmt/format.h>

#include <algorithm>

#include "diff/effect_view.h"
#include "diff/effects.h"
#include "diff/plan_view.h"
#include "diff/render.h"
#include "diff/text_lines.h"
#include "state/model/paint.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Causes stand below each other up to here; what is longer pushes its own cause aside.
constexpr std::size_t kWidestColumn = 60;

class TextRenderer {
 public:
  TextRenderer(const Plan& plan, const TextOptions& options)
      : plan_(plan), options_(options), to_(options.color, options.columns) {}

  std::string run() {
    if (plan_.undo_of != 0) heading(fmt::format("Undo of run {}", plan_.undo_of));
    refusals();
    incomplete();
    risks();
    if (options_.base == nullptr) {
      changes(plan_);
    } else {
      against(*options_.base);
    }
    effects();
    notes();
    summary();
    return std::move(to_.out);
  }

 private:
  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const {
    return rolecall::paint(options_.color, tone, text);
  }

  /// "Ada Lovelace <ada@acme.example>", or the address alone where no name is known.
  [[nodiscard]] std::string person(const std::string& address) const {
    const auto found = plan_.names.find(address);
    if (found == plan_.names.end() || found->second.empty()) return escape_terminal(address);
    return fmt::format("{} <{}>", escape_terminal(found->second), escape_terminal(address));
  }

  void heading(std::string_view text, Tone tone = Tone::bold) {
    if (!to_.out.empty()) to_.out += '\n';
    to_.add_words(0, text, 2, tone);
  }

  void lines(const std::vector<TextLine>& all) { to_.add(all, kWidestColumn); }
  /// "  ! words"
  void warning(std::string_view words, Tone tone = Tone::yellow) {
    to_.out += fmt::format("  {} ", paint(tone, "!"));
    to_.add_words(4, words, 6);
  }

  static std::string cause(const Change& change) { return escape_terminal(cause_in_words(change)); }

  // --- refusals and risks -------------------------------------------------------------------

  void refusals() {
    if (plan_.refusals.empty()) return;
    heading("Refused: nothing of this plan is applied, not even in part", Tone::red);
    for (const Refusal& refusal : plan_.refusals) {
      warning(fmt::format("{}: {}", escape_terminal(refusal.klass),
                          escape_terminal(refusal_in_words(refusal))),
              Tone::red);
    }
    for (const std::string& why : plan_.unfit_acknowledgements) {
      warning(escape_terminal(why));
    }
    acknowledgements();
  }

  void acknowledgements() {
    const std::string all = acknowledgements_for(plan_);
    if (all.empty()) return;
    to_.out += "  ";
    to_.add_words(2, acknowledgements_lead(plan_), 2);
    to_.out += '\n';
    // As it is, to be copied.
    for (std::string_view toml = all; !toml.empty(); toml.remove_prefix(toml.find('\n') + 1)) {
      const std::string_view line = toml.substr(0, toml.find('\n'));
      to_.out += line.empty() ? "\n" : fmt::format("    {}\n", line);
    }
  }

  void incomplete() {
    if (plan_.complete) return;
    heading("Incomplete: what was read could not be proved, so nothing is taken away",
            Tone::yellow);
    for (const std::string& gap : plan_.gaps) {
      warning(escape_terminal(gap));
    }
    if (plan_.withheld > 0) {
      warning(plan_.withheld == 1 ? "1 change is withheld"
                                  : fmt::format("{} changes are withheld", plan_.withheld));
    }
  }

  void risks() {
    std::vector<TextLine> all;
    for (const Note& note : plan_.notes) {
      if (note.kind != kStoppedNote) continue;
      all.push_back({2, '!', escape_terminal(note.subject), ""});
    }
    for (const AdminChange& admin : admin_changes(plan_)) {
      std::string text = person(admin.change->user);
      text += admin.gains ? " gains org-admin" : " loses org-admin";
      if (admin.change->role.empty()) text += fmt::format(" ({})", deed(admin.change->kind));
      all.push_back({2, admin.gains ? '+' : '-', std::move(text), cause(*admin.change)});
    }
    const auto counts = plan_.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto kind = static_cast<ChangeKind>(i);
      if (counts[i] == 0 || !takes_away(kind) || kind == ChangeKind::revoke_org_role) continue;
      all.push_back({2, symbol(kind), count_in_words(kind, counts[i]), ""});
    }
    outside(all);
    shortages(all);
    if (all.empty()) return;
    heading("Risks");
    lines(all);
  }

  void outside(std::vector<TextLine>& into) const {
    const std::vector<Outsider> all = outsiders(plan_);
    if (all.empty()) return;
    into.push_back({2, '!', escape_terminal(outsiders_in_words(plan_, all.size())), ""});
    for (const Outsider& outsider : all) {
      into.push_back({4, '+',
                      fmt::format("{}: {}", person(outsider.user),
                                  escape_terminal(gifts_in_words(outsider.gifts))),
                      ""});
    }
  }

  void shortages(std::vector<TextLine>& into) const {
    for (const Seats& seats : plan_.seats) {
      if (seats.left_over.empty()) continue;
      into.push_back({2, '!',
                      fmt::format("{}: {}", escape_terminal(shortage_in_words(seats)),
                                  some_people(seats.left_over)),
                      ""});
    }
  }

  /// "Ada <ada@acme.example>, Bob <bob@acme.example> and 3 more"
  [[nodiscard]] std::string some_people(const std::vector<std::string>& addresses) const {
    std::string out;
    const std::size_t shown = std::min(addresses.size(), kSubjectsPerNote);
    for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : ", ") + person(addresses[i]);
    if (shown < addresses.size()) out += fmt::format(" and {} more", addresses.size() - shown);
    return out;
  }

  // --- changes ------------------------------------------------------------------------------

  [[nodiscard]] std::string part_in_words(const Change& change) const {
    switch (change.kind) {
      case ChangeKind::add_member:
      case ChangeKind::remove_member:
        return person(change.user);
      case ChangeKind::grant_org_role:
      case ChangeKind::revoke_org_role:
        return fmt::format("role {}", escape_terminal(change.role));
      default:
        return fmt::format("{} on {}", escape_terminal(change.role),
                           escape_terminal(change.resource));
    }
  }

  [[nodiscard]] std::vector<TextLine> subject_lines(const ChangedSubject& subject,
                                                    std::string title) const {
    TextLine head{2, '~', std::move(title), ""};
    if (subject.self != nullptr) {
      head.symbol = symbol(subject.self->kind);
      head.text += fmt::format(": {}", deed(subject.self->kind));
      head.remark = cause(*subject.self);
    }
    std::vector<TextLine> out = {std::move(head)};
    for (const Change* part : subject.parts) {
      out.push_back({4, symbol(part->kind), part_in_words(*part), cause(*part)});
    }
    return out;
  }

  /// Under headings "Groups" and "People", or under one of their own.
  void changes(const Plan& part, std::string_view title = {}) {
    if (!title.empty()) heading(title);
    const PlanView shown = view(part);
    groups(shown.groups, title.empty() ? "Groups" : "");
    people(shown.people, title.empty() ? "People" : "");
  }

  void against(const AgainstBase& base) {
    if (!base.problems.empty()) {
      heading("The policy before has no plan of its own, so that every change is this change's",
              Tone::yellow);
      for (const std::string& problem : base.problems) {
        warning(escape_terminal(problem));
      }
    }
    const Plan own = part_of(plan_, base, false);
    changes(own, own.changes.empty() ? "This change does nothing by itself."
                                     : fmt::format("This change: {}", counts_in_words(own)));
    const Plan before = part_of(plan_, base, true);
    if (!before.changes.empty()) {
      changes(before,
              fmt::format("To be done already before it (drift): {}", counts_in_words(before)));
    }
    const Plan dropped = dropped_part(plan_, base);
    if (!dropped.changes.empty()) {
      changes(dropped,
              fmt::format("The policy before would also do this, and this change drops it: {}",
                          counts_in_words(dropped)));
    }
  }

  void groups(const std::vector<ChangedSubject>& subjects, std::string_view title) {
    if (subjects.empty()) return;
    if (!title.empty()) heading(title);
    for (const ChangedSubject& subject : subjects) {
      lines(subject_lines(subject, escape_terminal(subject.key)));
    }
  }

  void people(const std::vector<ChangedSubject>& subjects, std::string_view title) {
    if (subjects.empty()) return;
    if (!title.empty()) heading(title);
    std::vector<TextLine> all;
    for (const ChangedSubject& subject : subjects) {
      for (TextLine& line : subject_lines(subject, person(subject.key))) {
        all.push_back(std::move(line));
      }
    }
    lines(all);
  }

  // --- what it means ------------------------------------------------------------------------

  void effects() {
    if (plan_.effects.empty()) return;
    heading("Effects");
    std::vector<TextLine> all;
    for (const EffectGroup& group : group_effects(plan_)) {
      std::string deeds;
      for (const std::string& deed : group.deeds) deeds += (deeds.empty() ? "" : ", ") + deed;
      all.push_back({2, group.takes ? '-' : '+',
                     fmt::format("{}: {}", some_people(group.people), escape_terminal(deeds)), ""});
    }
    for (const Seats& seats : plan_.seats) {
      all.push_back({2, '~', escape_terminal(seats_in_words(seats)), ""});
    }
    lines(all);
    const std::string_view uncertain = uncertainty_in_words(plan_);
    if (uncertain.empty()) return;
    to_.out += "    ";
    to_.add_words(4, uncertain, 4, Tone::dim);
  }

  // --- the rest -----------------------------------------------------------------------------

  void notes() {
    if (plan_.notes.empty()) return;
    heading("Notes");
    for (const NoteGroup& group : group_notes(plan_)) {
      to_.out += "  ";
      to_.add_words(2, fmt::format("{} ({})", note_in_words(group.kind), group.subjects.size()), 4);
      // What an undo cannot bring back is known in full before it is done.
      const bool all = group.kind.starts_with("undo_");
      const std::size_t shown =
          all ? group.subjects.size() : std::min(group.subjects.size(), kSubjectsPerNote);
      for (std::size_t i = 0; i < shown; ++i) {
        to_.out += "      ";
        to_.add_words(6, escape_terminal(group.subjects[i]), 8);
      }
      if (shown < group.subjects.size()) {
        to_.out += fmt::format("      and {} more\n", group.subjects.size() - shown);
      }
    }
  }

  void summary() {
    if (!to_.out.empty()) to_.out += '\n';
    const auto label = [&](std::string_view name) {
      to_.out += paint(Tone::bold, fmt::format("{:<7}", fmt::format("{}:", name))) + ' ';
    };
    const auto line = [&](std::string_view name, std::string_view text) {
      label(name);
      to_.add_words(8, text, 8);
    };
    if (plan_.changes.empty()) {
      to_.out +=
          plan_.complete
              ? plan_.undo_of != 0 ? "Nothing to do: nothing of the run can be taken back.\n"
                : leaves_some_out(plan_)
                    ? "Nothing to do; but not everything is as described: see the notes.\n"
                    : "Nothing to do: the organization is as described.\n"
              : "Nothing to do that is safe without having read the organization completely.\n";
      line("Cost", cost_in_words(plan_));
      return;
    }
    line("Plan", counts_in_words(plan_));
    const std::string origins = origins_in_words(plan_);
    if (!origins.empty()) line("Origin", origins);
    line("Cost", cost_in_words(plan_));
    line("Digest", escape_terminal(short_digest(plan_)));
    if (!plan_.applyable()) line("Refused", "nothing of it is applied; why is said at the top");
    if (plan_.applyable() && !options_.apply_command.empty()) {
      // Not wrapped: it is to be copied.
      label("Apply");
      to_.out += escape_terminal(options_.apply_command) + '\n';
    }
  }

  const Plan& plan_;
  const TextOptions& options_;
  TextLines to_;
};

}  // namespace

std::string render_text(const Plan& plan, const TextOptions& options) {
  return TextRenderer(plan, options).run();
}

}  // namespace rolecall
