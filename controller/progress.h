#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "controller/options.h"

namespace rolecall {

/// How far something long has come.
struct Advance {
  std::size_t done = 0;
  std::size_t of = 0;                   ///< 0: not known
  std::string detail{};                 ///< shown behind the numbers
  std::chrono::milliseconds elapsed{};  ///< since it began
  std::string waits_until{};            ///< "14:05:30"; empty: nothing is waited for
  std::string why{};                    ///< of the wait
};

/// "1200 of 5000, 400/s, 10 s left, 12 calls": rate and remaining time once they mean something,
/// and what is being waited for.
[[nodiscard]] std::string in_words(const Advance& advance);
/// "READING [#####...] NUMBERS" on one line of the terminal: where it is narrow the bar goes first,
/// then what matters less than the numbers and the wait.
[[nodiscard]] std::string bar_line(std::string_view what, const Advance& advance,
                                   std::size_t columns);

/// Says on stderr how far something long has come: a line that renews itself on a terminal, a line
/// now and then elsewhere. Says nothing about what takes under a second. One at a time.
class Progress {
 public:
  Progress(const GlobalOptions& global, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `of` 0: not known. `detail` is shown behind the numbers.
  void update(std::size_t done, std::size_t of, std::string_view detail = {});

  /// Nothing is sent for so long; whoever shows progress now shows that too. False where nobody
  /// does on a terminal, so that it is to be logged.
  static bool waits(std::chrono::milliseconds wait, std::string_view why);
  /// What a line of the log begins with, so that it does not stand behind what is shown: that is
  /// erased, and drawn again by the next update. Empty where nothing is shown.
  [[nodiscard]] static std::string_view make_way();

 private:
  void draw();

  std::string what_;
  bool on_ = false;
  bool terminal_ = false;
  bool drawn_ = false;
  Advance advance_;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point last_;
  std::chrono::steady_clock::time_point resumes_;
  std::string wait_ends_;
};

}  // namespace rolecall
