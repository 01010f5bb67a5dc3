#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "state/model/result.h"
#include "state/simulator/fake_org.h"

namespace rolecall::simulator {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  ///< address and port ("[::1]:8080"); port 0: any free one
  bool any_address = false;            ///< allow others than loopback addresses
  bool tls = false;
  std::string
      ca_file{};  ///< with tls: where the certificate authority made for this run is written
};

/// A FakeOrg behind HTTP/1.1, plain or over TLS. One thread serves all connections.
class Server {
 public:
  /// Listens from here on, answers from run() on. Error: bad or forbidden address, port taken.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(FakeOrg org,
                                                             const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080/admin", for --api-url.
  [[nodiscard]] std::string base_url() const;

  /// Serves until stop(); then connections are closed.
  void run();
  /// From any thread, also before run().
  void stop();

  /// Looks at or changes the organization between requests, from any thread.
  void with_org(const std::function<void(FakeOrg&)>& use);
  [[nodiscard]] std::uint64_t connections_accepted() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rolecall::simulator
