#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/reconciler.h"
#include "controller/whole_file.h"
#include "policies/format_policy.h"
#include "policies/source_excerpt.h"
#include "state/model/text.h"

namespace rolecall {

int run_fmt(const GlobalOptions& global, const FmtOptions& options) {
  const Result<std::string> path = policy_path_or_default(options.policy);
  if (!path) return print_error(path.error());
  const Result<PolicyFiles> read = read_policy_files(*path);
  if (!read) return print_error(read.error());

  const bool as_json = global.format == OutputFormat::json;
  Diagnostics diagnostics;
  boost::json::array items;
  bool failed = false;
  for (const SourceFile& file : read->files) {
    if (file.roster) continue;
    const std::optional<std::string> formatted = format_policy(file, diagnostics);
    const bool differs = formatted && *formatted != file.bytes;
    if (differs && !options.check) {
      const Result<void> written = rewrite_file(file.path, file.bytes, *formatted);
      if (!written) {
        failed = true;
        print_error(written.error());
        continue;
      }
    }
    if (differs && as_json) items.push_back(boost::json::value(file.path));
    if (differs && !as_json) {
      print(fmt::format("{}: {}\n", escape_terminal(file.path),
                        options.check ? "not formatted" : "formatted"));
    }
    failed = failed || (differs && options.check);
  }
  if (as_json) {
    print_json(boost::json::object{{"format_version", "1.0"},
                                   {options.check ? "not_formatted" : "formatted", items}});
  }
  if (diagnostics.has_errors())
    print_message(render(diagnostics, read->files, wants_color(global, STDERR_FILENO)));
  return failed || diagnostics.has_errors() ? 1 : 0;
}

}  // namespace rolecall
