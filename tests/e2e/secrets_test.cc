// The API key shows up nowhere but in its own file: not printed, not logged, not kept.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/support/end_to_end.h"
#include "tests/support/places.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr std::string_view kCanary = "ATCTT3x+canary/Q7w=Zk91mVb2";

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string hex(std::string_view text, const char* pattern) {
  std::string out;
  for (const char c : text)
    out += fmt::format(fmt::runtime(pattern), static_cast<unsigned char>(c));
  return out;
}

std::string url_encoded(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += plain ? std::string(1, c) : hex(std::string(1, c), upper ? "%{:02X}" : "%{:02x}");
  }
  return out;
}

std::string replaced(std::string text, char what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, 1, by);
    at += by.size();
  }
  return text;
}

std::string wide(std::string_view text, bool big_endian) {
  std::string out;
  for (const char c : text) {
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

std::string in_json(const std::string& text, bool unicode) {
  if (!unicode) return replaced(text, '/', "\\/");
  return replaced(replaced(replaced(text, '/', "\\u002f"), '+', "\\u002b"), '=', "\\u003d");
}

/// Every eight bytes of the key, in each of the ways in which a key may be written down.
const std::set<std::string>& traces() {
  static const std::set<std::string> all = [] {
    constexpr std::size_t kBytes = 8;
    // So many digits say nothing but what eight bytes are, wherever these begin.
    constexpr std::size_t kDigits = 4 * kBytes / 3;
    const std::string key(kCanary);
    std::set<std::string> out;
    for (std::size_t at = 0; at + kBytes <= key.size(); ++at) {
      const std::string piece = key.substr(at, kBytes);
      out.insert({piece, hex(piece, "{:02x}"), hex(piece, "{:02X}"), url_encoded(piece, true),
                  url_encoded(piece, false), in_json(piece, false), in_json(piece, true),
                  wide(piece, false), wide(piece, true)});
    }
    for (std::size_t before = 0; before < 3; ++before) {
      // Whatever stands before and after it shifts what base64 makes of it.
      const std::string whole = base64(std::string(before, 'x') + key + "xxx")
                                    .substr(before == 0 ? 0 : 4, 4 * (key.size() / 3) - 4);
      for (std::size_t at = 0; at + kDigits <= whole.size(); ++at) {
        const std::string piece = whole.substr(at, kDigits);
        out.insert({piece, replaced(replaced(piece, '+', "-"), '/', "_")});
      }
    }
    return out;
  }();
  return all;
}

std::vector<std::string> traces_in(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& trace : traces()) {
    if (text.find(trace) != std::string::npos) out.push_back(trace);
  }
  return out;
}

/// What strace -xx shows as \x41\x42, as bytes.
std::string unescaped(const std::string& line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 3 < line.size() && line[at + 1] == 'x') {
      out += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
      at += 3;
    } else {
      out += line[at];
    }
  }
  return out;
}

class Secrets : public EndToEnd {
 protected:
  void SetUp() override {
    json::object seed = acme();
    seed["api_key"] = kCanary;  // nothing is read without it
    start(seed);
    write_policy(with(acme_policy(),
                      R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
                      R"(["ada@acme.example", "rosa@acme.example", "new@acme.example"])") +
                 "[users.\"new@acme.example\"]\n");
    const std::string key = folder.write("key", std::string(kCanary) + "\n");
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  }
  void expect_no_trace(const Outcome& outcome) const {
    EXPECT_THAT(traces_in(outcome.out), IsEmpty()) << outcome.said();
    EXPECT_THAT(traces_in(outcome.err), IsEmpty()) << outcome.said();
    expect_no_trace_in_files();
  }
  void expect_no_trace_in_files() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (!entry.is_regular_file() || entry.path().filename() == "key") continue;
      EXPECT_THAT(traces_in(read_file(entry.path())), IsEmpty()) << entry.path();
    }
  }
  [[nodiscard]] const std::vector<Arguments>& commands() const {
    static const std::vector<Arguments> kCommands = {
        {"validate"},
        {"check-key"},
        {"check-key", "--format", "json"},
        {"get", "orgs"},
        {"get", "users", "--all"},
        {"get", "user", "ada@acme.example", "--format", "json"},
        {"get", "nothing"},
        {"plan"},
        {"plan", "--format", "json"},
        {"plan", "--format", "markdown", "--out", "changes.plan"},
        {"apply", "changes.plan"},
        {"apply", "--yes"},
        {"apply", "--yes", "--format", "json"},
        {"run", "--once"},
        {"audit", "list"},
        {"audit", "show", "1"},
        {"audit", "show", "1", "--format", "json"},
        {"audit", "verify"},
        {"audit", "verify", "--format", "json"},
        {"audit", "export"},
        {"audit", "export", "--format", "csv", "--out", "audit.csv"},
        {"undo", "1"},
        {"undo", "1", "--out", "undo.plan"},
        {"get", "org", "--format", "csv"},
        {"get", "directories"},
        {"get", "domains"},
        {"get", "workspaces"},
        {"get", "groups"},
        {"get", "group", "engineering"},
        {"get", "counts", "--record"},
        {"get", "counts", "--history"},
        {"get", "pins"},
        {"explain", "ada@acme.example"},
        {"explain", "--group", "design", "--format", "json"},
        {"report", "--out", "report.html", "--csv", "tables"},
        {"import", "--out", "imported"},
        {"import", "--adopt", "design", "--out", "imported"},
        {"init", "new", "--admin", "ada@acme.example"},
        {"plan", "--quick"},
        {"fmt"},
        {"stop", "--reason", "a test"},
        {"apply", "--yes"},
        {"resume"},
        {"unlock", "--yes"},
        {"schema", "plan"},
        {"completion", "bash"},
        {"man"},
        {"no-such-command"},
        {"--version"},
        {"--help"}};
    return kCommands;
  }
};

