#include "diff/wanted_digest.h"

#include <algorithm>
#include <vector>

#include "state/model/digest.h"

namespace rolecall {

std::string wanted_digest(const Desired& desired, const Catalog& catalog) {
  std::vector<std::string> lines;
  const auto line = [&](std::initializer_list<std::string_view> words) {
    Digest digest("rolecall wanted line 1");
    for (const std::string_view word : words) digest.field(word);
    lines.push_back(digest.hex());
  };
  const auto grants = [&](std::string_view whose, const std::vector<Grant>& held) {
    for (const Grant& grant : held) {
      line({"grant", whose, catalog.name(grant.resource), name(grant.role)});
    }
  };
  for (std::size_t i = 0; i < desired.state.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    const User* user = desired.state.find(ref);
    if (user == nullptr) continue;
    const std::string_view presence = user->presence == Presence::active ? "active" : "suspended";
    line({"user", catalog.name(ref), presence, user->org_admin ? "org-admin" : ""});
    grants(catalog.name(ref), user->grants);
  }
  for (std::size_t i = 0; i < desired.state.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    const Group* group = desired.state.find(ref);
    if (group == nullptr) continue;
    const std::string& key = catalog.name(ref).key();
    line({"group", key, group->description});
    for (const UserRef member : group->members) line({"member", key, catalog.name(member)});
    grants(key, group->grants);
  }
  std::sort(lines.begin(), lines.end());
  Digest digest("rolecall wanted 1");
  for (const std::string& each : lines) digest.field(each);
  return digest.hex();
}

}  // namespace rolecall
