#include "controller/nearby_policy.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace rolecall {
namespace {

namespace fs = std::filesystem;

constexpr int kLevels = 3;
constexpr std::size_t kMostFiles = 200;
constexpr std::size_t kMostBytes = 1 << 20;

bool names_organization(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string begin(kMostBytes, '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(in.gcount()));
  return begin.starts_with("[organization]") || begin.find("\n[organization]") != std::string::npos;
}

bool is_whole_policy(const fs::path& folder) {
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (++seen > kMostFiles) break;
    if (it->path().extension() == ".toml" && it->is_regular_file(error) &&
        names_organization(it->path())) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> policy_around(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::path(path).lexically_normal();
  if (!fs::is_directory(folder, error)) folder = folder.parent_path();
  if (!folder.has_filename() && folder.has_parent_path()) folder = folder.parent_path();
  for (int level = 0; level < kLevels; ++level) {
    if (folder.empty()) folder = ".";
    if (is_whole_policy(folder)) return folder.string();
    const fs::path above = folder.lexically_normal();
    folder = above == "." || above.filename() == ".." ? above / ".." : above.parent_path();
  }
  return std::nullopt;
}

}  // namespace rolecall
