#pragma once

#include <sqlite3.h>

namespace rolecall::test {

/// Lets any statement of SQLite fail in this process, with SQLITE_INTERRUPT: on its way it asks
/// whether to go on, within a statement and between two.
class FailingSqlite {
 public:
  /// Every connection that is opened from now on, until remove().
  static void install() {
    using Extension = void (*)();
    // SQLite's own signature for this is of a function without parameters.
    sqlite3_auto_extension(reinterpret_cast<Extension>(&watch));
  }
  static void remove() {
    heal();
    sqlite3_reset_auto_extension();
  }

  /// The answer is no after `n` times yes: once, or from then on.
  static void set(long n, bool for_ever) {
    left_ = n;
    for_ever_ = for_ever;
    failed_ = false;
  }
  static void heal() { left_ = kNever; }
  [[nodiscard]] static bool failed() { return failed_; }

 private:
  static constexpr long kNever = -1;
  static int watch(sqlite3* handle, char** /*error*/, const void* /*api*/) {
    sqlite3_progress_handler(handle, 1, &ask, nullptr);
    return SQLITE_OK;
  }
  static int ask(void* /*unused*/) {
    if (left_ == kNever) return 0;
    if (left_ > 0) {
      --left_;
      return 0;
    }
    if (!for_ever_) left_ = kNever;
    failed_ = true;
    return 1;
  }
  inline static long left_ = kNever;
  inline static bool for_ever_ = false;
  inline static bool failed_ = false;
};

}  // namespace rolecall::test
