#include "tests/support/https.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace rolecall::test {
namespace {

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(fmt::format("https: {}", what));
}

}  // namespace

HttpsAnswer ask_https(std::uint16_t port, const std::string& ca_file, const std::string& method,
                      const std::string& target, const std::string& body) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  check(SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1, "certificates");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  check(X509_VERIFY_PARAM_set1_ip_asc(SSL_CTX_get0_param(context.get()), "127.0.0.1") == 1, "name");

  const std::unique_ptr<BIO, decltype(&BIO_free_all)> stream(BIO_new_ssl_connect(context.get()),
                                                             BIO_free_all);
  check(stream != nullptr, "stream");
  BIO_set_conn_hostname(stream.get(), fmt::format("127.0.0.1:{}", port).c_str());
  check(BIO_do_connect(stream.get()) == 1, "cannot connect");

  // The simulator's own pages take no key; its API takes any unless the seed names one.
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer by-hand\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      method, target, port, body.size(), body);
  std::size_t written = 0;
  check(BIO_write_ex(stream.get(), request.data(), request.size(), &written) == 1 &&
            written == request.size(),
        "cannot send");

  std::string answer;
  std::array<char, 65536> part{};
  std::size_t got = 0;
  while (BIO_read_ex(stream.get(), part.data(), part.size(), &got) == 1) {
    answer.append(part.data(), got);
  }
  const std::size_t head = answer.find("\r\n\r\n");
  check(answer.starts_with("HTTP/1.1 ") && head != std::string::npos, "no answer");
  return {std::stoi(answer.substr(9, 3)), answer.substr(head + 4)};
}

}  // namespace rolecall::test
