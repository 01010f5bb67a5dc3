#include "controller/write_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>
#include <tuple>

#include "state/api/fetch.h"
#include "state/api/parse.h"
#include "state/api/tokens.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

std::string in_words(const Response& response) {
  std::string words = fmt::format("{} {}", response.status, describe_error_body(response));
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

/// Whether a 2xx can be the API's own: nothing, or JSON that speaks of no error. What a proxy puts
/// in its place (a page to log in at) says nothing about the change.
bool is_documented(const Response& response) {
  if (response.body.empty()) return !response.content_type.starts_with("text/html");
  if (!is_json(response)) return false;
  const auto document = parse_json(response.body);
  if (!document || !document->is_object()) return false;
  const json::array* errors = array_member(*document, "errors");
  const std::int64_t* code = integer_member(*document, "code");
  return (errors == nullptr || errors->empty()) && (code == nullptr || *code < 400);
}

Judgement judge_status(const Change& change, const Response& response) {
  const int status = response.status;
  const bool fine = status >= 200 && status < 300;
  if (fine && is_documented(response)) return {Verdict::applied, {}};
  std::string words = in_words(response);
  if (fine) return {Verdict::unclear, words + ", which is not an answer of the API"};
  if (status >= 500 || status == 408) return {Verdict::unclear, std::move(words)};
  if (status >= 300 && status < 400) {
    return {Verdict::unclear, words + " unexpected redirect; not followed"};
  }
  // What is refused for its rate or its key was not done, whoever says so. A bare status that means
  // that it is so already is looked at in any case, and is nobody's own doing.
  const bool looked_at = response.body.empty() && change.kind != ChangeKind::invite_user &&
                         (status == 409 || (status == 404 && takes_away(change.kind)));
  if (is_foreign_error(response) && status != 401 && status != 429 && !looked_at) {
    return {Verdict::unclear, words + ", which is not an answer of the API"};
  }
  // 409 has two meanings, and "not found" may mean "gone already" (facts.md section 8).
  const bool lifecycle =
      change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::restore_user;
  if (status == 409 || (status == 404 && takes_away(change.kind)) || (status == 400 && lifecycle)) {
    return {Verdict::conflict, std::move(words)};
  }
  if (status == 403) words += fmt::format(": {}", advice_on(status));
  return {Verdict::refused, std::move(words)};
}

/// The results of one invited person: roles by ARI and role, groups by id.
struct InviteeResult {
  std::string account_id;
  bool two_accounts = false;
  std::map<std::string, std::string> errors;  ///< what -> why
  std::map<std::string, bool> done;           ///< what -> true where INVITED
};

std::string text(const json::value& object, std::string_view key) {
  const json::string* found = string_member(object, key);
  return found == nullptr ? std::string() : std::string(*found);
}

void read_results(const json::value& item, InviteeResult& out) {
  const json::array* results = array_member(item, "results");
  if (results == nullptr) return;
  const auto read = [&](const json::value& result, std::string what) {
    const std::string status = text(result, "status");
    if (status == "INVITED") {
      out.done[what] = true;
    } else if (status == "ERROR") {
      const std::string why = without_tokens(text(result, "statusReason"));
      out.errors[std::move(what)] = why.empty() ? "ERROR without a reason" : why;
    }
  };
  for (const json::value& result : *results) {
    if (const json::array* roles = array_member(result, "roleAssignmentResult")) {
      for (const json::value& role : *roles) {
        read(role, text(role, "resource") + ' ' + text(role, "role"));
      }
    }
    if (const json::array* groups = array_member(result, "groupAssignmentResult")) {
      for (const json::value& group : *groups) {
        read(group, std::string(bare_id(text(group, "group"))));
      }
    }
  }
}

struct InvitationResult {
  std::unordered_map<std::string, InviteeResult> people;   ///< by address
  std::map<std::string, std::set<std::string>> addresses;  ///< by account id
};

InvitationResult read_invitation(const Response& response) {
  InvitationResult out;
  if (!is_json(response)) return out;
  const auto document = parse_json(response.body);
  const json::array* data = document ? array_member(*document, "data") : nullptr;
  if (data == nullptr) return out;
  for (const json::value& item : *data) {
    const auto email = Email::parse(text(item, "email"));
    if (!email) continue;
    InviteeResult& result = out.people[email->str()];
    const std::string account = text(item, "id");
    if (!result.account_id.empty() && result.account_id != account) result.two_accounts = true;
    result.account_id = account;
    out.addresses[account].insert(email->str());
    read_results(item, result);
  }
  return out;
}

/// Why the account cannot be this person's, or nothing.
std::string doubt_about(const InvitationResult& answer, const InviteeResult& result,
                        const std::string& user, const KnownIds& ids) {
  if (result.account_id.empty()) return {};
  if (result.two_accounts) return "names two accounts for this address";
  if (answer.addresses.at(result.account_id).size() > 1) {
    return fmt::format("names account {} for several addresses", quote(result.account_id));
  }
  const auto known = ids.accounts.find(user);
  if (known == ids.accounts.end() || known->second == result.account_id) return {};
  return fmt::format("names account {}, which is not the {} of this person",
                     quote(result.account_id), quote(known->second));
}

std::vector<Judgement> judge_invitation(const Plan& plan, const std::vector<std::size_t>& changes,
                                        const Response& response, KnownIds& ids) {
  const InvitationResult answer = read_invitation(response);
  std::vector<Judgement> out;
  for (const std::size_t i : changes) {
    const Change& change = plan.changes[i];
    const auto found = answer.people.find(change.user);
    if (found == answer.people.end()) {
      out.push_back(
          {Verdict::unclear, fmt::format("{} names no result for this address", response.status)});
      continue;
    }
    const InviteeResult& result = found->second;
    if (const std::string doubt = doubt_about(answer, result, change.user, ids); !doubt.empty()) {
      out.push_back({Verdict::unclear, fmt::format("{} {}", response.status, doubt)});
      continue;
    }
    if (!result.account_id.empty()) ids.accounts.emplace(change.user, result.account_id);
    if (change.kind == ChangeKind::invite_user) {
      // An address that was refused altogether has errors only, and nothing that was done.
      const bool refused = !result.errors.empty() && result.done.empty();
      out.push_back(refused ? Judgement{Verdict::unclear, result.errors.begin()->second}
                            : Judgement{Verdict::applied, {}});
      continue;
    }
    const std::string what = change.kind == ChangeKind::add_member
                                 ? ids.group(change)
                                 : fmt::format("{} atlassian/{}", change.ari, change.role);
    if (const auto error = result.errors.find(what); error != result.errors.end()) {
      out.push_back({Verdict::conflict, error->second});
    } else if (result.done.contains(what)) {
      out.push_back({Verdict::applied, {}});
    } else {
      out.push_back({Verdict::unclear, "the answer does not mention it"});
    }
  }
  return out;
}

/// What goes along with somebody's invitation: group, ARI, role.
using Rides = std::set<std::tuple<std::string, std::string, std::string>>;

/// One request speaks for everybody in it. Each must be to get what all the others are: somebody
/// with less would get what the log knows nothing of, somebody with more would not get theirs.
Result<WriteRequest> invitation(const Endpoints& endpoints, const Plan& plan,
                                const std::vector<std::size_t>& changes, const KnownIds& ids) {
  Endpoints::Invitation out;
  std::map<std::string, Rides> people;
  for (const std::size_t i : changes) {
    const Change& change = plan.changes[i];
    Rides& rides = people[change.user];
    if (change.kind == ChangeKind::invite_user) {
      out.emails.push_back(change.user);
      continue;
    }
    const bool first = people.size() == 1;
    rides.emplace(change.group, change.ari, change.role);
    if (change.kind == ChangeKind::add_member) {
      const std::string id = ids.group(change);
      if (id.empty()) return fail(fmt::format("the id of group {} is not known", change.group));
      if (first) out.group_ids.push_back(id);
    }
    if (first && change.kind == ChangeKind::grant_user_access) {
      out.rules.emplace_back(change.ari, change.role);
    }
  }
  const Rides& all = people.begin()->second;
  const bool alike = std::all_of(people.begin(), people.end(),
                                 [&](const auto& person) { return person.second == all; });
  if (!alike) return fail("those who share the invitation are not to get the same any more");
  return endpoints.invite(out);
}

}  // namespace

