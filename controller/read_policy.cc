#include "controller/read_policy.h"

#include "controller/in_order.h"
#include "controller/policy_files.h"

namespace rolecall {

Result<ReadPolicy> read_policy(const std::string& path) {
  auto read = read_policy_files(path);
  if (!read) return tl::make_unexpected(read.error());
  ParsedPolicy parsed = parse_policy(read->files, in_order_on_all_cores);
  return ReadPolicy{std::move(parsed), std::move(read->files)};
}

}  // namespace rolecall
