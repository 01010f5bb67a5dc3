#include "state/api/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

#include "state/api/http_client.h"
#include "state/model/text.h"
#include "tests/support/byte_server.h"
#include "tests/support/requests.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using testing::answer;
using testing::ByteServer;
using testing::CertificateWish;
using ::testing::HasSubstr;
using testing::Identity;
using ::testing::IsEmpty;
using testing::TlsWish;
using Then = testing::Step::Then;

/// In a folder of this process: tests run side by side, each with an authority of its own.
std::string write_file(const std::string& name, const std::string& text) {
  static const test::TempDir kFolder;
  return kFolder.write(name, text);
}

const Identity& authority() {
  static const Identity kAuthority = testing::make_authority();
  return kAuthority;
}

const std::string& ca_file() {
  static const std::string kFile = write_file("ca.pem", authority().certificate_pem());
  return kFile;
}

HttpOptions options_for(const ByteServer& server, const std::string& host = "localhost") {
  HttpOptions options;
  options.base = BaseUrl{true, host, server.port(), ""};
  options.ca_file = ca_file();
  options.handshake_limit = milliseconds(2'000);
  options.read_limit = milliseconds(2'000);
  return options;
}

Answer ask(const HttpOptions& options) {
  auto client = make_http_client(options, Secret(std::string("canary")));
  EXPECT_TRUE(client);
  (*client)->start(1, RequestsForTests::read(), milliseconds(0));
  return (*client)->wait().answer;
}

/// No request was there, and no beginning of one.
void expect_heard_nothing(const ByteServer& server) {
  EXPECT_THAT(server.all_received(), IsEmpty());
  EXPECT_THAT(server.requests(), IsEmpty());
}

/// The server does without a handshake, so that it hears whatever is said: a first record of the
/// kind (22), and what the client has to say about the answer.
void expect_heard_a_handshake_only(const ByteServer& server) {
  const std::string heard = server.all_received();
  ASSERT_FALSE(heard.empty()) << "otherwise this listens in the wrong place";
  EXPECT_EQ(heard.front(), '\x16');
  EXPECT_EQ(heard.find("canary"), std::string::npos);
  EXPECT_EQ(to_lower_ascii(heard).find("authorization"), std::string::npos);
  EXPECT_THAT(server.requests(), IsEmpty());
}

std::string body_of(const Completion& completion) {
  return completion.answer ? completion.answer->body : completion.answer.error().what;
}

TlsWish good() {
  return {testing::issue(authority(), {{"DNS:localhost", "IP:127.0.0.1"}})};
}

TEST(Tls, AcceptsATrustedCertificateForTheNameAndForTheAddress) {
  ByteServer server({{answer(200)}}, good());
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto result = ask(options_for(server, host));
    EXPECT_TRUE(result) << result.error().what;
  }
}

TEST(Tls, KeepsAConnection) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto wish = good();
    wish.max_version = version;
    ByteServer server({{answer(200)}}, wish);
    auto client = make_http_client(options_for(server), Secret(std::string("canary")));
    ASSERT_TRUE(client);
    for (Ticket n = 0; n < 10; ++n) {
      (*client)->start(n, RequestsForTests::read(), milliseconds(0));
      ASSERT_TRUE((*client)->wait().answer);
    }
    EXPECT_EQ(server.connections(), 1U) << version;
  }
}

TEST(Tls, SurplusIsNeverTheNextAnswer) {
  // In the same record, in a record of its own, and later while the connection is idle.
  const testing::Step steps[] = {
      {answer(200, "[1]") + answer(200, "[2]"), Then::stall},
      {answer(200, "[1]"), Then::stall, answer(200, "[2]")},
      {answer(200, "[1]"), Then::stall, answer(200, "[2]"), milliseconds(5)},
  };
  for (const auto& step : steps) {
    ByteServer server({step, {answer(200, "[3]")}}, good());
    auto client = make_http_client(options_for(server), Secret(std::string("canary")));
    ASSERT_TRUE(client);
    (*client)->start(1, RequestsForTests::read(), milliseconds(0));
    EXPECT_EQ(body_of((*client)->wait()), "[1]");
    (*client)->start(2, RequestsForTests::write(), milliseconds(50));
    EXPECT_EQ(body_of((*client)->wait()), "[3]");
  }
}

