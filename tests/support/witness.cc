#include "tests/support/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

std::string word(const json::value& object, std::string_view key) {
  const json::value* found = object.as_object().if_contains(key);
  return found == nullptr || !found->is_string() ? std::string() : text(*found);
}

std::vector<std::string> list(const json::value& object, std::string_view key) {
  const json::value* found = object.as_object().if_contains(key);
  return found == nullptr ? std::vector<std::string>() : texts(*found);
}

std::string last_part(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string bare_role(const std::string& role) {
  return last_part(role);
}

std::string decoded(std::string text) {
  for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
    text.replace(at, 3, 1, static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)));
  }
  return text;
}

/// What follows "/users/" in the path of a request; likewise of groups.
std::string segment_after(const Request& request, std::string_view what) {
  const std::size_t at = request.target.find(what);
  if (at == std::string::npos) return {};
  const std::size_t from = at + what.size();
  return decoded(request.target.substr(from, request.target.find_first_of("/?", from) - from));
}

json::value body_of(const Request& request) {
  return request.body.empty() ? json::value(json::object()) : json::parse(request.body);
}

std::string account_of(const Request& request) {
  if (request.operation == Operation::addUserToGroup) return word(body_of(request), "accountId");
  if (request.operation == Operation::removeUserFromGroup) {
    return segment_after(request, "/memberships/");
  }
  return segment_after(request, "/users/");
}

std::string group_of(const Request& request) {
  return segment_after(request, "/groups/");
}

bool gives(Operation operation) {
  return operation == Operation::addUserToGroup || operation == Operation::assignRole ||
         operation == Operation::assignOrganizationLevelRole;
}

}  // namespace

void Witness::start(Ticket ticket, ReadRequest request, milliseconds delay) {
  passing_();
  asked_.insert_or_assign(ticket, std::pair(request.request(), clock_.now() + delay));
  ForwardingClient::start(ticket, std::move(request), delay);
}

void Witness::start(Ticket ticket, WriteRequest request, milliseconds delay) {
  passing_();
  const Request& what = request.request();
  leaving_.insert_or_assign(ticket, Leaving{what, against(what), age(what)});
  ForwardingClient::start(ticket, std::move(request), delay);
}

Completion Witness::wait() {
  Completion out = ForwardingClient::wait();
  if (const auto read = asked_.extract(out.ticket)) {
    const auto& [request, sent] = read.mapped();
    if (out.answer && out.answer->status == 200) learn(request, *out.answer, sent);
    return out;
  }
  const auto written = leaving_.extract(out.ticket);
  if (!written || out.attempts == 0) return out;
  const Leaving& write = written.mapped();
  ++writes_;
  window_ = std::max(window_, write.age);
  if (!write.contradiction.empty()) {
    contradictions_.push_back(fmt::format("{} {} {}: {}", name(write.request.method),
                                          write.request.target, write.request.body,
                                          write.contradiction));
  }
  if (out.answer && out.answer->status < 300) done(write.request);
  return out;
}

// --- what answers show --------------------------------------------------------------------------

void Witness::learn(const Request& request, const Response& answer, Instant sent) {
  const json::value body = json::parse(answer.body);
  switch (request.operation) {
    case Operation::searchDirectoryUsers:
      return learn_people(request, body, sent);
    case Operation::searchDirectoryGroups:
      return learn_teams(request, body, sent);
    case Operation::getUserRoleAssignments:
    case Operation::getGroupRoleAssignments:
      return learn_roles(request, body, sent);
    default:
      return;
  }
}

