#pragma once

#include <sys/types.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

// Files that others see as they were or as they are wanted, never half of either: written into a
// new file beside the old one, to disk, then renamed.

/// Puts the file there, whatever was there before.
[[nodiscard]] Result<void> write_whole_file(const std::string& path, std::string_view content,
                                            mode_t mode);

/// The same for root beside what belongs to somebody else, who is to own the file as well.
/// `owner_of`: the first of these paths that is there says who; without one, and for whoever is not
/// root, it is the user who writes.
[[nodiscard]] Result<void> write_whole_file(const std::string& path, std::string_view content,
                                            mode_t mode,
                                            std::initializer_list<std::string> owner_of);

/// Puts the file there, with the permissions of the umask; fails where the name is taken.
[[nodiscard]] Result<void> write_new_file(const std::string& path, std::string_view content);

/// Gives a file that held `before` another content; mode and owner stay. Fails, and leaves it
/// alone, where the file is read-only, a symbolic link, or holds something else by now.
[[nodiscard]] Result<void> rewrite_file(const std::string& path, std::string_view before,
                                        std::string_view content);

}  // namespace rolecall