struct Refusal {
  const char* name;
  CertificateWish wish;
  const char* says;
  const char* host = "localhost";
};

class TlsRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(TlsRefusal, SaysWhyAndSendsNothing) {
  const auto& refusal = GetParam();
  ByteServer server({{answer(200)}}, TlsWish{testing::issue(authority(), refusal.wish)});
  const auto result = ask(options_for(server, refusal.host));
  expect_heard_nothing(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::not_sent);
  EXPECT_TRUE(result.error().final);
  EXPECT_THAT(result.error().what, HasSubstr(refusal.says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TlsRefusal,
    ::testing::Values(
        Refusal{"WrongName",
                {{"DNS:example.org", "DNS:example.net"}},
                R"(certificate is for "example.org", "example.net", expected "localhost")"},
        Refusal{"CommonNameOnly", {{}, "localhost"}, "certificate is for no host name"},
        Refusal{"PartialWildcard", {{"DNS:l*host"}}, R"(certificate is for "l*host")"},
        Refusal{"WildcardForATopLevelName", {{"DNS:*"}}, "certificate is for"},
        Refusal{"NameInsteadOfAddress", {{"DNS:127.0.0.1"}}, "certificate is for", "127.0.0.1"},
        Refusal{
            "OtherAddress", {{"IP:127.0.0.2"}}, R"(certificate is for "127.0.0.2")", "127.0.0.1"},
        Refusal{"Expired", {{"DNS:localhost"}, "x", -7200, -3600}, "has expired"},
        Refusal{"NotYetValid", {{"DNS:localhost"}, "x", 3600, 7200}, "is not valid yet"},
        Refusal{
            "ForClientsOnly", {{"DNS:localhost"}, "x", -3600, 3600, "clientAuth"}, "was refused"},
        Refusal{
            "ShortKey", {{"DNS:localhost"}, "x", -3600, 3600, "serverAuth", 1024}, "was refused"},
        Refusal{"WeakSignature",
                {{"DNS:localhost"}, "x", -3600, 3600, "serverAuth", 0, true},
                "was refused"},
        Refusal{"NulInTheName",
                {{std::string("RAW:localhost\0.example.org", 26)}},
                "certificate is for"}),
    [](const auto& it) { return std::string(it.param.name); });

/// A handshake in memory, so that the server may have any name.
bool is_accepted(const std::string& host, const std::string& name) {
  using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
  using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;
  const Identity identity = testing::issue(authority(), {{"DNS:" + name}});
  const Context servers(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  EXPECT_EQ(SSL_CTX_use_certificate(servers.get(), identity.certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(servers.get(), identity.key.get()), 1);
  const Context clients(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  EXPECT_TRUE(tls::set_up(clients.get(), ca_file()));

  const Connection server(SSL_new(servers.get()), &SSL_free);
  const Connection client(SSL_new(clients.get()), &SSL_free);
  EXPECT_TRUE(tls::expect_peer(client.get(), host));
  BIO *to_server = nullptr, *to_client = nullptr;
  EXPECT_EQ(BIO_new_bio_pair(&to_server, 0, &to_client, 0), 1);
  SSL_set_bio(client.get(), to_server, to_server);
  SSL_set_bio(server.get(), to_client, to_client);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  bool done = false;
  for (int turn = 0; turn < 10 && !done; ++turn) {
    done = SSL_do_handshake(client.get()) == 1;
    (void)SSL_do_handshake(server.get());
  }
  EXPECT_EQ(SSL_get_verify_result(client.get()) == X509_V_OK, done);
  ERR_clear_error();
  return done;
}

TEST(Tls, AWildcardStandsForOneWholeLabelBelowADomain) {
  EXPECT_TRUE(is_accepted("api.example.org", "api.example.org"));
  EXPECT_TRUE(is_accepted("api.example.org", "*.example.org"));
  EXPECT_FALSE(is_accepted("api.example.org", "a*.example.org"));
  EXPECT_FALSE(is_accepted("api.example.org", "*i.example.org"));
  EXPECT_FALSE(is_accepted("api.eu.example.org", "*.example.org"));
  EXPECT_FALSE(is_accepted("api.eu.example.org", "*.*.example.org"));
  EXPECT_FALSE(is_accepted("api.eu.example.org", "api.*.example.org"));
  EXPECT_FALSE(is_accepted("example.org", "*.example.org"));
  EXPECT_FALSE(is_accepted("www.com", "*.com"));
  EXPECT_FALSE(is_accepted("www.com", "*"));
}

TEST(Tls, AnotherAuthorityIsNotTrusted) {
  ByteServer server({{answer(200)}},
                    TlsWish{testing::issue(testing::make_authority("Other"), {{"DNS:localhost"}})});
  const auto result = ask(options_for(server));
  expect_heard_nothing(server);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().final);
  EXPECT_THAT(result.error().what, AllOf(HasSubstr("authority"), HasSubstr("--ca-file")));
}

TEST(Tls, ASignerThatIsNoAuthorityIsNotTrusted) {
  const auto leaf = testing::issue(authority(), {{"DNS:localhost"}});
  ByteServer server({{answer(200)}}, TlsWish{testing::issue(leaf, {{"DNS:localhost"}})});
  const auto result = ask(options_for(server));
  expect_heard_nothing(server);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().final);
}

CertificateWish intermediate() {
  return {{}, "Between"};
}

/// Asks a server whose certificate an authority in between has signed.
Answer ask_behind(const CertificateWish& between, bool sent_along) {
  const Identity middle = testing::make_intermediate(authority(), between);
  TlsWish wish{testing::issue(middle, {{"DNS:localhost"}})};
  if (sent_along) wish.chain.push_back(middle);
  ByteServer server({{answer(200)}}, wish);
  Answer out = ask(options_for(server));
  EXPECT_EQ(server.all_received().empty(), !out);
  return out;
}

TEST(Tls, AnAuthorityInBetweenHasToBeSentAndToBeInForce) {
  EXPECT_TRUE(ask_behind(intermediate(), true));
  EXPECT_FALSE(ask_behind(intermediate(), false));
  CertificateWish expired = intermediate();
  expired.valid_from = -7200;
  expired.valid_until = -3600;
  const auto result = ask_behind(expired, true);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().final);
}

TEST(Tls, AnAuthorityMaySignForItsOwnNamesOnly) {
  CertificateWish ours = intermediate(), others = intermediate();
  ours.permitted = "DNS:localhost";
  others.permitted = "DNS:example.org";
  EXPECT_TRUE(ask_behind(ours, true));
  const auto result = ask_behind(others, true);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().final);
}

TEST(Tls, AsksForTheServerByItsName) {
  ByteServer server({{answer(200)}}, good());
  EXPECT_TRUE(ask(options_for(server, "localhost")));
  EXPECT_TRUE(ask(options_for(server, "127.0.0.1")));
  EXPECT_EQ(server.names_asked_for(), (std::vector<std::string>{"localhost", ""}));
}

TEST(Tls, SelfSignedIsRefusedUnlessNamed) {
  const auto identity = testing::make_self_signed({{"DNS:localhost"}});
  ByteServer server({{answer(200)}}, TlsWish{identity});
  auto options = options_for(server);
  const auto refused = ask(options);
  expect_heard_nothing(server);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, AllOf(HasSubstr("self-signed"), HasSubstr("--ca-file")));
  options.ca_file = write_file("self.pem", identity.certificate_pem());
  const auto accepted = ask(options);
  EXPECT_TRUE(accepted) << accepted.error().what;
}

