#include "controller/wanted.h"

#include "controller/read_policy.h"
#include "state/api/fetch.h"

namespace rolecall {

Wanted resolve_wanted(std::vector<SourceFile> files, Instant at, ReadClient* client,
                      Catalog& catalog) {
  Wanted out;
  out.files = std::move(files);
  const ParsedPolicy parsed = parse_policy(out.files);
  out.diagnostics = parsed.diagnostics;
  if (out.diagnostics.has_errors()) return out;
  std::vector<Workspace> workspaces;
  const bool looks_up = client != nullptr && needs_workspaces(*parsed.policy);
  if (looks_up) {
    auto found = fetch_workspaces_twice(*client, organization_id(*parsed.policy));
    if (!found) {
      out.error = found.error();
      return out;
    }
    workspaces = *std::move(found);
  }
  ResolvedPolicy resolved =
      resolve_policy(*parsed.policy, at, looks_up ? &workspaces : nullptr, catalog);
  out.diagnostics.append(resolved.diagnostics);
  out.desired = std::move(resolved.desired);
  return out;
}

Wanted read_wanted(const std::string& policy_path, Instant at, ReadClient* client,
                   Catalog& catalog) {
  auto files = read_whole_policy(policy_path);
  if (files) return resolve_wanted(std::move(files->files), at, client, catalog);
  Wanted out;
  out.error = files.error();
  return out;
}

}  // namespace rolecall
