#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "diff/change.h"
#include "state/api/api_client.h"

namespace rolecall {

/// What the answers to writes tell about the key: one that may only read has every call refused
/// with 403, but so has a person or a group that may not be changed.
class WritePermission {
 public:
  /// What came of a call that makes changes of this kind.
  void learn(const Answer& answer, ChangeKind kind);
  /// Why nothing more is to be sent: the API says that it is the key; or nothing.
  [[nodiscard]] std::string lacking() const;
  /// Why no more calls of this kind are to be sent, or nothing. What takes away is
  /// tried however much of it was refused.
  [[nodiscard]] std::string refused(ChangeKind kind) const;
  /// What seems so once all has been tried, and nothing was done; or nothing.
  [[nodiscard]] std::string lacking_perhaps() const;

 private:
  bool shown_ = false;  ///< something was accepted: later refusals are about their objects
  bool told_ = false;   ///< the API said that it is the key
  bool other_ = false;  ///< something was neither accepted nor refused
  std::map<ChangeKind, std::size_t> refusals_;  ///< that it did not say of what
  bool invited_ = false;                        ///< an invitation was accepted
  std::size_t invitations_kept_off_ = 0;        ///< with a 403 that is not the API's
};

}  // namespace rolecall
