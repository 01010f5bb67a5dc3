#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "controller/options.h"

namespace rolecall {

/// Says on stderr how far something long has come: a line that renews itself on a terminal, a line
/// now and then elsewhere. Says nothing about what takes under a second.
class Progress {
 public:
  Progress(const GlobalOptions& global, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `of` 0: not known. `detail` is shown behind the numbers.
  void update(std::size_t done, std::size_t of, std::string_view detail = {});

 private:
  std::string what_;
  bool on_ = false;
  bool terminal_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace rolecall
