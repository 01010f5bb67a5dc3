// guarantees.md A6: whichever statement of the store fails in an apply, what had not left stays
// unsent, the log tells of what had, and one more apply makes everything right.
#include <gmock/gmock.h>

#include "controller/commands.h"
#include "state/model/json.h"
#include "state/store/store.h"
#include "state/store/verify.h"
#include "tests/faults/faulted.h"
#include "tests/support/end_to_end.h"
#include "tests/support/failing_sqlite.h"
#include "tests/support/ledger.h"
#include "tests/support/org_model.h"
#include "tests/support/running_org.h"

namespace rolecall::test {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr const char* kPolicy =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[users]\n\"new@acme.example\" = {}\n\"rosa@acme.example\" = {}\n"
    "[groups.engineering]\nmembers = [\"ada@acme.example\", \"rosa@acme.example\"]\n"
    "[groups.fresh]\nmembers = [\"ada@acme.example\", \"new@acme.example\"]\n"
    "[safety.limits.remove_members]\nfree = 9\n"
    "[safety.limits.remove_members_per_group]\nfree = 9\n";

class FailingStore : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { FailingSqlite::install(); }
  void TearDown() override { FailingSqlite::remove(); }
};

TEST_P(FailingStore, StopsAtAnyStatementAndOneMoreApplyMakesEverythingRight) {
  const auto step = static_cast<long>(every(60));
  std::size_t in_vain = 0;
  bool failed = true;
  for (long n = 0; failed; n += step) {
    SCOPED_TRACE(n);
    RunningOrg org(acme());
    const std::string policy = org.dir().write("rolecall.toml", kPolicy);
    const auto apply = [&] {
      return run_captured([&] { return run_apply(org.global(), {policy, true}); });
    };
    FailingSqlite::set(n, GetParam());
    const Ran first = apply();
    failed = FailingSqlite::failed();
    FailingSqlite::heal();
    EXPECT_THAT(first.code, AnyOf(0, 8)) << first.err;
    if (first.code == 8) {
      EXPECT_THAT(first.err + first.out, ::testing::HasSubstr("store"));
    }
    if (!failed) {
      EXPECT_EQ(first.code, 0) << first.err;
    }
    in_vain += first.code == 0 ? 0 : 1;

    Ran second = apply();
    // An invitation that may have left waits for somebody's word.
    EXPECT_THAT(second.code, AnyOf(0, 3)) << second.err;
    boost::json::value state;
    Ledger ledger;
    org.server().with_org([&](simulator::FakeOrg& it) {
      state = it.state();
      ledger.add_received(it.requests().as_array());
    });
    const Model now = read_model(state);
    EXPECT_TRUE(now.groups.contains("fresh"));
    EXPECT_EQ(now.groups.at("engineering").members.size(), 2U);
    for (const auto& [email, mails] : state.at("mails").as_object()) {
      EXPECT_EQ(mails.as_int64(), 1) << std::string_view(email);
    }
    EXPECT_TRUE(verify_store(org.global().store, {}).value().good());
    const Store store = Store::open(org.global().store, Store::Access::read).value();
    ledger.add_intended(store);
    EXPECT_THAT(ledger.complaints(Ledger::Others::none), IsEmpty());
    EXPECT_THAT(store.open_intents().value(), IsEmpty());
  }
  std::cout << in_vain << " applies that did not end well\n";
  EXPECT_GT(in_vain, 10U);
}

INSTANTIATE_TEST_SUITE_P(Statements, FailingStore, ::testing::Bool(),
                         [](const auto& it) { return it.param ? "ForEver" : "Once"; });

}  // namespace
}  // namespace rolecall::test
