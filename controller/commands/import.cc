#include "controller/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>

#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/policy_folder.h"
#include "controller/progress.h"
#include "controller/reconciler.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

/// What is said once files are written.
struct Written {
  std::string place;  ///< the folder, or the file that was added
  std::vector<std::string> files;
  std::size_t users = 0;
  std::size_t groups = 0;
  std::vector<LeftOut> left_out;
  std::string kept;    ///< where the former folder is now
  std::string policy;  ///< what to plan next
};

void show(const GlobalOptions& global, const Written& written) {
  if (global.format == OutputFormat::json) {
    json::array left_out;
    for (const LeftOut& one : written.left_out) {
      left_out.push_back({{"kind", one.kind}, {"subject", one.subject}, {"why", one.why}});
    }
    return print_json(
        json::object{{"format_version", "1.0"},
                     {"out", written.place},
                     {"files", json::array(written.files.begin(), written.files.end())},
                     {"users", written.users},
                     {"groups", written.groups},
                     {"left_out", std::move(left_out)}});
  }
  print(fmt::format("{}: {}, {} in {}\n", escape_terminal(written.place),
                    counted(written.users, "person", "people"),
                    counted(written.groups, "group", "groups"),
                    counted(written.files.size(), "file", "files")));
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(written.left_out.size(), kShown); ++i) {
    const LeftOut& one = written.left_out[i];
    print(fmt::format("  left alone: {} {}: {}\n", one.kind, quote(one.subject),
                      escape_terminal(one.why)));
  }
  if (written.left_out.size() > kShown) {
    print(fmt::format("  and {} more\n", written.left_out.size() - kShown));
  }
  if (!written.kept.empty()) {
    print(fmt::format("  what was there is now {}\n", escape_terminal(written.kept)));
  }
  print(fmt::format("Next: rolecall plan {}\n", escape_terminal(written.policy)));
}

FetchProgress shown_by(Progress& progress) {
  return [&progress](std::size_t calls, std::size_t read, std::size_t of) {
    progress.update(read, of, counted(calls, "call", "calls"));
  };
}

/// A policy made from half of what is there would ask for the removal of the other half one day.
int refuse_incomplete(const std::vector<std::string>& gaps) {
  print_message("error: the organization could not be read completely; nothing was written\n");
  for (const std::string& gap : gaps) print_message(fmt::format("  {}\n", escape_terminal(gap)));
  return 6;
}

int import_all(const GlobalOptions& global, const ImportOptions& options) {
  if (options.out.empty()) {
    return print_error({"import needs a folder to write to", "name it: --out access"});
  }
  if (const auto fine = check_policy_folder(options.out, options.overwrite); !fine) {
    return print_error(fine.error());
  }
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  ReadClient& client = connection->reads();
  const auto organization = organization_of(global, client);
  if (!organization) return print_error(organization.error());
  const ImportRequest request{*organization, options.directory, options.direct_access,
                              connection->clock().now()};
  auto imported = [&] {
    Progress progress(global, "reading the organization");
    return import_policy(client, request, shown_by(progress));
  }();
  if (!imported) return print_error(imported.error());
  if (!imported->gaps.empty()) return refuse_incomplete(imported->gaps);
  WrittenPolicy& policy = imported->policy;
  const auto kept = write_policy_folder(options.out, policy.files, options.overwrite);
  if (!kept) return print_error(kept.error());
  Written written{options.out, {},         policy.users, policy.groups, std::move(policy.left_out),
                  *kept,       options.out};
  for (const SourceFile& file : policy.files) written.files.push_back(file.path);
  show(global, written);
  return 0;
}

/// The policy folder that groups are added to: nothing can be added to a single file.
Result<std::string> folder_to_extend(const std::string& asked) {
  const auto path = policy_path_or_default(asked);
  if (!path) return tl::make_unexpected(path.error());
  std::error_code problem;
  if (std::filesystem::is_directory(*path, problem)) return *path;
  return fail(fmt::format("{} is no folder, so that no file can be added to it", *path),
              "move it into one: mkdir access && git mv rolecall.toml access/");
}

int adopt(const GlobalOptions& global, const ImportOptions& options) {
  if (options.overwrite || options.direct_access || !options.directory.empty()) {
    return print_error({"--adopt adds to a policy as it is",
                        "leave out --overwrite, --direct-access and --directory"});
  }
  const auto folder = folder_to_extend(options.out);
  if (!folder) return print_error(folder.error());
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  Catalog catalog;
  const Instant at = global.at.value_or(connection->clock().now());
  const Wanted wanted = read_wanted(*folder, at, &connection->reads(), catalog);
  if (!wanted.diagnostics.sorted().empty()) print_message(render(wanted.diagnostics));
  if (wanted.error) return print_error(*wanted.error);
  if (!wanted.usable()) return 1;
  if (!global.org.empty() && global.org != wanted.desired.organization_id) {
    return print_error({fmt::format("the policy is for organization {}, --org says {}",
                                    quote(wanted.desired.organization_id), quote(global.org)),
                        {}});
  }
  auto adopted = [&] {
    Progress progress(global, "reading the organization");
    return adopt_groups(connection->reads(), *folder, wanted, catalog, options.adopt,
                        shown_by(progress));
  }();
  if (!adopted) return print_error(adopted.error());
  if (!adopted->gaps.empty()) return refuse_incomplete(adopted->gaps);
  const auto added = add_policy_file(*folder, adopted->stem, adopted->adoption.text);
  if (!added) return print_error(added.error());
  show(global, {*folder + "/" + *added,
                {*added},
                adopted->adoption.users,
                adopted->adoption.groups,
                std::move(adopted->adoption.left_out),
                {},
                *folder});
  return 0;
}

}  // namespace

int run_import(const GlobalOptions& global, const ImportOptions& options) {
  return options.adopt.empty() ? import_all(global, options) : adopt(global, options);
}

}  // namespace rolecall
