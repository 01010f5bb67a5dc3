#include "state/api/http_client.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "state/api/tls.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using Tcp = asio::ip::tcp;
using Steady = std::chrono::steady_clock::time_point;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;
using Parser = http::response_parser<http::string_body>;

/// Answers of status 1xx that are skipped before the real one.
constexpr int kMaxInterim = 8;
/// A signal wakes nobody: whether to stop is asked this often.
constexpr milliseconds kStopPoll{100};

std::string in_words(milliseconds time) {
  if (time.count() % 1'000 == 0) return fmt::format("{} s", time.count() / 1'000);
  return fmt::format("{} ms", time.count());
}

Answer failed(Failure::Kind kind, std::string what, bool final = false) {
  return tl::make_unexpected(Failure{kind, std::move(what), final});
}

Answer not_sent(std::string what, bool final = false) {
  return failed(Failure::Kind::not_sent, std::move(what), final);
}

Answer cancelled() {
  return failed(Failure::Kind::cancelled, "not sent: stopped before");
}

Answer bad_answer(std::string what, bool final = false) {
  return failed(Failure::Kind::bad_answer, std::move(what), final);
}

bool is_lawful_target(std::string_view target) {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_link_local(const asio::ip::address& address) {
  if (address.is_v4()) return (address.to_v4().to_uint() >> 16U) == 0xa9feU;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_link_local(asio::ip::make_address_v4(asio::ip::v4_mapped, v6));
  return v6.is_link_local();
}

/// All that a header says of a field: one that stands there twice is a list, as HTTP has it.
std::string whole_field(const http::response_header<>& header, std::string_view name) {
  std::string out;
  const auto [begin, end] = header.equal_range(beast::string_view(name.data(), name.size()));
  for (auto it = begin; it != end; ++it) {
    if (it != begin) out += ", ";
    out.append(it->value().data(), it->value().size());
  }
  return out;
}

struct Call {
  Call(asio::io_context& io, Ticket number) : ticket(number), timer(io) {}
  Ticket ticket;
  Request request{};
  std::string wire;  ///< the request while it is sent; holds the key, and is wiped after use
  Steady begun{};
  milliseconds delay{0};
  Steady deadline{};
  asio::steady_timer timer;             ///< whatever it waits for before a connection is opened
  beast::tcp_stream* stream = nullptr;  ///< while a connection is its own
  bool sent = false;
  bool cancelled = false;
};

/// One connection, plain or TLS, and what was read from it beyond what was asked for.
class Connection {
 public:
  Connection(asio::io_context& io, asio::ssl::context* tls) {
    if (tls == nullptr) {
      plain_.emplace(io);
    } else {
      tls_ = std::make_unique<TlsStream>(io, *tls);
    }
  }

  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  [[nodiscard]] TlsStream& tls() { return *tls_; }
  [[nodiscard]] beast::tcp_stream& tcp() { return tls_ ? tls_->next_layer() : *plain_; }

  /// Whether the peer has said nothing since: neither a byte nor that it closes.
  [[nodiscard]] bool is_quiet() {
    if (buffer.size() != 0 || (tls_ && tls::has_unread(tls_->native_handle()))) return false;
    char byte = 0;
    const auto count = ::recv(tcp().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  beast::flat_buffer buffer{std::size_t{128} * 1024};
  Steady idle_since{};
  tls::CertificateProblem problem;

 private:
  std::optional<beast::tcp_stream> plain_;
  std::unique_ptr<TlsStream> tls_;
};

class HttpClient final : public WriteClient {
 public:
  HttpClient(HttpOptions options, Secret key)
      : options_(std::move(options)), key_(std::move(key)) {}

  [[nodiscard]] Result<void> set_up() {
    if (!options_.base.tls) return {};
    tls_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    return tls::set_up(tls_->native_handle(), options_.ca_file);
  }

  [[nodiscard]] bool can_start() const override { return room() > 0; }
  [[nodiscard]] std::size_t room() const override {
    return options_.parallelism - std::min(options_.parallelism, calls_.size() + done_.size());
  }
  void start(Ticket ticket, ReadRequest request, milliseconds delay) override {
    start_any(ticket, request.request(), delay);
  }
  void start(Ticket ticket, WriteRequest request, milliseconds delay) override {
    start_any(ticket, request.request(), delay);
  }
  [[nodiscard]] Completion wait() override;
  [[nodiscard]] bool answered() override;
  void cancel_unsent() override;
  void stop_when(const std::function<bool()>& stop) override { stop_ = stop; }

 private:
  using CallPointer = std::shared_ptr<Call>;
  using ConnectionPointer = std::unique_ptr<Connection>;

  void start_any(Ticket ticket, const Request& request, milliseconds delay);
  [[nodiscard]] std::string wire(const Request& request) const;
  void complete(const CallPointer& call, Answer answer);
  void stop_when_asked();
  void ask_whether_to_stop();

  // Some expressions with co_await are miscompiled by g++ 12.2 (a braced temporary, a capturing
  // lambda or a conditional operator in the same full expression): here they hold names, literals
  // and calls, nothing else. A test greps for it.
  asio::awaitable<void> run(CallPointer call);
  asio::awaitable<Answer> attempt(Call& call);
  asio::awaitable<std::vector<Tcp::endpoint>> look_up(Call& call, std::string& problem);
  /// Makes the connection ready for a request; the answer is empty unless that failed.
  asio::awaitable<std::optional<Answer>> open(Call& call, Connection& connection);
  asio::awaitable<std::optional<Answer>> shake_hands(Call& call, Connection& connection);
  template <class Stream>
  asio::awaitable<Answer> exchange(Call& call, Connection& connection, Stream& stream, bool& keep);
  template <class Stream>
  asio::awaitable<std::optional<Answer>> read_header(Call& call, Connection& connection,
                                                     Stream& stream, std::optional<Parser>& parser);

  void limit(Call& call, beast::tcp_stream& stream, milliseconds stage) const;
  [[nodiscard]] std::string time_out_words(const Call& call, std::string_view what,
                                           milliseconds stage) const;
  [[nodiscard]] Answer reading_failed(const Call& call, error_code error) const;
  [[nodiscard]] ConnectionPointer take_idle();
  [[nodiscard]] bool is_permitted(const asio::ip::address& address) const;
  [[nodiscard]] Response to_response(const http::response_header<>& header) const;

  HttpOptions options_;
  Secret key_;
  asio::io_context io_{1};
  std::unique_ptr<asio::ssl::context> tls_;
  std::vector<ConnectionPointer> idle_;
  std::unordered_map<Call*, CallPointer> calls_;  ///< under way
  std::deque<Completion> done_;
  std::function<bool()> stop_;
  std::chrono::steady_clock::time_point stop_asked_{};
  bool stopped_ = false;
};

void HttpClient::start_any(Ticket ticket, const Request& request, milliseconds delay) {
  if (!can_start()) throw std::logic_error("HttpClient::start: too many calls in flight");
  auto call = std::make_shared<Call>(io_, ticket);
  call->begun = std::chrono::steady_clock::now();
  call->delay = delay;
  calls_.emplace(call.get(), call);
  if (stopped_) {
    complete(call, cancelled());
    return;
  }
  if (!is_lawful_target(request.target)) {
    complete(call, not_sent("the request has a malformed target", true));
    return;
  }
  call->request = request;
  asio::co_spawn(io_, run(call), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

std::string HttpClient::wire(const Request& request) const {
  const auto head = fmt::format(
      "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: rolecall/{}\r\nAccept: application/json\r\n",
      name(request.method), options_.base.path, request.target, options_.base.authority(),
      ROLECALL_VERSION);
  std::string content;
  if (!request.body.empty()) content = "Content-Type: application/json\r\n";
  if (!request.body.empty() || request.method == Method::post) {
    content += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  constexpr std::string_view kAuthorization = "Authorization: Bearer ";
  std::string text;
  // Grows once: a reallocation would leave a copy of the key behind.
  text.reserve(head.size() + content.size() + kAuthorization.size() + key_.reveal().size() + 4 +
               request.body.size());
  text.append(head).append(content).append(kAuthorization).append(key_.reveal());
  text.append("\r\n\r\n").append(request.body);
  return text;
}

void HttpClient::complete(const CallPointer& call, Answer answer) {
  wipe(call->wire);
  const auto took = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - call->begun);
  done_.push_back(Completion{call->ticket, std::move(answer), 1, took});
  calls_.erase(call.get());
}

Completion HttpClient::wait() {
  if (calls_.empty() && done_.empty()) {
    throw std::logic_error("HttpClient::wait: nothing is in flight");
  }
  ask_whether_to_stop();  // also where answers never let it wait
  while (done_.empty()) {
    stop_when_asked();
    if (io_.stopped()) io_.restart();
    io_.run_one_for(kStopPoll);
    ask_whether_to_stop();
  }
  Completion completion = std::move(done_.front());
  done_.pop_front();
  return completion;
}

bool HttpClient::answered() {
  if (done_.empty() && !calls_.empty()) {
    if (io_.stopped()) io_.restart();
    io_.poll();
  }
  return !done_.empty();
}

void HttpClient::ask_whether_to_stop() {
  const auto now = std::chrono::steady_clock::now();
  if (!stop_ || now - stop_asked_ < kStopPoll) return;
  stop_asked_ = now;
  if (stop_()) cancel_unsent();
}

void HttpClient::stop_when_asked() {
  if (stopped_ || !options_.stop_requested || !options_.stop_requested()) return;
  stopped_ = true;
  cancel_unsent();
  for (auto& [key, call] : calls_) {
    if (!call->sent) continue;
    call->timer.expires_after(options_.last_wait);
    call->timer.async_wait([call = call](error_code error) {
      if (!error && call->stream != nullptr) call->stream->cancel();
    });
  }
}

void HttpClient::cancel_unsent() {
  for (auto& [key, call] : calls_) {
    if (call->sent) continue;
    call->cancelled = true;
    call->timer.cancel();
    if (call->stream != nullptr) call->stream->cancel();
  }
}

asio::awaitable<void> HttpClient::run(CallPointer call) {
  if (call->delay > milliseconds::zero() && !call->cancelled) {
    error_code error;
    call->timer.expires_at(call->begun + call->delay);
    co_await call->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  call->deadline = std::chrono::steady_clock::now() + options_.call_limit;
  Answer answer = cancelled();
  if (!call->cancelled) answer = co_await attempt(*call);
  call->timer.cancel();
  complete(call, std::move(answer));
}

asio::awaitable<Answer> HttpClient::attempt(Call& call) {
  ConnectionPointer connection = take_idle();
  if (!connection) {
    connection = std::make_unique<Connection>(io_, tls_.get());
    call.stream = &connection->tcp();
    std::optional<Answer> problem = co_await open(call, *connection);
    if (problem || call.cancelled) call.stream = nullptr;
    if (call.cancelled) co_return cancelled();
    if (problem) co_return std::move(*problem);
  }
  if (call.request.may_leave && !call.request.may_leave()) {
    call.stream = nullptr;
    co_return cancelled();
  }
  call.wire = wire(call.request);  // no earlier: a call may wait for its turn for long
  call.stream = &connection->tcp();
  call.sent = true;
  bool keep = false;
  Answer answer = cancelled();
  if (connection->is_tls()) {
    answer = co_await exchange(call, *connection, connection->tls(), keep);
  } else {
    answer = co_await exchange(call, *connection, connection->tcp(), keep);
  }
  call.stream = nullptr;
  if (keep && connection->is_quiet()) {
    connection->tcp().expires_never();
    connection->idle_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(connection));
  }
  co_return answer;
}

HttpClient::ConnectionPointer HttpClient::take_idle() {
  const auto oldest = std::chrono::steady_clock::now() - options_.idle_limit;
  while (!idle_.empty()) {
    ConnectionPointer connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->idle_since >= oldest && connection->is_quiet()) return connection;
  }
  return nullptr;
}

bool HttpClient::is_permitted(const asio::ip::address& address) const {
  return options_.base.tls ? !is_link_local(address) : address.is_loopback();
}

asio::awaitable<std::vector<Tcp::endpoint>> HttpClient::look_up(Call& call, std::string& problem) {
  const auto& host = options_.base.host;
  const auto port = options_.base.port;
  std::vector<Tcp::endpoint> found;
  error_code error;
  if (const auto address = asio::ip::make_address(host, error); !error) {
    found.emplace_back(address, port);
    co_return found;
  }
  if (host == "localhost") {  // whatever a name server says
    found.emplace_back(asio::ip::address_v4::loopback(), port);
    found.emplace_back(asio::ip::address_v6::loopback(), port);
    co_return found;
  }
  // getaddrinfo runs in a thread of its own and cannot be interrupted; when it takes too long it is
  // left alone with what it needs.
  struct LookUp {
    explicit LookUp(asio::io_context& io) : resolver(io) {}
    Tcp::resolver resolver;
    bool done = false, abandoned = false;
    error_code error;
    Tcp::resolver::results_type results;
  };
  const auto shared = std::make_shared<LookUp>(io_);
  call.timer.expires_at(
      std::min(call.deadline, std::chrono::steady_clock::now() + options_.connect_limit));
  shared->resolver.async_resolve(
      host, std::to_string(port), Tcp::resolver::address_configured,
      [shared, timer = &call.timer](error_code failure,
                                    const Tcp::resolver::results_type& results) {
        if (shared->abandoned) return;
        shared->done = true;
        shared->error = failure;
        shared->results = results;
        timer->cancel();
      });
  co_await call.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  shared->abandoned = true;
  if (!shared->done) {
    problem =
        fmt::format("no address for {} within {}", quote(host), in_words(options_.connect_limit));
  } else if (shared->error) {
    problem = fmt::format("no address for {}: {}", quote(host), shared->error.message());
  }
  for (const auto& result : shared->results) found.push_back(result.endpoint());
  co_return found;
}

asio::awaitable<std::optional<Answer>> HttpClient::open(Call& call, Connection& connection) {
  const auto& host = options_.base.host;
  std::string problem;
  auto endpoints = co_await look_up(call, problem);
  if (call.cancelled) co_return cancelled();
  if (!problem.empty()) co_return not_sent(problem);
  std::erase_if(endpoints, [&](const auto& it) { return !is_permitted(it.address()); });
  if (endpoints.empty()) {
    co_return not_sent(fmt::format("{} has no address that may be used", quote(host)), true);
  }
  error_code error;
  auto& stream = connection.tcp();
  limit(call, stream, options_.connect_limit);
  co_await stream.async_connect(endpoints, asio::redirect_error(asio::use_awaitable, error));
  if (error == beast::error::timeout) {
    co_return not_sent(time_out_words(call, "no connection", options_.connect_limit));
  }
  if (error) {
    co_return not_sent(
        fmt::format("no connection to {}: {}", options_.base.authority(), error.message()));
  }
  stream.socket().set_option(Tcp::no_delay(true), error);
  if (!connection.is_tls() || call.cancelled) co_return std::nullopt;
  std::optional<Answer> refused = co_await shake_hands(call, connection);
  co_return refused;
}

asio::awaitable<std::optional<Answer>> HttpClient::shake_hands(Call& call, Connection& connection) {
  const auto& host = options_.base.host;
  auto& stream = connection.tls();
  if (!tls::expect_peer(stream.native_handle(), host)) {
    co_return not_sent(fmt::format("{} cannot be checked in a certificate", quote(host)), true);
  }
  error_code error;
  stream.set_verify_callback(
      [&problem = connection.problem](bool accepted, asio::ssl::verify_context& verification) {
        if (!accepted) tls::note(verification.native_handle(), problem);
        return accepted;
      },
      error);
  limit(call, connection.tcp(), options_.handshake_limit);
  co_await stream.async_handshake(TlsStream::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return std::nullopt;
  if (connection.problem.code != 0) {
    co_return not_sent("TLS: " + tls::words(connection.problem, host), true);
  }
  if (error == beast::error::timeout) {
    co_return not_sent(time_out_words(call, "no TLS handshake", options_.handshake_limit));
  }
  std::string words;
  if (error.category() == asio::error::get_ssl_category()) {
    words = tls::handshake_words(static_cast<unsigned long>(error.value()));
  }
  const bool final = !words.empty();
  if (words.empty()) words = "handshake failed: " + error.message();
  co_return not_sent("TLS: " + words, final);
}

template <class Stream>
asio::awaitable<Answer> HttpClient::exchange(Call& call, Connection& connection, Stream& stream,
                                             bool& keep) {
  error_code error;
  limit(call, connection.tcp(), options_.read_limit);
  const auto wire = asio::buffer(call.wire);
  co_await asio::async_write(stream, wire, asio::redirect_error(asio::use_awaitable, error));
  wipe(call.wire);
  if (error) co_return reading_failed(call, error);

  std::optional<Parser> parser;
  std::optional<Answer> problem = co_await read_header(call, connection, stream, parser);
  if (problem) co_return std::move(*problem);
  // Taken now: trailers after the body would be mixed in with the header.
  Response response = to_response(parser->get().base());
  const bool bodyless = response.status == 204 || response.status == 304;
  const bool announced = parser->content_length().value_or(0) > 0 || parser->chunked();
  parser->eager(true);
  while (!parser->is_done()) {
    limit(call, connection.tcp(), options_.read_limit);
    co_await http::async_read_some(stream, connection.buffer, *parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return reading_failed(call, error);
    // A timer does not fire as long as there is always something to read.
    if (std::chrono::steady_clock::now() >= call.deadline && !parser->is_done()) {
      co_return reading_failed(call, beast::error::timeout);
    }
  }
  keep = parser->keep_alive() && !(bodyless && announced);
  response.body = std::move(parser->get().body());
  mask(response.body, key_.reveal());
  // 206: of invitations some failed, and why is quoted.
  const bool is_quoted = response.status == 206 || response.status >= 300;
  if (is_quoted) mask_pieces(response.body, key_.reveal());
  co_return response;
}

template <class Stream>
asio::awaitable<std::optional<Answer>> HttpClient::read_header(Call& call, Connection& connection,
                                                               Stream& stream,
                                                               std::optional<Parser>& parser) {
  error_code error;
  for (int interim = 0; interim <= kMaxInterim; ++interim) {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(options_.max_header));
    parser->body_limit(options_.max_body);
    limit(call, connection.tcp(), options_.read_limit);
    co_await http::async_read_header(stream, connection.buffer, *parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return reading_failed(call, error);
    const auto& header = parser->get().base();
    if (header.result_int() < 100) co_return bad_answer("the answer has no status");
    if (header.result_int() == 101) co_return bad_answer("the server changes the protocol");
    if (header.result_int() < 200) continue;
    if (parser->need_eof()) co_return bad_answer("the answer's length is not announced");
    const std::string encoding = whole_field(header, "Content-Encoding");
    if (!encoding.empty() && !beast::iequals(encoding, "identity")) {
      co_return bad_answer(
          fmt::format("the answer is encoded ({}), which was not asked for", quote(encoding, 40)));
    }
    const auto transfer = header[http::field::transfer_encoding];
    if (!transfer.empty() && !beast::iequals(transfer, "chunked")) {
      co_return bad_answer("the answer's transfer encoding is not known");
    }
    co_return std::nullopt;
  }
  co_return bad_answer("too many interim answers");
}

Response HttpClient::to_response(const http::response_header<>& header) const {
  const auto field = [&](std::string_view name) {
    std::string text = whole_field(header, name);
    mask(text, key_.reveal());
    return text;
  };
  Response response;
  response.status = static_cast<int>(header.result_int());
  response.content_type = field("Content-Type");
  response.date = parse_http_date(field("Date"));
  response.retry_after = field("Retry-After");
  response.rate_limit = field("X-RateLimit-Limit");
  response.rate_remaining = field("X-RateLimit-Remaining");
  response.rate_reset = field("X-RateLimit-Reset");
  return response;
}

void HttpClient::limit(Call& call, beast::tcp_stream& stream, milliseconds stage) const {
  stream.expires_at(std::min(std::chrono::steady_clock::now() + stage, call.deadline));
}

std::string HttpClient::time_out_words(const Call& call, std::string_view what,
                                       milliseconds stage) const {
  const bool whole = std::chrono::steady_clock::now() >= call.deadline;
  return fmt::format("{} within {}", what, in_words(whole ? options_.call_limit : stage));
}

Answer HttpClient::reading_failed(const Call& call, error_code error) const {
  if (error == beast::error::timeout) {
    return failed(Failure::Kind::no_answer,
                  time_out_words(call, "no whole answer", options_.read_limit));
  }
  if (error == http::error::body_limit || error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    return bad_answer("the answer is too large: " + error.message(), true);
  }
  if (error.category() == make_error_code(http::error::bad_version).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return bad_answer("not a lawful HTTP answer: " + error.message());
  }
  return failed(Failure::Kind::no_answer,
                "the connection broke before the answer was whole: " + error.message());
}

}  // namespace

Result<std::unique_ptr<WriteClient>> make_http_client(HttpOptions options, Secret key) {
  auto client = std::make_unique<HttpClient>(std::move(options), std::move(key));
  if (auto ready = client->set_up(); !ready) return tl::make_unexpected(ready.error());
  return client;
}

}  // namespace rolecall
