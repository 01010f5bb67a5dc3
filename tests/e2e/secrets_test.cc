// The API key shows up nowhere but in its own file: not printed, not logged, not kept.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <csignal>
#include <filesystem>

#include "tests/support/end_to_end.h"

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

std::string url_encoded(bool upper) {
  std::string out;
  for (const char c : kCanary) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += plain ? std::string(1, c) : hex(std::string(1, c), upper ? "%{:02X}" : "%{:02x}");
  }
  return out;
}

/// The ways a key may be written down.
std::vector<std::string> traces() {
  const std::string key(kCanary);
  std::vector<std::string> out = {key,
                                  key.substr(0, 12),
                                  key.substr(key.size() - 12),
                                  hex(key, "{:02x}"),
                                  hex(key, "{:02X}"),
                                  url_encoded(true),
                                  url_encoded(false)};
  for (std::size_t before = 0; before < 3; ++before) {
    // Whatever stands before and after it shifts what base64 makes of it.
    const std::string whole = base64(std::string(before, 'x') + key + "xxx");
    out.push_back(whole.substr(before == 0 ? 0 : 4, 4 * (key.size() / 3) - 4));
  }
  std::string wide;
  for (const char c : key) wide += {c, '\0'};
  out.push_back(wide);
  return out;
}

std::vector<std::string> traces_in(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& trace : traces()) {
    if (text.find(trace) != std::string::npos) out.push_back(trace);
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
        {"unlock", "--yes"},
        {"--version"},
        {"--help"}};
    return kCommands;
  }
};

TEST_F(Secrets, TheTracesAreThoseOfTheKey) {
  const std::string key(kCanary);
  for (const std::string& text :
       {"Bearer " + key, "x" + base64("Bearer " + key), base64("a" + key + "z"),
        "0x" + hex(key, "{:02x}"), "key=" + url_encoded(false)}) {
    EXPECT_FALSE(traces_in(text).empty()) << text;
  }
  EXPECT_THAT(traces_in("ATCTT3x and nothing more"), IsEmpty());
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
