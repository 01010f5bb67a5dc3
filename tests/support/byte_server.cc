#include "tests/support/byte_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace rolecall::testing {
namespace {

using std::chrono::milliseconds;

/// A connection in blocking style, plain or TLS.
class Peer {
 public:
  Peer(int fd, SSL_CTX* context) : fd_(fd) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd);
  }
  ~Peer() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ::close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] bool accept() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }
  [[nodiscard]] std::string name_asked_for() const {
    const char* name =
        ssl_ == nullptr ? nullptr : SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? std::string() : name;
  }
  [[nodiscard]] bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ssl_ != nullptr
                             ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Empty at the end.
  [[nodiscard]] std::string receive() {
    std::string bytes(4096, '\0');
    const auto count = ssl_ != nullptr
                           ? SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                           : ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  /// Nothing is sent from now on before the connection is closed.
  void hold() const {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  }
  void close_in_order() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }
  void reset() const {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  /// What it says until then.
  [[nodiscard]] std::string wait_for_end() {
    std::string out;
    for (std::string more = receive(); !more.empty(); more = receive()) out += more;
    return out;
  }
  /// The same without an answer to its handshake.
  [[nodiscard]] std::string raw_until_end() const {
    std::string out, bytes(4096, '\0');
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (count > 0) out.append(bytes, 0, static_cast<std::size_t>(count));
    }
    return out;
  }

 private:
  int fd_;
  SSL* ssl_ = nullptr;
};

std::size_t body_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const auto at = head.find(kName);
  return at == std::string_view::npos ? 0
                                      : std::stoul(std::string(head.substr(at + kName.size(), 9)));
}

using Heard = std::function<void(const std::string& bytes)>;

/// One request; empty when the client went away.
std::string read_request(Peer& peer, std::string& unread, const Heard& heard) {
  for (;;) {
    if (const auto end = unread.find("\r\n\r\n"); end != std::string::npos) {
      const auto size = end + 4 + body_length(std::string_view(unread).substr(0, end + 2));
      if (unread.size() >= size) {
        std::string request = unread.substr(0, size);
        unread.erase(0, size);
        return request;
      }
    }
    const auto more = peer.receive();
    if (more.empty()) return {};
    heard(more);
    unread += more;
  }
}

}  // namespace

std::string answer(int status, const std::string& body, const std::string& more_headers) {
  return fmt::format(
      "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
      body.size(), more_headers, body);
}

class ByteServer::Impl {
 public:
  Impl(std::vector<Step> script, std::optional<TlsWish> tls) : script_(std::move(script)) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    if (tls) set_up_tls(*tls);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &length) != 0) {
      throw std::runtime_error("ByteServer: cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    SSL_CTX_free(context_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return accepted_; }
  [[nodiscard]] std::size_t unasked() const { return unasked_; }
  [[nodiscard]] std::string all_received() const {
    std::unique_lock lock(mutex_);
    if (!gone_.wait_for(lock, std::chrono::seconds(20), [this] { return open_.empty(); })) {
      throw std::runtime_error("ByteServer: a client stays");
    }
    return received_;
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  void set_up_tls(const TlsWish& wish) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context_, 0);  // weak on purpose: the client has to refuse
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, wish.max_version);
    if (SSL_CTX_use_certificate(context_, wish.identity.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context_, wish.identity.key.get()) != 1) {
      throw std::runtime_error("ByteServer: unusable certificate");
    }
    for (const Identity& above : wish.chain) {
      SSL_CTX_add1_chain_cert(context_, above.certificate.get());
    }
    stall_handshake_ = wish.stall;
  }

  void hear(const std::string& bytes) {
    const std::lock_guard lock(mutex_);
    received_ += bytes;
  }

  void note_name(const Peer& peer) {
    const std::lock_guard lock(mutex_);
    names_.push_back(peer.name_asked_for());
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      ++accepted_;
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    {
      Peer peer(fd, context_);
      if (stall_handshake_) {
        hear(peer.raw_until_end());
      } else if (peer.accept()) {
        note_name(peer);
        std::string unread;
        while (play(peer, unread)) {
        }
      }
      const std::lock_guard lock(mutex_);
      std::erase(open_, fd);
      gone_.notify_all();
    }
  }

  /// One step; whether the connection goes on.
  bool play(Peer& peer, std::string& unread) {
    Step step = peek();
    if (!step.at_once) {
      auto request = read_request(peer, unread, [this](const std::string& bytes) { hear(bytes); });
      if (request.empty()) return false;
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
      step = script_.at(std::min(next_, script_.size() - 1));
      ++next_;
    } else {
      if (step.after_its_first_bytes) hear(peer.receive());
      const std::lock_guard lock(mutex_);
      ++next_;
    }
    const bool at_once = step.late_after == milliseconds::zero();
    if (step.then == Step::Then::close && at_once) peer.hold();
    if (!send(peer, step)) return false;
    if (step.then != Step::Then::pour) {
      std::this_thread::sleep_for(step.late_after);
      if (!peer.send(step.late)) return false;
      if (!step.late.empty()) ++unasked_;
    }
    switch (step.then) {
      case Step::Then::keep:
        return true;
      case Step::Then::close:
        peer.close_in_order();
        ++unasked_;
        hear(peer.wait_for_end());
        return false;
      case Step::Then::reset:
        peer.reset();
        return false;
      case Step::Then::stall:
        hear(peer.wait_for_end());
        return false;
      case Step::Then::pour:
        while (!stopping_ && peer.send(step.late)) {
        }
        return false;
    }
    return false;
  }

  [[nodiscard]] bool send(Peer& peer, const Step& step) const {
    if (step.drip == milliseconds::zero()) return peer.send(step.bytes);
    for (const char byte : step.bytes) {
      if (stopping_ || !peer.send(std::string_view(&byte, 1))) return false;
      std::this_thread::sleep_for(step.drip);
    }
    return true;
  }

  [[nodiscard]] Step peek() const {
    const std::lock_guard lock(mutex_);
    return script_.at(std::min(next_, script_.size() - 1));
  }

  std::vector<Step> script_;
  SSL_CTX* context_ = nullptr;
  bool stall_handshake_ = false;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> unasked_{0};
  mutable std::mutex mutex_;
  std::size_t next_ = 0;
  std::vector<std::string> requests_;
  std::vector<std::string> names_;
  std::string received_;
  mutable std::condition_variable gone_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

ByteServer::ByteServer(std::vector<Step> script, std::optional<TlsWish> tls)
    : impl_(std::make_unique<Impl>(std::move(script), std::move(tls))) {}
ByteServer::~ByteServer() = default;
std::uint16_t ByteServer::port() const {
  return impl_->port();
}
std::size_t ByteServer::connections() const {
  return impl_->connections();
}
std::size_t ByteServer::unasked() const {
  return impl_->unasked();
}
std::vector<std::string> ByteServer::requests() const {
  return impl_->requests();
}
std::string ByteServer::all_received() const {
  return impl_->all_received();
}
std::vector<std::string> ByteServer::names_asked_for() const {
  return impl_->names();
}

}  // namespace rolecall::testing
