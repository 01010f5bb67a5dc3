#include "controller/signals.h"

#include <algorithm>
#include <csignal>
#include <thread>

namespace rolecall {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ask_to_stop(int) {
  stop_asked = 1;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A terminal that is closed must not cut off what is under way; nohup wants it to go on.
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool stop_signalled() {
  return stop_asked != 0;
}

bool sleep_unless_stopped(std::chrono::milliseconds time) {
  using Steady = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kStep{200};
  const auto until = Steady::now() + time;
  while (!stop_signalled()) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now());
    if (rest <= std::chrono::milliseconds{0}) return true;
    std::this_thread::sleep_for(std::min(rest, kStep));
  }
  return false;
}

}  // namespace rolecall
