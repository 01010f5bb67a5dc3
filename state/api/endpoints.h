#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/api/api_client.h"
#include "state/model/role.h"

namespace rolecall {

/// The one place that knows URLs and the shapes of bodies that are sent (atlassian-org-api.yaml).
///
/// Every id becomes one path segment, whatever it holds (guarantees.md G5). Searches are the v2
/// ones; those that end in 2027 are not used.
class Endpoints {
 public:
  explicit Endpoints(std::string organization) : organization_(std::move(organization)) {}

  /// Most ids and addresses one search takes (facts.md section 2).
  static constexpr std::size_t kMostEmails = 100;
  static constexpr std::size_t kMostGroupNames = 100;
  static constexpr std::size_t kMostIds = 10;

  [[nodiscard]] static ReadRequest orgs(const std::string& cursor);
  [[nodiscard]] ReadRequest org() const;
  [[nodiscard]] ReadRequest directories(const std::string& cursor) const;
  [[nodiscard]] ReadRequest domains(const std::string& cursor) const;
  [[nodiscard]] ReadRequest domain(std::string_view id) const;
  [[nodiscard]] ReadRequest workspaces(const std::string& cursor) const;

  struct UserSearch {
    std::vector<std::string> account_ids{}, emails{}, group_ids{};
    bool expand_groups = false;
    bool expand_products = false;  ///< which apps they have, and when they last used them
    bool everybody = false;        ///< also managed accounts that are in no directory
    std::optional<bool> mfa{};
    enum class Order : std::uint8_t { servers, ascending, descending };
    Order order = Order::servers;  ///< by nickname
  };
  [[nodiscard]] ReadRequest users(std::string_view directory, const UserSearch& search,
                                  const std::string& cursor) const;
  /// People in the directory, active or suspended.
  [[nodiscard]] ReadRequest user_count(std::string_view directory,
                                       std::string_view group_id = {}) const;
  [[nodiscard]] ReadRequest user_count(std::string_view directory, bool mfa) const;
  [[nodiscard]] ReadRequest user_roles(std::string_view directory, std::string_view account_id,
                                       const std::string& cursor) const;

  struct GroupSearch {
    std::vector<std::string> names{}, ids{}, resource_ids{}, role_ids{};
    std::vector<std::string> account_ids{};  ///< groups that hold any of these
    bool expand_counts = false;
  };
  [[nodiscard]] ReadRequest groups(std::string_view directory, const GroupSearch& search,
                                   const std::string& cursor) const;
  [[nodiscard]] ReadRequest group_count(std::string_view directory) const;
  [[nodiscard]] ReadRequest group(std::string_view directory, std::string_view group_id) const;
  [[nodiscard]] ReadRequest group_roles(std::string_view directory, std::string_view group_id,
                                        const std::string& cursor) const;

  struct Invitation {
    std::vector<std::string> emails{};
    std::vector<std::pair<std::string, std::string>> rules{};  ///< ARI, role
    std::vector<std::string> group_ids{};
  };
  [[nodiscard]] WriteRequest invite(const Invitation& invitation) const;
  [[nodiscard]] WriteRequest user_access(bool grant, std::string_view account_id,
                                         std::string_view ari, std::string_view role) const;
  [[nodiscard]] WriteRequest org_admin(bool grant, std::string_view account_id) const;
  [[nodiscard]] WriteRequest suspend(std::string_view directory, std::string_view account_id) const;
  [[nodiscard]] WriteRequest restore(std::string_view directory, std::string_view account_id) const;
  [[nodiscard]] WriteRequest remove_user(std::string_view directory,
                                         std::string_view account_id) const;
  [[nodiscard]] WriteRequest create_group(std::string_view directory, std::string_view group_name,
                                          std::string_view description) const;
  [[nodiscard]] WriteRequest delete_group(std::string_view directory,
                                          std::string_view group_id) const;
  [[nodiscard]] WriteRequest add_member(std::string_view directory, std::string_view group_id,
                                        std::string_view account_id) const;
  [[nodiscard]] WriteRequest remove_member(std::string_view directory, std::string_view group_id,
                                           std::string_view account_id) const;
  [[nodiscard]] WriteRequest group_access(bool grant, std::string_view directory,
                                          std::string_view group_id, std::string_view ari,
                                          std::string_view role) const;

 private:
  [[nodiscard]] std::string v1(std::string_view rest) const;
  [[nodiscard]] std::string v2(std::string_view rest) const;
  [[nodiscard]] std::string in_directory(std::string_view directory, std::string_view rest) const;

  std::string organization_;
};

/// Percent-encoded for one path segment or one query value: everything but unreserved characters.
[[nodiscard]] std::string encode_segment(std::string_view text);

}  // namespace rolecall
