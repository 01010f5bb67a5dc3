#include "controller/quick_look.h"

#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "controller/private_file.h"
#include "state/model/json.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostLookBytes = std::size_t{16} * 1024;

std::string file_of(const std::string& store_path) {
  return store_path + ".look";
}

}  // namespace

std::optional<QuickLook> load_look(const std::string& store_path, const std::string& organization) {
  const std::string file = file_of(store_path);
  if (const auto fine = check_private_file(file); !fine || !*fine) return std::nullopt;
  const auto bytes = read_small_file(file, kMostLookBytes);
  if (!bytes || !*bytes) return std::nullopt;
  const auto value = parse_json(**bytes);
  if (!value) return std::nullopt;
  const auto text = [&](std::string_view key) {
    const json::string* found = string_member(*value, key);
    return found == nullptr ? std::string() : std::string(*found);
  };
  const auto at = parse_instant(text("at"));
  const std::int64_t* users = integer_member(*value, "users");
  const std::int64_t* groups = integer_member(*value, "groups");
  // Another version may plan otherwise from the same policy.
  if (text("tool_version") != ROLECALL_VERSION || text("organization") != organization || !at ||
      users == nullptr || groups == nullptr) {
    return std::nullopt;
  }
  return QuickLook{organization,
                   text("policy_digest"),
                   text("wanted_digest"),
                   {text("directory"), *users, *groups, text("groups_digest")},
                   *at};
}

Result<void> save_look(const std::string& store_path, const QuickLook& look) {
  const json::object object{
      {"tool_version", ROLECALL_VERSION},    {"organization", look.organization},
      {"policy_digest", look.policy_digest}, {"wanted_digest", look.wanted_digest},
      {"directory", look.seen.directory_id}, {"users", look.seen.users},
      {"groups", look.seen.groups},          {"groups_digest", look.seen.groups_digest},
      {"at", format_instant(look.at)}};
  return write_private_file(file_of(store_path), json::serialize(object) + '\n');
}

void forget_look(const std::string& store_path) {
  ::unlink(file_of(store_path).c_str());
}

}  // namespace rolecall
