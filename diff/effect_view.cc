#include "diff/effect_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "diff/plan_view.h"

namespace rolecall {
namespace {

std::string roles_in_words(const std::vector<Role>& roles) {
  std::string out;
  for (const Role role : roles) out += (out.empty() ? "" : ", ") + std::string(name(role));
  return out;
}

std::string deed_in_words(const AppEffect& app, bool certain) {
  if (app.before.empty()) {
    return fmt::format("{} {} ({})", certain ? "gains" : "may gain", app.resource,
                       roles_in_words(app.after));
  }
  if (app.after.empty()) {
    return fmt::format("{} {} ({})", certain ? "loses" : "may lose", app.resource,
                       roles_in_words(app.before));
  }
  return fmt::format("{} on {} from {} to {}", certain ? "changes" : "may change", app.resource,
                     roles_in_words(app.before), roles_in_words(app.after));
}

bool takes(const AppEffect& app) {
  return !std::includes(app.after.begin(), app.after.end(), app.before.begin(), app.before.end());
}

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

std::vector<EffectGroup> group_effects(const Plan& plan) {
  std::map<std::pair<bool, std::vector<std::string>>, EffectGroup> groups;
  for (const PersonEffect& effect : plan.effects) {
    std::vector<std::string> deeds;
    for (const AppEffect& app : effect.apps) deeds.push_back(deed_in_words(app, effect.certain));
    const bool some = std::any_of(effect.apps.begin(), effect.apps.end(), takes);
    EffectGroup& group = groups[{!some, deeds}];
    group.deeds = std::move(deeds);
    group.takes = some;
    group.people.push_back(effect.user);
  }
  std::vector<EffectGroup> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

std::string_view uncertainty_in_words(const Plan& plan) {
  const bool some = std::any_of(plan.effects.begin(), plan.effects.end(),
                                [](const PersonEffect& effect) { return !effect.certain; });
  return some ? "\"may\": direct grants, or groups whose access the policy does not manage, were "
                "not read"
              : "";
}

std::string seats_in_words(const Seats& seats) {
  const std::string_view doubt =
      seats.takers_certain && seats.freed_certain ? "" : ", as far as is known";
  const std::string moves =
      fmt::format("takes {}, frees {}{}", seats.takers.size(), seats.freed, doubt);
  if (!seats.usage) return fmt::format("{}: {}", seats.resource, moves);
  const std::int64_t after =
      *seats.usage + static_cast<std::int64_t>(seats.takers.size() - seats.left_over.size()) -
      static_cast<std::int64_t>(seats.freed);
  const std::string taken = seats.capacity
                                ? fmt::format("{} of {} seats", *seats.usage, *seats.capacity)
                                : counted(static_cast<std::size_t>(*seats.usage), "seat", "seats");
  return fmt::format("{}: {} taken, {} after ({})", seats.resource, taken, after, moves);
}

std::string shortage_in_words(const Seats& seats) {
  const std::int64_t left =
      std::max(std::int64_t{0}, seats.capacity.value_or(0) - seats.usage.value_or(0));
  std::string out = fmt::format("{}: {} left for {}", seats.resource,
                                counted(static_cast<std::size_t>(left), "seat", "seats"),
                                counted(seats.takers.size(), "person", "people"));
  if (seats.freed > 0) {
    out += fmt::format(", {} more at the end of the plan only", seats.freed);
  }
  return out + (seats.takers_certain ? "; without a seat" : "; perhaps without a seat");
}

std::string outsiders_in_words(const Plan& plan, std::size_t n) {
  constexpr std::size_t kNamed = 3;
  const std::vector<std::string>& own = plan.own_domains.names;
  std::string domains;
  for (std::size_t i = 0; i < std::min(own.size(), kNamed); ++i) {
    domains += (i == 0 ? "" : ", ") + own[i];
  }
  if (own.size() > kNamed) domains += fmt::format(" and {} more", own.size() - kNamed);
  return fmt::format("{} from outside {}{} {} given something", counted(n, "person", "people"),
                     domains,
                     plan.own_domains.verified ? "" : " (the domain that most people have)",
                     n == 1 ? "is" : "are");
}

std::string gifts_in_words(const std::vector<const Change*>& gifts) {
  constexpr std::size_t kNamed = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(gifts.size(), kNamed); ++i) {
    const Change& change = *gifts[i];
    if (i > 0) out += ", ";
    if (change.kind == ChangeKind::add_member) {
      out += fmt::format("added to {}", change.group);
    } else if (change.kind == ChangeKind::grant_user_access) {
      out += fmt::format("{} on {}", change.role, change.resource);
    } else {
      out += deed(change.kind);
    }
  }
  if (gifts.size() > kNamed) out += fmt::format(" and {} more", gifts.size() - kNamed);
  return out;
}

std::string origins_in_words(const Plan& plan) {
  if (!plan.since_run) return "";
  std::array<std::size_t, kOriginNames.size()> counts{};
  for (const Change& change : plan.changes) ++counts[static_cast<std::size_t>(change.origin)];
  std::string out;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    out += fmt::format("{}{} by {}", out.empty() ? "" : ", ", counts[i], kOriginNames[i]);
  }
  if (out.empty()) return out;
  return fmt::format("{} since run {} of {}", out, *plan.since_run, format_instant(plan.since));
}

std::string cause_in_words(const Change& change) {
  std::string cause = cause_in_words(change.cause);
  if (change.origin == Origin::unknown) return cause;
  return fmt::format("{}{}{}", name(change.origin), cause.empty() ? "" : ", ", cause);
}

}  // namespace rolecall
