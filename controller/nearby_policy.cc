#include "controller/nearby_policy.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <vector>

#include "controller/policy_tree.h"
#include "policies/byte_scan.h"
#include "policies/policy.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

constexpr int kLevels = 3;
constexpr std::size_t kMostFiles = 200;
constexpr std::size_t kMostBeginBytes = 1 << 20;

bool names_organization(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string begin(kMostBeginBytes, '\0');
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

/// Besides the file itself; empty where there is none. A folder below that has [organization] of
/// its own is another policy, with all that lies in it.
std::string part_beside(const std::string& path, const fs::path& folder) {
  const Result<PolicyTree> tree = PolicyTree::open(folder.string());
  if (!tree) return {};
  std::error_code error;
  std::vector<std::string> parts;
  std::set<fs::path> others;
  for (const PolicyTree::File& other : tree->glance()) {
    if (fs::equivalent(path, other.path, error)) continue;
    const Result<std::string> bytes = tree->read(other, kMaxFileBytes);
    if (!bytes) continue;
    const FileRole role = role_of({other.path, *bytes});
    if (role == FileRole::part) parts.push_back(other.path);
    if (role == FileRole::whole) others.insert(fs::path(other.path).parent_path());
  }
  for (const std::string& part : parts) {
    fs::path at = fs::path(part).parent_path();
    while (!fs::equivalent(at, folder, error) && !others.contains(at) && at.has_relative_path()) {
      at = at.parent_path();
    }
    if (fs::equivalent(at, folder, error)) return part;
  }
  return {};
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

Result<void> refuse_part_of_policy(const std::string& path) {
  std::error_code error;
  const fs::path file(path);
  if (file.filename() == "rolecall.toml" || !fs::is_regular_file(file, error)) return {};
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const std::string part = part_beside(path, folder);
  if (part.empty()) return {};
  const Result<std::string> bytes = read_named_file(path, kMaxFileBytes);
  if (!bytes || role_of({path, *bytes}) != FileRole::whole) return {};
  return fail(fmt::format("{} is a part of the policy {}", path, folder.string()),
              fmt::format("name all of it: {}; {} is another part", folder.string(), part));
}

}  // namespace rolecall
