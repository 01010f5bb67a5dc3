#pragma once

#include <string>
#include <string_view>

#include "state/model/instant.h"
#include "state/model/result.h"

namespace rolecall {

/// What to tell people who are stopped.
inline constexpr const char* kHowToResume = "rolecall resume lets it go on";

/// The switch that keeps every rolecall on a store from writing to the organization.
///
/// A file beside the store, `<store>.stop`: it outlives every process, needs no lock, and is asked
/// before every write call. Whatever is there stops, also what cannot be read.
class StopSwitch {
 public:
  struct Order {
    std::string user, host;
    Instant at;
    std::string reason;
  };

  explicit StopSwitch(const std::string& store_path)
      : store_(store_path), file_(store_path + std::string(kEnding)) {}

  /// Why nothing may be written, for people: who stopped it, when and why. Empty when nobody did.
  /// Not escaped.
  [[nodiscard]] std::string in_force() const;
  /// Whole or not at all, readable by its owner alone, on disk when it returns. Makes the folder of
  /// the store as Store::open does. An order that is in force already stays as it is: whoever came
  /// first is named.
  [[nodiscard]] Result<void> set(const Order& order) const;
  /// Whether there was anything to take away.
  [[nodiscard]] Result<bool> clear() const;

 private:
  static constexpr std::string_view kEnding = ".stop";
  std::string store_, file_;
};

}  // namespace rolecall
