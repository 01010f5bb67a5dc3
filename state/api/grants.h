#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/parse.h"
#include "state/api/reader.h"

namespace rolecall {

/// Reads the grants of the groups in scope into the snapshot, by whichever way costs fewer calls:
/// one listing a group, or searches for each role on each resource. These tell of a group with one
/// resource. Of one with more they tell where other groups have proved that they speak of one
/// grant: else a role may be on any of its resources, and one that no search knows on the others;
/// and where they show a role on each of its resources. What they leave open the group's own
/// listing says. (They do not show a role that the server's filter does not know, perhaps `viewer`,
/// beside one that it does know on the same resource.)
class GroupGrants {
 public:
  /// All must outlive this. The snapshot's groups may still come in until run().
  GroupGrants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope, Catalog& catalog,
              Snapshot& out)
      : reader_(reader), endpoints_(endpoints), scope_(scope), catalog_(catalog), out_(out) {}

  /// Asks for the searches while the groups are still being listed, where these pay whatever the
  /// listing shows. `groups`: how many there are.
  void start(std::size_t groups);
  /// With all groups listed. Returns when everything that was asked of the reader is answered.
  void run();

 private:
  struct Found {
    std::set<Grant> grants{};
    std::set<ResourceRef> resources{};  ///< like roles only where they have been asked for
    std::set<Role> roles{};
    bool other = false;  ///< some role besides
  };

  [[nodiscard]] bool holds_any(GroupRef ref) const;
  [[nodiscard]] std::set<Role> single_roles() const;
  [[nodiscard]] static std::size_t pages_of(std::size_t holders);
  [[nodiscard]] static std::set<ResourceRef> resources_of(const Found& found);
  [[nodiscard]] std::size_t cost_of_searches(std::size_t holders) const;
  void ask();
  template <class Mark>
  void walk(const Endpoints::GroupSearch& search, Mark mark);
  void conclude(const std::vector<GroupRef>& wanted);
  void ask_further();
  std::vector<GroupRef> take_known(const std::vector<GroupRef>& groups, bool further);
  [[nodiscard]] bool has_more(GroupRef ref);
  struct Witness {
    std::set<Grant> grants{};
    std::set<Role> roles{};  ///< wherever
    bool whole = false;
  };
  [[nodiscard]] bool is_clear(GroupRef ref);
  void prove_one_grant(const std::vector<GroupRef>& wanted);
  [[nodiscard]] static std::optional<Grant> missing_pair(const Found& found);
  [[nodiscard]] std::string shown_with_everything(const std::set<std::string>& rather) const;
  void read_witness(const std::string& id, Witness& into);
  void search_again(const Grant& pair, const std::vector<std::string>& groups);
  void take(GroupRef ref, const Found& found);
  void read_one(GroupRef ref);
  void check_whole_ones();
  void add(GroupRef ref, const Result<ParsedRoles>& parsed);

  Reader& reader_;
  const Endpoints& endpoints_;
  const FetchScope& scope_;
  Catalog& catalog_;
  Snapshot& out_;
  bool asked_ = false;
  std::size_t open_ = 0;  ///< searches that have not come to their end
  bool failed_ = false;   ///< one of them
  bool proof_tried_ = false;
  bool one_grant_ = false;                            ///< what they show has proved itself
  std::unordered_map<std::string, Found> found_;      ///< by id of the group
  std::map<GroupRef, std::set<std::string>> listed_;  ///< resources of those read one by one
};

/// Reads the direct grants of the people in scope: there is no bulk read of them.
void read_user_grants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope,
                      Catalog& catalog, Snapshot& snapshot);

}  // namespace rolecall