TEST_F(Secrets, TheTracesAreThoseOfTheKey) {
  const std::string key(kCanary);
  for (const std::string& text :
       {"Bearer " + key, "x" + base64("Bearer " + key), base64("a" + key + "z"),
        "0x" + hex(key, "{:02x}"), "key=" + url_encoded(key, false)}) {
    EXPECT_FALSE(traces_in(text).empty()) << text;
  }
  for (std::size_t at = 0; at + 8 <= key.size(); ++at) {
    EXPECT_FALSE(traces_in("x" + key.substr(at, 8) + "x").empty()) << at;
  }
  for (const bool unicode : {false, true}) {
    EXPECT_FALSE(traces_in(in_json(key.substr(8, 9), unicode)).empty());
  }
  for (const bool big_endian : {false, true}) {
    EXPECT_FALSE(traces_in(wide(key.substr(3, 9), big_endian)).empty());
  }
  EXPECT_THAT(traces_in("ATCTT3x and nothing more"), IsEmpty());
  EXPECT_GT(traces().size(), 200U);
}

TEST_F(Secrets, NoCommandShowsOrKeepsTheKey) {
  for (Arguments command : commands()) {
    for (const char* more : {"--log-level", "debug"}) command.emplace_back(more);
    expect_no_trace(rolecall(command));
  }
  EXPECT_EQ(members("engineering"),
            (std::vector<std::string>{"ada@acme.example", "new@acme.example", "rosa@acme.example"}))
      << "they did reach the organization";
}

TEST_F(Secrets, NorTakenFromTheEnvironment) {
  const Variables variables{{"ROLECALL_API_KEY_FILE", ""},
                            {"ROLECALL_API_KEY", std::string(kCanary)}};
  for (const Arguments& command : commands()) {
    Arguments more = command;
    for (const char* option : {"--log-level", "debug", "--log-format", "json"}) {
      more.emplace_back(option);
    }
    expect_no_trace(rolecall(more, variables));
  }
}

TEST_F(Secrets, NorWhenSomethingGoesWrong) {
  for (const char* faults :
       {R"({"rules": [{"action": {"status": 401}}]})",
        R"({"rules": [{"operation": "writes", "action": {"status": 400}}]})",
        R"({"rules": [{"operation": "writes", "action": {"status": 403, "shape": "html"}}]})",
        R"({"rules": [{"operation": "searchDirectoryUsers", "action": {"page": "torn"}}]})"}) {
    simulator->set_faults(faults);
    expect_no_trace(rolecall({"plan", "--log-level", "debug"}));
    expect_no_trace(rolecall({"apply", "--yes", "--log-level", "debug"}));
  }
  expect_no_trace(rolecall({"plan"}, {{"ROLECALL_CA_FILE", ""}}));
  expect_no_trace(rolecall({"plan"}, {{"ROLECALL_API_URL", "https://127.0.0.1:9/admin"}}));
}

TEST_F(Secrets, NorWhereAServerSaysItBack) {
  simulator->set_faults(fmt::format(
      R"({{"rules": [{{"operation": "writes", "action": {{"status": 400,
           "body": {{"errors": [{{"title": "Bad key", "detail": "Bearer {0} is no {0}"}}]}}}}}}]}})",
      kCanary));
  expect_no_trace(rolecall_exits(3, {"apply", "--yes", "--log-level", "debug"}));
  expect_no_trace(rolecall({"audit", "show", "1"}));
}

