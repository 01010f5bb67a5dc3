#pragma once

#include "policies/desired.h"
#include "policies/language.h"

// Every table of the policy language. Readers and schema take their keys from here.

namespace rolecall::language {

inline constexpr std::array kOrganizationKeys = {
    Key{.name = "id",
        .what = "The organization's id, a part of the address of admin.atlassian.com",
        .pattern = "^[0-9A-Za-z-]{1,64}$",
        .required = true},
    Key{.name = "directory",
        .what = "Id or name of the directory; needed where the organization has several",
        .pattern = kNotEmpty},
    Key{.name = "unlisted_users",
        .form = Form::word,
        .what = "What happens to people whom no [users] entry names (default: ignore)",
        .words = kUnlistedUsers},
    Key{.name = "unlisted_groups",
        .form = Form::word,
        .what = "What happens to groups that no [groups] entry names (default: ignore)",
        .words = kUnlistedGroups},
};

inline constexpr std::array kLookupKeys = {
    Key{.name = "app",
        .what = "The app's key, such as confluence",
        .pattern = "^[^ \\t/]+$",
        .required = true},
    Key{.name = "host", .what = "The site, such as acme.atlassian.net", .pattern = "^[^ \\t/]+$"},
};

inline constexpr std::array kUserKeys = {
    Key{.name = "state",
        .form = Form::word,
        .what = "Wanted in the directory (default: active). Removed: takes the person out",
        .words = kUserStates},
    Key{.name = "account_id",
        .what = "Pins the person: another account with this address stops the run",
        .pattern = "^[^ \\t]+$"},
    Key{.name = "roles",
        .form = Form::words,
        .what = "Roles on the organization. Absent: not managed; []: none",
        .words = kOrgRoles},
    Key{.name = "access",
        .form = Form::words_by_name,
        .what = "Direct roles by resource. Absent: not managed; {}: none on declared resources",
        .words = kUserRoles},
    Key{.name = "from", .form = Form::day, .what = "Before this day the person is out"},
    Key{.name = "until", .form = Form::day, .what = "The last day on which the person is in"},
    Key{.name = "attributes",
        .form = Form::texts_by_name,
        .what = "For match, rules and reports; never sent to the API"},
    Key{.name = "reason", .what = "Why; kept in the plan and the log"},
};

inline constexpr std::array kMemberKeys = {
    Key{.name = "user", .what = "Address of the person", .pattern = kAddress, .required = true},
    Key{.name = "from", .form = Form::day, .what = "Before this day no member"},
    Key{.name = "until", .form = Form::day, .what = "The last day as a member"},
    Key{.name = "reason", .what = "Why; kept in the plan and the log"},
};

inline constexpr std::array kGroupKeys = {
    Key{.name = "state",
        .form = Form::word,
        .what = "Wanted or not (default: present). Absent: deletes the group",
        .words = kGroupStates},
    Key{.name = "description", .what = "Used when the group is made"},
    Key{.name = "members",
        .form = Form::texts_or_tables,
        .what = "Addresses, or { user, from, until, reason }. Absent: membership not managed",
        .pattern = kAddress,
        .keys = kMemberKeys},
    Key{.name = "include",
        .form = Form::texts,
        .what = "Groups whose effective members are members too"},
    Key{.name = "match",
        .form = Form::choice_by_name,
        .what = "Every declared person whose attributes agree; of a list, any value"},
    Key{.name = "exclude",
        .form = Form::texts,
        .what = "Addresses that are taken out last",
        .pattern = kAddress},
    Key{.name = "membership",
        .form = Form::word,
        .what = "Whether people who are not wanted are taken out (default: exclusive)",
        .words = kMembership},
    Key{.name = "empty",
        .form = Form::boolean,
        .what = "Must be true for a group that is meant to have no members"},
    Key{.name = "access",
        .form = Form::words_by_name,
        .what = "Roles by resource. Absent: not managed; {}: none on declared resources",
        .words = kRoleNames},
    Key{.name = "previous_names",
        .form = Form::texts,
        .what = "Names this group had: a rename moves members and grants"},
    Key{.name = "reason", .what = "Why the group is to be absent"},
};

inline constexpr std::array kLimitKeys = {
    Key{.name = "free", .form = Form::whole, .what = "So many always pass", .high = kMostRemovals},
    Key{.name = "percent",
        .form = Form::whole,
        .what = "More than free pass up to this part of all",
        .high = 100},
    Key{.name = "count",
        .form = Form::whole,
        .what = "and up to this number",
        .high = kMostRemovals},
};

inline constexpr std::array kSafetyKeys = {
    Key{.name = "min_org_admins",
        .form = Form::whole,
        .what = "Active organization admins that remain at every step (default: 2)",
        .high = kMostRemovals},
    Key{.name = "protected_users",
        .form = Form::texts,
        .what = "Never suspended, removed, or stripped of what they hold",
        .pattern = kAddress},
    Key{.name = "protected_groups",
        .form = Form::texts,
        .what = "Never deleted or stripped of what they hold"},
    Key{.name = "limits",
        .form = Form::tables_by_name,
        .what = "How much a plan may take away, by class",
        .words = kLimitClassNames,
        .keys = kLimitKeys},
};

inline constexpr std::array kAcknowledgeKeys = {
    Key{.name = "class",
        .form = Form::word,
        .what = "The limit that is exceeded",
        .words = kLimitClassNames,
        .required = true},
    Key{.name = "count",
        .form = Form::whole,
        .what = "Admits up to so many",
        .low = 1,
        .high = kMostRemovals,
        .required = true},
    Key{.name = "plan",
        .what = "How the plan's digest begins; a refused plan shows it",
        .pattern = "^[0-9a-f]{12,64}$",
        .required = true},
    Key{.name = "until", .form = Form::day, .what = "The last day", .required = true},
    Key{.name = "reason", .what = "Why so much is to go", .pattern = kNotEmpty, .required = true},
};

inline constexpr std::array kSelectorKeys = {
    Key{.name = "domain",
        .form = Form::text_or_texts,
        .what = "What follows the @ of their addresses; of a list, any",
        .pattern = "^[^@]+$"},
    Key{.name = "group",
        .form = Form::text_or_texts,
        .what = "A group they are in; of a list, any"},
    Key{.name = "attributes",
        .form = Form::choice_by_name,
        .what = "Attributes that all agree; of a list, any value"},
};

inline constexpr Key kDeniedOrgRoles{.name = "roles",
                                     .form = Form::words,
                                     .what = "Roles on the organization",
                                     .words = kOrgRoles,
                                     .least = 1};
inline constexpr Key kDeniedAccess{.name = "access",
                                   .form = Form::words_by_name,
                                   .what = "Roles by resource, directly or through groups",
                                   .words = kRoleNames,
                                   .least = 1};

inline constexpr std::array kDenyKeys = {kDeniedOrgRoles, kDeniedAccess};

inline constexpr std::array kRequireKeys = {
    Key{.name = "until_within_days",
        .form = Form::whole,
        .what = "Their access ends within so many days",
        .high = kMostDays},
    Key{.name = "reason", .form = Form::boolean, .what = "They have a reason"},
};

inline constexpr std::array kRuleKeys = {
    Key{.name = "name", .what = "What messages call it", .pattern = kNotEmpty, .required = true},
    Key{.name = "severity",
        .form = Form::word,
        .what = "Whether breaking it fails (default: error)",
        .words = kSeverities},
    Key{.name = "users",
        .form = Form::table,
        .what = "Whom it is about (default: everybody)",
        .keys = kSelectorKeys,
        .least = 1},
    Key{.name = "deny",
        .form = Form::table,
        .what = "What they may not hold",
        .keys = kDenyKeys,
        .least = 1},
    Key{.name = "exclusive_groups",
        .form = Form::texts,
        .what = "Groups of which nobody is in two",
        .least = 2},
    Key{.name = "require",
        .form = Form::table,
        .what = "What their entries must have",
        .keys = kRequireKeys,
        .least = 1},
};

inline constexpr std::array kHoldingsKeys = {
    Key{.name = "groups", .form = Form::texts, .what = "Groups", .least = 1},
    kDeniedAccess,
    kDeniedOrgRoles,
};

inline constexpr std::array kTestKeys = {
    Key{.name = "name", .what = "What messages call it", .pattern = kNotEmpty, .required = true},
    Key{.name = "user", .what = "Address of the person", .pattern = kAddress, .required = true},
    Key{.name = "at", .form = Form::day, .what = "On this day (default: the run's)"},
    Key{.name = "has",
        .form = Form::table,
        .what = "What the person has then",
        .keys = kHoldingsKeys,
        .least = 1},
    Key{.name = "lacks",
        .form = Form::table,
        .what = "What the person has not",
        .keys = kHoldingsKeys,
        .least = 1},
};

inline constexpr std::array kActiveKeys = {
    Key{.name = "column", .what = "Name of a column", .pattern = kNotEmpty, .required = true},
    Key{.name = "values",
        .form = Form::texts,
        .what = "What stands there for people who are active; others are wanted suspended",
        .least = 1,
        .required = true},
};

inline constexpr std::array kRosterKeys = {
    Key{.name = "file",
        .what = "A CSV file, relative to this one",
        .pattern = "^[^/]",
        .required = true},
    Key{.name = "email",
        .what = "Name of the column with addresses",
        .pattern = kNotEmpty,
        .required = true},
    Key{.name = "attributes",
        .form = Form::texts_by_name,
        .what = "Names of the columns that attributes come from",
        .pattern = kNotEmpty},
    Key{.name = "active", .form = Form::table, .what = "Who of it is active", .keys = kActiveKeys},
    Key{.name = "declare_users",
        .form = Form::boolean,
        .what = "Whether rows declare people, or only add attributes to declared ones"},
};

inline constexpr std::array kTopKeys = {
    Key{.name = "version",
        .form = Form::whole,
        .what = "Of the policy language",
        .low = kVersion,
        .high = kVersion},
    Key{.name = "organization",
        .form = Form::table,
        .what = "Which organization, and what happens to what the policy does not name",
        .keys = kOrganizationKeys},
    Key{.name = "resources",
        .form = Form::texts_or_tables_by_name,
        .what = "Names for app instances",
        .pattern = "^ari:cloud:[!-~]+$",
        .keys = kLookupKeys},
    Key{.name = "users",
        .form = Form::tables_by_name,
        .what = "People by address",
        .keys = kUserKeys,
        .name_pattern = kAddress},
    Key{.name = "groups",
        .form = Form::tables_by_name,
        .what = "Groups by name",
        .keys = kGroupKeys},
    Key{.name = "safety",
        .form = Form::table,
        .what = "How much a plan may take away, and what none may touch",
        .keys = kSafetyKeys},
    Key{.name = "rules",
        .form = Form::tables,
        .what = "What must hold of what is wanted",
        .keys = kRuleKeys},
    Key{.name = "tests",
        .form = Form::tables,
        .what = "What a person is expected to have, or not",
        .keys = kTestKeys},
    Key{.name = "rosters",
        .form = Form::tables,
        .what = "CSV files that declare people or their attributes",
        .keys = kRosterKeys},
    Key{.name = "acknowledge",
        .form = Form::tables,
        .what = "Lets one plan go beyond a limit, once",
        .keys = kAcknowledgeKeys},
};

}  // namespace rolecall::language
