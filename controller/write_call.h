#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "diff/plan.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// Ids behind natural keys: those the plan knew, and those the run has learned since.
struct KnownIds {
  std::unordered_map<std::string, std::string> groups;    ///< name -> id
  std::unordered_map<std::string, std::string> accounts;  ///< address -> account id

  explicit KnownIds(const Plan& plan);
  [[nodiscard]] std::string group(const Change& change) const;
  [[nodiscard]] std::string account(const Change& change) const;
};

/// The request for a call. `changes`: those of the call's that are still to be made. An Error means
/// an id that is needed is not known.
[[nodiscard]] Result<WriteRequest> make_write(const Endpoints& endpoints, const Plan& plan,
                                              const std::vector<std::size_t>& changes,
                                              const KnownIds& ids);

/// What an answer says of a change.
enum class Verdict : std::uint8_t {
  applied,
  refused,   ///< not applied, with the API's words
  conflict,  ///< the API says it cannot be: because it is so already, or for another reason. Read.
  unclear,   ///< may or may not have taken effect. Read before sending again.
  not_sent,  ///< certainly not applied: the call never left
};

struct Judgement {
  Verdict verdict{};
  std::string message;
};

/// One judgement for each of `changes`, in order. Account ids of invited people go into `ids`,
/// where the answer gives them to nobody else. A 2xx that is not what the API answers says nothing.
[[nodiscard]] std::vector<Judgement> judge(const Plan& plan,
                                           const std::vector<std::size_t>& changes,
                                           const Answer& answer, KnownIds& ids);

}  // namespace rolecall
