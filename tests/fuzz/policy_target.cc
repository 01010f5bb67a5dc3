#include <vector>

#include "policies/format_policy.h"
#include "policies/policy.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

/// What is TOML can be formatted, and once is enough.
void check_format(const SourceFile& file) {
  Diagnostics diagnostics;
  const std::optional<std::string> formatted = format_policy(file, diagnostics);
  if (formatted) {
    require(format_policy({file.path, *formatted}, diagnostics) == formatted,
            "formatted twice, it is another file");
  }
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    require(diagnostic.place.line > 0 || diagnostic.what.find("formatted") == std::string::npos,
            "a file that could not be formatted");
  }
}

}  // namespace

void policy(std::string_view bytes) {
  constexpr std::string_view kPath = "p.toml";
  const std::vector<SourceFile> files{{std::string(kPath), std::string(bytes)}};
  check_format(files.front());
  (void)roster_paths(files.front());
  const ParsedPolicy parsed = parse_policy(files);
  require_inside(parsed.diagnostics, kPath, bytes);
  if (parsed.diagnostics.has_errors()) return;

  require(!organization_id(*parsed.policy).empty(), "a policy without an organization");
  Catalog catalog;
  const Instant at = *parse_instant("2026-12-01");
  require_inside(check_rules(*parsed.policy, at).diagnostics, kPath, bytes);
  const ResolvedPolicy resolved = resolve_policy(*parsed.policy, at, nullptr, catalog);
  require_inside(resolved.diagnostics, kPath, bytes);
  for (CauseRef ref = 0; ref < resolved.desired.causes.size(); ++ref) {
    require_inside(resolved.desired.causes[ref].place, kPath, bytes);
  }
}

}  // namespace rolecall::fuzz
