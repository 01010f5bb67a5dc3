#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "state/model/instant.h"
#include "state/model/result.h"

namespace rolecall {

/// What to tell people about it.
inline constexpr const char* kHowToLeaveQuarantine =
    "a changed policy or rolecall resume lets it go on";

/// What the service does not try again by itself, until the policy changes or somebody says
/// `rolecall resume`: a policy whose plan a safety rule refused, and a plan that has failed
/// kFailuresBelieved times in a row.
///
/// A file beside the store, `<store>.quarantine`, so that it outlives restarts and also counts for
/// `run --once`. What cannot be read there holds everything back. Only a cycle, which has the lock,
/// writes to it.
class Quarantine {
 public:
  static constexpr int kFailuresBelieved = 5;

  explicit Quarantine(const std::string& store_path)
      : store_(store_path), file_(store_path + std::string(kEnding)) {}

  /// Why nothing is to be planned for the policy with this fingerprint, for people; empty where
  /// nothing stands against it. Not escaped.
  [[nodiscard]] std::string of_policy(const std::string& fingerprint) const;
  /// The same for applying a plan.
  [[nodiscard]] std::string of_plan(const std::string& digest) const;
  /// For whoever releases it: what stands there, if anything does.
  [[nodiscard]] std::string in_force() const;

  [[nodiscard]] Result<void> refused(const std::string& fingerprint, const std::string& digest,
                                     const std::string& why, Instant at) const;
  [[nodiscard]] Result<void> failed(const std::string& digest, Instant at) const;
  /// A cycle went well.
  [[nodiscard]] Result<void> lift() const;
  /// Somebody has looked at what stands there, and lets it go on.
  [[nodiscard]] Result<void> release() const;
  /// Whether somebody has, and the policy is still the one they looked at.
  [[nodiscard]] bool released(const std::string& fingerprint) const;

 private:
  struct Entry;
  [[nodiscard]] std::string held(const std::function<bool(const Entry&)>& applies) const;
  [[nodiscard]] Result<void> write(const Entry& entry) const;

  static constexpr std::string_view kEnding = ".quarantine";
  std::string store_, file_;
};

}  // namespace rolecall
