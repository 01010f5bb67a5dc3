#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/misread.h"
#include "controller/premises.h"
#include "controller/write_call.h"
#include "diff/safety.h"
#include "state/api/api_client.h"

namespace rolecall {

/// Looks again, during an apply, at what the next changes rest on (premises.h), and at who the org
/// admins are where the changes take any away.
class Grounds {
 public:
  Grounds(ReadClient& client, const Endpoints& endpoints, const Plan& plan, Misread& misread)
      : client_(client),
        endpoints_(endpoints),
        plan_(plan),
        misread_(misread),
        looked_at_(plan.changes.size()) {}

  /// A change that is not to be made: it is so already, or it must not be any more.
  struct Finding {
    std::size_t change = 0;
    bool done = false;
    std::string because;
    bool gone = false;  ///< because what it is about is not to be seen
  };
  struct Seen {
    std::vector<Finding> findings;  ///< at most one a change
    bool key_refused = false;
    std::map<std::string, std::uint32_t> counts{};  ///< see Premises
  };
  /// `changes` are of calls of one kind, invitations with all that rides on them. Takes those out
  /// of `floor` who are no active admins any more. May be asked again about what was sent in vain,
  /// as it seems. `from`: see read_premises.
  [[nodiscard]] Seen look(const std::vector<std::size_t>& changes, KnownIds& ids, AdminFloor& floor,
                          LookFrom from);

  /// How many changes have been looked at.
  [[nodiscard]] std::size_t looked_at() const;
  /// Whether another look may find more admins than the floor counts.
  [[nodiscard]] bool may_find_more() const { return !unseen_.empty(); }
  /// Why the floor counts fewer admins than the plan has, where that was seen; or nothing.
  [[nodiscard]] std::string_view why_fewer_admins() const;

 private:
  void keep_who_is_protected(const std::vector<std::size_t>& changes, const KnownIds& ids,
                             bool plan_is_fresh, std::vector<Finding>& findings);
  void doubt_single_answers(KnownIds& ids, std::vector<Finding>& findings);
  void leave_riders(const std::vector<std::size_t>& changes, std::vector<Finding>& findings) const;
  [[nodiscard]] bool count_admins(const std::vector<std::size_t>& changes, const KnownIds& ids,
                                  AdminFloor& floor, bool plan_is_fresh,
                                  std::vector<Finding>& findings);
  void look_for_hidden_admins(const std::vector<std::size_t>& changes, bool counted,
                              AdminFloor& floor, std::vector<Finding>& findings);
  [[nodiscard]] bool was_one(const std::string& admin) const;
  bool note_who_shows(const std::map<std::string, std::string>& counted,
                      std::vector<std::string>& lost);
  [[nodiscard]] static bool contradicts(const std::vector<std::string>& lost,
                                        const AdminFloor& floor);
  [[nodiscard]] bool waits_for(const std::vector<std::string>& lost,
                               const std::vector<std::size_t>& taking, AdminFloor floor) const;

  ReadClient& client_;
  const Endpoints& endpoints_;
  const Plan& plan_;
  Misread& misread_;
  std::vector<bool> looked_at_;
  std::set<std::string> shown_;      ///< as admins, whom this run has made ones
  std::set<std::string> flickered_;  ///< of these, who did not show later
  std::set<std::string> unseen_;     ///< likewise who did not show yet when last looked for
  bool others_took_admins_ = false;
  bool new_ones_do_not_show_ = false;
  bool waited_in_vain_ = false;
  bool paths_in_vain_ = false;  ///< likewise of what keeps protected people their apps
  bool contradicted_ = false;   ///< once seen, no admin is let go by this run
};

}  // namespace rolecall
