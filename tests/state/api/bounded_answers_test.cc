// guarantees.md B4: whatever a server sends, memory is bounded and the call ends. Each client runs
// in a process of its own, whose largest memory is looked at.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "state/api/fetch.h"
#include "state/api/http_client.h"
#include "tests/support/byte_server.h"
#include "tests/support/canned_client.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using testing::answer;
using testing::ByteServer;
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

/// Lists them once it is told a port; begun before the flood is made, which is not its memory.
class Lister {
 public:
  explicit Lister(milliseconds call_limit) {
    if (::pipe(in_) != 0 || ::pipe(out_) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) ::_exit(work(call_limit));
    ::close(out_[1]);
  }

  Ran run(std::uint16_t port) {
    if (::write(in_[1], &port, sizeof port) != sizeof port) throw std::runtime_error("no child");
    Ran ran;
    char buffer[2'000];
    for (ssize_t n = 0; (n = ::read(out_[0], buffer, sizeof buffer)) > 0;) {
      ran.says.append(buffer, static_cast<std::size_t>(n));
    }
    for (const int end : {in_[0], in_[1], out_[0]}) ::close(end);
    int status = 0;
    rusage usage{};
    ::wait4(child_, &status, 0, &usage);
    ran.most_kib = usage.ru_maxrss;
    ran.signalled = WIFSIGNALED(status);
    return ran;
  }

 private:
  [[nodiscard]] int work(milliseconds call_limit) const {
    HttpOptions options;
    options.base = BaseUrl{false, "127.0.0.1", 0, ""};
    if (::read(in_[0], &options.base.port, sizeof options.base.port) <= 0) return 1;
    options.call_limit = call_limit;
    auto client = make_http_client(options, Secret(std::string("key"))).value();
    const auto found = fetch_workspaces(*client, "o");
    const std::string says =
        found ? fmt::format("{} apps", found->size()) : found.error().what.substr(0, 1'000);
    return ::write(out_[1], says.data(), says.size()) == static_cast<ssize_t>(says.size()) ? 0 : 1;
  }

  int in_[2]{}, out_[2]{};
  pid_t child_ = -1;
};

struct Flood {
  const char* name;
  std::function<Step()> step;
  const char* says;
  milliseconds call_limit{60'000};
};

void PrintTo(const Flood& flood, std::ostream* out) {
  *out << flood.name;
}

class BoundedAnswers : public ::testing::TestWithParam<Flood> {};

TEST_P(BoundedAnswers, EndInALittleMemory) {
  Lister lister(GetParam().call_limit);
  const ByteServer server({GetParam().step()});
  const auto begun = std::chrono::steady_clock::now();
  const Ran ran = lister.run(server.port());
  EXPECT_LE(std::chrono::steady_clock::now() - begun,
            GetParam().call_limit + std::chrono::seconds(5));
  EXPECT_FALSE(ran.signalled);
  EXPECT_THAT(ran.says, ::testing::ContainsRegex(GetParam().says));
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(ran.most_kib, kMostKiB) << ran.says;
#endif
  std::cout << ran.most_kib / 1'024 << " MiB, " << ran.says << '\n';
}

Step whole(const std::string& body) {
  return {answer(200, body)};
}
Step pour(std::string first, std::string then) {
  return {std::move(first), Then::pour, std::move(then)};
}

const Flood kFloods[] = {
    {"EndlessBody",
     [] {
       return pour(
           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n"
           "\r\n",
           std::string(100'000, 'x'));
     },
     "too large"},
    {"EndlessChunks",
     [] { return pour(std::string(kHead), "10000\r\n" + std::string(0x10000, 'x') + "\r\n"); },
     "too large"},
    {"EndlessTinyChunks", [] { return pour(std::string(kHead), repeated("1\r\nx\r\n", 1'000)); },
     "no whole answer within 2 s", milliseconds(2'000)},
    {"OneByteNowAndThen",
     [] {
       Step step = whole(std::string(100'000, ' '));
       step.drip = milliseconds(20);
       return step;
     },
     "no whole answer within 2 s", milliseconds(2'000)},
    {"Brackets", [] { return whole(std::string(100'000, '[')); }, "nested deeper than 32"},
    {"TextOf50Megabytes",
     [] { return whole("{\"data\":[\"" + std::string(50'000'000, 'x') + "\"]}"); }, "too large"},
    {"TextOf30Megabytes",
     [] { return whole("{\"data\":[\"" + std::string(30'000'000, 'x') + "\"]}"); }, "0 apps"},
    {"AMillionMembers", [] { return whole(many_keys(1'000'000)); }, "0 apps"},
    {"AMillionItems", [] { return whole("{\"data\":[0" + repeated(",0", 1'000'000) + "]}"); },
     "0 apps"},
    {"AMillionObjects", [] { return whole("{\"data\":[{}" + repeated(",{}", 1'000'000) + "]}"); },
     "0 apps"},
    {"HeaderFlood", [] { return pour("HTTP/1.1 200 OK\r\n", repeated("A: x\r\n", 1'000)); },
     "too large"},
    {"OneHeaderWithoutEnd", [] { return pour("HTTP/1.1 200 OK\r\nA: ", std::string(10'000, 'x')); },
     "too large"},
    {"InterimFlood", [] { return pour("", "HTTP/1.1 100 Continue\r\n\r\n"); }, "interim"},
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
    response.body =
        fmt::format(R"({{"data":[],"links":{{"next":"{}{}"}}}})", std::string(2'000, 'c'), ++pages);
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
