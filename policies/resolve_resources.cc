#include "policies/resolve_resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Candidates that are listed when a look-up fails.
constexpr std::size_t kMostCandidates = 10;

std::string made_up_ari(const Lookup& lookup) {
  return fmt::format("lookup:{}@{}", lookup.app, lookup.host);
}

std::string asked_for(const Lookup& lookup) {
  std::string out = fmt::format("app = {}", quote(lookup.app));
  if (!lookup.host.empty()) out += fmt::format(", host = {}", quote(lookup.host));
  return out;
}

std::string candidate_list(const std::vector<const Workspace*>& candidates) {
  std::string out;
  for (std::size_t i = 0; i < std::min(candidates.size(), kMostCandidates); ++i) {
    const Workspace& workspace = *candidates[i];
    out += fmt::format("{}{} (app = {}, host = {})", i == 0 ? "" : "; ",
                       escape_terminal(workspace.ari), quote(workspace.type_key),
                       quote(workspace.host));
  }
  if (candidates.size() > kMostCandidates) {
    out += fmt::format("; and {} more", candidates.size() - kMostCandidates);
  }
  return out;
}

std::vector<const Workspace*> pick(const std::vector<Workspace>& workspaces, const auto& keep) {
  std::vector<const Workspace*> out;
  for (const Workspace& workspace : workspaces) {
    if (keep(workspace)) out.push_back(&workspace);
  }
  std::sort(out.begin(), out.end(),
            [](const Workspace* left, const Workspace* right) { return left->ari < right->ari; });
  return out;
}

std::string look_up(const Policy& policy, const ResourceDecl& resource, const Lookup& lookup,
                    const std::vector<Workspace>& workspaces, Diagnostics& diagnostics) {
  const auto same_app = [&](const Workspace& w) { return w.type_key == lookup.app; };
  const auto same_host = [&](const Workspace& w) {
    return !lookup.host.empty() && to_lower_ascii(w.host) == lookup.host;
  };
  const std::vector<const Workspace*> found = pick(workspaces, [&](const Workspace& w) {
    return same_app(w) && (lookup.host.empty() || same_host(w));
  });
  if (found.size() == 1) return found.front()->ari;
  const std::string shown =
      fmt::format("resource {} ({})", quote(resource.alias), asked_for(lookup));
  if (found.size() > 1) {
    diagnostics.error(policy.place(resource.at),
                      fmt::format("{} finds {} app instances", shown, found.size()),
                      "write the ARI or the host of the one you mean: " + candidate_list(found));
    return made_up_ari(lookup);
  }
  std::vector<const Workspace*> near =
      pick(workspaces, [&](const Workspace& w) { return same_app(w) || same_host(w); });
  if (near.empty()) near = pick(workspaces, [](const Workspace&) { return true; });
  diagnostics.error(policy.place(resource.at), shown + " finds no app instance",
                    near.empty() ? std::string("the organization shows no app instances")
                                 : "there are: " + candidate_list(near));
  return made_up_ari(lookup);
}

}  // namespace

std::vector<std::string> resolve_resources(const Policy& policy,
                                           const std::vector<Workspace>* workspaces,
                                           Diagnostics& diagnostics) {
  std::vector<std::string> aris;
  std::unordered_map<std::string, const ResourceDecl*> seen;
  for (const ResourceDecl& resource : policy.resources) {
    if (const auto* ari = std::get_if<std::string>(&resource.target)) {
      aris.push_back(*ari);
    } else if (const Lookup& lookup = std::get<Lookup>(resource.target); workspaces == nullptr) {
      aris.push_back(made_up_ari(lookup));
    } else {
      aris.push_back(look_up(policy, resource, lookup, *workspaces, diagnostics));
    }
    const auto [first, added] = seen.try_emplace(aris.back(), &resource);
    if (added) continue;
    diagnostics.error(policy.place(resource.at),
                      fmt::format("{} and {} are the same resource", quote(resource.alias),
                                  quote(first->second->alias)),
                      "keep one of the two", {policy.place(first->second->at)});
  }
  return aris;
}

}  // namespace rolecall
