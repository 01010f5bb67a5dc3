#pragma once

#include <map>
#include <string>
#include <vector>

#include "state/api/reader.h"

namespace rolecall {

/// What could not be read while a plan was applied, or was not understood: with the endpoint, and
/// the path of the member. For people.
class Misread {
 public:
  void hear(Reader& reader) {
    reader.on_problem = [this](const std::string& why) { note(why); };
    reader.on_opaque = [this](const std::string& id, const std::string& why) {
      opaque_.emplace(id, why);
    };
  }
  /// Why this account or group is to be left alone, as a plan would leave it alone; or nothing.
  [[nodiscard]] std::string opaque(const std::string& id) const {
    const auto found = opaque_.find(id);
    return found == opaque_.end() ? std::string() : found->second;
  }
  /// Each once, in the order in which they came up; the first ones, where there are many.
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

 private:
  void note(const std::string& why);

  std::vector<std::string> all_;
  std::map<std::string, std::string> opaque_;  ///< by id
};

}  // namespace rolecall
