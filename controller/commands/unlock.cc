#include <fmt/format.h>

#include <filesystem>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/store_path.h"
#include "state/model/text.h"
#include "state/store/files.h"
#include "state/store/lock.h"

namespace rolecall {
namespace {

std::string in_words(const StoreLock::Held& held) {
  if (!held.owner) return "somebody who left no name";
  const LockOwner& owner = *held.owner;
  return escape_terminal(fmt::format("{}@{}, process {}, rolecall {}, since {}", owner.user,
                                     owner.host, owner.pid, owner.command,
                                     format_instant(owner.since)));
}

}  // namespace

int run_unlock(const GlobalOptions& global, const UnlockOptions& options) {
  const std::string store = default_store_path(global);
  const std::string shown = escape_terminal(store);
  if (!std::filesystem::exists(store) && !std::filesystem::exists(store + ".lock")) {
    print(
        fmt::format("there is no store at {}, so nobody holds its lock; {}\n", shown, kNoStoreYet));
    return 0;
  }
  const auto holder = StoreLock::holder(store);
  if (!holder) return print_error(holder.error());
  if (!*holder) {
    print(fmt::format("nobody holds the lock of {}\n", shown));
    return 0;
  }
  const std::string who = in_words(**holder);
  print_message(fmt::format("the lock of {} is held by {}\n", shown, who));
  if (!options.yes) {
    switch (ask_for_yes("Take it away? That run will stop before its next write.")) {
      case Confirmation::no_terminal:
        return print_error({"there is no terminal to ask on, nothing was done", "use --yes"});
      case Confirmation::refused:
        return print_error({"not confirmed, nothing was done", {}});
      case Confirmation::confirmed:
        break;
    }
  }
  if (const auto released = StoreLock::release_forcibly(store); !released) {
    return print_error(released.error());
  }
  print(fmt::format("the lock of {} was taken away from {}\n", shown, who));
  return 0;
}

}  // namespace rolecall
