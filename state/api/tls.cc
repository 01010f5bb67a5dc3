#include "state/api/tls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "state/model/text.h"

namespace rolecall::tls {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Bio = std::unique_ptr<BIO, Freer<&BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<&X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freer<&GENERAL_NAMES_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<&X509_STORE_free>>;
using IpAddress = std::unique_ptr<ASN1_OCTET_STRING, Freer<&ASN1_OCTET_STRING_free>>;

constexpr std::size_t kNamesShown = 3;

bool is_address(const std::string& host) {
  return IpAddress(a2i_IPADDRESS(host.c_str())) != nullptr;
}

Result<void> add_ca_file(X509_STORE* store, const std::string& path) {
  const std::string shown = quote(path, 200);
  const Bio file(BIO_new_file(path.c_str(), "r"));
  if (!file) {
    ERR_clear_error();
    return fail(fmt::format("CA file {} cannot be read", shown));
  }
  int found = 0;
  while (
      const Certificate certificate{PEM_read_bio_X509_AUX(file.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      ERR_clear_error();
      return fail(fmt::format("CA file {}: certificate {} cannot be used", shown, found + 1));
    }
    ++found;
  }
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return fail(fmt::format("CA file {}: certificate {} cannot be read", shown, found + 1));
  }
  if (found == 0) {
    return fail(fmt::format("CA file {} holds no certificate", shown),
                "it must be PEM: -----BEGIN CERTIFICATE-----");
  }
  return {};
}

/// OpenSSL takes this file instead of the system's, and says nothing where it holds nothing.
Result<void> check_named_file() {
  const char* name = X509_get_default_cert_file_env();
  const char* file = std::getenv(name);
  if (file == nullptr || *file == '\0') return {};
  const Store trial(X509_STORE_new());
  auto found = add_ca_file(trial.get(), file);
  if (found) return {};
  return fail(fmt::format("no CA certificate loaded from {}: {}", name, found.error().what),
              found.error().hint);
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const auto* bytes = ASN1_STRING_get0_data(address);
  if (ASN1_STRING_length(address) == 4) {
    return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  }
  return "an IPv6 address";
}

/// The certificate's names as people know them; only the common name where it has no others.
std::string names_of(X509* certificate) {
  std::vector<std::string> found;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) found.push_back(quote(text_of(name->d.dNSName)));
    if (name->type == GEN_IPADD) found.push_back(quote(address_text(name->d.iPAddress)));
  }
  if (found.empty()) return "no host name";
  const auto more = found.size() > kNamesShown ? found.size() - kNamesShown : 0;
  if (more > 0) found.resize(kNamesShown);
  auto text = fmt::format("{}", fmt::join(found, ", "));
  return more > 0 ? fmt::format("{} and {} more", text, more) : text;
}

}  // namespace

Result<void> set_up(ssl_ctx_st* context, const std::optional<std::string>& ca_file) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_default_verify_paths(context) != 1) {
    ERR_clear_error();
    return fail("TLS cannot be set up: the system's trust store is not usable");
  }
  if (auto named = check_named_file(); !named) return named;
  if (ca_file) return add_ca_file(SSL_CTX_get_cert_store(context), *ca_file);
  return {};
}

bool expect_peer(ssl_st* connection, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(connection);
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(
      expected, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(connection, host.c_str()) == 1 &&
         X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1;
}

void note(x509_store_ctx_st* verification, CertificateProblem& problem) {
  if (problem.code != X509_V_OK) return;
  problem.code = X509_STORE_CTX_get_error(verification);
  if (X509* leaf = X509_STORE_CTX_get0_cert(verification)) problem.names = names_of(leaf);
}

std::string words(const CertificateProblem& problem, const std::string& host) {
  switch (problem.code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("certificate is for {}, expected {}", problem.names, quote(host));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("certificate of {} has expired", quote(host));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("certificate of {} is not valid yet", quote(host));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("certificate of {} is self-signed: pass --ca-file if you trust it",
                         quote(host));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "certificate of {} was issued by an authority that is not trusted: pass --ca-file if "
          "you trust it",
          quote(host));
    default:
      return fmt::format("certificate of {} was refused: {}", quote(host),
                         X509_verify_cert_error_string(problem.code));
  }
}

std::string handshake_words(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return {};
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the server does not speak TLS 1.2 or newer";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "the server does not speak TLS";
    default:
      return {};
  }
}

bool has_unread(ssl_st* connection) {
  return SSL_has_pending(connection) != 0 || BIO_ctrl_pending(SSL_get_rbio(connection)) > 0;
}

}  // namespace rolecall::tls
