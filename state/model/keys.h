#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// A person's natural key.
///
/// Normalised once, here: surrounding ASCII white space trimmed, ASCII letters folded to lower
/// case, the domain in its IDNA 2008 (A-label) form. Dots and plus tags stay significant. Two
/// spellings of one address are equal Emails.
class Email {
 public:
  /// The error's `what` reads on from the address ("is not an e-mail address: second \"@\"").
  [[nodiscard]] static Result<Email> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] std::string_view domain() const;

  auto operator<=>(const Email&) const = default;

 private:
  explicit Email(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A group's natural key: compared as the server compares names, without regard to case
/// (facts.md section 6), in Unicode normal form C. Keeps the spelling it was first written in.
class GroupName {
 public:
  /// Refuses empty names, names over 255 characters, control and bidirectional characters, and
  /// surrounding white space.
  [[nodiscard]] static Result<GroupName> parse(std::string_view text);
  /// For names the server sent: takes anything, so that what is live can always be shown.
  [[nodiscard]] static GroupName from_server(std::string_view text);

  [[nodiscard]] const std::string& display() const { return display_; }
  [[nodiscard]] const std::string& key() const { return key_; }

  bool operator==(const GroupName& other) const { return key_ == other.key_; }
  std::strong_ordering operator<=>(const GroupName& other) const { return key_ <=> other.key_; }

 private:
  GroupName(std::string display, std::string key)
      : display_(std::move(display)), key_(std::move(key)) {}
  std::string display_;
  std::string key_;
};

}  // namespace rolecall
