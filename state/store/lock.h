#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "state/model/instant.h"
#include "state/model/result.h"

namespace rolecall {

/// Who holds the lock on a store.
struct LockOwner {
  std::string user, host, command;
  std::int64_t pid = 0;
  Instant since;
};

/// One writer at a time on a store.
///
/// A kernel lock on `<store>.lock`, so that the death of its holder frees it at once and a reused
/// process id harms nothing; the owner is written into the file for messages only. It is a lock of
/// the open file description (F_OFD_SETLK) rather than flock, because one can ask whether that is
/// held without taking it: asking never makes somebody else's attempt fail. Nothing here waits.
class StoreLock {
 public:
  struct Held {
    std::optional<LockOwner> owner;  ///< nothing when the file does not tell
  };
  /// Error: cannot be locked at all. Held: somebody else has it. Makes the folder as Store::open
  /// does.
  using Taken = tl::expected<StoreLock, Held>;
  [[nodiscard]] static Result<Taken> take(const std::string& store_path, const LockOwner& owner);

  /// The living holder, if there is one. Error where the folder of the store is missing.
  [[nodiscard]] static Result<std::optional<Held>> holder(const std::string& store_path);
  /// Takes the lock away from a holder: the file is replaced, and still_mine() of the old holder
  /// becomes false.
  [[nodiscard]] static Result<void> release_forcibly(const std::string& store_path);

  /// Whether this lock still counts: the file at the path is the one that was locked. Asked before
  /// every write to the API.
  [[nodiscard]] bool still_mine() const;
  /// What still_mine() says, for as long as this lock or what it was moved to lives.
  [[nodiscard]] std::function<bool()> asker() const;

  StoreLock(StoreLock&&) noexcept;
  StoreLock& operator=(StoreLock&&) noexcept;
  ~StoreLock();

 private:
  struct Impl;
  explicit StoreLock(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rolecall
