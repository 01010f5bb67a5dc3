#include "state/simulator/server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "state/simulator/certificate.h"

namespace rolecall::simulator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// Longer than any honest client waits between two requests.
constexpr std::chrono::seconds kIdle{300};
constexpr std::uint64_t kLongestBody = 64U << 20U;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// What the connections share.
struct Shared {
  std::mutex mutex;  ///< around org: tests look at it from other threads
  FakeOrg org;
  explicit Shared(FakeOrg given) : org(std::move(given)) {}
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void close() = 0;
};

using Open = std::unordered_set<Connection*>;

/// One connection: read a request, answer it, read the next. Requests sent ahead wait in the
/// buffer.
template <class Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... Args>
  Session(Shared& shared, Open& open, Args&&... args)
      : shared_(shared),
        open_(open),
        stream_(std::forward<Args>(args)...),
        timer_(stream_.get_executor()) {
    open_.insert(this);
  }
  ~Session() override { open_.erase(this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    lowest().socket().set_option(tcp::no_delay(true));
    lowest().expires_after(kIdle);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code ec) {
                                if (!ec) self->read();
                              });
    } else {
      read();
    }
  }

  void close() override {
    error_code ignored;
    timer_.cancel();
    lowest().socket().close(ignored);
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void read() {
    parser_.emplace();
    parser_->body_limit(kLongestBody);
    lowest().expires_after(kIdle);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code ec, std::size_t) {
                       if (!ec) self->answer();
                     });
  }

  void answer() {
    const auto& message = parser_->get();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.authorization = std::string(message[http::field::authorization]);
    request.content_type = std::string(message[http::field::content_type]);
    request.body = message.body();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    {
      const std::lock_guard lock(shared_.mutex);
      answer_ = shared_.org.handle(request);
    }
    if (answer_.delay.count() == 0) return deliver();
    lowest().expires_never();
    timer_.expires_after(answer_.delay);
    timer_.async_wait([self = this->shared_from_this()](error_code ec) {
      if (!ec) self->deliver();
    });
  }

  void deliver() {
    switch (answer_.cut) {
      case HttpResponse::Cut::none:
        return write();
      case HttpResponse::Cut::half_body:
        return write_half();
      case HttpResponse::Cut::before_effect:
      case HttpResponse::Cut::after_effect:
      case HttpResponse::Cut::not_sent:
        return reset();
    }
  }

  void prepare() {
    response_ = {};
    response_.version(version_);
    response_.result(static_cast<unsigned>(answer_.status));
    response_.keep_alive(keep_alive_);
    response_.set(http::field::date, format_http_date(org_time()));
    for (const auto& [name, value] : answer_.headers) response_.insert(name, value);
    response_.body() = std::move(answer_.body);
    // 204 must not have a length (RFC 9110 section 8.6).
    if (answer_.status != 204) response_.content_length(response_.body().size());
  }

  Instant org_time() {
    const std::lock_guard lock(shared_.mutex);
    return shared_.org.now();
  }

  void write() {
    prepare();
    lowest().expires_after(kIdle);
    http::async_write(stream_, response_,
                      [self = this->shared_from_this()](error_code ec, std::size_t) {
                        if (ec) return;
                        if (self->keep_alive_) return self->read();
                        self->shut_down();
                      });
  }

  /// The head and half of the body, then nothing more.
  void write_half() {
    prepare();
    const std::size_t body = response_.body().size();
    std::ostringstream whole;
    whole << response_;
    half_ = std::move(whole).str();
    half_.resize(half_.size() - (body + 1) / 2);
    asio::async_write(
        stream_, asio::buffer(half_),
        [self = this->shared_from_this()](error_code, std::size_t) { self->reset(); });
  }

  /// A connection that breaks: with a reset, so that nobody takes it for an ordinary end.
  void reset() {
    error_code ignored;
    lowest().socket().set_option(asio::socket_base::linger(true, 0), ignored);
    lowest().socket().close(ignored);
  }

  void shut_down() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      lowest().expires_after(std::chrono::seconds(5));
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    } else {
      error_code ignored;
      lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  Shared& shared_;
  Open& open_;
  Stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  HttpResponse answer_;
  std::string half_;
  bool keep_alive_ = true;
  unsigned version_ = 11;
};

