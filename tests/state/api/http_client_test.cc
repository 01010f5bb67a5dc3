#include "state/api/http_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "tests/support/byte_server.h"
#include "tests/support/requests.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using testing::answer;
using testing::ByteServer;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Step;
using Then = testing::Step::Then;
using Kind = Failure::Kind;

constexpr const char* kKey = "canary-key-0123456789";

HttpOptions options_for(std::uint16_t port) {
  HttpOptions options;
  options.base = BaseUrl{false, "127.0.0.1", port, "/admin"};
  options.connect_limit = milliseconds(2'000);
  options.read_limit = milliseconds(2'000);
  options.call_limit = milliseconds(4'000);
  return options;
}

std::unique_ptr<WriteClient> make(const HttpOptions& options) {
  auto client = make_http_client(options, Secret(std::string(kKey)));
  EXPECT_TRUE(client) << client.error().what;
  return std::move(*client);
}

Answer read_once(WriteClient& client) {
  client.start(1, RequestsForTests::read(), milliseconds(0));
  return client.wait().answer;
}

Answer write_once(WriteClient& client) {
  client.start(1, RequestsForTests::write(), milliseconds(0));
  return client.wait().answer;
}

std::string words(const Answer& answer) {
  return answer ? fmt::format("status {} {}", answer->status, answer->body.substr(0, 200))
                : fmt::format("kind {}: {}", static_cast<int>(answer.error().kind),
                              answer.error().what);
}

TEST(HttpClient, SendsWhatTheApiExpects) {
  ByteServer server({{answer(200)}});
  auto client = make(options_for(server.port()));
  ASSERT_TRUE(read_once(*client));
  client->start(2, RequestsForTests::write(), milliseconds(0));
  ASSERT_TRUE(client->wait().answer);
  client->start(3, RequestsForTests::remove(), milliseconds(0));
  ASSERT_TRUE(client->wait().answer);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0], fmt::format("GET /admin/v1/orgs HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                                     "User-Agent: rolecall/{}\r\nAccept: application/json\r\n"
                                     "Authorization: Bearer {}\r\n\r\n",
                                     server.port(), ROLECALL_VERSION, kKey));
  EXPECT_THAT(requests[1], HasSubstr("POST /admin/v2/orgs/o/x HTTP/1.1\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("Content-Type: application/json\r\nContent-Length: 17\r\n"));
  EXPECT_TRUE(requests[1].ends_with("\r\n\r\n{\"accountId\":\"a\"}"));
  EXPECT_TRUE(requests[2].starts_with("DELETE /admin/v2/orgs/o/g HTTP/1.1\r\n"));
  EXPECT_THAT(requests[2], Not(HasSubstr("Content-")));
}

TEST(HttpClient, ReadsStatusBodyAndTheHeadersThatMatter) {
  ByteServer server({{answer(429, R"({"code":429})",
                             "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 7\r\n"
                             "X-RateLimit-Limit: 10\r\nx-ratelimit-remaining: 0\r\n"
                             "X-RateLimit-Reset: 2026-01-01T00:00:00Z\r\n")}});
  auto client = make(options_for(server.port()));
  const auto result = read_once(*client);
  ASSERT_TRUE(result) << words(result);
  EXPECT_EQ(result->status, 429);
  EXPECT_EQ(result->body, R"({"code":429})");
  EXPECT_EQ(result->content_type, "application/json");
  ASSERT_TRUE(result->date);
  EXPECT_EQ(format_instant(*result->date), "1994-11-06T08:49:37Z");
  EXPECT_EQ(result->retry_after, "7");
  EXPECT_EQ(result->rate_limit, "10");
  EXPECT_EQ(result->rate_remaining, "0");
  EXPECT_EQ(result->rate_reset, "2026-01-01T00:00:00Z");
}

TEST(HttpClient, KeepsAConnection) {
  ByteServer server({{answer(200)}});
  auto client = make(options_for(server.port()));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(read_once(*client));
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, OpensAtMostAsManyConnectionsAsCallsInFlight) {
  ByteServer server({{answer(200)}});
  auto options = options_for(server.port());
  options.parallelism = 3;
  auto client = make(options);
  std::set<Ticket> seen;
  Ticket next = 0;
  while (seen.size() < 30) {
    while (next < 30 && client->can_start()) {
      client->start(next++, RequestsForTests::read(), milliseconds(0));
    }
    const auto completion = client->wait();
    ASSERT_TRUE(completion.answer) << words(completion.answer);
    seen.insert(completion.ticket);
  }
  EXPECT_LE(server.connections(), 3U);
  EXPECT_EQ(server.requests().size(), 30U);
}

struct WireCase {
  const char* name;
  Step step;
  std::optional<int> status;    ///< an answer with it
  std::optional<Kind> failure;  ///< or a failure of this kind
  const char* says;
  bool kept;  ///< the connection serves the next call
};

std::string chunked(const std::string& rest, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + more + "\r\n" + rest;
}

class HttpWire : public ::testing::TestWithParam<WireCase> {};

TEST_P(HttpWire, IsJudged) {
  const auto& wire = GetParam();
  ByteServer server({wire.step, {answer(200, R"("second")")}});
  auto options = options_for(server.port());
  // Short is only the time that is to run out: a busy machine may take its time for all else.
  options.connect_limit = options.read_limit = options.call_limit = milliseconds(60'000);
  const bool silence_ends = std::string_view(wire.says).ends_with("within 150 ms");
  const bool call_ends = std::string_view(wire.says).ends_with("within 400 ms");
  if (silence_ends) options.read_limit = milliseconds(150);
  if (call_ends) options.call_limit = milliseconds(400);
  options.max_body = 100'000;
  auto client = make(options);
  const auto first = read_once(*client);
  if (wire.status) {
    ASSERT_TRUE(first) << words(first);
    EXPECT_EQ(first->status, *wire.status);
    EXPECT_THAT(first->body, HasSubstr(wire.says));
  } else {
    ASSERT_FALSE(first) << words(first);
    EXPECT_EQ(first.error().kind, *wire.failure) << words(first);
    EXPECT_THAT(first.error().what, HasSubstr(wire.says));
  }
  auto second = read_once(*client);
  std::size_t too_late = 0;  // the short time holds for this call as well
  while ((silence_ends || call_ends) && !second && ++too_late < 50) second = read_once(*client);
  ASSERT_TRUE(second) << words(second);
  EXPECT_EQ(second->body, R"("second")") << "an answer must belong to its request";
  EXPECT_EQ(server.connections(), wire.kept ? 1U : 2U + too_late);
}

const std::string kHead = "HTTP/1.1 200 OK\r\n";
const WireCase kWireCases[] = {
    {"Plain", {answer(200, "[1]")}, 200, {}, "[1]", true},
    {"ByteByByte", {answer(200, "[1]"), Then::keep, "", {}, milliseconds(1)}, 200, {}, "[1]", true},
    {"NoContent", {"HTTP/1.1 204 No Content\r\n\r\n"}, 204, {}, "", true},
    {"Chunked", {chunked("3\r\n[1]\r\n0\r\n\r\n")}, 200, {}, "[1]", true},
    {"Redirect", {answer(302, "", "Location: http://127.0.0.1:1/\r\n")}, 302, {}, "", true},
    {"ServerError", {answer(502, "<html>")}, 502, {}, "<html>", true},
    {"Interim",
     {"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + answer(200, "[1]")},
     200,
     {},
     "[1]",
     true},
    {"ConnectionClose", {answer(200, "[1]", "Connection: close\r\n")}, 200, {}, "[1]", false},
    {"Http10", {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"}, 200, {}, "{}", false},
    {"ClosedAfterAnswer", {answer(200, "[1]"), Then::close}, 200, {}, "[1]", false},
    {"NoContentWithBody",
     {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"},
     204,
     {},
     "",
     false},
    {"NoContentWithLateBody",
     {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Then::stall},
     204,
     {},
     "",
     false},
    {"SurplusBytes", {answer(200, "[1]") + "xyz"}, 200, {}, "[1]", false},
    {"TwoAnswersAtOnce", {answer(200, "[1]") + answer(500, "[2]")}, 200, {}, "[1]", false},
    {"TrailersAreNotHeaders",
     {chunked("3\r\n[1]\r\n0\r\nRetry-After: 9\r\n\r\n", "Trailer: Retry-After\r\n")},
     200,
     {},
     "[1]",
     true},
    {"CloseDelimited",
     {kHead + "\r\n{\"data\":[]}", Then::close},
     {},
     Kind::bad_answer,
     "length is not announced",
     false},
    {"HalfBody",
     {kHead + "Content-Length: 10\r\n\r\n{}", Then::close},
     {},
     Kind::no_answer,
     "broke",
     false},
    {"HalfHeader", {"HTTP/1.1 200 OK\r\nConte", Then::close}, {}, Kind::no_answer, "broke", false},
    {"HalfChunk", {chunked("9\r\n[1]"), Then::close}, {}, Kind::no_answer, "broke", false},
    {"NothingThenClose", {"", Then::close}, {}, Kind::no_answer, "broke", false},
    {"Reset", {"", Then::reset}, {}, Kind::no_answer, "broke", false},
    {"StallBeforeAnswer", {"", Then::stall}, {}, Kind::no_answer, "within 150 ms", false},
    {"StallInBody",
     {kHead + "Content-Length: 10\r\n\r\n{}", Then::stall},
     {},
     Kind::no_answer,
     "within 150 ms",
     false},
    {"OneByteNowAndThen",
     {answer(200, std::string(1'000, 'x')), Then::keep, "", {}, milliseconds(1)},
     {},
     Kind::no_answer,
     "within 400 ms",
     false},
    {"EndlessChunks",
     {chunked(""), Then::pour, "1000\r\n" + std::string(4096, 'x') + "\r\n"},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"Garbage", {"SSH-2.0-OpenSSH\r\n\r\n"}, {}, Kind::bad_answer, "lawful", false},
    {"LineFeedsOnly",
     {"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"},
     {},
     Kind::bad_answer,
     "lawful",
     false},
    {"BodyOverLimit",
     {kHead + "Content-Length: 100001\r\n\r\n"},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"ChunksOverLimit",
     {chunked("186A1\r\n" + std::string(100'001, 'x') + "\r\n0\r\n\r\n")},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"HeaderFlood",
     {kHead + "A: " + std::string(40'000, 'x') + "\r\n\r\n"},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"EndlessHeaders",
     {kHead, Then::pour, "A: " + std::string(1000, 'x') + "\r\n"},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"EndlessTrailers",
     {chunked("0\r\n"), Then::pour, "A: " + std::string(1000, 'x') + "\r\n"},
     {},
     Kind::bad_answer,
     "too large",
     false},
    {"Gzip",
     {answer(200, "xx", "Content-Encoding: gzip\r\n")},
     {},
     Kind::bad_answer,
     "encoded (\"gzip\")",
     false},
    {"GzipTransfer",
     {kHead + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nxx\r\n0\r\n\r\n"},
     {},
     Kind::bad_answer,
     "transfer encoding",
     false},
    {"TwoLengths",
     {kHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
     {},
     Kind::bad_answer,
     "lawful",
     false},
    {"LengthAndChunks",
     {kHead + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
     {},
     Kind::bad_answer,
     "lawful",
     false},
    {"SwitchingProtocols",
     {"HTTP/1.1 101 Switch\r\nUpgrade: h2c\r\n\r\n"},
     {},
     Kind::bad_answer,
     "protocol",
     false},
    {"InterimFlood",
     {"", Then::pour, "HTTP/1.1 100 Continue\r\n\r\n"},
     {},
     Kind::bad_answer,
     "interim",
     false},
};

INSTANTIATE_TEST_SUITE_P(Cases, HttpWire, ::testing::ValuesIn(kWireCases),
                         [](const auto& it) { return std::string(it.param.name); });

TEST(HttpClient, LateBytesOnAnIdleConnectionAreNotTheNextAnswer) {
  ByteServer server({{answer(200, "[1]"), Then::stall, answer(200, R"("forged")"), milliseconds(1)},
                     {answer(200, R"("second")")}});
  auto client = make(options_for(server.port()));
  ASSERT_TRUE(read_once(*client));
  while (server.unasked() == 0) std::this_thread::sleep_for(milliseconds(1));
  const auto second = write_once(*client);
  ASSERT_TRUE(second) << words(second);
  EXPECT_EQ(second->body, R"("second")");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, DoesNotWriteToAConnectionTheServerHasClosed) {
  ByteServer server(
      {{answer(200, "[1]"), Then::close, "", milliseconds(1)}, {answer(200, R"("second")")}});
  auto client = make(options_for(server.port()));
  ASSERT_TRUE(read_once(*client));
  while (server.unasked() == 0) std::this_thread::sleep_for(milliseconds(1));
  const auto second = write_once(*client);
  ASSERT_TRUE(second) << words(second);
  EXPECT_EQ(second->body, R"("second")");
}

TEST(HttpClient, DropsAConnectionIdleForLong) {
  ByteServer server({{answer(200)}});
  auto options = options_for(server.port());
  options.idle_limit = milliseconds(20);
  auto client = make(options);
  ASSERT_TRUE(read_once(*client));
  std::this_thread::sleep_for(milliseconds(60));
  ASSERT_TRUE(read_once(*client));
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, MasksTheKeyInWhatItReturns) {
  ByteServer server({{answer(400, fmt::format("you sent Bearer {0}, {0}", kKey),
                             fmt::format("Retry-After: {}\r\n", kKey))}});
  auto client = make(options_for(server.port()));
  const auto result = read_once(*client);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "you sent Bearer [key], [key]");
  EXPECT_EQ(result->retry_after, "[key]");
}

TEST(HttpClient, AKeyAsShortAsAWordIsNoReasonToChangeNames) {
  ByteServer server({{answer(200, R"({"name":"marketing"})")}});
  auto client = make_http_client(options_for(server.port()), Secret(std::string("market")));
  ASSERT_TRUE(client);
  const auto result = read_once(**client);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, R"({"name":"marketing"})");
}

TEST(HttpClient, RefusedConnectionIsNotSent) {
  std::uint16_t port = 0;
  {
    const ByteServer gone({{answer(200)}});
    port = gone.port();
  }
  auto client = make(options_for(port));
  const auto result = write_once(*client);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::not_sent);
  EXPECT_FALSE(result.error().final);
  EXPECT_THAT(result.error().what, HasSubstr("refused"));
}

TEST(HttpClient, ConnectionThatNeverComesIsNotSent) {
  // A listener whose queue is full: the kernel drops further connections in silence.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, generic, length), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, generic, &length), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)::connect(fillers.back(), generic, length);
  }
  auto options = options_for(ntohs(address.sin_port));
  options.connect_limit = milliseconds(100);
  auto client = make(options);
  const auto result = write_once(*client);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::not_sent);
  EXPECT_THAT(result.error().what, HasSubstr("no connection within 100 ms"));
  for (const int fd : fillers) ::close(fd);
  ::close(listener);
}

TEST(HttpClient, MalformedTargetsNeverLeave) {
  ByteServer server({{answer(200)}});
  auto client = make(options_for(server.port()));
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y", "/\x7f", "/\xc3\xa9"}) {
    client->start(1, RequestsForTests::read(Operation::getOrgs, target), milliseconds(0));
    const auto result = client->wait().answer;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Kind::not_sent);
    EXPECT_TRUE(result.error().final);
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpClient, UnknownNameIsNotSent) {
  auto options = options_for(443);
  options.base = BaseUrl{true, "no-such-host.invalid", 443, ""};
  auto client = make(options);
  const auto result = read_once(*client);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::not_sent);
  EXPECT_THAT(result.error().what, HasSubstr("no address for \"no-such-host.invalid\""));
}

TEST(HttpClient, LinkLocalAddressIsRefusedEvenAsANumber) {
  auto options = options_for(443);
  options.base = BaseUrl{true, "2852039166", 443, ""};  // 169.254.169.254 to getaddrinfo
  auto client = make(options);
  const auto result = read_once(*client);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::not_sent);
  EXPECT_THAT(result.error().what, HasSubstr("no address"));
}

TEST(HttpClient, DelayedCallsWait) {
  ByteServer server({{answer(200)}});
  auto client = make(options_for(server.port()));
  client->start(1, RequestsForTests::read(), milliseconds(80));
  client->start(2, RequestsForTests::read(), milliseconds(0));
  EXPECT_EQ(client->wait().ticket, 2U);
  const auto late = client->wait();
  EXPECT_EQ(late.ticket, 1U);
  EXPECT_GE(late.duration, milliseconds(80));
}

TEST(HttpClient, CancelsWhatHasNotBeenSentAndNothingElse) {
  // Both requests are sent long before the first of the answers.
  ByteServer server({{"", Then::keep, answer(200), milliseconds(400)}});
  auto client = make(options_for(server.port()));
  client->start(1, RequestsForTests::write(), milliseconds(0));
  client->start(2, RequestsForTests::read(), milliseconds(0));
  std::map<Ticket, bool> answered;
  const auto take = [&] {
    const auto completion = client->wait();
    answered[completion.ticket] = completion.answer.has_value();
    if (!completion.answer) {
      EXPECT_EQ(completion.answer.error().kind, Kind::cancelled);
    }
  };
  take();
  client->start(3, RequestsForTests::read(), milliseconds(60'000));
  client->start(4, RequestsForTests::read(), milliseconds(0));
  client->cancel_unsent();
  for (int i = 0; i < 3; ++i) take();
  const std::map<Ticket, bool> expected{{1, true}, {2, true}, {3, false}, {4, false}};
  EXPECT_EQ(answered, expected);
  EXPECT_EQ(server.requests().size(), 2U);
  ASSERT_TRUE(read_once(*client)) << "later calls are not cancelled";
}

TEST(HttpClient, AskedToStopItEndsSoon) {
  ByteServer server({{"", Then::stall}});
  std::atomic<bool> stop = false;
  auto options = options_for(server.port());
  options.stop_requested = [&] { return stop.load(); };
  options.last_wait = milliseconds(200);
  options.read_limit = milliseconds(60'000);
  auto client = make(options);
  client->start(1, RequestsForTests::write(), milliseconds(0));
  client->start(2, RequestsForTests::write(), milliseconds(60'000));
  client->start(3, RequestsForTests::read(), milliseconds(100));
  std::thread signal([&] {
    while (server.requests().size() < 2) std::this_thread::sleep_for(milliseconds(5));
    stop = true;
  });
  std::map<Ticket, Kind> ends;
  const auto take = [&] {
    const auto completion = client->wait();
    ASSERT_FALSE(completion.answer);
    ends[completion.ticket] = completion.answer.error().kind;
  };
  for (int i = 0; i < 3; ++i) take();
  signal.join();
  client->start(4, RequestsForTests::read(), milliseconds(0));
  take();
  const std::map<Ticket, Kind> expected{
      {1, Kind::no_answer}, {2, Kind::cancelled}, {3, Kind::no_answer}, {4, Kind::cancelled}};
  EXPECT_EQ(ends, expected);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(HttpClient, CanBeDestroyedWithCallsInEveryStage) {
  ByteServer server({{"", Then::stall}});
  auto client = make(options_for(server.port()));
  client->start(1, RequestsForTests::read(), milliseconds(0));
  client->start(2, RequestsForTests::read(), milliseconds(20));
  client->start(3, RequestsForTests::read(), milliseconds(60'000));
  client->start(4, RequestsForTests::read(Operation::getOrgs, "bad"), milliseconds(0));
  EXPECT_EQ(client->wait().ticket, 4U);
}

}  // namespace
}  // namespace rolecall