void Witness::learn_people(const Request& request, const json::value& answer, Instant sent) {
  const json::value asked = body_of(request);
  const std::vector<std::string> in = list(asked, "groupIds"), expand = list(asked, "expand");
  const bool groups = std::find(expand.begin(), expand.end(), "groups") != expand.end();
  std::set<std::string> accounts, emails;
  for (const json::value& user : answer.at("data").as_array()) {
    const std::string account = word(user, "accountId");
    const bool here = word(user, "membershipStatus") != "no_membership";
    Person& person = known_.people[account];
    person = {sent,
              here,
              word(user, "membershipStatus") == "suspended",
              word(user, "accountStatus") != "active",
              !list(user, "platformRoles").empty(),
              word(user, "email")};
    if (!here) continue;
    accounts.insert(account);
    emails.insert(person.email);
    known_.addresses[person.email] = {sent, true};
    for (const std::string& group : in) known_.members[{group, account}] = {sent, true};
    if (!groups) continue;
    for (auto& [pair, fact] : known_.members) {
      if (pair.second == account) fact = {sent, false};
    }
    for (const json::value& group : user.at("groups").as_array()) {
      known_.members[{last_part(word(group, "id")), account}] = {sent, true};
    }
  }
  // Who is not in a group may be in the directory all the same.
  for (const std::string& group : in) {
    const std::vector<std::string> among = list(asked, "accountIds");
    for (auto& [pair, fact] : known_.members) {
      const bool meant =
          among.empty() || std::find(among.begin(), among.end(), pair.second) != among.end();
      if (pair.first == group && meant && !accounts.contains(pair.second)) fact = {sent, false};
    }
  }
  if (!in.empty()) return;
  for (const std::string& account : list(asked, "accountIds")) {
    if (!accounts.contains(account)) known_.people[account] = {sent};
  }
  for (const std::string& email : list(asked, "emails")) {
    if (!emails.contains(email)) known_.addresses[email] = {sent, false};
  }
}

void Witness::learn_teams(const Request& request, const json::value& answer, Instant sent) {
  const json::value asked = body_of(request);
  if (!list(asked, "resourceIds").empty() || !list(asked, "roleIds").empty()) return;
  std::set<std::string> ids, names;
  for (const json::value& group : answer.at("data").as_array()) {
    const json::value& access = group.at("managementAccess");
    const std::string id = word(group, "id");
    known_.teams[id] = {sent, true, access.at("modifiable").as_bool(),
                        access.at("deletable").as_bool(), word(group, "name")};
    known_.names[word(group, "name")] = {sent, true};
    ids.insert(id);
    names.insert(word(group, "name"));
  }
  for (const std::string& id : list(asked, "groupIds")) {
    if (!ids.contains(id)) known_.teams[id] = {sent};
  }
  for (const std::string& name : list(asked, "groupNames")) {
    if (!names.contains(name)) known_.names[name] = {sent, false};
  }
}

void Witness::learn_roles(const Request& request, const json::value& answer, Instant sent) {
  const bool of_user = request.operation == Operation::getUserRoleAssignments;
  const std::string holder = of_user ? account_of(request) : group_of(request);
  std::set<Pair>& held = known_.roles[holder];
  held.clear();
  known_.roles_read[holder] = sent;
  for (const json::value& one : answer.at("data").as_array()) {
    if (of_user) {
      for (const json::value& role : one.at("roleAssignments").as_array()) {
        const std::vector<std::string> methods = list(role, "roleAssignmentMethods");
        const bool direct = std::find(methods.begin(), methods.end(), "direct") != methods.end();
        if (direct) held.emplace(word(one, "resourceId"), bare_role(word(role, "role")));
      }
    } else {
      for (const std::string& role : list(one, "roles")) {
        held.emplace(word(one, "resourceId"), bare_role(role));
      }
    }
  }
}

/// What a write of the run's own has made of an object is known without a reading.
void Witness::done(const Request& request) {
  const Instant now = clock_.now();
  const Pair member{group_of(request), account_of(request)};
  const json::value body = body_of(request);
  switch (request.operation) {
    case Operation::restoreDirectoryUser:
      known_.people[member.second].suspended = false;
      own_.insert(member.second);
      return;
    case Operation::createGroup:
      own_.insert(word(body, "name"));
      return;
    case Operation::addUserToGroup:
      known_.members[member] = {now, true};
      return;
    default:
      return;
  }
}

// --- what speaks against a write ----------------------------------------------------------------

std::string Witness::against(const Request& request) const {
  const json::value body = body_of(request);
  if (request.operation == Operation::inviteUsers) {
    for (const std::string& email : list(body, "emails")) {
      const auto shown = known_.addresses.find(email);
      if (shown != known_.addresses.end() && shown->second.holds) return "they are there";
    }
    return {};
  }
  if (request.operation == Operation::createGroup) {
    const auto taken = known_.names.find(word(body, "name"));
    return taken != known_.names.end() && taken->second.holds ? "a group has that name" : "";
  }
  const std::string account = account_of(request), group = group_of(request);
  std::string out;
  if (!account.empty()) out = against_person(request, account);
  if (out.empty() && !group.empty()) out = against_team(request, group);
  if (out.empty() && !account.empty() && !group.empty()) out = against_members(request);
  if (out.empty()) out = against_roles(request, group.empty() ? account : group);
  return out;
}

