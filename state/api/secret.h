#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// Bytes nobody but the API may see. Moves, never copies: who wants it too shares the one place
/// where it is, which is wiped when the last of them goes. There is no way to print it other than
/// to ask for it by name.
class Secret {
 public:
  Secret() = default;
  /// Takes the text over and wipes the caller's string.
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret&& other) noexcept = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() = default;

  /// The same bytes at the same place.
  [[nodiscard]] Secret share() const;
  [[nodiscard]] bool empty() const { return reveal().empty(); }
  /// For the Authorization header alone.
  [[nodiscard]] std::string_view reveal() const {
    return place_ == nullptr ? std::string_view() : std::string_view(place_->text);
  }

 private:
  struct Place {
    std::string text;
    explicit Place(const std::string& from) : text(from) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();
  };
  std::shared_ptr<const Place> place_;
};

/// Overwrites the whole capacity of `text` in a way no optimizer drops, and empties it.
void wipe(std::string& text);

/// Puts "[key]" in place of `secret` wherever it stands in `text`: as it is, or as JSON and URLs
/// may spell its characters ("\/", "\u003d", "%3D"). A shorter one than kShortestSecret, such as
/// people use with a simulator, is no secret but may be a part of any name: it stays.
inline constexpr std::size_t kShortestSecret = 16;
void mask(std::string& text, std::string_view secret);

/// Likewise any eight characters of the secret in a row, as they are or in base64, and any eight
/// bytes of it in hexadecimal: for what a server says of an error, which is shown and kept.
void mask_pieces(std::string& text, std::string_view secret);

/// The API key, from a file where one is named, else from the environment.
///
/// The file must be a regular file (a symbolic link to one is fine: what was opened is checked) of
/// at most 8 KiB that belongs to the user who runs this (also where that is root), without any
/// permission for group or others; or root's file of that name in $CREDENTIALS_DIRECTORY, where
/// systemd puts it. Opening a FIFO or a device does not hang. One trailing line break is taken off.
/// The key must then be 1 to 4096 visible ASCII characters and must not start with "Bearer ".
/// Messages name the source, never the value.
[[nodiscard]] Result<Secret> load_api_key(const std::optional<std::string>& file,
                                          std::optional<std::string> environment);

}  // namespace rolecall
