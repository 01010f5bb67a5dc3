#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "state/api/api_client.h"
#include "state/model/snapshot.h"
#include "state/model/workspace.h"

namespace rolecall {

/// A directory of the organization.
struct Directory {
  std::string id;
  std::string name;
};

/// What of the organization a plan will look at, so that nothing else is read.
struct FetchScope {
  std::string organization;
  std::string directory;          ///< id or name; empty when the organization has one
  std::string known_directory{};  ///< id of the one that earlier runs were on
  std::unordered_map<std::string, UserRef> pins;  ///< account id -> the person the policy means
  std::vector<GroupRef> group_access;             ///< groups whose grants are compared
  std::vector<GroupRef> all_access;  ///< groups whose grants are wanted whole (renames)
  std::vector<UserRef> user_access;  ///< people whose direct grants are compared
  bool whole_user_access = false;    ///< theirs are wanted even where no resource is declared
  bool every_group = false;          ///< grants of all groups are wanted whole
  bool every_user = false;           ///< direct grants of everybody; a call for each person
  /// Grants are wanted whole of every group that may be deleted and whose ref is this or higher:
  /// whoever deletes them tells what goes along.
  std::size_t deletable_groups_from = std::numeric_limits<std::size_t>::max();
  std::vector<UserRef> groups_of;       ///< people whose groups' grants are wanted whole
  std::vector<std::string> group_keys;  ///< GroupName::key of groups whose grants are, likewise
  /// Sees everybody who is listed as the API sent them, with productAccess.
  std::function<void(UserRef, const boost::json::value&)> on_user{};
  std::vector<ResourceRef> resources;  ///< the declared ones
  std::vector<Role> group_roles;       ///< roles that the policy grants to groups
};

/// How far a long read has come: pages so far, and objects read of those counted (0: not known
/// yet).
using FetchProgress = std::function<void(std::size_t calls, std::size_t read, std::size_t counted)>;

/// Reads the live organization with as few calls as facts.md section 11 allows, many in flight.
///
/// An Error means that nothing usable could be read (organization unknown, key refused, server
/// away); what was read but could not be proved complete is said in Snapshot::gaps.
[[nodiscard]] Result<Snapshot> fetch(ReadClient& client, const FetchScope& scope, Catalog& catalog,
                                     const FetchProgress& progress = {});

/// Every app instance of the organization, 100 a call; `calls` is raised by how many those were.
[[nodiscard]] Result<std::vector<Workspace>> fetch_workspaces(ReadClient& client,
                                                              const std::string& organization,
                                                              std::size_t* calls = nullptr);

/// The same, read twice, for whoever decides by it which app is meant: a list that leaves one out
/// would mean another. Error: both readings do not have the same.
[[nodiscard]] Result<std::vector<Workspace>> fetch_workspaces_twice(ReadClient& client,
                                                                    const std::string& organization,
                                                                    std::size_t* calls = nullptr);

/// The domains that the organization has verified, in the form that Email::domain has; sorted,
/// unique. Error: they cannot be read (the key may lack the scope) - or not in full.
[[nodiscard]] Result<std::vector<std::string>> fetch_verified_domains(
    ReadClient& client, const std::string& organization, std::size_t* calls = nullptr);

/// The words for an answer that is not the one asked for: status, code, title and detail of the
/// API's error shapes, cut to 512 bytes, "[key]" for what looks like one (guarantees.md H6).
[[nodiscard]] std::string describe_failure(const ReadRequest& request, const Answer& answer);
[[nodiscard]] std::string describe_error_body(const Response& response);
/// What a status means for whoever has to do something about it; empty where it says enough.
[[nodiscard]] std::string_view advice_on(int status);

/// Whether it is said to be JSON in UTF-8, the one form that is read.
[[nodiscard]] bool is_json(const Response& response);
/// An error that is not the API's own, each of which is an object in JSON (facts.md section 4):
/// what stands between may have put it in the place of any answer.
[[nodiscard]] bool is_foreign_error(const Response& response);

}  // namespace rolecall
