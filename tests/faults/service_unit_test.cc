// The unit of systemd in examples/service: it leaves the service few rights (guarantees.md J4), and
// what rolecall does is among them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/faults/faulted.h"
#include "tests/support/places.h"
#include "tests/support/process.h"

namespace rolecall::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";

std::string unit() {
  return source_dir() + "/examples/service/rolecall.service";
}

Outcome analyze(std::vector<std::string> arguments) {
  ProcessWish wish;
  wish.command = {kAnalyze};
  wish.command.insert(wish.command.end(), arguments.begin(), arguments.end());
  wish.environment = bare_environment();
  wish.environment["SYSTEMD_PAGER"] = "";
  wish.folder = "/";
  return Process(wish).wait();
}

/// What systemd means by the names of its sets: calls, and other sets.
std::map<std::string, std::vector<std::string>> call_sets() {
  std::map<std::string, std::vector<std::string>> sets;
  std::istringstream lines(analyze({"syscall-filter"}).out);
  std::string set;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('@')) {
      set = line;
    } else if (const auto name = line.find_first_not_of(' '); name == 4 && line[name] != '#') {
      sets[set].push_back(line.substr(name));
    }
  }
  return sets;
}

void add_calls(const std::map<std::string, std::vector<std::string>>& sets, const std::string& set,
               std::set<std::string>& calls) {
  for (const std::string& name : sets.at(set)) {
    if (name.starts_with('@')) {
      add_calls(sets, name, calls);
    } else {
      calls.insert(name);
    }
  }
}

/// By the unit's SystemCallFilter: the first line allows, "~" takes away.
std::set<std::string> allowed_calls() {
  const auto sets = call_sets();
  std::set<std::string> allowed;
  std::istringstream lines(read_file(unit()));
  const std::string filter = "SystemCallFilter=";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(filter)) continue;
    const bool away = line[filter.size()] == '~';
    std::istringstream names(line.substr(filter.size() + (away ? 1 : 0)));
    std::set<std::string> named;
    for (std::string name; names >> name;) add_calls(sets, name, named);
    if (!away) allowed.insert(named.begin(), named.end());
    if (!away) continue;
    for (const std::string& call : named) allowed.erase(call);
  }
  // What none of the sets can take away, since nothing would start without it.
  add_calls(sets, "@default", allowed);
  // SQLite's, and only as root, who the service is not.
  if (::geteuid() == 0) allowed.insert("fchown");
  return allowed;
}

class ServiceUnit : public EndToEnd {
 protected:
  void SetUp() override {
    if (::access(kAnalyze, X_OK) != 0) GTEST_SKIP() << "systemd is not installed";
  }
};

TEST_F(ServiceUnit, ExposesLittle) {
  const Outcome outcome = analyze({"security", "--offline=true", "--threshold=13", unit()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
}

// A log that nobody but the service could become the reader of would be none; nor could anybody
// stop it.
TEST_F(ServiceUnit, ItsUserIsOneWhomOthersCanBecome) {
  const std::string text = read_file(unit());
  EXPECT_THAT(text, HasSubstr("\nUser=rolecall\n"));
  EXPECT_THAT(text, Not(HasSubstr("\nDynamicUser=")));
  EXPECT_THAT(text, HasSubstr("\nStateDirectory=rolecall\n"));
  EXPECT_THAT(text, HasSubstr("\nEnvironment=ROLECALL_STORE=%S/rolecall/rolecall.db\n"));
  for (const char* command : {"audit list", "stop", "resume"}) {
    EXPECT_THAT(text, HasSubstr(fmt::format("sudo -u rolecall rolecall {} --store "
                                            "/var/lib/rolecall/rolecall.db",
                                            command)));
  }
}

TEST_F(ServiceUnit, AllowsEveryCallThatACycleMakes) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  start(acme());
  write_policy(with(acme_policy(), R"("grace@acme.example", "rosa@acme.example"])",
                    R"("grace@acme.example", "rosa@acme.example", "lin@acme.example"])"));
  const std::string output = (folder.path() / "traced").string();
  // Its own execve is the service manager's.
  under = {"/usr/bin/strace", "-f", "-qq", "-o", output, "-e", "trace=!execve"};
  rolecall_exits(0, {"run", "--once"});
  under.clear();

  const std::set<std::string> allowed = allowed_calls();
  EXPECT_THAT(allowed, Contains("sendmsg"));
  EXPECT_FALSE(allowed.contains("setrlimit"));
  std::set<std::string> refused;
  std::size_t calls = 0;
  std::istringstream lines(read_file(output));
  for (std::string line; std::getline(lines, line); ++calls) {
    // PID NAME(...), or the rest of a call that was begun above.
    const std::size_t begin = line.find_first_not_of(' ', line.find(' '));
    const std::size_t end = line.find('(', begin);
    if (end == std::string::npos || line[begin] < 'a' || line[begin] > 'z') continue;
    const std::string name = line.substr(begin, end - begin);
    if (!allowed.contains(name)) refused.insert(name);
  }
  EXPECT_GE(calls, 1000U);
  EXPECT_THAT(refused, IsEmpty());
}

}  // namespace
}  // namespace rolecall::test
