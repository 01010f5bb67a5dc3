#pragma once

#include <optional>
#include <string>

#include "state/model/result.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

/// What the client asks of TLS, over OpenSSL's own handles. A fresh context verifies nothing,
/// trusts nobody and speaks TLS 1.0.
namespace rolecall::tls {

/// TLS 1.2 or newer, the peer verified, the system's trust store and the certificates of `ca_file`
/// (PEM; an error when it cannot be read or holds none).
[[nodiscard]] Result<void> set_up(ssl_ctx_st* context, const std::optional<std::string>& ca_file);

/// The server to be met: its name for SNI and for the check of the certificate, by subject
/// alternative names alone and without partial wildcards; or its address.
[[nodiscard]] bool expect_peer(ssl_st* connection, const std::string& host);

/// The first thing found wrong with the certificates of a peer.
struct CertificateProblem {
  int code = 0;       ///< X509_V_ERR_...; 0 for none
  std::string names;  ///< what the server's certificate is for
};
/// From a verification callback, when a certificate was not accepted.
void note(x509_store_ctx_st* verification, CertificateProblem& problem);
[[nodiscard]] std::string words(const CertificateProblem& problem, const std::string& host);

/// Why a handshake failed, for an OpenSSL error code other than a certificate's; empty when there
/// are no better words than OpenSSL's. Trying again does not help where there are.
[[nodiscard]] std::string handshake_words(unsigned long error);

/// Whether bytes from the peer wait inside the connection, decrypted or not.
[[nodiscard]] bool has_unread(ssl_st* connection);

}  // namespace rolecall::tls
