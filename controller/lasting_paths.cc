#include "controller/lasting_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "controller/look_ups.h"
#include "controller/settle_window.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

bool is_given(const Lean::Path& path) {
  return path.given;
}

bool rests_on_gifts(const Lean& lean) {
  return lean.is_protected && lean.is_in_it && !lean.paths().empty() &&
         std::all_of(lean.paths().begin(), lean.paths().end(), is_given);
}

class LastingPaths {
 public:
  using Path = Lean::Path;

  LastingPaths(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
               const KnownIds& ids, Misread& misread, bool only_gifts, milliseconds delay)
      : reader_(client),
        first_(reader_, endpoints, plan.directory, delay),
        more_(reader_, endpoints, plan.directory),
        plan_(plan),
        ids_(ids),
        only_gifts_(only_gifts) {
    misread.hear(reader_);
  }

  struct Held {
    std::string why;
    bool may_show_later = true;  ///< a path that the plan has just given, as reads lag behind
  };

  /// `only_in_it`: whoever is not in the group has been looked at.
  std::map<std::size_t, Held> run(const std::vector<std::size_t>& changes, bool only_in_it) {
    const auto each = [&](auto visit) {
      for (const std::size_t i : changes) {
        for (const Lean* lean : plan_.leans_on(plan_.changes[i])) {
          if (!lean->is_protected) continue;
          const bool asked = only_gifts_ ? rests_on_gifts(*lean) : lean->is_in_it || !only_in_it;
          if (asked) visit(i, plan_.changes[i].group_id, *lean);
        }
      }
    };
    each([this](std::size_t, const std::string&, const Lean& lean) { ask(lean); });
    for (auto& [id, roles] : roles_of_groups_) first_.roles_of_group(id, roles);
    for (auto& [id, roles] : roles_of_users_) first_.roles_of_user(id, roles);
    search_people();
    reader_.run();
    each([this](std::size_t, const std::string& group, const Lean& lean) {
      look_closer(group, lean);
    });
    reader_.run();
    each([this](std::size_t, const std::string&, const Lean& lean) { look_inside(lean); });
    reader_.run();
    std::map<std::size_t, Held> out;
    each([&](std::size_t i, const std::string& group, const Lean& lean) {
      std::string why = lean.is_in_it ? why_lost(lean) : why_joined(group, lean);
      if (why.empty()) return;
      Held& held = out[i];
      if (held.why.empty()) held.why = std::move(why);
      held.may_show_later = held.may_show_later && lean.is_in_it && keeps(lean) == false &&
                            std::any_of(lean.paths().begin(), lean.paths().end(), is_given);
    });
    return out;
  }

 private:
  void ask(const Lean& lean) {
    people_[lean.account_id()];
    for (const Path& path : lean.paths()) {
      if (path.group.empty()) {
        roles_of_users_[lean.account_id()];
      } else if (const std::string id = id_of(path); !id.empty()) {
        roles_of_groups_[id];
      }
    }
  }

  void search_people() {
    std::vector<std::string> accounts;
    for (const auto& [account, person] : people_) accounts.push_back(account);
    by_parts(accounts, Endpoints::kMostIds, [this](const std::vector<std::string>& part) {
      Endpoints::UserSearch search;
      search.account_ids = part;
      search.expand_groups = true;
      first_.people(
          search,
          [this](ParsedUser user) {
            const auto place = people_.find(user.about.account_id);
            if (place != people_.end()) place->second.found = std::move(user);
          },
          [this, part] {
            for (const std::string& account : part) people_[account].read = true;
          });
    });
  }

  /// Their own list may be cut short, where it does not say enough by itself.
  void look_closer(const std::string& taken_from, const Lean& lean) {
    const Asked<ParsedUser>& person = people_.at(lean.account_id());
    if (!person.found || groups_of_.contains(lean.account_id())) return;
    const bool says_enough = lean.is_in_it ? keeps(lean) == true || !has_group_path(lean)
                                           : lists(*person.found, taken_from);
    if (!says_enough) more_.groups_of(*person.found, groups_of_[lean.account_id()]);
  }

  /// Of whom only the groups themselves tell (LookUps::groups_of).
  void look_inside(const Lean& lean) {
    const auto held = groups_of_.find(lean.account_id());
    if (!lean.is_in_it || held == groups_of_.end() || held->second.found->whole) return;
    if (keeps(lean) == true) return;
    for (const Path& path : lean.paths()) {
      const std::string id = id_of(path);
      if (id.empty()) continue;
      const auto [inside, is_new] = inside_.try_emplace({lean.account_id(), id});
      if (is_new) more_.in_group(lean.account_id(), id, inside->second);
    }
  }

  [[nodiscard]] static bool has_group_path(const Lean& lean) {
    return std::any_of(lean.paths().begin(), lean.paths().end(),
                       [](const Path& path) { return !path.group.empty(); });
  }

  /// Empty while it is not known, or no group.
  [[nodiscard]] std::string id_of(const Path& path) const {
    if (path.group.empty() || !path.id.empty()) return path.id;
    auto made = ids_.groups.find(path.group);
    if (made != ids_.groups.end()) return made->second;
    // An undo may spell it as the log does.
    const GroupName name = GroupName::from_server(path.group);
    made = std::find_if(ids_.groups.begin(), ids_.groups.end(), [&](const auto& group) {
      return GroupName::from_server(group.first) == name;
    });
    return made == ids_.groups.end() ? std::string() : made->second;
  }

