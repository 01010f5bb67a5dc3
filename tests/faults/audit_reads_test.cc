// What the commands that read the log open, as the system sees it: they need no key and no network,
// and never write to it (guarantees.md F8).
#include <gmock/gmock.h>

#include <sstream>

#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Command = std::vector<std::string>;

class Traced : public EndToEnd {
 protected:
  void SetUp() override {
    if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
    start(acme());
    write_policy(with(acme_policy(), R"("grace@acme.example", "rosa@acme.example"])",
                      R"("grace@acme.example", "rosa@acme.example", "lin@acme.example"])"));
    rolecall_exits(0, {"apply", "--yes"});
    simulator->forget_requests();
  }
  /// The system calls that open a file or talk to somebody, one a line.
  std::vector<std::string> traced(const Command& arguments, const Variables& variables) {
    const std::string output = (folder.path() / "traced").string();
    under = {"/usr/bin/strace", "-f", "-qq", "-o", output, "-e", "trace=openat,socket,connect"};
    rolecall_exits(0, arguments, variables);
    std::istringstream lines(read_file(output));
    std::vector<std::string> out;
    for (std::string line; std::getline(lines, line);) out.push_back(line);
    return out;
  }
  static std::vector<std::string> that_name(const std::vector<std::string>& calls,
                                            const std::string& what) {
    std::vector<std::string> out;
    for (const std::string& call : calls) {
      if (call.find(what) != std::string::npos) out.push_back(call);
    }
    return out;
  }
};

class AuditReads : public Traced, public ::testing::WithParamInterface<Command> {};

constexpr const char* kForWriting = "O_RDWR|O_WRONLY|O_CREAT|O_TRUNC";

TEST_P(AuditReads, OpenTheLogForReadingAndTalkToNobody) {
  const std::string store = (folder.path() / ".rolecall" / "rolecall.db").string();
  const std::string before = read_file(store) + read_file(store + ".head");
  const auto calls = traced(GetParam(), {{"ROLECALL_API_KEY_FILE", ""}});
  const auto opened = that_name(calls, "rolecall.db\"");
  EXPECT_THAT(opened, Not(IsEmpty()));
  EXPECT_THAT(opened, Each(AllOf(HasSubstr("O_RDONLY"), Not(ContainsRegex(kForWriting)))));
  EXPECT_THAT(that_name(calls, "rolecall.db.head\""), Each(HasSubstr("O_RDONLY")));
  EXPECT_THAT(that_name(calls, "AF_INET"), IsEmpty());
  EXPECT_THAT(simulator->requests(), IsEmpty());
  EXPECT_TRUE(read_file(store) + read_file(store + ".head") == before);
  EXPECT_EQ(read_file(store + "-wal"), "");
  EXPECT_THAT(that_name(calls, "/.rolecall/"), Each(Not(ContainsRegex(kForWriting))))
      << "not even beside it";
}

INSTANTIATE_TEST_SUITE_P(Audit, AuditReads,
                         ::testing::Values(Command{"audit", "list"}, Command{"audit", "show", "1"},
                                           Command{"audit", "verify"}, Command{"audit", "export"}),
                         [](const auto& tested) { return tested.param[1]; });

TEST_F(Traced, ARunIsSeenToDoWhatTheyDoNot) {
  write_policy(acme_policy());
  const auto calls = traced({"apply", "--yes"}, {});
  EXPECT_THAT(that_name(calls, "AF_INET"), Not(IsEmpty()));
  EXPECT_THAT(that_name(calls, "rolecall.db\""), Contains(ContainsRegex(kForWriting)));
}

}  // namespace
}  // namespace rolecall::test
