// guarantees.md G4: a server that stalls at any stage costs no more than the limit of that stage
// and two seconds. Short limits; with ROLECALL_CASES the limits that the program has.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "state/api/http_client.h"
#include "tests/support/byte_server.h"
#include "tests/support/cases.h"
#include "tests/support/requests.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using testing::ByteServer;
using ::testing::HasSubstr;
using testing::Step;
using testing::TlsWish;
using Then = testing::Step::Then;
using Kind = Failure::Kind;

constexpr milliseconds kGrace{2'000};

TEST(TimeLimits, AreThoseOfTheGuarantee) {
  const HttpOptions options;
  EXPECT_EQ(options.connect_limit, std::chrono::seconds(10));
  EXPECT_EQ(options.handshake_limit, std::chrono::seconds(10));
  EXPECT_EQ(options.read_limit, std::chrono::seconds(30));
  EXPECT_EQ(options.call_limit, std::chrono::seconds(60));
}

HttpOptions limits() {
  HttpOptions options;
  if (test::cases(0) > 0) return options;
  options.connect_limit = milliseconds(200);
  options.handshake_limit = milliseconds(250);
  options.read_limit = milliseconds(300);
  options.call_limit = milliseconds(700);
  return options;
}

/// Connections are accepted by the kernel alone, as many as its queue takes; nobody reads.
class Listener {
 public:
  explicit Listener(int queue) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, queue), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port = ntohs(address.sin_port);
  }
  ~Listener() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The kernel drops further connections in silence.
  void fill() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(fillers_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }

  std::uint16_t port = 0;

 private:
  int listener_;
  std::vector<int> fillers_;
};

struct Spent {
  Answer answer;
  milliseconds time{0};
};

Spent ask(HttpOptions options, std::uint16_t port, bool tls, WriteRequest request) {
  options.base = BaseUrl{tls, tls ? "localhost" : "127.0.0.1", port, ""};
  auto client = make_http_client(options, Secret(std::string("key"))).value();
  const auto begun = std::chrono::steady_clock::now();
  client->start(1, std::move(request), milliseconds(0));
  Answer answer = client->wait().answer;
  return {std::move(answer),
          std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun)};
}

void expect_ended(const Spent& spent, milliseconds limit, Kind kind, const char* stage) {
  ASSERT_FALSE(spent.answer) << stage;
  EXPECT_EQ(spent.answer.error().kind, kind) << stage << ": " << spent.answer.error().what;
  EXPECT_THAT(spent.answer.error().what, HasSubstr(" within ")) << stage;
  EXPECT_GE(spent.time, limit - milliseconds(20)) << stage;
  EXPECT_LE(spent.time, limit + kGrace) << stage;
  std::cout << fmt::format("{}: limit {} ms, ended after {} ms: {}\n", stage, limit.count(),
                           spent.time.count(), spent.answer.error().what);
}

TEST(TimeLimits, HoldWhileConnecting) {
  Listener queue(0);
  queue.fill();
  expect_ended(ask(limits(), queue.port, false, RequestsForTests::write()), limits().connect_limit,
               Kind::not_sent, "connect");
}

TEST(TimeLimits, HoldInTheHandshake) {
  const test::TempDir folder;
  const auto authority = testing::make_authority();
  TlsWish wish{testing::issue(authority, {{"DNS:localhost"}})};
  wish.stall = true;
  const ByteServer server({{testing::answer(200)}}, wish);
  HttpOptions options = limits();
  options.ca_file = folder.write("ca.pem", authority.certificate_pem());
  expect_ended(ask(options, server.port(), true, RequestsForTests::write()),
               options.handshake_limit, Kind::not_sent, "TLS handshake");
}

struct Stall {
  const char* name;
  Step step;
  bool whole_call;  ///< ended by the limit of the call; else by that of a stage
  milliseconds full_drip{0};
};

void PrintTo(const Stall& stall, std::ostream* out) {
  *out << stall.name;
}

class Stalled : public ::testing::TestWithParam<Stall> {};

TEST_P(Stalled, EndsInTime) {
  const bool full = test::cases(0) > 0;
  Step step = GetParam().step;
  if (full) step.drip = GetParam().full_drip;
  const ByteServer server({step});
  const HttpOptions options = limits();
  expect_ended(ask(options, server.port(), false, RequestsForTests::write()),
               GetParam().whole_call ? options.call_limit : options.read_limit, Kind::no_answer,
               GetParam().name);
}

const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

const Stall kStalls[] = {
    {"FirstByte", {"", Then::stall}, false},
    {"StatusLine", {"HTTP/1.1 2", Then::stall}, false},
    {"Headers", {kHead, Then::stall}, false},
    {"BodyBeforeIt", {kHead + "Content-Length: 9\r\n\r\n", Then::stall}, false},
    {"Body", {kHead + "Content-Length: 9\r\n\r\n{}", Then::stall}, false},
    {"ChunkSize", {kHead + "Transfer-Encoding: chunked\r\n\r\n9", Then::stall}, false},
    {"LastChunk", {kHead + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", Then::stall}, false},
    {"AfterAnInterimAnswer", {"HTTP/1.1 100 Continue\r\n\r\n", Then::stall}, false},
    // All of a header counts as one read.
    {"ByteByByteInTheHeaders",
     {kHead + "X: " + std::string(2'000, 'x'), Then::stall, "", {}, milliseconds(20)},
     false,
     milliseconds(1'000)},
    {"ByteByByteInTheBody",
     {kHead + "Content-Length: 2000\r\n\r\n" + std::string(2'000, ' '),
      Then::stall,
      "",
      {},
      milliseconds(2)},
     true,
     milliseconds(150)},
};

INSTANTIATE_TEST_SUITE_P(Stages, Stalled, ::testing::ValuesIn(kStalls),
                         [](const auto& it) { return std::string(it.param.name); });

// A server that takes no bytes: the request is more than the kernel keeps for it.
TEST(TimeLimits, HoldWhileTheRequestLeaves) {
  const Listener unread(1);
  const HttpOptions options = limits();
  const std::string body(std::size_t{64} << 20U, 'x');
  expect_ended(
      ask(options, unread.port, false, RequestsForTests::write(Operation::addUserToGroup, body)),
      options.read_limit, Kind::no_answer, "request");
}

}  // namespace
}  // namespace rolecall
