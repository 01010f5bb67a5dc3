#include "tests/support/end_to_end.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/support/conformance.h"
#include "tests/support/places.h"
#include "tests/support/terminal.h"

namespace rolecall::test {

namespace json = boost::json;

namespace {

bool may_write(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& one) { return one == "apply" || one == "run"; });
}

constexpr const char* kAcme = R"({
  "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa", "name": "Acme"},
  "directories": [{"id": "6d1f0000-0000-4000-8000-000000000001", "name": "Acme"}],
  "domains": [{"id": "d0000000-0000-4000-8000-000000000001", "name": "acme.example"}],
  "workspaces": [
    {"ari": "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001",
     "host": "acme.atlassian.net"},
    {"ari": "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001",
     "host": "acme.atlassian.net"}],
  "users": [
    {"email": "ada@acme.example", "id": "712020:00000000-0000-4000-8000-000000000001",
     "name": "Ada Lovelace", "roles": ["org-admin"]},
    {"email": "grace@acme.example", "id": "712020:00000000-0000-4000-8000-000000000002",
     "name": "Grace Hopper", "roles": ["org-admin"]},
    {"email": "lin@acme.example", "id": "712020:00000000-0000-4000-8000-000000000003",
     "name": "Lin Zhao"},
    {"email": "omar@acme.example", "id": "712020:00000000-0000-4000-8000-000000000004",
     "name": "Omar Haddad"},
    {"email": "rosa@acme.example", "id": "712020:00000000-0000-4000-8000-000000000005",
     "name": "Rosa Diaz"}],
  "groups": [
    {"name": "engineering", "id": "9a000000-0000-4000-8000-000000000001",
     "members": ["ada@acme.example", "lin@acme.example", "omar@acme.example"],
     "access": {"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001": ["user"]}},
    {"name": "design", "id": "9a000000-0000-4000-8000-000000000002",
     "members": ["grace@acme.example", "rosa@acme.example"]}],
  "options": {"group_lag_ms": 0}
})";

constexpr const char* kAcmePolicy = R"(version = 1

[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"

[resources]
jira       = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
confluence = "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001"

[users]
"ada@acme.example"   = { roles = ["org-admin"] }
"grace@acme.example" = { roles = ["org-admin"] }
"lin@acme.example"   = {}
"omar@acme.example"  = {}
"rosa@acme.example"  = {}

[groups.engineering]
members = ["ada@acme.example", "lin@acme.example", "omar@acme.example"]
access  = { jira = ["user"] }

[groups.design]
members = ["grace@acme.example", "rosa@acme.example"]
access  = {}
)";

/// The item of a list of the organization's state whose `key` is this.
json::object item(const json::value& list, std::string_view key, std::string_view value) {
  for (const json::value& one : list.as_array()) {
    if (text(one.at(key)) == value) return one.as_object();
  }
  return {};
}

}  // namespace

json::object acme() {
  return json::parse(kAcme).as_object();
}

std::string acme_policy() {
  return kAcmePolicy;
}

std::string with(std::string text, std::string_view what, std::string_view instead) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos || text.find(what, at + 1) != std::string::npos) {
    throw std::runtime_error(fmt::format("not exactly once: {}", what));
  }
  return text.replace(at, what.size(), instead);
}

std::vector<std::string> texts(const json::value& list) {
  return json::value_to<std::vector<std::string>>(list);
}

std::string text(const json::value& value) {
  return json::value_to<std::string>(value);
}

EndToEnd::EndToEnd() {
  namespace fs = std::filesystem;
  const std::string key = folder.write("key", "a-key-that-any-organization-takes\n");
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
}

void EndToEnd::start(const json::value& seed) {
  account_for_requests();
  simulator.emplace(seed);
}

void EndToEnd::TearDown() {
  if (!documents_.empty()) {
    EXPECT_EQ(documents_.complaints(), std::vector<std::string>());
  }
  if (!simulator) return;
  account_for_requests();
  EXPECT_EQ(simulator->stop(), 0);
  if (!log_is_true) return;
  account_for_stores();
  EXPECT_EQ(ledger_.complaints(Ledger::Others::may_change), std::vector<std::string>());
}

void EndToEnd::account_for_requests() {
  if (!simulator) return;
  const json::array log = simulator->all_requests();
  EXPECT_EQ(ApiDocument().complaints(log), std::vector<std::string>());
  ledger_.add_received(log);
  for (const auto& [request, body] : simulator->done_by_hand()) {
    ledger_.add_foreign(request, body);
  }
}