/// "127.0.0.1:8080" or "[::1]:0".
Result<tcp::endpoint> parse_address(const ServerOptions& options) {
  const std::string& text = options.listen;
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  std::uint16_t port = 0;
  const char* begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
  const auto [end, problem] = std::from_chars(begin, text.data() + text.size(), port);
  if (ec || problem != std::errc() || end != text.data() + text.size()) {
    return fail(fmt::format("\"{}\" is no address to listen on", text),
                "write it as 127.0.0.1:8080 or [::1]:8080");
  }
  if (!address.is_loopback() && !options.any_address) {
    return fail(fmt::format("\"{}\" can be reached from other machines", text),
                "listen on 127.0.0.1 or ::1, or allow other addresses explicitly");
  }
  return tcp::endpoint(address, port);
}

Result<void> write_file(const std::string& path, const std::string& content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return fail(fmt::format("cannot write {}", path));
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (std::fclose(file) != 0 || !written) return fail(fmt::format("cannot write {}", path));
  return {};
}

Result<void> set_up_tls(asio::ssl::context& context, const std::string& ca_file) {
  const auto certificate = make_certificate();
  if (!certificate) return tl::make_unexpected(certificate.error());
  const auto& made = *certificate;
  error_code ec;
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, ec);
  if (!ec) context.use_certificate_chain(asio::buffer(made.server_pem), ec);
  if (!ec) context.use_private_key(asio::buffer(made.server_key_pem), asio::ssl::context::pem, ec);
  if (ec) return fail("TLS: " + ec.message());
  return ca_file.empty() ? Result<void>() : write_file(ca_file, made.ca_pem);
}

}  // namespace

struct Server::Impl {
  // Connections end with io: what they refer to stands before it.
  Shared shared;
  Open open;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  bool use_tls = false;
  std::atomic<std::uint64_t> accepted{0};

  explicit Impl(FakeOrg org) : shared(std::move(org)) {}
  ~Impl() { close_all(); }

  void accept() {
    acceptor.async_accept([this](error_code ec, tcp::socket socket) {
      // Whoever came just as it was closed: to accept once more would fail, again and again.
      if (ec == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (!ec) {
        ++accepted;
        if (use_tls) {
          std::make_shared<Session<TlsStream>>(shared, open, std::move(socket), tls)->start();
        } else {
          std::make_shared<Session<PlainStream>>(shared, open, std::move(socket))->start();
        }
      }
      accept();
    });
  }

  void close_all() {
    error_code ignored;
    acceptor.close(ignored);
    for (Connection* one : open) one->close();
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  impl_->close_all();
  // Handlers that still hold connections end here, while what they refer to is there.
  impl_->io.restart();
  impl_->io.poll();
}

Result<std::unique_ptr<Server>> Server::start(FakeOrg org, const ServerOptions& options) {
  const auto endpoint = parse_address(options);
  if (!endpoint) return tl::make_unexpected(endpoint.error());
  auto impl = std::make_unique<Impl>(std::move(org));
  impl->use_tls = options.tls;
  if (options.tls) {
    if (auto fine = set_up_tls(impl->tls, options.ca_file); !fine) {
      return tl::make_unexpected(fine.error());
    }
  }
  error_code ec;
  impl->acceptor.open(endpoint->protocol(), ec);
  if (!ec) impl->acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) impl->acceptor.bind(*endpoint, ec);
  if (!ec) impl->acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    return fail(fmt::format("cannot listen on {}: {}", options.listen, ec.message()),
                ec == asio::error::address_in_use
                    ? "another simulator may be running there; with port 0 any free one is taken"
                    : "");
  }
  impl->accept();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->acceptor.local_endpoint().port();
}

std::string Server::base_url() const {
  const auto endpoint = impl_->acceptor.local_endpoint();
  const std::string address = endpoint.address().to_string();
  return fmt::format("{}://{}:{}/admin", impl_->use_tls ? "https" : "http",
                     endpoint.address().is_v6() ? "[" + address + "]" : address, endpoint.port());
}

void Server::run() {
  impl_->io.run();
  impl_->close_all();
}

void Server::stop() {
  impl_->io.stop();
}

void Server::with_org(const std::function<void(FakeOrg&)>& use) {
  const std::lock_guard lock(impl_->shared.mutex);
  use(impl_->shared.org);
}

std::uint64_t Server::connections_accepted() const {
  return impl_->accepted;
}

}  // namespace rolecall::simulator
