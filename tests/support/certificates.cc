#include "tests/support/certificates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace rolecall::testing {
namespace {

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(fmt::format("test certificate: {}", what));
}

std::shared_ptr<EVP_PKEY> make_key(int rsa_bits) {
  EVP_PKEY* key =
      rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned int>(rsa_bits)) : EVP_EC_gen("P-256");
  check(key != nullptr, "key");
  return {key, EVP_PKEY_free};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

/// One DNS name of any bytes, which no text of OpenSSL's configuration can hold.
void add_raw_name(X509* certificate, const std::string& bytes) {
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, GEN_DNS, value);
  sk_GENERAL_NAME_push(names, name);
  check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1, "raw name");
  GENERAL_NAMES_free(names);
}

Identity make(const Identity* authority, const CertificateWish& wish, bool is_authority) {
  static std::atomic<long> serial{1};
  Identity made;
  made.key = make_key(wish.rsa_bits);
  made.certificate = {X509_new(), X509_free};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.valid_until);
  X509_set_pubkey(certificate, made.key.get());
  const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, -1, -1,
                             0);
  X509* issuer = authority != nullptr ? authority->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  add_extension(certificate, issuer, NID_basic_constraints,
                is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!is_authority) add_extension(certificate, issuer, NID_ext_key_usage, wish.extended_usage);
  if (!wish.permitted.empty()) {
    add_extension(certificate, issuer, NID_name_constraints,
                  "critical,permitted;" + wish.permitted);
  }
  if (!wish.names.empty() && wish.names[0].starts_with("RAW:")) {
    add_raw_name(certificate, wish.names[0].substr(4));
  } else if (!wish.names.empty()) {
    add_extension(certificate, issuer, NID_subject_alt_name,
                  fmt::format("{}", fmt::join(wish.names, ",")));
  }
  EVP_PKEY* signer = authority != nullptr ? authority->key.get() : made.key.get();
  check(X509_sign(certificate, signer, wish.sha1 ? EVP_sha1() : EVP_sha256()) > 0, "signature");
  return made;
}

}  // namespace

std::string Identity::certificate_pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  check(PEM_write_bio_X509(memory.get(), certificate.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Identity make_authority(const std::string& common_name) {
  CertificateWish wish;
  wish.common_name = common_name;
  return make(nullptr, wish, true);
}

Identity make_intermediate(const Identity& authority, const CertificateWish& wish) {
  return make(&authority, wish, true);
}

Identity issue(const Identity& authority, const CertificateWish& wish) {
  return make(&authority, wish, false);
}

Identity make_self_signed(const CertificateWish& wish) {
  return make(nullptr, wish, false);
}

}  // namespace rolecall::testing