  /// Nothing: that could not be read.
  [[nodiscard]] std::optional<bool> is_in(const std::string& account,
                                          const std::string& group) const {
    const Asked<ParsedUser>& person = people_.at(account);
    if (!person.read) return std::nullopt;
    if (!person.found) return false;
    if (lists(*person.found, group)) return true;
    const auto held = groups_of_.find(account);
    if (held == groups_of_.end()) return false;
    if (held->second.found->ids.contains(group)) return true;
    if (!held->second.read) return std::nullopt;
    if (held->second.found->whole) return false;
    const auto inside = inside_.find({account, group});
    return inside != inside_.end() && inside->second.found ? std::optional(true) : std::nullopt;
  }

  [[nodiscard]] static std::optional<bool> has(const Asked<HeldRoles>& roles, const Lean& lean) {
    if (!roles.read || roles.found->opaque.contains(lean.ari())) return std::nullopt;
    return roles.found->held.contains({lean.ari(), lean.role()});
  }

  /// Whether one of the paths is there. Nothing: one that could not be read may be.
  [[nodiscard]] std::optional<bool> keeps(const Lean& lean) const {
    bool all_read = true;
    for (const Path& path : lean.paths()) {
      std::optional<bool> there = false;
      if (path.group.empty()) {
        there = has(roles_of_users_.at(lean.account_id()), lean);
      } else if (const std::string id = id_of(path); !id.empty()) {
        there = has(roles_of_groups_.at(id), lean);
        if (there != false) {
          const std::optional<bool> inside = is_in(lean.account_id(), id);
          if (inside != true) there = inside;
        }
      }
      if (there == true) return true;
      all_read = all_read && there;
    }
    return all_read ? std::optional(false) : std::nullopt;
  }

  [[nodiscard]] std::string why_lost(const Lean& lean) const {
    const std::optional<bool> kept = keeps(lean);
    if (kept == true) return {};
    // A deactivated account has no app to lose.
    const Asked<ParsedUser>& person = people_.at(lean.account_id());
    const bool off = person.read && person.found && person.found->about.opaque.empty() &&
                     !person.found->about.account_active;
    if (off) return {};
    if (kept == false) {
      return fmt::format(
          "{}, who is protected, does not show as having it by other ways: it takes another plan",
          lean.user());
    }
    return fmt::format("whether {}, who is protected, still has it by other ways could not be read",
                       lean.user());
  }

  /// Whoever was not in the group would lose by it what somebody else has given them since.
  [[nodiscard]] std::string why_joined(const std::string& group, const Lean& lean) const {
    const Asked<ParsedUser>& person = people_.at(lean.account_id());
    if (person.read && !person.found) {
      return fmt::format("{}, who is protected, is not to be seen: it takes another plan",
                         lean.user());
    }
    const auto held = groups_of_.find(lean.account_id());
    const bool in_it = (person.found && lists(*person.found, group)) ||
                       (held != groups_of_.end() && held->second.found->ids.contains(group));
    if (in_it) {
      return fmt::format(
          "{}, who is protected, has been added to the group meanwhile: it takes another plan",
          lean.user());
    }
    const bool read = person.read && held != groups_of_.end() && held->second.read;
    return read ? std::string()
                : fmt::format("whether {}, who is protected, is in it could not be read",
                              lean.user());
  }

  Reader reader_;
  LookUps first_, more_;
  const Plan& plan_;
  const KnownIds& ids_;
  bool only_gifts_;
  std::map<std::string, Asked<HeldRoles>> roles_of_groups_, roles_of_users_;  ///< by id
  std::map<std::string, Asked<ParsedUser>> people_;                           ///< by account
  std::map<std::string, Asked<HeldGroups>> groups_of_;                        ///< likewise
  std::map<std::pair<std::string, std::string>, Asked<bool>> inside_;         ///< account, group id
};

}  // namespace

bool rests_on_gifts(const Plan& plan, const Change& change) {
  const std::vector<const Lean*> leans = plan.leans_on(change);
  return std::any_of(leans.begin(), leans.end(),
                     [](const Lean* lean) { return rests_on_gifts(*lean); });
}

LostPaths lost_paths(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
                     const std::vector<std::size_t>& changes, const KnownIds& ids, Misread& misread,
                     bool plan_is_fresh, bool may_wait) {
  LostPaths out;
  if (plan.leans.empty()) return out;
  std::vector<std::size_t> asked = changes;
  for (const milliseconds wait : kRoleWaits) {
    if (wait.count() > 0 && !may_wait) break;
    LastingPaths paths(client, endpoints, plan, ids, misread, plan_is_fresh, wait);
    const auto held = paths.run(asked, wait.count() > 0);
    for (const std::size_t i : std::exchange(asked, {})) {
      out.why.erase(i);
      const auto found = held.find(i);
      if (found == held.end()) continue;
      out.why.emplace(i, found->second.why);
      if (found->second.may_show_later) asked.push_back(i);
    }
    if (asked.empty()) return out;
  }
  out.waited_in_vain = true;
  return out;
}

}  // namespace rolecall
