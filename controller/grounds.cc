#include "controller/grounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "controller/lasting_paths.h"
#include "controller/org_admins.h"
#include "controller/premises.h"
#include "controller/read_back.h"
#include "controller/settle_window.h"

namespace rolecall {
namespace {

constexpr std::chrono::milliseconds kBetweenCounts{2000};

bool is_found(std::size_t change, const std::vector<Grounds::Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Grounds::Finding& finding) { return finding.change == change; });
}

}  // namespace

Grounds::Seen Grounds::look(const std::vector<std::size_t>& changes, KnownIds& ids,
                            AdminFloor& floor, LookFrom from) {
  const Premises premises = read_premises(client_, endpoints_, plan_, changes, misread_, from);
  Seen out;
  out.key_refused = premises.key_refused;
  out.counts = premises.counts;
  for (std::size_t k = 0; k < changes.size(); ++k) {
    looked_at_[changes[k]] = true;
    const Premise& premise = premises.of[k];
    if (premise.counts) floor.is_one(plan_.changes[changes[k]].user);
    if (premise.done) {
      out.findings.push_back(
          {changes[k], true, "found so on reading again, just before it was to be made"});
    } else if (!premise.because.empty()) {
      out.findings.push_back({changes[k], false, premise.because, premise.gone});
    }
  }
  keep_who_is_protected(changes, ids, from.plan_is_fresh, out.findings);
  doubt_single_answers(ids, out.findings);
  leave_riders(changes, out.findings);
  const bool counted = count_admins(changes, ids, floor, from.plan_is_fresh, out.findings);
  look_for_hidden_admins(changes, counted, floor, out.findings);
  return out;
}

/// By a path that the plan counts on.
void Grounds::keep_who_is_protected(const std::vector<std::size_t>& changes, const KnownIds& ids,
                                    bool plan_is_fresh, std::vector<Finding>& findings) {
  std::vector<std::size_t> open;
  std::copy_if(changes.begin(), changes.end(), std::back_inserter(open),
               [&](std::size_t change) { return !is_found(change, findings); });
  LostPaths lost =
      lost_paths(client_, endpoints_, plan_, open, ids, misread_, plan_is_fresh, !paths_in_vain_);
  paths_in_vain_ = paths_in_vain_ || lost.waited_in_vain;
  for (auto& [change, why] : lost.why) {
    findings.push_back({change, false, std::move(why)});
  }
}

/// Of whom nothing has shown that they are one, where too few others are left for that to be left
/// out.
void Grounds::look_for_hidden_admins(const std::vector<std::size_t>& changes, bool counted,
                                     AdminFloor& floor, std::vector<Finding>& findings) {
  std::map<std::string, std::size_t> asked;
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    const bool leans = counted ? floor.leans_on_no_role_of(change) : AdminFloor::locks_out(change);
    if (!leans || is_found(i, findings)) continue;
    const ParsedUser* shown = misread_.seen().account(change.account_id);
    const bool counts_as_none = shown != nullptr && !Standing::is_active(*shown);
    const bool is_known = shown != nullptr && shown->org_admin;  // and has not accepted yet
    if (!counts_as_none && !is_known) asked.emplace(change.account_id, i);
  }
  if (asked.empty()) return;
  std::vector<std::string> accounts;
  for (const auto& [account, change] : asked) accounts.push_back(account);
  const HiddenAdmins hidden =
      hidden_admins(client_, endpoints_, plan_.directory, accounts, misread_);
  for (const std::string& account : hidden.found) {
    const std::size_t i = asked.at(account);
    floor.is_one(plan_.changes[i].user);
    findings.push_back({i, false,
                        fmt::format("their role assignments show that they are an org admin: it "
                                    "{} leave fewer than {}",
                                    counted ? "would" : "might", plan_.min_org_admins)});
  }
  for (const std::string& account : hidden.unread) {
    findings.push_back({asked.at(account), false,
                        counted ? fmt::format("whether they are an org admin could not be read "
                                              "again, and fewer than {} others are",
                                              plan_.min_org_admins)
                                : "who is an org admin now could not be read"});
  }
}

