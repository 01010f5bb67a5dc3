#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// Where a store lives. The folder is resolved once, so that symbolic links above the store are
/// allowed while the store's own files may be none.
inline constexpr std::string_view kNoStoreYet = "the first apply makes one; --store names another";

struct StorePlace {
  std::string shown;   ///< as the user wrote it, for messages
  std::string folder;  ///< without symbolic links
  std::string file;    ///< folder + "/" + name
};

/// Error: the folder is not there, or anybody may replace what is in it. `create_folder` makes a
/// missing last level with mode 0700, never its parents.
[[nodiscard]] Result<StorePlace> find_store_place(const std::string& path, bool create_folder);

/// Whether the file exists; an error when it is anything but a regular file of this user with one
/// name that nobody else may read or write.
[[nodiscard]] Result<bool> check_private_file(const std::string& file);
/// Of a file or a folder; false as well where it is not there.
[[nodiscard]] bool may_write(const std::string& path);

/// The content of a regular file, nothing where there is none; an error when it is longer.
[[nodiscard]] Result<std::optional<std::string>> read_small_file(const std::string& file,
                                                                 std::size_t most_bytes);

/// Makes an empty file of mode 0600. Error: there is something of that name already.
[[nodiscard]] Result<void> create_private_file(const std::string& file);

/// Gives `from` the name `to`, unless something has that name; makes it durable.
[[nodiscard]] Result<void> rename_without_replacing(const std::string& from, const std::string& to);

/// Makes the names in the file's folder durable.
[[nodiscard]] Result<void> sync_folder_of(const std::string& file);

/// The network file system that the file is on, "NFS"; empty where it is on none that is known.
/// Locks, and what was written last, are not to be relied on there (guarantees.md F9; "File Locking
/// Problems" in SQLite's "How To Corrupt").
[[nodiscard]] std::string_view network_file_system(const std::string& file);
/// Of the type that statfs(2) says.
[[nodiscard]] std::string_view network_file_system(unsigned long type);

/// "No such file or directory", for an errno.
[[nodiscard]] std::string errno_text(int error);

}  // namespace rolecall