KnownIds::KnownIds(const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (!change.group_id.empty()) groups[change.group] = change.group_id;
    if (!change.account_id.empty()) accounts[change.user] = change.account_id;
  }
}

std::string KnownIds::group(const Change& change) const {
  const auto found = groups.find(change.group);
  return found == groups.end() ? std::string() : found->second;
}

std::string KnownIds::account(const Change& change) const {
  const auto found = accounts.find(change.user);
  return found == accounts.end() ? std::string() : found->second;
}

Result<WriteRequest> make_write(const Endpoints& endpoints, const Plan& plan,
                                const std::vector<std::size_t>& changes, const KnownIds& ids) {
  const Change& change = plan.changes.at(changes.front());
  const std::string& directory = plan.directory;
  const std::string account = ids.account(change);
  const std::string group = ids.group(change);
  const bool needs_group = !change.group.empty() && change.kind != ChangeKind::create_group;
  const bool needs_account = !change.user.empty() && change.kind != ChangeKind::invite_user;
  if (needs_group && group.empty()) return fail("the id of the group is not known");
  if (needs_account && account.empty()) {
    return fail(
        "the account id is not known: the invitation was answered without it (users/invite: "
        "$.data[].id)");
  }
  switch (change.kind) {
    case ChangeKind::create_group:
      return endpoints.create_group(directory, change.group, change.description);
    case ChangeKind::grant_group_access:
    case ChangeKind::revoke_group_access:
      return endpoints.group_access(change.kind == ChangeKind::grant_group_access, directory, group,
                                    change.ari, change.role);
    case ChangeKind::restore_user:
      return endpoints.restore(directory, account);
    case ChangeKind::invite_user:
      break;
    case ChangeKind::add_member:
      return endpoints.add_member(directory, group, account);
    case ChangeKind::grant_user_access:
    case ChangeKind::revoke_user_access:
      return endpoints.user_access(change.kind == ChangeKind::grant_user_access, account,
                                   change.ari, change.role);
    case ChangeKind::grant_org_role:
    case ChangeKind::revoke_org_role:
      return endpoints.org_admin(change.kind == ChangeKind::grant_org_role, account);
    case ChangeKind::remove_member:
      return endpoints.remove_member(directory, group, account);
    case ChangeKind::suspend_user:
      return endpoints.suspend(directory, account);
    case ChangeKind::remove_user:
      return endpoints.remove_user(directory, account);
    case ChangeKind::delete_group:
      return endpoints.delete_group(directory, group);
  }
  return invitation(endpoints, plan, changes, ids);
}

std::vector<Judgement> judge(const Plan& plan, const std::vector<std::size_t>& changes,
                             const Answer& answer, KnownIds& ids) {
  if (!answer) {
    const Failure& failure = answer.error();
    const bool sent =
        failure.kind == Failure::Kind::no_answer || failure.kind == Failure::Kind::bad_answer;
    return {changes.size(), Judgement{sent ? Verdict::unclear : Verdict::not_sent, failure.what}};
  }
  const bool fine = answer->status >= 200 && answer->status < 300;
  if (fine && plan.changes[changes.front()].kind == ChangeKind::invite_user) {
    return judge_invitation(plan, changes, *answer, ids);
  }
  std::vector<Judgement> out;
  for (const std::size_t i : changes) out.push_back(judge_status(plan.changes[i], *answer));
  return out;
}

}  // namespace rolecall
