// guarantees.md G3: what a server may do to the form of an answer. A listing is read through the
// real client: either all of it is there, or nothing, and the error names the endpoint.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/api/fetch.h"
#include "state/api/http_client.h"
#include "tests/support/byte_server.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using testing::ByteServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::Step;
using Then = testing::Step::Then;

constexpr std::string_view kPage =
    R"({"data":[{"id":"ari:cloud:jira::site/1","attributes":{"typeKey":"jira","name":"J"}}]})";
constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";

std::string length(std::string_view body = kPage) {
  return fmt::format("Content-Length: {}\r\n", body.size());
}
std::string head(std::string_view more) {
  return fmt::format("{}{}{}", kOk, kJson, more);
}
/// A page in good form but for these lines of its header.
std::string with_lines(std::string_view more) {
  return fmt::format("{}{}\r\n{}", head(more), length(), kPage);
}
/// The same, with its length said as that.
std::string with_length(std::string_view said) {
  return fmt::format("{}\r\n{}", head(fmt::format("Content-Length:{}\r\n", said)), kPage);
}
std::string with_status_line(std::string_view line) {
  return fmt::format("{}\r\n{}{}\r\n{}", line, kJson, length(), kPage);
}
std::string with_type(std::string_view type) {
  return fmt::format("{}Content-Type: {}\r\n{}\r\n{}", kOk, type, length(), kPage);
}
/// The page as one chunk.
std::string chunked(std::string_view size_line, std::string_view trailers = "\r\n",
                    std::string_view more = "") {
  return fmt::format("{}\r\n{}\r\n{}\r\n0\r\n{}",
                     head(fmt::format("Transfer-Encoding: chunked\r\n{}", more)), size_line, kPage,
                     trailers);
}
std::string hex() {
  return fmt::format("{:x}", kPage.size());
}

enum class Ends { whole, refused };

struct Framing {
  const char* name;
  Step step;
  Ends ends;
};

void PrintTo(const Framing& framing, std::ostream* out) {
  *out << framing.name;
}

class HostileFraming : public ::testing::TestWithParam<Framing> {};

