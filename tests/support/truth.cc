#include "tests/support/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <utility>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

using Names = std::set<std::string>;

bool is_write(const simulator::HttpRequest& request) {
  if (request.method == "GET") return false;
  return !request.target.ends_with("/search") && !request.target.ends_with("/workspaces");
}

/// Every fact of an organization as a line, so that two can be compared fact by fact.
Names facts(const Model& model) {
  Names out;
  for (const auto& [email, one] : model.people) {
    out.insert("there: " + email);
    out.insert((one.suspended ? "suspended: " : "not suspended: ") + email);
    if (one.admin) out.insert("admin: " + email);
    for (const std::string& access : one.access) out.insert("access: " + email + ' ' + access);
  }
  for (const auto& [name, one] : model.groups) {
    out.insert("group: " + name);
    for (const std::string& email : one.members) out.insert("member: " + name + ' ' + email);
    for (const std::string& access : one.access) out.insert("grant: " + name + ' ' + access);
  }
  return out;
}

}  // namespace

void Truth::look_again() {
  state_ = org_.state();
  model_ = read_model(state_);
  std::erase_if(have_mail_, [&](const auto& email) { return !model_.people.contains(email); });
  mails_.clear();
  if (const auto* mails = state_.as_object().if_contains("mails")) {
    for (const auto& [email, count] : mails->as_object()) mails_[email] = count.as_int64();
  }
}

void Truth::arriving(const simulator::HttpRequest& request) {
  if (!is_write(request)) return;
  look_again();
  admins_before_ = active_admins();
}

void Truth::arrived(const simulator::HttpRequest& request) {
  if (!is_write(request)) return;
  const Model before = std::move(model_);
  const auto mails_before = mails_;
  const Names had_mail = have_mail_;
  look_again();
  Write write{request.method + ' ' + request.target, request.body};
  for (const auto& [email, count] : mails_) {
    const auto earlier = mails_before.find(email);
    if (earlier != mails_before.end() && earlier->second == count) continue;
    if (had_mail.contains(email)) throw Violation("a second mail to " + email);
    have_mail_.insert(email);
    write.effective = true;
  }
  check(before, model_, write);
  const std::int64_t admins = active_admins();
  if (!admins_moved && !from_the_past && admins < admins_before_ && admins < floor) {
    throw Violation(fmt::format("{}: {} active admins are left", write.request, admins));
  }
  writes_.push_back(std::move(write));
}

void Truth::check(const Model& before, const Model& after, Write& write) {
  if (before.people == after.people && before.groups == after.groups) return;
  write.effective = true;
  if (from_the_past) return;
  const Names was = facts(before), is = facts(after), want = facts(wanted(before));
  for (const std::string& fact : is) {
    if (!was.contains(fact) && !want.contains(fact)) {
      throw Violation(
          fmt::format("{} {}: given, and not wanted: {}", write.request, write.body, fact));
    }
  }
  for (const std::string& fact : was) {
    if (is.contains(fact)) continue;
    if (want.contains(fact)) {
      throw Violation(fmt::format("{} {}: taken, and wanted: {}", write.request, write.body, fact));
    }
    write.takes = write.takes || !fact.starts_with("suspended: ");
  }
  check_losses(before, after, write);
  if (write.takes && only_gives) throw Violation(write.request + " with a clock that is wrong");
}

/// What goes along with somebody or something that is gone counts as that alone.
void Truth::check_losses(const Model& before, const Model& after, const Write& write) {
  const auto holds = [&](const Names& is, const Names& was) {
    return std::includes(is.begin(), is.end(), was.begin(), was.end());
  };
  for (const auto& [email, was] : before.people) {
    const auto found = after.people.find(email);
    const bool gone = found == after.people.end();
    const bool suspended = !gone && found->second.suspended && !was.suspended;
    if (gone) count("remove_users", write);
    if (suspended) count("suspend_users", write);
    if (!gone && was.admin && !found->second.admin) count("revoke_admins", write);
    const bool stripped = !gone && !holds(found->second.access, was.access);
    if (stripped) count("revoke_user_access", write);
    const bool no_admin = !gone && was.admin && !found->second.admin;
    if (protected_users.contains(email) && (gone || suspended || stripped || no_admin)) {
      throw Violation(write.request + ": taken from protected " + email);
    }
  }
  for (const auto& [name, was] : before.groups) {
    const auto found = after.groups.find(name);
    const bool gone = found == after.groups.end();
    if (gone) count("delete_groups", write);
    const bool stripped = !gone && !holds(found->second.access, was.access);
    if (stripped) count("revoke_group_access", write);
    bool left = false;
    for (const std::string& email : was.members) {
      const bool there = after.people.contains(email);
      if (gone || !there || found->second.members.contains(email)) continue;
      left = true;
      count("remove_members", write);
      count("remove_members_per_group " + name, write);
      if (protected_users.contains(email)) {
        throw Violation(write.request + ": protected " + email + " is out of " + name);
      }
    }
    if (protected_groups.contains(name) && (gone || stripped || left)) {
      throw Violation(write.request + ": taken from protected " + name);
    }
  }
}

void Truth::count(const std::string& klass, const Write& write) {
  // The two clocks may differ by a second or two, as all clocks do.
  constexpr std::chrono::seconds kDay{86'400 - 10};
  std::vector<Instant>& taken = taken_[klass];
  const Instant now = time_();
  std::erase_if(taken, [&](Instant at) { return now - at >= kDay; });
  taken.push_back(now);
  const auto limit = limits.find(klass.substr(0, klass.find(' ')));
  if (limit != limits.end() && taken.size() > limit->second) {
    throw Violation(fmt::format("{}: {} of {} within a day, of which {} are allowed", write.request,
                                taken.size(), klass, limit->second));
  }
}

std::int64_t Truth::active_admins() const {
  const auto& users = state_.at("users").as_array();
  return std::count_if(users.begin(), users.end(), [](const boost::json::value& user) {
    const auto* status = user.as_object().if_contains("status");
    return user.as_object().contains("roles") && (status == nullptr || text(*status) == "active");
  });
}

std::vector<Truth::Write> Truth::take_writes() {
  return std::exchange(writes_, {});
}

}  // namespace rolecall::test