/// That something is so already one answer may say that is wrong in itself, or late, and what was
/// to be taken away would stay.
void Grounds::doubt_single_answers(KnownIds& ids, std::vector<Finding>& findings) {
  std::vector<std::size_t> asked;
  std::vector<Finding*> found;
  for (Finding& finding : findings) {
    const ChangeKind kind = plan_.changes[finding.change].kind;
    const bool matters =
        takes_away(kind) || kind == ChangeKind::invite_user || kind == ChangeKind::restore_user;
    if (!finding.done || !matters) continue;
    asked.push_back(finding.change);
    found.push_back(&finding);
  }
  if (asked.empty()) return;
  const std::vector<Effect> effects =
      read_back_for_sure(client_, endpoints_, plan_, asked, ids, {}, &misread_);
  for (std::size_t k = 0; k < asked.size(); ++k) {
    if (effects[k] == Effect::there) continue;
    found[k]->done = false;
    found[k]->because = effects[k] == Effect::unknown
                            ? "it was read as done, which could not be read once more"
                            : "it was read as done, and then as not done: it takes another plan";
  }
}

/// What was to ride on an invitation that does not leave.
void Grounds::leave_riders(const std::vector<std::size_t>& changes,
                           std::vector<Finding>& findings) const {
  std::map<std::string, std::string> not_invited;
  for (const Finding& finding : findings) {
    const Change& change = plan_.changes[finding.change];
    if (change.kind != ChangeKind::invite_user) continue;
    not_invited[change.user] =
        finding.done ? "somebody else has invited them meanwhile: it takes another plan"
                     : finding.because;
  }
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    const auto because = not_invited.find(change.user);
    if (because == not_invited.end() || change.kind == ChangeKind::invite_user) continue;
    std::erase_if(findings, [&](const Finding& finding) { return finding.change == i; });
    findings.push_back({i, false, because->second});
  }
}

/// False where they could not be counted, though it matters.
bool Grounds::count_admins(const std::vector<std::size_t>& changes, const KnownIds& ids,
                           AdminFloor& floor, bool plan_is_fresh, std::vector<Finding>& findings) {
  std::vector<std::size_t> taking;
  bool locks_others_out = false;
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    if (is_found(i, findings)) continue;
    if (floor.may_take_admin(change)) taking.push_back(i);
    locks_others_out = locks_others_out || AdminFloor::locks_out(change);
  }
  // Whether any of the others is one matters where too few are left by now.
  if (taking.empty() && (plan_is_fresh || !locks_others_out)) return true;
  std::map<std::string, std::string> counted;
  // Who did not show yet where nobody needed them may do so by now.
  const std::set<std::string> before = std::exchange(unseen_, {});
  for (const std::string& admin : before) {
    if (!flickered_.contains(admin) && !floor.was_taken(admin)) floor.keep(admin);
  }
  const std::set<std::string> admins = floor.admins();
  for (const std::string& admin : admins) {
    const auto planned = std::lower_bound(plan_.org_admins.begin(), plan_.org_admins.end(), admin);
    const auto place = static_cast<std::size_t>(planned - plan_.org_admins.begin());
    const bool was = planned != plan_.org_admins.end() && *planned == admin;
    std::string account;
    if (const auto known = ids.accounts.find(admin); known != ids.accounts.end()) {
      account = known->second;
    } else if (was && place < plan_.org_admin_accounts.size()) {
      account = plan_.org_admin_accounts[place];
    }
    if (account.empty()) {
      floor.lose(admin);
    } else {
      counted[account] = admin;
    }
  }
  std::optional<std::vector<std::string>> lost;
  const auto fine = [&] {
    return lost && !contradicts(*lost, floor) && !waits_for(*lost, taking, floor);
  };
  const auto read = [&](std::chrono::milliseconds wait) {
    lost = lost_admins(client_, endpoints_, plan_.directory, counted, wait, misread_);
    if (!lost) return;
    // Replicas may do as much; where nobody needs whoever it is, they are just not counted.
    const bool flickers = note_who_shows(counted, *lost);
    contradicted_ = contradicted_ || (flickers && waits_for(*lost, taking, floor));
  };
  bool missed = !before.empty();
  for (const std::chrono::milliseconds wait : kRoleWaits) {
    // Whom a run has waited for in vain keeps nobody else waiting.
    if (wait.count() > 0 && waited_in_vain_) break;
    read(wait);
    // Whoever shows after not having shown has to show twice.
    if (fine() && missed) read(kBetweenCounts);
    if (!lost || contradicted_ || fine()) break;
    missed = true;
  }
  waited_in_vain_ = waited_in_vain_ || (lost && !contradicted_ && !fine());
  contradicted_ = contradicted_ || (lost && contradicts(*lost, floor));
  if (!lost || contradicted_) {
    unseen_ = before;
    for (const std::string& admin : before) floor.lose(admin);
    for (const std::size_t i : taking) {
      findings.push_back({i, false,
                          contradicted_ ? "who else is an org admin was read in two ways"
                                        : "who else is an org admin now could not be read"});
    }
    return false;
  }
  for (const std::string& admin : *lost) {
    floor.lose(admin);
    if (!was_one(admin)) unseen_.insert(admin);
    (was_one(admin) ? others_took_admins_ : new_ones_do_not_show_) = true;
  }
  return true;
}

