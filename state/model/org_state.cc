#include "state/model/org_state.h"

namespace rolecall {
namespace {

template <class Ref, class Names, class Refs, class Name>
Ref intern(Names& names, Refs& refs, const std::string& key, const Name& name) {
  const auto [it, added] = refs.try_emplace(key, static_cast<Ref>(names.size()));
  if (added) names.push_back(name);
  return it->second;
}

template <class Ref>
std::optional<Ref> find(const std::unordered_map<std::string, Ref>& refs, const std::string& key) {
  const auto it = refs.find(key);
  if (it == refs.end()) return std::nullopt;
  return it->second;
}

}  // namespace

UserRef Catalog::user(const Email& email) {
  return intern<UserRef>(users_, user_refs_, email.str(), email.str());
}

GroupRef Catalog::group(const GroupName& name) {
  return intern<GroupRef>(groups_, group_refs_, name.key(), name);
}

ResourceRef Catalog::resource(std::string_view ari) {
  const std::string key(ari);
  return intern<ResourceRef>(resources_, resource_refs_, key, key);
}

UserRef Catalog::nameless_user(std::string_view shown_as) {
  users_.emplace_back(shown_as);
  return static_cast<UserRef>(users_.size() - 1);
}

std::optional<UserRef> Catalog::find_user(const Email& email) const {
  return find(user_refs_, email.str());
}

std::optional<GroupRef> Catalog::find_group(const GroupName& name) const {
  return find(group_refs_, name.key());
}

std::optional<ResourceRef> Catalog::find_resource(std::string_view ari) const {
  return find(resource_refs_, std::string(ari));
}

}  // namespace rolecall
