#include "controller/git_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "controller/child.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

bool is_commit(const std::string& text) {
  return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Of `git ls-tree -r -z`: regular files whose names a policy file may have, below no hidden
/// folder.
std::vector<std::string> policy_names(std::string_view listing) {
  std::vector<std::string> out;
  for (const std::string& entry : split(listing, '\0')) {
    const std::size_t tab = entry.find('\t');
    if (tab == std::string::npos || !entry.starts_with("100")) continue;
    std::string name = entry.substr(tab + 1);
    const bool hidden = name.starts_with('.') || name.find("/.") != std::string::npos;
    if (!hidden && name.ends_with(".toml") && name.find('\n') == std::string::npos) {
      out.push_back(std::move(name));
    }
  }
  return out;
}

/// Of `git cat-file --batch`: "OID blob SIZE", the bytes and a line feed for each name.
std::optional<std::vector<std::string>> contents(std::string_view answer, std::size_t n) {
  std::vector<std::string> out;
  while (out.size() < n) {
    const std::size_t end = answer.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view head = answer.substr(0, end);
    const std::size_t blob = head.find(" blob ");
    if (blob == std::string_view::npos) return std::nullopt;
    const std::string_view digits = head.substr(blob + 6);
    std::size_t size = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    answer.remove_prefix(end + 1);
    if (read.ec != std::errc() || answer.size() <= size) return std::nullopt;
    out.emplace_back(answer.substr(0, size));
    answer.remove_prefix(size + 1);
  }
  return out;
}

std::optional<std::vector<std::string>> bytes_of(const std::string& folder,
                                                 const std::string& commit,
                                                 const std::vector<std::string>& names) {
  std::string wanted;
  for (const std::string& name : names) wanted += fmt::format("{}:./{}\n", commit, name);
  const auto printed = run_child({"git", "-C", folder, "cat-file", "--batch"}, wanted);
  if (!printed || printed->exit_code != 0) return std::nullopt;
  return contents(printed->out, names.size());
}

/// "" for a name without a folder, as the paths of its rosters begin with nothing then.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

/// With the CSV files that the policy names, all of which must be in the commit.
std::optional<std::vector<SourceFile>> add_rosters(const std::string& folder,
                                                   const std::string& commit,
                                                   std::vector<SourceFile> files,
                                                   const std::string& base) {
  std::set<std::string> paths;
  for (const SourceFile& file : files) {
    for (std::string& path : roster_paths(file)) paths.insert(std::move(path));
  }
  if (paths.empty()) return files;
  const std::string prefix = base.empty() ? "" : base + "/";
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    if (!path.starts_with(prefix) || path.find('\n') != std::string::npos) return std::nullopt;
    names.push_back(path.substr(prefix.size()));
  }
  auto bytes = bytes_of(folder, commit, names);
  if (!bytes) return std::nullopt;
  std::size_t i = 0;
  for (const std::string& path : paths) files.push_back({path, std::move((*bytes)[i++]), true});
  return files;
}

/// Where git is asked about a policy: the folder itself, or that of the file.
std::string folder_of(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path
                                         : fs::absolute(path, ignored).parent_path().string();
}

}  // namespace

std::optional<std::string> commit_named(const std::string& path, const std::string& revision) {
  const auto printed = run_child({"git", "-C", folder_of(path), "rev-parse", "--verify", "--quiet",
                                  "--end-of-options", revision + "^{commit}"},
                                 "");
  if (!printed || printed->exit_code != 0) return std::nullopt;
  std::string commit(trim_ascii(printed->out));
  return is_commit(commit) ? std::optional(std::move(commit)) : std::nullopt;
}

std::optional<std::vector<SourceFile>> policy_in_commit(const std::string& path,
                                                        const std::string& commit) {
  if (!is_commit(commit)) return std::nullopt;
  std::error_code ignored;
  const bool whole_folder = fs::is_directory(path, ignored);
  const fs::path absolute = fs::absolute(path, ignored);
  const std::string folder = folder_of(path);
  std::vector<std::string> names;
  if (whole_folder) {
    const auto listed =
        run_child({"git", "-C", folder, "ls-tree", "-r", "-z", commit, "--", "."}, "");
    if (!listed || listed->exit_code != 0) return std::nullopt;
    names = policy_names(listed->out);
  } else {
    names = {absolute.filename().string()};
  }
  if (names.empty()) return std::nullopt;
  const auto printed = bytes_of(folder, commit, names);
  if (!printed) return std::nullopt;

  std::string base = path;
  while (base.size() > 1 && base.ends_with('/')) base.pop_back();
  std::vector<SourceFile> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.push_back({whole_folder ? base + "/" + names[i] : base, (*printed)[i]});
  }
  std::sort(out.begin(), out.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return add_rosters(folder, commit, std::move(out), whole_folder ? base : parent_of(base));
}

}  // namespace rolecall
