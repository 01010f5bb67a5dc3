#include "state/simulator/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/state/simulator/sim.h"
#include "tests/support/temp_dir.h"

namespace rolecall::simulator {
namespace {

/// A blocking connection, plain or over TLS, that reads what it is told to.
class Wire {
 public:
  explicit Wire(std::uint16_t port, const std::string& ca_file = {},
                const std::string& host = "localhost") {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (ca_file.empty() || !connected_) return;
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
    tls_ = SSL_new(context_);
    SSL_set1_host(tls_, host.c_str());
    SSL_set_fd(tls_, socket_);
    connected_ = SSL_connect(tls_) == 1;
  }
  ~Wire() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  void send(const std::string& bytes) {
    if (tls_ != nullptr) {
      ASSERT_EQ(SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())),
                static_cast<int>(bytes.size()));
    } else {
      ASSERT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
    }
  }
  /// One whole answer by its Content-Length; what came before the connection ended otherwise.
  std::string receive() {
    while (true) {
      const std::size_t head = buffer_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t at = buffer_.find("Content-Length: ");
        const std::size_t body = at < head ? std::stoul(buffer_.substr(at + 16)) : 0;
        if (buffer_.size() >= head + 4 + body) {
          std::string out = buffer_.substr(0, head + 4 + body);
          buffer_.erase(0, out.size());
          return out;
        }
      }
      char bytes[16384];
      const auto got = tls_ != nullptr ? SSL_read(tls_, bytes, sizeof bytes)
                                       : static_cast<int>(::recv(socket_, bytes, sizeof bytes, 0));
      if (got <= 0) {
        ended_ = true;
        return std::exchange(buffer_, {});
      }
      buffer_.append(bytes, static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  bool connected_ = false, ended_ = false;
  std::string buffer_;
};

std::string request(std::string_view method, const std::string& target, std::string_view body = "",
                    std::string_view more = "") {
  std::string out = std::string(method) + " /admin" + target +
                    " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer key\r\n";
  if (!body.empty()) out += "Content-Type: application/json\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + std::string(more) + "\r\n" + std::string(body);
}

/// A server in a thread of its own, ended with the test.
class Running {
 public:
  explicit Running(ServerOptions options = {}) {
    auto org = FakeOrg::from_seed(Sim::parse(kSmallOrg), [] {
      return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    });
    server_ = std::move(*Server::start(std::move(*org), options));
    thread_ = std::thread([this] { server_->run(); });
  }
  ~Running() {
    server_->stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Server* operator->() { return server_.get(); }
  void faults(std::string_view script) {
    server_->with_org([&](FakeOrg& org) { ASSERT_TRUE(org.set_faults(Sim::parse(script))); });
  }

 private:
  using milliseconds = std::chrono::milliseconds;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST(Server, KeepsConnectionsAndAnswersInOrderWhatIsSentAhead) {
  Running server;
  Wire wire(server->port());
  wire.send(request("GET", "/v1/orgs") +
            request("POST", Sim::dir("/users/search"), R"({"limit":1})") +
            request("POST", Sim::dir("/users/bob/suspend")));
  const std::string first = wire.receive();
  EXPECT_EQ(first.find("HTTP/1.1 200 OK\r\n"), 0U);
  EXPECT_NE(first.find("\"type\":\"orgs\""), std::string::npos);
  EXPECT_NE(first.find("X-RateLimit-Remaining: "), std::string::npos);
  EXPECT_NE(first.find("Date: "), std::string::npos);
  EXPECT_NE(wire.receive().find("\"accountId\":\"ada\""), std::string::npos);
  const std::string third = wire.receive();
  EXPECT_EQ(third.find("HTTP/1.1 204 "), 0U);
  EXPECT_EQ(third.find("Content-Length"), std::string::npos);
  EXPECT_EQ(server->connections_accepted(), 1U);
}

TEST(Server, ClosesWhereTheClientAsksForIt) {
  Running server;
  Wire wire(server->port());
  wire.send(request("GET", "/v1/orgs", "", "Connection: close\r\n"));
  EXPECT_NE(wire.receive().find("Connection: close"), std::string::npos);
  EXPECT_EQ(wire.receive(), "");
  EXPECT_TRUE(wire.ended());
}

TEST(Server, SpeaksTlsWithACertificateOfItsOwnAuthority) {
  const test::TempDir folder;
  const std::string ca = (folder.path() / "ca.pem").string();
  Running server({.tls = true, .ca_file = ca});
  EXPECT_EQ(server->base_url().find("https://127.0.0.1:"), 0U);
  Wire wire(server->port(), ca);
  ASSERT_TRUE(wire.connected());
  wire.send(request("GET", "/v1/orgs"));
  EXPECT_EQ(wire.receive().find("HTTP/1.1 200 OK\r\n"), 0U);
  wire.send(request("POST", Sim::dir("/groups/search"), "{}"));
  EXPECT_NE(wire.receive().find("engineering"), std::string::npos);
  EXPECT_FALSE(Wire(server->port(), ca, "example.com").connected());

  const std::string other = (folder.path() / "other.pem").string();
  const Running another({.tls = true, .ca_file = other});
  EXPECT_FALSE(Wire(server->port(), other).connected()) << "another run's authority";
}

TEST(Server, BreaksConnectionsAsFaultsSay) {
  Running server;
  const std::string add =
      request("POST", Sim::dir("/groups/g-empty/memberships"), R"({"accountId":"ada"})");
  for (const char* cut : {"before_effect", "after_effect"}) {
    server.faults(R"({"rules":[{"times":1,"action":{"cut":")" + std::string(cut) + R"("}}]})");
    Wire wire(server->port());
    wire.send(add);
    EXPECT_EQ(wire.receive(), "") << cut;
    EXPECT_TRUE(wire.ended());
  }
  Wire later(server->port());
  later.send(add);
  EXPECT_EQ(later.receive().find("HTTP/1.1 409 "), 0U) << "the second one took effect";

  server.faults(R"({"rules":[{"action":{"cut":"half_body","delay_ms":20}}]})");
  const auto before = std::chrono::steady_clock::now();
  Wire wire(server->port());
  wire.send(request("POST", Sim::dir("/users/search"), "{}"));
  const std::string half = wire.receive();
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(20));
  EXPECT_EQ(half.find("HTTP/1.1 200 OK\r\n"), 0U);
  EXPECT_NE(half.find("\"accountId\":\"ada\""), std::string::npos);
  EXPECT_TRUE(wire.ended());
}

TEST(Server, ServesManyConnectionsAtOnce) {
  Running server;
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 20; ++i) wires.push_back(std::make_unique<Wire>(server->port()));
  for (int round = 0; round < 5; ++round) {
    for (auto& wire : wires) wire->send(request("POST", Sim::dir("/users/search"), "{}"));
    for (auto& wire : wires) EXPECT_EQ(wire->receive().find("HTTP/1.1 200 OK"), 0U);
  }
  EXPECT_EQ(server->connections_accepted(), 20U);
  server->with_org([](FakeOrg& org) { EXPECT_EQ(org.requests().as_array().size(), 100U); });
}

TEST(Server, ListensOnLoopbackOnlyUnlessToldOtherwise) {
  const auto start = [](ServerOptions options) {
    return Server::start(*FakeOrg::from_seed(Sim::parse("{}"), [] { return Instant{}; }), options);
  };
  EXPECT_FALSE(start({.listen = "0.0.0.0:0"}).has_value());
  EXPECT_TRUE(start({.listen = "0.0.0.0:0", .any_address = true}).has_value());
  EXPECT_TRUE(start({.listen = "localhost:0"}).has_value());
  for (const char* bad :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "host:1"}) {
    const auto refused = start({.listen = bad});
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_FALSE(refused.error().what.empty());
  }
  const auto first = start({});
  const auto second = start({.listen = "127.0.0.1:" + std::to_string((*first)->port())});
  EXPECT_FALSE(second.has_value());
  EXPECT_FALSE(start({.tls = true, .ca_file = "/nowhere/ca.pem"}).has_value());
}

TEST(Server, StopsBeforeItRuns) {
  const auto server =
      Server::start(*FakeOrg::from_seed(Sim::parse("{}"), [] { return Instant{}; }), {});
  (*server)->stop();
  (*server)->run();
}

TEST(ServerEnds, WhileSomebodyConnects) {
  for (int i = 0; i < 300; ++i) {
    auto server = std::move(
        *Server::start(*FakeOrg::from_seed(Sim::parse("{}"), [] { return Instant{}; }), {}));
    const std::string url = server->base_url();
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    std::thread running([&server] { server->run(); });
    std::thread connecting([port] {
      for (int n = 0; n < 20; ++n) const Wire wire(port);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
    server->stop();
    running.join();
    server.reset();
    connecting.join();
  }
}

}  // namespace
}  // namespace rolecall::simulator
