#pragma once

#include <stdexcept>

namespace rolecall {

/// rolecall itself is wrong: something that holds by construction does not.
class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Checked in every build, also those that are released: where going on would mean a wrong call.
/// `what` says what is wrong. Nobody catches it but the run, which sends nothing more and ends with
/// exit code 8.
inline void invariant(bool holds, const char* what) {
  if (!holds) [[unlikely]]
    throw BrokenInvariant(what);
}

}  // namespace rolecall
