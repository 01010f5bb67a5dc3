#pragma once

#include <boost/json/value.hpp>

#include "state/model/result.h"
#include "state/simulator/world.h"

namespace rolecall::simulator {

/// The seed of an organization. Every member may be left out; what is shown is the default, or an
/// example where it ends in "...". Unknown members are refused.
///
///   {"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa", "name": "Example"},
///    "api_key": "",                     empty: any key is accepted
///    "directories": [{"id": "<uuid>", "name": "Directory"}],
///    "domains": [{"id": "<uuid>", "name": "example.com", "claim": "dns", "status": "verified"}],
///    "workspaces": [
///      {"ari": "ari:cloud:confluence::site/1...",    required; what grants name
///       "app": "confluence",            type key; from the ARI
///       "type": "Confluence",           shown name of the app
///       "name": "", "host": "acme.atlassian.net...", "status": "online",
///       "directory": "<name or id of a directory>",  the first
///       "capacity": null,               seats
///       "roles": ["user", ...]}],       those that fit; all
///    "users": [
///      {"email": "ada@example.com...",  required
///       "id": "712020:<uuid>",          account id, made from the address
///       "name": "ada", "nickname": "<first word of the name>",
///       "status": "active",             or "suspended", "invited" (pending), "not_invited" (a
///                                       managed account in no directory), "deactivated",
///                                       "closed", "for_deletion"
///       "directories": {"Directory": "active"},      or "suspended" each; instead of status
///       "roles": ["org-admin"],         on the organization
///       "access": {"<ari>": ["user"]},  direct grants
///       "managed": true,                where the address is in a verified domain
///       "mfa": false, "management_source": "invited", "account_type": "atlassian",
///       "added": "2024-01-01", "last_active": {"<ari>": "2026-01-01T08:00:00Z..."}}],
///    "groups": [
///      {"name": "engineering...",       required
///       "id": "<uuid>", "description": "", "directory": "<the first>",
///       "members": ["ada@example.com", "or an account id"],
///       "access": {"<ari>": ["user"]},
///       "default_role": {"<ari>": ["user"]},         shown as defaultRole; no grant
///       "synced": false, "built_in": false,
///       "managed_by": "admins", "modifiable": true, "deletable": true}],    as the two above say
///    "mails": {}, "events": [], "counters": {},      only in what state() returns
///    "former_users": [],                like users: known accounts in no directory and not managed
///    "options": {}}                     see options.h
[[nodiscard]] Result<World> read_seed(const boost::json::value& seed);

/// The organization as the seed that would make it: sorted, defaults left out.
[[nodiscard]] boost::json::value write_state(const World& world);

}  // namespace rolecall::simulator
