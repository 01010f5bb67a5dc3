#include "state/api/directory.h"

#include <gmock/gmock.h>

namespace rolecall {
namespace {

using ::testing::HasSubstr;

// What kept the first call from being answered decides what there is to do.
TEST(FirstCall, IsFollowedByAHintThatFitsWhatWentWrong) {
  for (const char* outage :
       {"GET /v2/orgs/o/directories: 503 (down)", "GET /v2/orgs/o/directories: 500",
        "GET /v2/orgs/o/directories: no whole answer within 30 s (given up after 4 tries)",
        "POST /v2/orgs/o/workspaces: connection broken (given up after 5 tries)"}) {
    EXPECT_THAT(hint_for_first_call(outage, "o"), HasSubstr("try again later")) << outage;
  }
  for (const char* refused : {"GET /v2/orgs/o/directories: 404, not found", "a text: 5",
                              "a text: 5\xc3\xa9", "GET /v2/orgs/o/directories: 403"}) {
    EXPECT_THAT(hint_for_first_call(refused, "o"), HasSubstr("the API key")) << refused;
  }
  EXPECT_THAT(hint_for_first_call("GET /v2/orgs/o/directories: 429 (wait 3600 s)", "o"),
              HasSubstr("too many calls"));
  EXPECT_THAT(hint_for_first_call("GET /v2/orgs/o/directories: TLS: certificate is for x", "o"),
              HasSubstr("--ca-file"));
  EXPECT_THAT(hint_for_first_call("no connection to 127.0.0.1:1 (given up after 4 tries)", "o"),
              HasSubstr("--api-url"));
}

}  // namespace
}  // namespace rolecall
