#include "controller/read_policy.h"

#include "controller/in_order.h"
#include "controller/policy_files.h"

namespace rolecall {

Result<ParsedPolicy> read_policy(const std::string& path) {
  const auto read = read_policy_files(path);
  if (!read) return tl::make_unexpected(read.error());
  return parse_policy(read->files, in_order_on_all_cores);
}

}  // namespace rolecall
