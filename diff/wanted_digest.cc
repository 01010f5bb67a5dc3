#include "diff/wanted_digest.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "state/model/digest.h"

namespace rolecall {
namespace {

/// What is wanted of one person or group, as fields of which none runs into the next. It becomes
/// one field of the digest: a call of the hash for each of a million members costs more than they.
class Fields {
 public:
  void add(std::string_view field) {
    const std::uint64_t size = field.size();
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_ += static_cast<char>((size >> shift) & 0xFFU);
    }
    bytes_ += field;
  }
  void add(const std::vector<Grant>& grants, const Catalog& catalog) {
    std::vector<std::pair<std::string_view, std::string_view>> named;
    for (const Grant& grant : grants) {
      named.emplace_back(catalog.name(grant.resource), name(grant.role));
    }
    std::sort(named.begin(), named.end());
    for (const auto& [resource, role] : named) {
      add(resource);
      add(role);
    }
  }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// The first `count` of a kind, by name: their numbers depend on the order in which files name
/// them.
template <typename Ref, typename Less>
std::vector<Ref> sorted_refs(std::size_t count, const Less& less) {
  std::vector<Ref> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<Ref>(i);
  std::sort(out.begin(), out.end(), less);
  return out;
}

}  // namespace

std::string wanted_digest(const Desired& desired, const Catalog& catalog) {
  const auto people = sorted_refs<UserRef>(catalog.user_count(), [&](UserRef a, UserRef b) {
    return catalog.name(a) < catalog.name(b);
  });
  const auto groups = sorted_refs<GroupRef>(
      desired.state.groups.size(),
      [&](GroupRef a, GroupRef b) { return catalog.name(a).key() < catalog.name(b).key(); });
  std::vector<std::uint32_t> rank(people.size());
  for (std::uint32_t i = 0; i < rank.size(); ++i) rank[index(people[i])] = i;

  Digest digest("rolecall wanted 2");
  Fields fields;
  const auto finish = [&] {
    digest.field(fields.bytes());
    fields.clear();
  };
  for (const UserRef ref : people) {
    const User* user = desired.state.find(ref);
    if (user == nullptr) continue;
    fields.add("user");
    fields.add(catalog.name(ref));
    fields.add(user->presence == Presence::active ? "active" : "suspended");
    fields.add(user->org_admin ? "org-admin" : "");
    fields.add(user->grants, catalog);
    finish();
  }
  std::vector<std::uint32_t> members;
  for (const GroupRef ref : groups) {
    const Group* group = desired.state.find(ref);
    if (group == nullptr) continue;
    fields.add("group");
    fields.add(catalog.name(ref).key());
    fields.add(group->description);
    fields.add(group->grants, catalog);
    finish();
    members.clear();
    for (const UserRef member : group->members) {
      members.push_back(rank[index(member)]);
    }
    std::sort(members.begin(), members.end());
    for (const std::uint32_t member : members) fields.add(catalog.name(people[member]));
    finish();
  }
  return digest.hex();
}

}  // namespace rolecall
