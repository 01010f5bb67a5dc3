#include "controller/private_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "controller/whole_file.h"

namespace rolecall {
namespace {

Result<void> fail_with(const std::string& path, int code) {
  return fail(fmt::format("cannot write {}: {}", path, std::strerror(code)));
}

}  // namespace

Result<void> check_writable_place(const std::string& path,
                                  std::initializer_list<std::string_view> begins) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    return fail(fmt::format("{}: no such directory", folder.string()));
  }
  if (std::filesystem::is_directory(path, problem)) {
    return fail(fmt::format("{} is a directory", path));
  }
  if (access(folder.c_str(), W_OK) != 0) return fail_with(path, errno);
  const auto there = std::filesystem::symlink_status(path, problem);
  if (!std::filesystem::exists(there)) return {};
  // A new file takes the name, so /dev/null would be one, and /dev/stdout no way to stdout any
  // more.
  if (std::filesystem::is_symlink(there)) {
    return fail(fmt::format("{} is a symbolic link, which is not written through", path),
                "name the file that it leads to");
  }
  if (!std::filesystem::is_regular_file(there)) {
    return fail(fmt::format("{} is no regular file, and would be replaced by one", path),
                "name a file");
  }
  std::string start(64, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  const bool ours = std::any_of(begins.begin(), begins.end(),
                                [&](std::string_view known) { return start.starts_with(known); });
  if (ours || (start.empty() && file.eof())) return {};
  return fail(fmt::format("{} exists and is something else than what is to be written there", path),
              "name another file, or take that one away first");
}

Result<void> write_private_file(const std::string& path, std::string_view content) {
  return write_whole_file(path, content, 0600);
}

Result<void> write_beside_store(const std::string& store, std::string_view ending,
                                std::string_view content) {
  const std::filesystem::path folder = std::filesystem::path(store).parent_path();
  return write_whole_file(fmt::format("{}{}", store, ending), content, 0600,
                          {store, folder.empty() ? "." : folder.string()});
}

}  // namespace rolecall
