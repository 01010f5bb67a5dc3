// The catalogue of bad input: what the environment says about the way to the API (E09, E10), and a
// server that asks to wait (R04).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "state/model/instant.h"
#include "tests/support/certificates.h"
#include "tests/support/end_to_end.h"
#include "tests/support/trap.h"

namespace rolecall::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Surroundings : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(acme_policy());
  }
};

TEST_F(Surroundings, E09AProxyIsNotUsedAndThatIsSaidOnce) {
  testing::Trap trap;
  const std::string proxy = fmt::format("http://somebody:canary@127.0.0.1:{}", trap.port());
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}) {
    const Outcome outcome = rolecall_exits(0, {"plan"}, {{name, proxy}});
    const std::string note = fmt::format("{} is set and not used", name);
    EXPECT_THAT(outcome.err, HasSubstr(note));
    EXPECT_EQ(outcome.err.find(note), outcome.err.rfind(note));
    EXPECT_THAT(outcome.said(), Not(HasSubstr("canary")));
  }
  const Outcome both =
      rolecall_exits(0, {"apply", "--yes"}, {{"HTTPS_PROXY", proxy}, {"http_proxy", proxy}});
  EXPECT_EQ(both.err.find("not used"), both.err.rfind("not used"));
  EXPECT_THAT(rolecall_exits(0, {"plan"}).err, Not(HasSubstr("PROXY")));
  EXPECT_EQ(trap.connections(), 0U);
}

TEST_F(Surroundings, E10CertificatesThatAreNotThereAreNamedAndNothingIsTrusted) {
  const std::string empty = folder.write("empty.pem", "");
  const std::string other = folder.write("other.pem", testing::make_authority().certificate_pem());
  for (const std::string& ca_file : {std::string(), simulator->ca_file()}) {
    for (const std::string& file : {empty, folder.path().string() + "/missing.pem"}) {
      const Outcome outcome =
          rolecall_exits(1, {"plan"}, {{"SSL_CERT_FILE", file}, {"ROLECALL_CA_FILE", ca_file}});
      EXPECT_THAT(outcome.err, HasSubstr("no CA certificate loaded from SSL_CERT_FILE"));
      EXPECT_THAT(outcome.err, HasSubstr(file.substr(file.rfind('/'))));
    }
  }
  // Another authority's is no reason to trust this server.
  const Outcome refused =
      rolecall_exits(1, {"plan"}, {{"SSL_CERT_FILE", other}, {"ROLECALL_CA_FILE", ""}});
  EXPECT_THAT(refused.err, HasSubstr("not trusted"));
  EXPECT_THAT(simulator->requests(), IsEmpty());
  rolecall_exits(0, {"plan"}, {{"SSL_CERT_FILE", simulator->ca_file()}, {"ROLECALL_CA_FILE", ""}});
}

TEST_F(Surroundings, R04AServerThatAsksToWaitIsWaitedForAndThatIsShown) {
  simulator->set_faults(
      R"({"rules": [{"operation": "getGroupsCount", "nth": 1,
                     "action": {"status": 429, "headers": {"Retry-After": "3"}}}]})");
  const Outcome outcome = rolecall_exits(0, {"plan"});
  EXPECT_THAT(outcome.err, HasSubstr("getGroupsCount: waiting 3.0 s: rate limit"));
  std::vector<Instant> asked;
  for (const boost::json::value& request : simulator->requests()) {
    if (text(request.at("operation")) != "getGroupsCount") continue;
    asked.push_back(parse_instant(text(request.at("at"))).value());
  }
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_GE(asked[1] - asked[0], std::chrono::seconds(3));
}

TEST_F(Surroundings, R04OnATerminalTheTimeIsShownAtWhichItGoesOn) {
  simulator->set_faults(
      R"({"rules": [{"operation": "searchDirectoryGroups", "nth": 1, "action": {"delay_ms": 1500}},
                    {"operation": "searchDirectoryUsers", "nth": 1,
                     "action": {"status": 429, "headers": {"Retry-After": "4"}}}]})");
  const Outcome outcome = on_terminal({"plan"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
  EXPECT_THAT(outcome.said(),
              ::testing::AnyOf(HasSubstr("waiting until "), HasSubstr("waiting 4")));
}

}  // namespace
}  // namespace rolecall::test