/// When the plan was made.
bool Grounds::was_one(const std::string& admin) const {
  return std::binary_search(plan_.org_admins.begin(), plan_.org_admins.end(), admin);
}

std::string_view Grounds::why_fewer_admins() const {
  if (others_took_admins_) return "somebody else took others away meanwhile";
  if (new_ones_do_not_show_) return "who was made one does not show as one yet";
  return {};
}

/// Whether somebody whom this run has made an admin has shown as one before, and does not now. They
/// are lost from then on, however they show.
bool Grounds::note_who_shows(const std::map<std::string, std::string>& counted,
                             std::vector<std::string>& lost) {
  bool flickers = false;
  std::vector<std::string> again;
  for (const auto& [account, admin] : counted) {
    if (was_one(admin)) continue;
    const bool shows = std::find(lost.begin(), lost.end(), admin) == lost.end();
    const bool ceased = !shows && shown_.contains(admin);
    flickers = flickers || ceased;
    if (ceased) flickered_.insert(admin);
    if (shows) shown_.insert(admin);
    if (shows && flickered_.contains(admin)) again.push_back(admin);
  }
  lost.insert(lost.end(), again.begin(), again.end());
  return flickers;
}

/// Whether somebody was read to be an admin already, without a grant of this run, and now not to
/// be: as much may be untrue of those who are said to be.
bool Grounds::contradicts(const std::vector<std::string>& lost, const AdminFloor& floor) {
  return std::any_of(lost.begin(), lost.end(),
                     [&](const std::string& admin) { return floor.was_found(admin); });
}

/// Whether more time may show that what is to be done does no harm: whoever was made an admin by
/// this run is needed, and does not show yet.
bool Grounds::waits_for(const std::vector<std::string>& lost,
                        const std::vector<std::size_t>& taking, AdminFloor floor) const {
  const bool fresh = std::any_of(lost.begin(), lost.end(),
                                 [&](const std::string& admin) { return !was_one(admin); });
  if (!fresh) return false;
  for (const std::string& admin : lost) floor.lose(admin);
  return std::any_of(taking.begin(), taking.end(), [&](std::size_t i) {
    const bool forbidden = floor.forbids(plan_.changes[i]);
    floor.take(plan_.changes[i]);
    return forbidden;
  });
}

std::size_t Grounds::looked_at() const {
  return static_cast<std::size_t>(std::count(looked_at_.begin(), looked_at_.end(), true));
}

}  // namespace rolecall
