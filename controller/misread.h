#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/last_seen.h"
#include "state/api/reader.h"

namespace rolecall {

/// What could not be read while a plan was applied, or was not understood: with the endpoint, and
/// the path of the member. For people. And what was seen last of those that were shown.
class Misread {
 public:
  void hear(Reader& reader) {
    reader.on_problem = [this](const std::string& why) { note(why); };
    reader.on_user = [this](const ParsedUser& user) { seen_.note(user); };
    reader.on_group = [this](const ParsedGroup& group) { seen_.note(group); };
    reader.on_roles = [this](const std::string& holder, const Reader::Roles& held) {
      seen_.note_roles(holder, held);
    };
    reader.on_gone = [this](const std::string& id) { seen_.note_gone(id); };
    reader.on_opaque = [this](const std::string& id, const std::string& why) {
      opaque_.emplace(id, why);
    };
  }
  /// Why this account or group is to be left alone, as a plan would leave it alone; or nothing.
  [[nodiscard]] std::string opaque(const std::string& id) const {
    const auto found = opaque_.find(id);
    return found == opaque_.end() ? std::string() : found->second;
  }
  [[nodiscard]] const LastSeen& seen() const { return seen_; }
  /// Each once, in the order in which they came up; the first ones, where there are many.
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

 private:
  void note(const std::string& why);

  std::vector<std::string> all_;
  std::map<std::string, std::string> opaque_;  ///< by id
  LastSeen seen_;
};

}  // namespace rolecall
