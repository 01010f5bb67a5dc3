#include "diff/explain.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/store_path.h"
#include "controller/view.h"
#include "controller/wanted.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Who or what is to be explained.
struct Asked {
  std::optional<Email> user;
  std::optional<GroupName> group;
  std::string resource;
  std::optional<GroupName> without;
  std::string policy;
};

Result<Asked> read_asked(const ExplainOptions& options) {
  Asked out;
  const bool other = !options.group.empty() || !options.resource.empty();
  if (!options.group.empty() && !options.resource.empty()) {
    return fail("--group and --resource are two questions", "ask one at a time");
  }
  if (other && !options.without.empty()) {
    return fail("--without is about a person",
                "explain --group tells by itself what would be lost if the group went");
  }
  out.policy = options.policy;
  if (other) {
    // There is no address, so what stands in its place is the policy.
    if (!options.policy.empty()) return fail("explain takes one policy");
    out.policy = options.who;
    if (!options.group.empty()) out.group = GroupName::from_server(options.group);
    out.resource = options.resource;
    return out;
  }
  if (options.who.empty()) {
    return fail("explain needs an address", "or --group NAME, or --resource ALIAS");
  }
  const auto email = Email::parse(options.who);
  if (!email) {
    return fail(fmt::format("{} {}", quote(options.who), email.error().what),
                fmt::format("people go by their address; rolecall get users lists them; a group: "
                            "rolecall explain --group {}",
                            options.who.find_first_of(" \"'$`\\") == std::string::npos
                                ? escape_terminal(options.who)
                                : "NAME"));
  }
  out.user = *email;
  if (!options.without.empty()) out.without = GroupName::from_server(options.without);
  return out;
}

/// Fills in since which run what is, or is no more.
Result<void> tell_since(Explanation& explanation, const std::string& store_file,
                        const std::string& organization) {
  std::error_code problem;
  if (!std::filesystem::exists(store_file, problem)) return {};
  std::map<std::string, std::vector<Holding*>> open;
  const auto ask = [&open](std::vector<Holding>& all) {
    for (Holding& held : all) {
      if (!held.key.empty()) open[held.key].push_back(&held);
    }
  };
  ask(explanation.facts);
  for (HoldingList& list : explanation.lists) ask(list.items);
  const auto store = Store::open(store_file, Store::Access::read);
  if (!store) return tl::make_unexpected(store.error());
  const auto runs = store->runs(0);
  if (!runs) return tl::make_unexpected(runs.error());
  for (const RunRecord& run : *runs) {
    if (open.empty()) break;
    if (run.start.organization != organization || (run.end && run.end->applied == 0)) continue;
    const auto calls = store->calls(run.id);
    if (!calls) return tl::make_unexpected(calls.error());
    for (auto call = calls->rbegin(); call != calls->rend(); ++call) {
      if (!call->outcome || call->outcome->result != ChangeResult::applied) continue;
      const Intent& intent = call->intent;
      const auto found = open.find(
          history_key(intent.kind, intent.user, intent.group, intent.resource, intent.role));
      if (found == open.end()) continue;
      const auto kind = parse_change_kind(intent.kind);
      const bool taken = kind && takes_away(*kind);
      for (Holding* held : found->second) {
        held->since = fmt::format("{} run {}, {}", taken ? "taken away by" : "since", run.id,
                                  format_instant(run.start.at).substr(0, 10));
      }
      open.erase(found);
    }
  }
  return {};
}

bool named_in_a_group(const Desired& wanted, UserRef ref) {
  return std::any_of(wanted.state.groups.begin(), wanted.state.groups.end(),
                     [&](const Group& group) {
                       return std::binary_search(group.members.begin(), group.members.end(), ref);
                     });
}

/// "did you mean ada@acme.example?" by the names that policy or organization have; else
/// `otherwise`.
std::string guess(std::string_view word, const std::vector<std::string_view>& known,
                  std::string_view otherwise) {
  const auto near = closest(word, known);
  return near ? fmt::format("did you mean {}?", quote(*near)) : std::string(otherwise);
}

std::string guess_person(const ExplainInput& input, const std::string& address) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < input.catalog.user_count(); ++i) {
    const std::string& name = input.catalog.name(static_cast<UserRef>(i));
    if (name != address) known.emplace_back(name);
  }
  return guess(address, known, "rolecall get users lists who is in the directory");
}

std::string guess_group(const ExplainInput& input, const GroupName& group) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < input.catalog.group_count(); ++i) {
    known.emplace_back(input.catalog.name(static_cast<GroupRef>(i)).display());
  }
  return guess(group.display(), known, "rolecall get groups lists those that are there");
}

