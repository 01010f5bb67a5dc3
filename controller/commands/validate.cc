#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/read_policy.h"
#include "policies/policy.h"
#include "policies/source_excerpt.h"
#include "state/api/clock.h"
#include "state/model/paint.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

json::object to_json(const Diagnostic& diagnostic) {
  return {{"file", diagnostic.place.file},
          {"line", diagnostic.place.line},
          {"column", diagnostic.place.column},
          {"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"what", diagnostic.what},
          {"hint", diagnostic.hint}};
}

struct Checked {
  std::string name;
  Diagnostics diagnostics{};
  std::vector<SourceFile> files{};
  std::size_t people = 0, groups = 0, resources = 0, rules = 0, tests = 0;
};

Result<Checked> check(const std::string& asked, Instant at) {
  const Result<std::string> path = policy_path_or_default(asked);
  if (!path) return tl::make_unexpected(path.error());
  Result<ReadPolicy> read = read_policy(*path);
  if (!read) return tl::make_unexpected(read.error());

  Checked out{read->base};
  out.files = std::move(read->files);
  const ParsedPolicy& parsed = read->parsed;
  out.diagnostics.append(parsed.diagnostics);
  if (parsed.diagnostics.has_errors()) return out;

  const RulesChecked rules = check_rules(*parsed.policy, at);
  out.diagnostics.append(rules.diagnostics);
  out.rules = rules.rules;
  out.tests = rules.tests;

  Catalog catalog;
  const ResolvedPolicy resolved = resolve_policy(*parsed.policy, at, nullptr, catalog);
  out.diagnostics.append(resolved.diagnostics);
  for (const User& user : resolved.desired.state.users) {
    if (user.presence != Presence::absent) ++out.people;
  }
  for (const Group& group : resolved.desired.state.groups) {
    if (group.present) ++out.groups;
  }
  out.resources = resolved.desired.resources.size();
  return out;
}

void print_as_json(const Diagnostics& diagnostics) {
  json::array items;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) items.push_back(to_json(diagnostic));
  print_json(json::object{{"format_version", "1.0"},
                          {"valid", !diagnostics.has_errors()},
                          {"diagnostics", std::move(items)}});
}

}  // namespace

int run_validate(const GlobalOptions& global, const ValidateOptions& options) {
  const bool as_json = global.format == OutputFormat::json;
  const Result<Checked> checked = check(options.policy, global.at.value_or(SystemClock().now()));
  if (!checked) {
    if (!as_json) return print_error(checked.error());
    Diagnostics problem;
    problem.error({}, checked.error().what, checked.error().hint);
    print_as_json(problem);
    return 1;
  }
  const int code = checked->diagnostics.has_errors() ? 1 : 0;
  if (as_json) {
    print_as_json(checked->diagnostics);
    return code;
  }
  print_message(render(checked->diagnostics, checked->files, wants_color(global, STDERR_FILENO)));
  if (code == 0) {
    std::string counts = fmt::format("{}, {}, {}", counted(checked->people, "person", "people"),
                                     counted(checked->groups, "group", "groups"),
                                     counted(checked->resources, "resource", "resources"));
    if (checked->rules > 0) counts += ", " + counted(checked->rules, "rule", "rules");
    if (checked->tests > 0) counts += ", " + counted(checked->tests, "test", "tests");
    print(fmt::format("{}: {}: {}\n", escape_terminal(checked->name),
                      paint(wants_color(global, STDOUT_FILENO), Tone::green, "valid"), counts));
  }
  return code;
}

}  // namespace rolecall