void EndToEnd::account_for_stores() {
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path())) {
    const std::string path = file.path().string();
    if (!path.ends_with(".db") || !std::filesystem::exists(path + ".head")) continue;
    const auto store = Store::open(path, Store::Access::read);
    if (store) {
      ledger_.add_intended(*store);
    } else {
      ADD_FAILURE() << store.error().what;
    }
  }
}

void EndToEnd::remove_store() {
  if (log_is_true) account_for_stores();
  std::filesystem::remove_all(folder.path() / ".rolecall");
}

ProcessWish EndToEnd::wish(const Arguments& arguments, const Variables& variables) const {
  ProcessWish wish;
  wish.command = under;
  wish.command.push_back(rolecall_binary());
  wish.command.insert(wish.command.end(), arguments.begin(), arguments.end());
  wish.folder = folder.path().string();
  wish.environment = bare_environment();
  wish.environment["HOME"] = wish.folder;
  wish.environment["ROLECALL_API_KEY_FILE"] = (folder.path() / "key").string();
  if (simulator) {
    wish.environment["ROLECALL_API_URL"] = simulator->url();
    wish.environment["ROLECALL_CA_FILE"] = simulator->ca_file();
  }
  for (const auto& [name, value] : variables) {
    if (value.empty()) {
      wish.environment.erase(name);
    } else {
      wish.environment[name] = value;
    }
  }
  return wish;
}

Process EndToEnd::launch(const Arguments& arguments, const Variables& variables) const {
  Process process(wish(arguments, variables));
  if (may_write(arguments)) writers_.push_back(process.pid());
  return process;
}

bool EndToEnd::nobody_writes() const {
  return std::none_of(writers_.begin(), writers_.end(),
                      [](pid_t writer) { return ::kill(writer, 0) == 0; });
}

Outcome EndToEnd::on_terminal(const Arguments& arguments, const std::string& input,
                              const Variables& variables) const {
  return run_on_terminal(wish(arguments, variables), input);
}

Outcome EndToEnd::rolecall(const Arguments& arguments, const Variables& variables) const {
  if (may_write(arguments)) return launch(arguments, variables).wait();
  const bool alone = nobody_writes();
  const std::size_t before = simulator ? writes().size() : 0;
  Outcome outcome = launch(arguments, variables).wait();
  documents_.add(arguments, outcome, folder.path());
  if (!simulator || !alone) return outcome;
  EXPECT_EQ(writes().size(), before) << fmt::format("rolecall {}", fmt::join(arguments, " "));
  return outcome;
}

Outcome EndToEnd::rolecall_exits(int code, const Arguments& arguments,
                                 const Variables& variables) const {
  Outcome outcome = rolecall(arguments, variables);
  EXPECT_EQ(outcome.exit_code, code)
      << fmt::format("rolecall {}\n", fmt::join(arguments, " ")) << outcome.said();
  return outcome;
}

json::value EndToEnd::json_of(Arguments arguments, int code) const {
  arguments.insert(arguments.end(), {"--format", "json"});
  return json::parse(rolecall_exits(code, arguments).out);
}

json::object EndToEnd::group(std::string_view name) const {
  return item(simulator->state().at("groups"), "name", name);
}

json::object EndToEnd::user(std::string_view email) const {
  return item(simulator->state().at("users"), "email", email);
}

std::vector<std::string> EndToEnd::members(std::string_view name) const {
  const json::object found = group(name);
  return found.empty() ? std::vector<std::string>() : texts(found.at("members"));
}

std::vector<std::string> EndToEnd::access(const json::object& of) {
  std::vector<std::string> out;
  const json::value* grants = of.if_contains("access");
  if (grants == nullptr) return out;
  for (const auto& [ari, roles] : grants->as_object()) {
    const std::string app = ari == kJira         ? "jira"
                            : ari == kConfluence ? "confluence"
                                                 : std::string(ari);
    for (const json::value& role : roles.as_array()) out.push_back(app + " " + text(role));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> EndToEnd::writes() const {
  // Told apart by what they are in the API's document, not by what the log thinks of them.
  std::vector<std::string> out;
  for (const json::value& request : simulator->requests()) {
    const std::string method = text(request.at("method"));
    const std::string target = text(request.at("target"));
    if (is_write(method, target)) out.push_back(fmt::format("{} {}", method, target));
  }
  return out;
}

std::size_t EndToEnd::count(std::string_view operation) const {
  std::size_t out = 0;
  for (const json::value& request : simulator->requests()) {
    if (text(request.at("operation")) == operation) ++out;
  }
  return out;
}

void EndToEnd::wait_for_a_write() const {
  for (int i = 0; i < 3000; ++i) {
    if (!writes().empty()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("no write within half a minute");
}

}  // namespace rolecall::test