TEST_P(HostileFraming, IsReadWholeOrRefusedByName) {
  const ByteServer server({GetParam().step});
  HttpOptions options;
  options.base = BaseUrl{false, "127.0.0.1", server.port(), "/admin"};
  options.read_limit = milliseconds(2'000);
  auto client = make_http_client(options, Secret(std::string("key"))).value();
  const auto found = fetch_workspaces(*client, "o");
  if (GetParam().ends == Ends::refused) {
    ASSERT_FALSE(found) << "taken for an answer, with " << found->size() << " apps";
    EXPECT_THAT(found.error().what, StartsWith("POST /v2/orgs/o/workspaces: "));
    EXPECT_LT(found.error().what.size(), 400U);
    std::cout << found.error().what << '\n';
    return;
  }
  ASSERT_TRUE(found) << found.error().what;
  std::vector<std::string> names;
  for (const Workspace& one : *found) names.push_back(one.ari);
  EXPECT_THAT(names, ElementsAre("ari:cloud:jira::site/1"));
}

Step at_once(std::string bytes) {
  return {std::move(bytes), Then::close};
}
Step pour(std::string first, std::string then) {
  return {std::move(first), Then::pour, std::move(then)};
}

using namespace std::string_literals;

const Framing kCodings[] = {
    {"Identity", {with_lines("Content-Encoding: identity\r\n")}, Ends::whole},
    {"Gzip", {with_lines("Content-Encoding: gzip\r\n")}, Ends::refused},
    {"GzipInCapitals", {with_lines("CONTENT-ENCODING: GZIP\r\n")}, Ends::refused},
    {"Deflate", {with_lines("Content-Encoding: deflate\r\n")}, Ends::refused},
    {"Brotli", {with_lines("Content-Encoding: br\r\n")}, Ends::refused},
    {"Zstandard", {with_lines("Content-Encoding: zstd\r\n")}, Ends::refused},
    {"TwoCodings", {with_lines("Content-Encoding: gzip, br\r\n")}, Ends::refused},
    {"IdentityThenGzip", {with_lines("Content-Encoding: identity, gzip\r\n")}, Ends::refused},
    {"TwoHeadersOfCodings",
     {with_lines("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n")},
     Ends::refused},
    {"UnknownTransfer", {with_lines("Transfer-Encoding: gzip\r\n")}, Ends::refused},
    {"ChunkedTwice", {chunked(hex(), "\r\n", "Transfer-Encoding: chunked\r\n")}, Ends::refused},
    {"ChunkedThenGzip", {chunked(hex(), "\r\n", "Transfer-Encoding: gzip\r\n")}, Ends::refused},
};

const Framing kLengths[] = {
    {"Honest", {with_length(fmt::format(" {}", kPage.size()))}, Ends::whole},
    {"BlanksAround", {with_length(fmt::format("  {} \t", kPage.size()))}, Ends::whole},
    {"Plus", {with_length(fmt::format(" +{}", kPage.size()))}, Ends::refused},
    {"Minus", {with_length(" -1")}, Ends::refused},
    {"Hexadecimal", {with_length(fmt::format(" 0x{}", hex()))}, Ends::refused},
    {"Fraction", {with_length(fmt::format(" {}.0", kPage.size()))}, Ends::refused},
    {"Letters", {with_length(fmt::format(" {}x", kPage.size()))}, Ends::refused},
    {"BlankInside", {with_length(" 1 2")}, Ends::refused},
    {"Nothing", {with_length("")}, Ends::refused},
    {"TwoUnlike", {with_length(fmt::format(" {}, 2", kPage.size()))}, Ends::refused},
    {"TwoHeadersUnlike", {with_lines("Content-Length: 2\r\n")}, Ends::refused},
    {"BeyondTheLimit", {with_length(" 99999999999")}, Ends::refused},
    {"BeyondSixtyFourBits", {with_length(" 18446744073709551617")}, Ends::refused},
    {"TooShort", {with_length(" 40")}, Ends::refused},
    {"TooLong", at_once(with_length(" 4000")), Ends::refused},
    {"WithChunks", {chunked(hex(), "\r\n", length())}, Ends::refused},
};

const Framing kHeaders[] = {
    {"FoldedLine", {with_lines("X-Long: a\r\n b\r\n")}, Ends::whole},
    {"FoldedLength",
     {fmt::format("{}Content-Length:\r\n {}\r\n\r\n{}", head(""), kPage.size(), kPage)},
     Ends::whole},
    {"FoldedBeforeTheFirst",
     {fmt::format("{} X: y\r\n{}{}\r\n{}", kOk, kJson, length(), kPage)},
     Ends::refused},
    {"NoColon", {with_lines("Nonsense\r\n")}, Ends::refused},
    {"BlankBeforeTheColon", {with_lines("X-Odd : y\r\n")}, Ends::refused},
    {"BlankBeforeTheColonOfTheLength",
     {fmt::format("{}Content-Length : {}\r\n\r\n{}", head(""), kPage.size(), kPage)},
     Ends::refused},
    {"NoName", {with_lines(": y\r\n")}, Ends::refused},
    {"NulInAName", {with_lines("X\0Y: z\r\n"s)}, Ends::refused},
    {"NulInAValue", {with_lines("X: a\0b\r\n"s)}, Ends::refused},
    {"BareCarriageReturn", {with_lines("X: a\rY: b\r\n")}, Ends::refused},
    {"BareLineFeed", {with_lines("X: a\nY: b\r\n")}, Ends::refused},
    {"LineFeedsOnly",
     {fmt::format("HTTP/1.1 200 OK\nContent-Length: {}\n\n{}", kPage.size(), kPage)},
     Ends::refused},
    {"Escape", {with_lines("X: \x1b[2J\r\n")}, Ends::refused},
};

const Framing kStatusLines[] = {
    {"Http10", {with_status_line("HTTP/1.0 200 OK")}, Ends::whole},
    {"Http10WithoutALength", at_once(fmt::format("HTTP/1.0 200 OK\r\n{}\r\n{}", kJson, kPage)),
     Ends::refused},
    {"Http09", at_once(std::string(kPage)), Ends::refused},
    {"Http2Preface", {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, Ends::refused},
    {"Http2Settings", at_once("\0\0\0\x04\0\0\0\0\0"s), Ends::refused},
    {"Http2Line", {with_status_line("HTTP/2 200")}, Ends::refused},
    {"Http12", {with_status_line("HTTP/1.2 200 OK")}, Ends::refused},
    {"Http11Padded", {with_status_line("HTTP/01.1 200 OK")}, Ends::refused},
    {"LowerCase", {with_status_line("http/1.1 200 OK")}, Ends::refused},
    {"Status99", {with_status_line("HTTP/1.1 099 X")}, Ends::refused},
    {"Status99OnlyTwo", {with_status_line("HTTP/1.1 99 X")}, Ends::refused},
    {"Status000", {with_status_line("HTTP/1.1 000 X")}, Ends::refused},
    {"Status099ThenAnother", {"HTTP/1.1 099 X\r\n\r\n" + with_lines("")}, Ends::refused},
    {"Status1000", {with_status_line("HTTP/1.1 1000 X")}, Ends::refused},
    {"Status999", {with_status_line("HTTP/1.1 999 X")}, Ends::refused},
    {"StatusMinus", {with_status_line("HTTP/1.1 -20 X")}, Ends::refused},
    {"StatusLetters", {with_status_line("HTTP/1.1 2OO OK")}, Ends::refused},
    {"NoStatus", {with_status_line("HTTP/1.1")}, Ends::refused},
    {"PartialContent", {with_status_line("HTTP/1.1 206 Partial")}, Ends::refused},
    {"ResetContent", {with_status_line("HTTP/1.1 205 Reset")}, Ends::refused},
    {"NotModified", {"HTTP/1.1 304 Not Modified\r\n\r\n"}, Ends::refused},
    {"NoContent", {"HTTP/1.1 204 No Content\r\n\r\n"}, Ends::refused},
    {"ARequest", {"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, Ends::refused},
};

const Framing kInterim[] = {
    {"Continue", {"HTTP/1.1 100 Continue\r\n\r\n" + with_lines("")}, Ends::whole},
    {"EarlyHints",
     {"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with_lines("")},
     Ends::whole},
    {"ContinueFlood", pour("", "HTTP/1.1 100 Continue\r\n\r\n"), Ends::refused},
    {"EarlyHintsFlood", pour("", "HTTP/1.1 103 X\r\nLink: " + std::string(1'000, 'x') + "\r\n\r\n"),
     Ends::refused},
    {"OneLongInterim", pour("HTTP/1.1 102 X\r\n", "A: " + std::string(1'000, 'x') + "\r\n"),
     Ends::refused},
    {"InterimAndEnd", at_once("HTTP/1.1 100 Continue\r\n\r\n"), Ends::refused},
    {"SwitchingProtocols", {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n"}, Ends::refused},
};

const Framing kChunks[] = {
    {"OneChunk", {chunked(hex())}, Ends::whole},
    {"LeadingZeros", {chunked("000" + hex())}, Ends::whole},
    {"Extension", {chunked(hex() + ";name=value")}, Ends::whole},
    {"ExtensionFlood",
     pour(head("Transfer-Encoding: chunked\r\n") + "\r\n1;", "x=" + std::string(1'000, 'y') + ";"),
     Ends::refused},
    {"ExtensionWithNul", {chunked(hex() + ";a=\"\0\""s)}, Ends::whole},
    {"HugeSize", {chunked("FFFFFFFFFFFFFFFFF")}, Ends::refused},
    {"SizeBeyondTheLimit", {chunked("7FFFFFFFFFFFFFFF")}, Ends::refused},
    {"NegativeSize", {chunked("-1")}, Ends::refused},
    {"SizeWithPrefix", {chunked("0x" + hex())}, Ends::refused},
    {"NoSize", {chunked("")}, Ends::refused},
    {"SizeTooSmall", {chunked("10")}, Ends::refused},
    {"NoLastChunk",
     at_once(head("Transfer-Encoding: chunked\r\n") + "\r\n" + hex() + "\r\n" + std::string(kPage) +
             "\r\n"),
     Ends::refused},
    {"Trailers", {chunked(hex(), "X-Sum: 1\r\n\r\n")}, Ends::whole},
    {"TrailerThatRedefinesTheLength", {chunked(hex(), "Content-Length: 2\r\n\r\n")}, Ends::refused},
    {"TrailerWithoutColon", {chunked(hex(), "nonsense\r\n\r\n")}, Ends::refused},
    {"TrailerWithNul", {chunked(hex(), "X: \0\r\n\r\n"s)}, Ends::refused},
    {"TrailerFlood",
     pour(head("Transfer-Encoding: chunked\r\n") + "\r\n0\r\n",
          "X: " + std::string(1'000, 'x') + "\r\n"),
     Ends::refused},
};

const Framing kTypes[] = {
    {"Json", {with_type("application/json")}, Ends::whole},
    {"Utf8", {with_type("application/json; charset=utf-8")}, Ends::whole},
    {"Utf8Quoted", {with_type("Application/JSON ;Charset=\"UTF-8\"")}, Ends::whole},
    {"Utf16", {with_type("application/json; charset=utf-16")}, Ends::refused},
    {"Utf32", {with_type("application/json;charset=UTF-32LE")}, Ends::refused},
    {"Latin1", {with_type("application/json; charset=iso-8859-1")}, Ends::refused},
    {"TwoCharsets", {with_type("application/json; charset=utf-8; charset=utf-7")}, Ends::refused},
    {"LongerName", {with_type("application/jsonp")}, Ends::refused},
    {"JsonSequence", {with_type("application/json-seq")}, Ends::refused},
    {"TextHtml", {with_type("text/html")}, Ends::refused},
    {"TextPlain", {with_type("text/plain")}, Ends::refused},
    {"TwoTypes", {with_type("application/json, text/html")}, Ends::refused},
    {"TwoTypeHeaders", {with_type("application/json\r\nContent-Type: text/html")}, Ends::refused},
    {"NoType", {fmt::format("{}{}\r\n{}", kOk, length(), kPage)}, Ends::refused},
};

constexpr auto kName = [](const auto& it) { return std::string(it.param.name); };
INSTANTIATE_TEST_SUITE_P(Codings, HostileFraming, ::testing::ValuesIn(kCodings), kName);
INSTANTIATE_TEST_SUITE_P(Lengths, HostileFraming, ::testing::ValuesIn(kLengths), kName);
INSTANTIATE_TEST_SUITE_P(Headers, HostileFraming, ::testing::ValuesIn(kHeaders), kName);
INSTANTIATE_TEST_SUITE_P(StatusLines, HostileFraming, ::testing::ValuesIn(kStatusLines), kName);
INSTANTIATE_TEST_SUITE_P(Interim, HostileFraming, ::testing::ValuesIn(kInterim), kName);
INSTANTIATE_TEST_SUITE_P(Chunks, HostileFraming, ::testing::ValuesIn(kChunks), kName);
INSTANTIATE_TEST_SUITE_P(Types, HostileFraming, ::testing::ValuesIn(kTypes), kName);

}  // namespace
}  // namespace rolecall
