#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "state/model/keys.h"
#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::writes {
namespace {

constexpr RoleSet kInviteRoles = static_cast<RoleSet>(
    kAllRoles & ~(kOrgAdminRole | kUserAccessAdminRole | *find_role("atlassian/site-admin") |
                  *find_role("atlassian/ai-access")));

/// One role rule or one group of an invitation, and why it cannot be had, if so.
struct Rule {
  std::string_view resource_text, role_text;
  Index resource = 0;
  RoleSet role = 0;
  std::string_view problem;
};
struct GroupRule {
  std::string_view id;
  Index group = 0;
  std::string_view problem;
};

struct Invitation {
  std::vector<std::string_view> emails;
  std::vector<Rule> rules;
  std::vector<GroupRule> groups;
  bool notify = false;
};

Result<void> check_form(const Call& call) {
  for (const auto email : call.texts("emails")) {
    if (const auto parsed = Email::parse(email); !parsed) {
      return fail("emails: " + parsed.error().what);
    }
  }
  if (const auto* rules = call.arguments.if_contains("permissionRules")) {
    for (const auto& rule : rules->get_array()) {
      const auto role = find_role(rule.get_object().at("role").get_string());
      if (!role || (*role & kInviteRoles) == 0) return fail("permissionRules: unknown role");
    }
  }
  const auto* notify = call.arguments.if_contains("sendNotification");
  if (call.has("notificationText") && (notify == nullptr || !notify->get_bool())) {
    return fail("notificationText needs sendNotification");
  }
  return {};
}

Invitation read_invitation(const World& world, const Call& call) {
  Invitation out;
  out.emails = call.texts("emails");
  if (const auto* notify = call.arguments.if_contains("sendNotification")) {
    out.notify = notify->get_bool();
  }
  if (const auto* rules = call.arguments.if_contains("permissionRules")) {
    for (const auto& value : rules->get_array()) {
      Rule rule;
      rule.resource_text = value.get_object().at("resource").get_string();
      rule.role_text = value.get_object().at("role").get_string();
      rule.role = *find_role(rule.role_text);
      if (const auto found = world.find_workspace(rule.resource_text)) {
        rule.resource = *found;
        if ((world.workspaces[*found].roles & rule.role) == 0) {
          rule.problem = "Role does not fit the resource";
        }
      } else {
        rule.problem = "Unknown resource";
      }
      out.rules.push_back(rule);
    }
  }
  for (const auto id : call.texts("additionalGroups")) {
    GroupRule rule;
    rule.id = id;
    if (const auto found = world.find_group(id)) {
      rule.group = *found;
      if (!world.groups[*found].modifiable) rule.problem = "Not allowed to manage the group";
    } else {
      rule.problem = "Group not found";
    }
    out.groups.push_back(rule);
  }
  return out;
}

/// Everything an invitation would give one person.
AccessList wanted_access(const World& world, const Invitation& invitation) {
  AccessList out;
  for (const Rule& rule : invitation.rules) {
    if (rule.problem.empty()) add_roles(out, rule.resource, rule.role);
  }
  for (const GroupRule& rule : invitation.groups) {
    if (!rule.problem.empty()) continue;
    for (const Access& one : world.groups[rule.group].access) {
      add_roles(out, one.resource, one.roles);
    }
  }
  return out;
}

/// The first app without seats for all the addresses together.
std::optional<Index> first_full(const World& world, const Invitation& invitation) {
  for (const Access& wanted : wanted_access(world, invitation)) {
    if ((wanted.roles & kSeatRoles) == 0) continue;
    std::set<std::string> newcomers;
    for (const auto email : invitation.emails) {
      const auto place = world.find_person_by_email(email);
      if (place) {
        const Person& person = world.people[*place];
        if (person.membership() == MembershipStatus::suspended ||
            world.holds_seat(person, wanted.resource)) {
          continue;
        }
      }
      newcomers.insert(Email::parse(email)->str());
    }
    if (!newcomers.empty() &&
        !world.has_seats(wanted.resource, static_cast<std::int64_t>(newcomers.size()))) {
      return wanted.resource;
    }
  }
  return std::nullopt;
}

/// The directories of the named apps and groups; with neither, the organization's first.
std::set<Index> directories_of(const World& world, const Invitation& invitation) {
  std::set<Index> out;
  for (const Rule& rule : invitation.rules) {
    if (rule.problem.empty()) out.insert(world.workspaces[rule.resource].directory);
  }
  for (const GroupRule& rule : invitation.groups) {
    if (rule.problem.empty()) out.insert(world.groups[rule.group].directory);
  }
  if (out.empty() && invitation.rules.empty() && invitation.groups.empty()) out.insert(0);
  return out;
}

Index find_or_add(World& world, std::string_view email, Instant now) {
  if (const auto found = world.find_person_by_email(Email::parse(email)->str())) return *found;
  Person person;
  person.email = Email::parse(email)->str();
  person.name = person.email.substr(0, person.email.find('@'));
  person.nickname = person.name;
  person.added = now;
  person.managed = std::any_of(world.domains.begin(), world.domains.end(), [&](const Domain& one) {
    return one.status == "verified" && person.email.ends_with("@" + one.name);
  });
  return world.add_person(std::move(person));
}

/// What is answered for one address.
struct Outcome {
  Index person = 0;
  std::vector<std::string_view> role_problems, group_problems;  ///< empty texts: fine
};

Outcome invite_one(World& world, const Call& call, const Invitation& invitation,
                   std::string_view email) {
  Outcome out;
  out.person = find_or_add(world, email, call.now);
  const bool inactive = world.people[out.person].account != AccountStatus::active;
  const bool member = !world.people[out.person].directories.empty();
  const bool adds = !member || world.options.invite_adds_to_members;
  if (!inactive && adds) {
    for (const Index directory : directories_of(world, invitation)) {
      world.join_directory(out.person, directory);
    }
    if (!member && !world.people[out.person].directories.empty()) {
      world.people[out.person].pending = true;
      world.record(call.now, "user_invited", world.people[out.person].id);
    }
  }
  for (const Rule& rule : invitation.rules) {
    std::string_view problem = inactive ? "User is inactive" : rule.problem;
    const Access wanted{rule.resource, rule.role};
    if (problem.empty() && world.first_without_seat(world.people[out.person], {wanted})) {
      problem = "Product License Limit Exceeded";
    }
    if (problem.empty() && adds) world.grant_person(out.person, rule.resource, rule.role);
    out.role_problems.push_back(problem);
  }
  for (const GroupRule& rule : invitation.groups) {
    std::string_view problem = inactive ? "User is inactive" : rule.problem;
    if (problem.empty() &&
        world.first_without_seat(world.people[out.person], world.groups[rule.group].access)) {
      problem = "Product License Limit Exceeded";
    }
    if (problem.empty() && adds) world.join_group(out.person, rule.group);
    out.group_problems.push_back(problem);
  }
  if (invitation.notify && !inactive) ++world.mails[world.people[out.person].email];
  return out;
}

void write_status(JsonWriter& out, std::string_view problem) {
  out.field("status", problem.empty() ? "INVITED" : "ERROR");
  out.key("statusReason");
  out.text_or_null(problem);
}

void write_outcome(JsonWriter& out, const World& world, const Invitation& invitation,
                   std::string_view email, const Outcome& outcome) {
  out.open('{');
  out.field("id", world.people[outcome.person].id);
  out.field("email", email);
  out.key("results");
  out.open('[');
  out.open('{');
  out.key("roleAssignmentResult");
  out.open('[');
  for (std::size_t i = 0; i < invitation.rules.size(); ++i) {
    out.open('{');
    out.field("resource", invitation.rules[i].resource_text);
    out.field("role", invitation.rules[i].role_text);
    write_status(out, outcome.role_problems[i]);
    out.close('}');
  }
  out.close(']');
  out.key("groupAssignmentResult");
  out.open('[');
  for (std::size_t i = 0; i < invitation.groups.size(); ++i) {
    out.open('{');
    out.field("group", invitation.groups[i].id);
    write_status(out, outcome.group_problems[i]);
    out.close('}');
  }
  out.close(']');
  out.close('}');
  out.close(']');
  out.close('}');
}

}  // namespace

