#include <vector>

#include "policies/policy.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

constexpr std::string_view kPolicy = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[[rosters]]
file = "hr.csv"
email = "Email"
attributes = { team = "Team" }
active = { column = "Status", values = ["Active"] }
declare_users = true
[users]
"ada@acme.example" = { reason = "x" }
[groups.core]
match = { team = "Core" }
empty = false
[[rules]]
name = "only ours"
users = { group = "core" }
require = { until_within_days = 30 }
severity = "warning"
)";

/// Every message is about a spot in one of the two files.
void require_inside_both(const Diagnostics& diagnostics, std::string_view csv) {
  const auto check = [&](const Place& place) {
    const bool in_csv = place.file == "hr.csv";
    require_inside(place, in_csv ? "hr.csv" : "p.toml", in_csv ? csv : kPolicy);
  };
  for (const Diagnostic& item : diagnostics.sorted()) {
    check(item.place);
    for (const Place& place : item.related) check(place);
  }
  require_printable(render(diagnostics));
}

}  // namespace

void roster(std::string_view bytes) {
  const std::vector<SourceFile> files{{"p.toml", std::string(kPolicy)},
                                      {"hr.csv", std::string(bytes), true}};
  const ParsedPolicy parsed = parse_policy(files);
  require_inside_both(parsed.diagnostics, bytes);
  if (parsed.diagnostics.has_errors()) return;
  Catalog catalog;
  const Instant at = *parse_instant("2026-12-01");
  require_inside_both(check_rules(*parsed.policy, at).diagnostics, bytes);
  const ResolvedPolicy resolved = resolve_policy(*parsed.policy, at, nullptr, catalog);
  require(!resolved.diagnostics.has_errors(), "a policy that parses and does not resolve");
  bool active = false;
  for (const User& user : resolved.desired.state.users) {
    active = active || user.presence == Presence::active;
  }
  require(active, "a roster that suspends everybody");
}

}  // namespace rolecall::fuzz
