#include "controller/store_path.h"

#include <filesystem>

#include "controller/policy_files.h"

namespace rolecall {

std::string store_path(const GlobalOptions& global, const std::string& policy_path) {
  if (!global.store.empty()) return global.store;
  std::filesystem::path policy(policy_path);
  if (!policy.has_filename()) policy = policy.parent_path();  // "access/" is "access"
  const std::string last = policy.filename().string();
  // "." and ".." name folders whose own folder has no spelling of this kind: the store goes inside.
  const std::filesystem::path folder = last == "." || last == ".." ? policy : policy.parent_path();
  return (folder / ".rolecall" / "rolecall.db").lexically_normal().string();
}

std::string default_store_path(const GlobalOptions& global) {
  return store_path(global, default_policy_path().value_or(""));
}

}  // namespace rolecall