Reply invite(World& world, const Call& call) {
  if (auto fine = check_form(call); !fine) return malformed("ADMIN-400-24", fine.error().what);
  if (!world.options.paid) return refuse(402, "ADMIN-UAM-402-1", "Payment Required");
  const Invitation invitation = read_invitation(world, call);
  if (world.options.invite_bad_target == 404) {
    for (const Rule& rule : invitation.rules) {
      if (!rule.problem.empty()) return unknown_resource();
    }
    for (const GroupRule& rule : invitation.groups) {
      if (!rule.problem.empty()) return unknown_group();
    }
  }
  if (world.options.invite_no_seats == 409) {
    if (const auto full = first_full(world, invitation)) {
      return refuse(409, "ADMIN-409-3", "License limit exceeded", world.workspaces[*full].ari);
    }
  }
  JsonWriter out;
  bool all_fine = true;
  out.open('{');
  out.key("data");
  out.open('[');
  for (const auto email : invitation.emails) {
    const Outcome outcome = invite_one(world, call, invitation, email);
    const auto fine = [](std::string_view problem) { return problem.empty(); };
    all_fine = all_fine &&
               std::all_of(outcome.role_problems.begin(), outcome.role_problems.end(), fine) &&
               std::all_of(outcome.group_problems.begin(), outcome.group_problems.end(), fine);
    write_outcome(out, world, invitation, email, outcome);
  }
  out.close(']');
  out.close('}');
  Reply reply = ok(out.take());
  reply.status = all_fine ? 200 : 206;
  reply.effective = true;
  return reply;
}

}  // namespace rolecall::simulator::writes
