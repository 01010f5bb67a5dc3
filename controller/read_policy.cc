#include "controller/read_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/in_order.h"
#include "controller/nearby_policy.h"
#include "policies/policy_data.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Also where the rest of the file is no TOML; and what is no policy at all is not a part of one.
bool names_organization(const std::vector<SourceFile>& files) {
  return std::any_of(files.begin(), files.end(), [](const SourceFile& file) {
    return file.bytes.find("[organization]") != std::string::npos ||
           find_invalid_utf8(file.bytes) || file.bytes.find('\0') != std::string::npos ||
           (!file.roster && !file.path.ends_with(".toml"));
  });
}

}  // namespace

Result<PolicyFiles> read_whole_policy(const std::string& path) {
  auto read = read_policy_files(path);
  if (!read) return read;
  if (auto whole = refuse_part_of_policy(path); !whole) return tl::make_unexpected(whole.error());
  return read;
}

Result<ReadPolicy> read_policy(const std::string& path) {
  auto read = read_whole_policy(path);
  if (!read) return tl::make_unexpected(read.error());
  ParsedPolicy parsed = parse_policy(read->files, in_order_on_all_cores);
  if (!parsed.policy->organization && !names_organization(read->files)) {
    if (const auto whole = policy_around(path)) {
      return fail(fmt::format("{} is a part of the policy {}", path, *whole),
                  "name all of it: " + *whole);
    }
  }
  return ReadPolicy{std::move(parsed), std::move(read->files), std::move(read->base)};
}

}  // namespace rolecall
