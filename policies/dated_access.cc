#include "policies/dated_access.h"

#include "policies/policy_data.h"

namespace rolecall {

std::vector<DatedAccess> dated_access(const Policy& policy) {
  std::vector<DatedAccess> out;
  const auto add = [&](PersonId person, const std::string& group, std::uint32_t window,
                       const std::string& reason, const At& at) {
    const Window& open = policy.windows[window];
    if (!open.from && !open.until) return;
    DatedAccess& dated = out.emplace_back();
    dated.user = policy.people.email(person).str();
    dated.group = group;
    if (open.from) {
      dated.from = open.from->instant;
      dated.from_text = open.from->text;
    }
    if (open.until) {
      dated.until = open.until->instant;
      dated.until_text = open.until->text;
    }
    dated.reason = reason;
    dated.place = policy.place(at);
  };
  for (const UserDecl& user : policy.users) add(user.person, "", user.window, user.reason, user.at);
  for (const GroupDecl& group : policy.groups) {
    for (const MemberEntry& member : group.members) {
      add(member.person, group.name.display(), member.window, policy.reasons[member.reason],
          member.at);
    }
  }
  return out;
}

}  // namespace rolecall
