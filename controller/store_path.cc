#include "controller/store_path.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "controller/policy_files.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

fs::path store_in(const fs::path& folder) {
  return (folder / ".rolecall" / "rolecall.db").lexically_normal();
}

/// The folder as somebody wrote it, where that still leads there without its "..".
fs::path as_written(const fs::path& written, const fs::path& real) {
  const fs::path normal = written.lexically_normal();
  std::error_code error;
  return fs::equivalent(normal.empty() ? "." : normal, real, error) ? normal : real;
}

/// However its path is written. A folder that holds a rolecall.toml has the store of that file, and
/// nothing is put outside a git repository. A store that is there already wins, so that no other
/// one is begun beside it.
std::string store_of_folder(const fs::path& written, const fs::path& real) {
  std::error_code error;
  fs::path wanted = store_in(as_written(written.parent_path(), real.parent_path()));
  fs::path other = store_in(as_written(written, real));
  if (fs::exists(real / "rolecall.toml", error) || fs::exists(real / ".git", error)) {
    std::swap(wanted, other);
  }
  const bool use_other = fs::exists(other, error) && !fs::exists(wanted, error);
  return (use_other ? other : wanted).string();
}

}  // namespace

std::string store_path(const GlobalOptions& global, const std::string& policy_path) {
  if (!global.store.empty()) return global.store;
  fs::path policy(policy_path);
  if (!policy.has_filename()) policy = policy.parent_path();  // "access/" is "access"
  std::error_code error;
  if (fs::is_directory(policy, error)) {
    const fs::path real = fs::canonical(policy, error);
    if (!error) return store_of_folder(policy, real);
  }
  return store_in(policy.parent_path()).string();
}

std::string default_store_path(const GlobalOptions& global) {
  return store_path(global, default_policy_path().value_or(""));
}

}  // namespace rolecall