std::string Witness::against_person(const Request& request, const std::string& account) const {
  const auto before = planned_.people.find(account);
  // Whoever the run invited: nothing was known of them.
  if (before == planned_.people.end()) return {};
  const Person& then = before->second;
  const Person& now = known_.people.at(account);
  const Operation what = request.operation;
  const bool own = own_.contains(account);
  if (!now.here) return "the account is not in the directory";
  if (now.email != then.email) return "the account has another address: " + now.email;
  if (what != Operation::removeDirectoryUser && now.deactivated)
    return "the account is deactivated";
  if (gives(what) && now.suspended && !then.suspended) return "they are suspended";
  if (gives(what) && now.suspended && !own) return "they are suspended, and were not restored";
  if (what == Operation::suspendDirectoryUser && now.suspended) return "they are suspended already";
  if (what == Operation::restoreDirectoryUser && !now.suspended) return "they are restored already";
  const bool locks_out =
      what == Operation::suspendDirectoryUser || what == Operation::removeDirectoryUser;
  if (locks_out && now.admin && !then.admin) return "they have been made an admin";
  if (what == Operation::assignOrganizationLevelRole && now.admin) return "they are an admin";
  if (what == Operation::revokeOrganizationLevelRole && !now.admin) return "they are no admin";
  return {};
}

std::string Witness::against_team(const Request& request, const std::string& group) const {
  const auto before = planned_.teams.find(group);
  if (before == planned_.teams.end()) return {};
  const Team& now = known_.teams.at(group);
  if (!now.here) return "the group is not there";
  if (now.name != before->second.name) return "the group has another name: " + now.name;
  const bool deletes = request.operation == Operation::deleteGroup;
  if (!now.modifiable && !account_of(request).empty()) return "its members are not changed here";
  if (!deletes) return {};
  if (!now.deletable) return "the group is not deleted here";
  for (const auto& [pair, fact] : known_.members) {
    if (pair.first != group || !fact.holds) continue;
    const auto then = planned_.members.find(pair);
    const bool was = then != planned_.members.end() && then->second.holds;
    if (!was) return "somebody else is in the group: " + pair.second;
  }
  return {};
}

std::string Witness::against_members(const Request& request) const {
  const auto fact = known_.members.find({group_of(request), account_of(request)});
  const bool in = fact != known_.members.end() && fact->second.holds;
  if (request.operation == Operation::addUserToGroup && in) return "they are in the group";
  if (request.operation == Operation::removeUserFromGroup && fact != known_.members.end() && !in) {
    return "they are not in the group";
  }
  return {};
}

std::string Witness::against_roles(const Request& request, const std::string& holder) const {
  const bool of_group = request.operation == Operation::grantGroupAccess ||
                        request.operation == Operation::revokeGroupAccess;
  const bool of_user =
      request.operation == Operation::assignRole || request.operation == Operation::revokeRole;
  const auto held = known_.roles.find(holder);
  if ((!of_group && !of_user) || held == known_.roles.end()) return {};
  const json::value body = body_of(request);
  const bool has = held->second.contains({word(body, of_group ? "resourceId" : "resource"),
                                          bare_role(word(body, of_group ? "roleId" : "role"))});
  const bool grants = request.operation == Operation::grantGroupAccess ||
                      request.operation == Operation::assignRole;
  if (grants && has) return "it is granted already";
  return !grants && !has ? "it is not granted" : "";
}

milliseconds Witness::age(const Request& request) const {
  const Instant now = clock_.now();
  milliseconds out{0};
  const auto rests_on = [&](Instant read) { out = std::max(out, now - read); };
  const std::string account = account_of(request), group = group_of(request);
  if (planned_.people.contains(account)) rests_on(known_.people.at(account).read);
  if (planned_.teams.contains(group)) rests_on(known_.teams.at(group).read);
  const auto member = known_.members.find({group, account});
  if (member != known_.members.end()) rests_on(member->second.read);
  return out;
}

}  // namespace rolecall::test
