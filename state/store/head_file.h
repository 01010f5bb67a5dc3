#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "state/model/result.h"
#include "state/store/chain.h"

namespace rolecall {

/// `<store>.head`: where the log of the store beside it ended when it was last written. A store
/// that was cut, or put back to an older copy, no longer reaches it. Holds head_statement(), with
/// zeros before the number so that every head has the same length.
class HeadFile {
 public:
  explicit HeadFile(const std::string& store_file) : file_(store_file + ".head") {}

  struct Content {
    std::string store_id;
    ChainHead head;
  };
  /// Of the bytes of such a file; nothing when they are not.
  [[nodiscard]] static std::optional<Content> parse(std::string_view text);
  /// Nothing when there is no such file. `strict` wants a file of this user's alone, as a store.
  [[nodiscard]] Result<std::optional<Content>> read(bool strict) const;
  /// Replaces the file, whole or not at all; on disk when this returns.
  [[nodiscard]] Result<void> write(const std::string& store_id, const ChainHead& head) const;
  /// Writes over what is there, which takes no space and does not wait for the disk: what a process
  /// does before it is killed is seen; when the power fails the older head may come back.
  [[nodiscard]] Result<void> overwrite(const std::string& store_id, const ChainHead& head) const;

  [[nodiscard]] const std::string& path() const { return file_; }

 private:
  std::string file_;
};

}  // namespace rolecall
