#include "controller/private_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "controller/whole_file.h"

namespace rolecall {
namespace {

Result<void> fail_with(const std::string& path, int code) {
  return fail(fmt::format("cannot write {}: {}", path, std::strerror(code)));
}

}  // namespace

Result<void> check_writable_place(const std::string& path) {
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
  return {};
}

Result<void> write_private_file(const std::string& path, std::string_view content) {
  return write_whole_file(path, content, 0600);
}

}  // namespace rolecall