TEST_F(Secrets, NorWhatARunLeavesBehindThatIsKilled) {
  simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"delay_ms": 2000}}]})");
  Process run = launch({"apply", "--yes", "--log-level", "debug"});
  wait_for_a_write();
  expect_no_trace_in_files();
  run.signal(SIGKILL);
  expect_no_trace(run.wait());
}

/// What its children are given: programs of these names that write down all they have.
TEST_F(Secrets, NorDoProgramsThatItStartsGetIt) {
  const fs::path programs = folder.path() / "programs";
  const std::string told = (folder.path() / "told").string();
  for (const char* name : {"git", "ssh-keygen"}) {
    const std::string program = folder.write(
        fmt::format("programs/{}", name),
        fmt::format("#!/bin/sh\n{{ echo {}; tr '\\0' '\\n' </proc/$$/environ; tr '\\0' '\\n' "
                    "</proc/$$/cmdline; for f in /proc/$$/fd/*; do [ -f $f ] && cat $f; done; cat; "
                    "}} >>{}\nexit 1\n",
                    name, told));
    fs::permissions(program, fs::perms::owner_all);
  }
  const std::string path = fmt::format("{}:/usr/bin:/bin", programs.string());
  for (const bool from_file : {true, false}) {
    const Variables variables{
        {"PATH", path},
        {"ROLECALL_API_KEY_FILE", from_file ? (folder.path() / "key").string() : ""},
        {"ROLECALL_API_KEY", from_file ? "" : std::string(kCanary)}};
    expect_no_trace(rolecall({"apply", "--yes", "--sign-key", "key.pub"}, variables));
    expect_no_trace(rolecall({"plan", "--base", "main"}, variables));
    expect_no_trace(rolecall({"audit", "verify", "--allowed-signers", "signers"}, variables));
  }
  EXPECT_THAT(read_file(told), ::testing::AllOf(::testing::HasSubstr("\ngit\n"),
                                                ::testing::HasSubstr("ssh-keygen\n")));
}

/// What leaves the process by any way, as the system sees it; over TLS not even the socket shows
/// it. What it reads does.
TEST_F(Secrets, NorIsItInAnythingThatLeavesTheProcess) {
  if (rolecall_is_sanitized()) GTEST_SKIP() << "a sanitizer's program cannot be traced";
  if (std::system("strace -qq -o /dev/null -e trace=openat true >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "strace may not trace here";
  }
  const std::string trace = (folder.path() / "trace").string();
  for (const Arguments& command : std::vector<Arguments>{{"check-key"},
                                                         {"plan", "--out", "changes.plan"},
                                                         {"apply", "--yes", "--format", "json"},
                                                         {"run", "--once"},
                                                         {"report", "--out", "report.html"},
                                                         {"get", "users", "--format", "json"}}) {
    under = {"/usr/bin/strace",
             "-f",
             "-qq",
             "-xx",
             "-s",
             "1000000",
             "-o",
             trace,
             "-e",
             "trace=read,write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg,execve"};
    Arguments more = command;
    for (const char* option : {"--log-level", "debug"}) more.emplace_back(option);
    (void)rolecall(more);
    under.clear();
    std::size_t left = 0;
    bool read = false;
    std::istringstream lines(read_file(trace));
    for (std::string line; std::getline(lines, line);) {
      const std::string bytes = unescaped(line);
      const bool found = !traces_in(bytes).empty();
      if (line.find(" read(") != std::string::npos) {
        read = read || found;
        continue;
      }
      ++left;
      EXPECT_FALSE(found) << command.front() << ": " << line.substr(0, 200);
    }
    EXPECT_TRUE(read) << "the trace does not show what it should";
    EXPECT_GT(left, 3U);
  }
  fs::remove(trace);
}

// --- where a key may come from ---------------------------------------------------------------

TEST_F(Secrets, AKeyFileThatOthersMayReadIsRefused) {
  for (const fs::perms open : {fs::perms::group_read, fs::perms::others_read,
                               fs::perms::group_write, fs::perms::others_exec}) {
    fs::permissions(folder.path() / "key", fs::perms::owner_read | fs::perms::owner_write | open);
    const Outcome outcome = rolecall_exits(1, {"plan"});
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("key"));
    expect_no_trace(outcome);
  }
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

TEST_F(Secrets, WithoutAKeyNothingIsAsked) {
  rolecall_exits(1, {"plan"}, {{"ROLECALL_API_KEY_FILE", ""}});
  rolecall_exits(1, {"plan"}, {{"ROLECALL_API_KEY_FILE", (folder.path() / "missing").string()}});
  for (const char* bad : {"", "\n", "two\nlines\n",
                          "with\x01"
                          "bytes"}) {
    const std::string key = folder.write("key", bad);
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
    rolecall_exits(1, {"plan"});
  }
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

}  // namespace
}  // namespace rolecall::test
