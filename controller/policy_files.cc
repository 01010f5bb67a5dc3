#include "controller/policy_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "controller/nearby_policy.h"
#include "controller/output.h"
#include "controller/policy_tree.h"
#include "policies/byte_scan.h"
#include "state/model/digest.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

/// A roster that cannot be read does not keep the other problems of the policy from being shown.
SourceFile read_roster(const std::string& path, const PolicyTree& tree) {
  SourceFile out{path, {}, true};
  const auto unreadable = [&](Error why) {
    out.unreadable = std::move(why);
    return out;
  };
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error.value() == ENOENT) {
    return unreadable({path + ": no such file", "the path is relative to the file that names it"});
  }
  if (error) return unreadable(cannot_read(path, error.value()).value());
  if (!tree.holds(real)) {
    return unreadable({path + ": outside the folder of the policy", "copy it into that folder"});
  }
  Result<std::string> bytes = tree.read({path, real}, kMaxRosterBytes);
  if (!bytes) return unreadable(bytes.error());
  out.bytes = *std::move(bytes);
  return out;
}

/// Those that the TOML files name, each once.
std::vector<SourceFile> read_rosters(const std::vector<SourceFile>& files, const PolicyTree& tree) {
  std::set<std::string> paths;
  for (const SourceFile& file : files) {
    for (std::string& path : roster_paths(file)) paths.insert(std::move(path));
  }
  std::vector<SourceFile> out;
  for (const std::string& path : paths) {
    if (out.size() == kMaxPolicyFiles) break;
    out.push_back(read_roster(path, tree));
  }
  return out;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Whether it looks like a part of a policy.
bool speaks_of_access(const std::string& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  std::string begin(1 << 16, '\n');
  in.read(begin.data() + 1, static_cast<std::streamsize>(begin.size() - 1));
  begin.resize(1 + static_cast<std::size_t>(in.gcount()));
  return begin.find("\n[users") != std::string::npos ||
         begin.find("\n[groups") != std::string::npos ||
         begin.find("\n[[rosters") != std::string::npos;
}

}  // namespace

Result<PolicyFiles> read_policy_files(const std::string& path) {
  PolicyFiles out;
  out.base = without_slash(path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_read(path, errno);
  if (S_ISREG(status.st_mode) && fs::path(out.base).extension() == ".plan") {
    return fail(path + " is a saved plan, no policy", "rolecall apply " + path + " applies it");
  }
  const bool folder = S_ISDIR(status.st_mode);
  const fs::path top = folder ? fs::path(out.base) : fs::path(out.base).parent_path();
  const Result<PolicyTree> tree = PolicyTree::open(top.empty() ? "." : top.string());
  if (!tree) return tl::make_unexpected(tree.error());
  if (folder) {
    const Result<std::vector<PolicyTree::File>> found = tree->policy_files();
    if (!found) return tl::make_unexpected(found.error());
    if (found->empty()) {
      return fail(path + ": no policy files in this folder", "at least one *.toml is needed");
    }
    for (const PolicyTree::File& file : *found) {
      Result<std::string> bytes = tree->read(file, kMaxFileBytes);
      if (!bytes) return tl::make_unexpected(bytes.error());
      out.files.push_back({file.path, *std::move(bytes)});
    }
  } else {
    Result<std::string> bytes = read_named_file(out.base, kMaxFileBytes);
    if (!bytes) return tl::make_unexpected(bytes.error());
    out.files.push_back({out.base, *std::move(bytes)});
  }
  std::vector<SourceFile> rosters = read_rosters(out.files, *tree);
  std::move(rosters.begin(), rosters.end(), std::back_inserter(out.files));
  return out;
}

std::string fingerprint(const std::vector<SourceFile>& files) {
  Digest digest("rolecall policy bytes 1");
  for (const SourceFile& file : files) {
    digest.field(file.path);
    digest.field(file.bytes);
  }
  return digest.hex();
}

namespace {

/// Of a checkout or a pull that is under way in the repository around `path`; empty where none is.
/// One that lies there for long was left behind.
std::string lock_of_git(const std::string& path) {
  constexpr std::chrono::minutes kLeftBehind{10};
  std::error_code error;
  fs::path folder = fs::canonical(path, error);
  while (!error && folder.has_relative_path()) {
    const fs::path lock = folder / ".git" / "index.lock";
    const auto since = fs::last_write_time(lock, error);
    if (!error) {
      const bool recent = fs::file_time_type::clock::now() - since < kLeftBehind;
      return recent ? lock.string() : std::string();
    }
    error.clear();
    folder = folder.parent_path();
  }
  return {};
}

}  // namespace

std::string fingerprint_at(const std::string& path) {
  if (const std::string lock = lock_of_git(path); !lock.empty()) return "git is at work: " + lock;
  const auto read = read_policy_files(path);
  return read ? fingerprint(read->files) : read.error().what;
}

Result<std::string> default_policy_path(const std::string& folder) {
  const std::string prefix = folder == "." ? std::string{} : without_slash(folder) + "/";
  struct stat status {};
  const std::string file = prefix + "rolecall.toml";
  if (::lstat(file.c_str(), &status) == 0) return file;
  const std::string access = prefix + "access";
  if (::stat(access.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return access;
  const auto around = policy_around(folder);
  return fail("no policy here: neither a file rolecall.toml nor a folder access/",
              around ? fmt::format("{} is a policy: name it on the command line", *around)
                     : "run in the folder of the policy, or name it on the command line");
}

Result<std::string> policy_path_or_default(const std::string& asked) {
  if (!asked.empty()) return asked;
  auto found = default_policy_path();
  if (!found || *found != "rolecall.toml") return found;
  std::error_code error;
  if (fs::is_directory("access", error)) {
    print_message("note: the policy is rolecall.toml; the folder access/ beside it is not read\n");
  }
  for (fs::directory_iterator it(".", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!is_policy_name(name) || name == "rolecall.toml" || !speaks_of_access(name)) continue;
    print_message(fmt::format(
        "note: the policy is rolecall.toml alone; {} beside it is not read (name the folder, "
        "\".\", to read all)\n",
        escape_terminal(name)));
    break;
  }
  return found;
}

}  // namespace rolecall
