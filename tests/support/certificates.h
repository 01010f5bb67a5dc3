#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace rolecall::testing {

/// A certificate with its key, made on the spot.
struct Identity {
  std::shared_ptr<x509_st> certificate;
  std::shared_ptr<evp_pkey_st> key;

  [[nodiscard]] std::string certificate_pem() const;
};

struct CertificateWish {
  /// Subject alternative names: "DNS:x", "IP:127.0.0.1"; "RAW:" takes any bytes for a DNS name.
  std::vector<std::string> names;
  std::string common_name = "test";
  long valid_from = -3600;  ///< seconds from now
  long valid_until = 3600;
  std::string extended_usage = "serverAuth";
  int rsa_bits = 0;  ///< 0: a P-256 key
  bool sha1 = false;
  std::string permitted{};  ///< of an authority, names it may sign for: "DNS:example.org"
};

[[nodiscard]] Identity make_authority(const std::string& common_name = "Test CA");
/// An authority below another one.
[[nodiscard]] Identity make_intermediate(const Identity& authority, const CertificateWish& wish);
[[nodiscard]] Identity issue(const Identity& authority, const CertificateWish& wish);
[[nodiscard]] Identity make_self_signed(const CertificateWish& wish);

}  // namespace rolecall::testing