Result<Explanation> explain(const Asked& asked, const ExplainInput& input) {
  const std::string where = input.live == nullptr ? "in the policy" : "in policy or organization";
  if (asked.user) {
    const auto ref = input.catalog.find_user(*asked.user);
    const bool known = ref && (input.wanted.scope(*ref).declared ||
                               (input.live != nullptr && input.live->live.find(*ref) != nullptr) ||
                               named_in_a_group(input.wanted, *ref));
    if (!known) {
      return fail(fmt::format("{} is not {}", asked.user->str(), where),
                  guess_person(input, asked.user->str()));
    }
    std::optional<GroupRef> without;
    if (asked.without) {
      without = input.catalog.find_group(*asked.without);
      if (!without) {
        return fail(fmt::format("there is no group {} {}", quote(asked.without->display()), where),
                    guess_group(input, *asked.without));
      }
    }
    return explain_user(input, *ref, without ? &*without : nullptr);
  }
  if (asked.group) {
    const auto ref = input.catalog.find_group(*asked.group);
    if (!ref) {
      return fail(fmt::format("there is no group {} {}", quote(asked.group->display()), where),
                  guess_group(input, *asked.group));
    }
    return explain_group(input, *ref);
  }
  std::string known;
  std::vector<std::string_view> aliases;
  for (const Resource& resource : input.wanted.resources) {
    if (resource.alias == asked.resource)
      return explain_resource(input, resource.ref, resource.alias);
    known += (known.empty() ? "" : ", ") + resource.alias;
    aliases.emplace_back(resource.alias);
  }
  return fail(fmt::format("the policy declares no resource {}", quote(asked.resource)),
              known.empty() ? "[resources] is empty"
                            : guess(asked.resource, aliases, "there are: " + known));
}

int show(const GlobalOptions& global, const Asked& asked, const ExplainInput& input,
         const std::string& policy) {
  auto explanation = explain(asked, input);
  if (!explanation) return print_error(explanation.error());
  const auto told =
      tell_since(*explanation, store_path(global, policy), input.wanted.organization_id);
  // The rest is worth showing without the log.
  if (!told) (void)print_error(told.error());
  switch (global.format) {
    case OutputFormat::json:
      print(render_json(*explanation));
      break;
    case OutputFormat::markdown:
      print(render_markdown(*explanation));
      break;
    case OutputFormat::csv:
    case OutputFormat::text:
      print(render_text(*explanation, terminal_columns(STDOUT_FILENO)));
      break;
  }
  return 0;
}

int explain_offline(const GlobalOptions& global, const Asked& asked, const std::string& policy) {
  Catalog catalog;
  const Wanted wanted =
      read_wanted(policy, global.at.value_or(SystemClock().now()), nullptr, catalog);
  if (!wanted.diagnostics.sorted().empty()) print_message(render(wanted.diagnostics));
  if (wanted.error) return print_error(*wanted.error);
  if (!wanted.usable()) return 1;
  return show(global, asked, {wanted.desired, catalog, nullptr, nullptr}, policy);
}

}  // namespace

int run_explain(const GlobalOptions& global, const ExplainOptions& options) {
  const auto asked = read_asked(options);
  if (!asked) return print_error(asked.error());
  const auto policy = policy_path_or_default(asked->policy);
  if (!policy) return print_error(policy.error());
  if (options.offline) return explain_offline(global, *asked, *policy);
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  auto request = plan_request(global, *policy);
  if (!request) return print(request.error());
  request->widen = [&](Catalog& catalog, FetchScope& scope) -> Result<void> {
    if (asked->user) {
      const UserRef ref = catalog.user(*asked->user);
      scope.groups_of.push_back(ref);
      // One call tells all of it, also on apps that the policy does not declare.
      scope.whole_user_access = true;
      if (std::find(scope.user_access.begin(), scope.user_access.end(), ref) ==
          scope.user_access.end()) {
        scope.user_access.push_back(ref);
      }
    } else {
      scope.every_group = true;
    }
    return {};
  };
  int shown = 1;
  request->inspect = [&](const PlanInput& input, const Plan& plan) {
    shown = show(global, *asked, {input.desired, input.catalog, &input.live, &plan}, *policy);
    if (shown == 0 && !plan.complete) shown = 6;
  };
  const Planned planned = plan_with_progress(global, connection->reads(), *request);
  if (planned.error) {
    const std::string& hint = planned.error->hint;
    return print_error({planned.error->what,
                        fmt::format("{}{}--offline explains what is wanted, without the API", hint,
                                    hint.empty()          ? ""
                                    : hint.ends_with('?') ? " "
                                                          : "; ")});
  }
  if (const int code = show_problems(global, planned); code != 0) return code;
  return shown;
}

}  // namespace rolecall
