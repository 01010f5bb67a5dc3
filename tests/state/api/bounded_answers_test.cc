// guarantees.md B4: whatever a server sends, memory is bounded and the call ends. Each client runs
// in a process of its own, whose largest memory is looked at.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/api/fetch.h"
#include "state/api/http_client.h"
#include "tests/support/byte_server.h"
#include "tests/support/canned_client.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using testing::answer;
using testing::ByteServer;
using ::testing::HasSubstr;
using testing::Step;
using Then = testing::Step::Then;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr long kMostKiB = 256 * 1024;

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  out.reserve(what.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

std::string many_keys(std::size_t n) {
  std::string out = R"({"data":[{"attributes":{)";
  for (std::size_t i = 0; i < n; ++i) out += fmt::format("{}\"k{}\":0", i == 0 ? "" : ",", i);
  return out + "}}]}";
}

/// What a process did that listed the apps of an organization on this server.
struct Ran {
  std::string says;
  long most_kib = 0;
  bool signalled = false;
};

Ran list_apps(std::uint16_t port) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    HttpOptions options;
    options.base = BaseUrl{false, "127.0.0.1", port, ""};
    options.read_limit = milliseconds(1'500);
    options.call_limit = milliseconds(5'000);
    auto client = make_http_client(options, Secret(std::string("key"))).value();
    const auto found = fetch_workspaces(*client, "o");
    const std::string says =
        found ? fmt::format("{} apps", found->size()) : found.error().what.substr(0, 1'000);
    const auto written = ::write(ends[1], says.data(), says.size());
    ::_exit(written == static_cast<ssize_t>(says.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  Ran out;
  char buffer[2'000];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    out.says.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  out.most_kib = usage.ru_maxrss;
  out.signalled = WIFSIGNALED(status);
  return out;
}

struct Flood {
  const char* name;
  Step step;
  const char* says;
};

void PrintTo(const Flood& flood, std::ostream* out) {
  *out << flood.name;
}

class BoundedAnswers : public ::testing::TestWithParam<Flood> {};

TEST_P(BoundedAnswers, EndInALittleMemory) {
  const ByteServer server({GetParam().step});
  const Ran ran = list_apps(server.port());
  EXPECT_FALSE(ran.signalled);
  EXPECT_THAT(ran.says, HasSubstr(GetParam().says));
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(ran.most_kib, kMostKiB) << ran.says;
#endif
  RecordProperty("kib", std::to_string(ran.most_kib));
}

const Flood kFloods[] = {
    {"EndlessBody",
     {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n",
      Then::pour, std::string(100'000, 'x')},
     "too large"},
    {"EndlessChunks",
     {std::string(kHead), Then::pour, "10000\r\n" + std::string(0x10000, 'x') + "\r\n"},
     "too large"},
    {"EndlessTinyChunks", {std::string(kHead), Then::pour, repeated("1\r\nx\r\n", 1'000)}, "no"},
    {"OneByteNowAndThen",
     {answer(200, std::string(100'000, ' ')), Then::keep, "", {}, milliseconds(20)},
     "no whole answer within 5 s"},
    {"Brackets", {answer(200, std::string(100'000, '['))}, "nested deeper than 32"},
    {"TextOf50Megabytes",
     {answer(200, "{\"data\":[\"" + std::string(50'000'000, 'x') + "\"]}")},
     "too large"},
    {"TextOf30Megabytes",
     {answer(200, "{\"data\":[\"" + std::string(30'000'000, 'x') + "\"]}")},
     "0 apps"},
    {"AMillionMembers", {answer(200, many_keys(1'000'000))}, ""},
    {"AMillionItems", {answer(200, "{\"data\":[0" + repeated(",0", 1'000'000) + "]}")}, "0 apps"},
    {"AMillionObjects",
     {answer(200, "{\"data\":[{}" + repeated(",{}", 1'000'000) + "]}")},
     "0 apps"},
    {"HeaderFlood", {"HTTP/1.1 200 OK\r\n", Then::pour, repeated("A: x\r\n", 1'000)}, "too large"},
    {"OneHeaderWithoutEnd",
     {"HTTP/1.1 200 OK\r\nA: ", Then::pour, std::string(10'000, 'x')},
     "too large"},
    {"InterimFlood", {"", Then::pour, "HTTP/1.1 100 Continue\r\n\r\n"}, "interim"},
};

INSTANTIATE_TEST_SUITE_P(Floods, BoundedAnswers, ::testing::ValuesIn(kFloods),
                         [](const auto& it) { return std::string(it.param.name); });

// Of cursors that never end nothing is kept but what tells them apart.
TEST(BoundedAnswers, LongCursorsWithoutEndTakeLittleMemory) {
  std::size_t pages = 0;
  test::CannedClient client([&](const Request&) -> Answer {
    Response response;
    response.status = 200;
    response.content_type = "application/json";
    response.body = fmt::format(R"({{"data":[],"links":{{"next":"{}{}"}}}})",
                                std::string(2'000, 'c'), ++pages);
    return response;
  });
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_FALSE(fetch_workspaces(client, "o"));
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(pages, 100'000U);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(after.ru_maxrss - before.ru_maxrss, 64 * 1024);
#endif
}

}  // namespace
}  // namespace rolecall
