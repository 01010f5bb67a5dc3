#include "controller/write_permission.h"

#include <fmt/format.h>

#include <string_view>

#include "state/api/fetch.h"

namespace rolecall {
namespace {

// One 403 may be about the person or the group, and so may many of one kind: somebody with access
// on another site cannot be restored (facts.md section 5). After that many, with nothing accepted,
// others of a kind that gives are not tried; those of later kinds still are.
constexpr std::size_t kBelieved = 20;
/// As many make a guess at the key worth telling.
constexpr std::size_t kWorthTelling = 3;

enum class About { key, one_object, not_told };

/// As far as the code of the error tells (facts.md section 4).
About whom(const Response& forbidden) {
  const std::string words = describe_error_body(forbidden) + ' ';
  const auto has = [&](std::string_view code) { return words.find(code) != std::string::npos; };
  if (has("ADMIN-403-3 ") || has("ADMIN-UAM-403-2 ")) return About::key;
  if (has("ADMIN-403-5 ") || has("ADMIN-403-6 ") || has("ADMIN-403-7 ")) return About::one_object;
  return About::not_told;
}

}  // namespace

void WritePermission::learn(const Answer& answer, ChangeKind kind) {
  const bool accepted = answer && answer->status >= 200 && answer->status < 300;
  shown_ = shown_ || accepted;
  invited_ = invited_ || (accepted && kind == ChangeKind::invite_user);
  const bool refused = answer && answer->status == 403 && !is_foreign_error(*answer);
  other_ = other_ || !refused;
  const bool kept_off = answer && answer->status == 403 && !refused;
  if (kept_off && kind == ChangeKind::invite_user) ++invitations_kept_off_;
  if (!refused) return;
  // Roles of the organization may be beyond a key that may do the rest.
  const bool org_role = kind == ChangeKind::grant_org_role || kind == ChangeKind::revoke_org_role;
  const About about = org_role ? About::not_told : whom(*answer);
  told_ = told_ || about == About::key;
  if (about == About::not_told) ++refusals_[kind];
}

std::string WritePermission::lacking() const {
  if (!told_ || shown_) return {};
  return "403: the API key may not write; make a key without scopes";
}

std::string WritePermission::refused(ChangeKind kind) const {
  // Each leaves somebody in doubt, about whom a person has to decide.
  if (!invited_ && kind == ChangeKind::invite_user && invitations_kept_off_ >= kBelieved) {
    return fmt::format(
        "403: the first {} invitations were answered by something that is not the "
        "API, none was accepted",
        invitations_kept_off_);
  }
  const auto refusals = refusals_.find(kind);
  const bool enough = refusals != refusals_.end() && refusals->second >= kBelieved;
  if (shown_ || !enough || takes_away(kind)) return {};
  return fmt::format("403: the first {} calls of this kind were refused, none was accepted",
                     refusals->second);
}

std::string WritePermission::lacking_perhaps() const {
  std::size_t all = 0;
  for (const auto& [kind, refusals] : refusals_) all += refusals;
  if (shown_ || other_ || all < kWorthTelling) return {};
  return "403: all calls that were sent were refused: either none of these may be changed, or the "
         "API key may not write: then make a key without scopes";
}

}  // namespace rolecall
