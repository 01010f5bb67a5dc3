#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"

namespace rolecall::test {

/// What a test made rolecall write for programs to read, held against the schemas that are shipped
/// (guarantees.md I7), by a validator of others.
class WrittenDocuments {
 public:
  /// Keeps the plan, saved plan or export that this command wrote, if it is one that does; its
  /// current folder was `folder`.
  void add(const std::vector<std::string>& arguments, const Outcome& outcome,
           const std::filesystem::path& folder);
  void add(std::string schema, std::string text) {
    documents_.emplace_back(std::move(schema), std::move(text));
  }
  [[nodiscard]] bool empty() const { return documents_.empty(); }

  /// One line for each document, or line of an export, that is not as its schema says.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  std::vector<std::pair<std::string, std::string>> documents_;  ///< "plan", and the text
};

}  // namespace rolecall::test
