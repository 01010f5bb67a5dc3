#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "state/api/endpoints.h"
#include "state/api/parse.h"
#include "state/api/reader.h"

namespace rolecall {

/// What was asked for and what was found; `read` once the listing came to its end without a
/// problem.
template <class Found>
struct Asked {
  bool read = false;
  std::optional<Found> found{};
};

struct HeldRoles {
  std::set<std::pair<std::string, std::string>> held;  ///< ARI, role
  std::set<std::string> opaque;                        ///< ARIs of which it is not known
};

/// The groups that somebody is in, as the list that came with them and a search show them.
struct HeldGroups {
  std::set<std::string> ids;
  bool whole = false;  ///< there is proof that these are all
  bool shown = false;  ///< and the search has shown one that came with them
};

/// The people of a group, as a search in it shows them.
struct ListedMembers {
  std::set<std::string> all;      ///< account ids
  std::set<std::string> certain;  ///< whose own groups hold it: a server may not know the filter
  std::set<std::string> active;   ///< whose account is, so that they can be in another group

  /// Whether the group has `planned`, sorted, and nobody else. Where more are listed than were
  /// planned, only those who are certain count.
  [[nodiscard]] bool is(const std::vector<std::string>& planned) const {
    return std::equal(counted(planned).begin(), counted(planned).end(), planned.begin(),
                      planned.end());
  }
  /// Likewise whether nobody else is in it.
  [[nodiscard]] bool within(const std::vector<std::string>& planned) const {
    return joined(planned).empty();
  }
  /// Those who are in it and were not planned.
  [[nodiscard]] std::vector<std::string> joined(const std::vector<std::string>& planned) const {
    std::vector<std::string> out;
    std::set_difference(counted(planned).begin(), counted(planned).end(), planned.begin(),
                        planned.end(), std::back_inserter(out));
    return out;
  }

 private:
  [[nodiscard]] const std::set<std::string>& counted(
      const std::vector<std::string>& planned) const {
    return all.size() > planned.size() ? certain : all;
  }
};

/// Whether the list that came with somebody has the group; it may be cut short.
[[nodiscard]] inline bool lists(const ParsedUser& person, const std::string& group_id) {
  const std::vector<std::string>& groups = person.group_ids;
  return std::find(groups.begin(), groups.end(), group_id) != groups.end();
}

/// Look-ups that an apply makes besides the plan's reading. Answers come while the reader runs;
/// what they go into must outlive that.
class LookUps {
 public:
  LookUps(Reader& reader, const Endpoints& endpoints, const std::string& directory,
          std::chrono::milliseconds delay = {})
      : reader_(reader), endpoints_(endpoints), directory_(directory), delay_(delay) {}

  /// Everything that is listed goes to `take`; `ended` is called where the listing is complete.
  void people(const Endpoints::UserSearch& search, std::function<void(ParsedUser)> take,
              std::function<void()> ended) const;
  void groups(const Endpoints::GroupSearch& search, std::function<void(ParsedGroup)> take,
              std::function<void()> ended) const;
  /// The id of the group that has this name.
  void id_of(const std::string& group, Asked<std::string>& into) const;
  /// Likewise the group, with its counts where the server has them.
  void named(const std::string& group, Asked<ParsedGroup>& into) const;
  void members(const std::string& group_id, Asked<ListedMembers>& into) const;
  void roles_of_group(const std::string& id, Asked<HeldRoles>& into) const;
  /// The list that came with somebody may be cut short: a search for their groups is not. One that
  /// shows none of those of the list proves nothing, nor one that shows nothing of somebody
  /// suspended; `unlisted` are known to be shown by none.
  void groups_of(const ParsedUser& user, Asked<HeldGroups>& into,
                 const std::set<std::string>& unlisted = {}) const;
  /// Whether a search for this person in this group shows them. A server that does not know the
  /// filter shows them of any group.
  void in_group(const std::string& account, const std::string& group_id, Asked<bool>& into) const;
  /// Only those granted directly.
  void roles_of_user(const std::string& id, Asked<HeldRoles>& into) const;
  /// Whether all that an account holds has org admin in it.
  void is_org_admin(const std::string& id, Asked<bool>& into) const;

 private:
  Reader& reader_;
  const Endpoints& endpoints_;
  const std::string& directory_;
  std::chrono::milliseconds delay_;
};

/// Asks for `all` by parts of at most `most`, as many as one search takes; `ask` is given each.
template <class Ask>
void by_parts(const std::vector<std::string>& all, std::size_t most, const Ask& ask) {
  for (std::size_t i = 0; i < all.size(); i += most) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(i);
    ask(std::vector<std::string>(
        from, from + static_cast<std::ptrdiff_t>(std::min(most, all.size() - i))));
  }
}

}  // namespace rolecall