TEST(Tls, WithoutACaFileOnlyTheSystemIsTrusted) {
  ByteServer server({{answer(200)}}, good());
  auto options = options_for(server);
  options.ca_file.reset();
  const auto result = ask(options);
  expect_heard_nothing(server);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().final);
}

TEST(Tls, OldVersionsAreRefused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    auto wish = good();
    wish.max_version = version;
    ByteServer server({{answer(200)}}, wish);
    const auto result = ask(options_for(server));
    expect_heard_nothing(server);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Failure::Kind::not_sent);
    EXPECT_THAT(result.error().what, HasSubstr("does not speak TLS 1.2 or newer"));
  }
}

TEST(Tls, PlainHttpBehindHttpsIsRefused) {
  ByteServer server({{"HTTP/1.1 400 Bad Request\r\n\r\n", Then::close, "", {}, {}, true}});
  const auto result = ask(options_for(server));
  expect_heard_a_handshake_only(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::not_sent);
  EXPECT_THAT(result.error().what, HasSubstr("does not speak TLS"));
}

TEST(Tls, ResetInTheHandshakeMayBeTriedAgain) {
  ByteServer server({{"", Then::reset, "", {}, {}, true, true}});
  const auto result = ask(options_for(server));
  expect_heard_a_handshake_only(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::not_sent);
  EXPECT_FALSE(result.error().final);
}

TEST(Tls, StalledHandshakeTimesOut) {
  auto wish = good();
  wish.stall = true;
  ByteServer server({{answer(200)}}, wish);
  auto options = options_for(server);
  options.handshake_limit = milliseconds(100);
  const auto result = ask(options);
  expect_heard_a_handshake_only(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::not_sent);
  EXPECT_THAT(result.error().what, HasSubstr("no TLS handshake within 100 ms"));
}

TEST(Tls, CancelReachesACallInItsHandshake) {
  auto wish = good();
  wish.stall = true;
  ByteServer server({{answer(200)}}, wish);
  auto client = make_http_client(options_for(server), Secret(std::string("canary")));
  ASSERT_TRUE(client);
  (*client)->start(1, RequestsForTests::write(), milliseconds(0));
  (*client)->start(2, RequestsForTests::remove(), milliseconds(0));
  auto bad = RequestsForTests::read(Operation::getOrgs, "malformed");
  (*client)->start(3, std::move(bad), milliseconds(0));
  EXPECT_EQ((*client)->wait().ticket, 3U);
  (*client)->cancel_unsent();
  for (int i = 0; i < 2; ++i) {
    const auto completion = (*client)->wait();
    ASSERT_FALSE(completion.answer);
    EXPECT_EQ(completion.answer.error().kind, Failure::Kind::cancelled);
  }
}

TEST(Tls, CutAnswerIsNoAnswer) {
  ByteServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", Then::reset}}, good());
  const auto result = ask(options_for(server));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Failure::Kind::no_answer);
}

TEST(Tls, CaFileMustHoldACertificate) {
  HttpOptions options;
  options.base = BaseUrl{true, "localhost", 443, ""};
  const auto pem = authority().certificate_pem();
  const struct {
    std::string file;
    const char* says;
  } cases[] = {
      {"/nonexistent/ca.pem", "cannot be read"},
      {write_file("empty.pem", ""), "holds no certificate"},
      {write_file("text.pem", "hello\n"), "holds no certificate"},
      {write_file("cut.pem", pem.substr(0, pem.size() / 2)), "cannot be read"},
      {write_file("second.pem", pem + pem.substr(0, pem.size() / 2)),
       "certificate 2 cannot be read"},
  };
  for (const auto& [file, says] : cases) {
    options.ca_file = file;
    const auto client = make_http_client(options, Secret(std::string("canary")));
    ASSERT_FALSE(client) << file;
    EXPECT_THAT(client.error().what, HasSubstr(says));
  }
  options.ca_file = write_file("bundle.pem", pem + "\ncomment\n" + pem);
  EXPECT_TRUE(make_http_client(options, Secret(std::string("canary"))));
}

}  // namespace
}  // namespace rolecall
