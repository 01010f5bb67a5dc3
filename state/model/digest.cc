#include "state/model/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace rolecall {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(std::string_view domain) : state_(std::make_unique<State>()) {
  if (state_->context == nullptr ||
      EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  field(domain);
}

Digest::~Digest() = default;

void Digest::field(std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  std::array<unsigned char, 8> frame{};
  for (std::size_t i = 0; i < frame.size(); ++i) {
    frame[i] = static_cast<unsigned char>((size >> (8 * i)) & 0xFFU);
  }
  EVP_DigestUpdate(state_->context, frame.data(), frame.size());
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, bytes.data(), &size);
  std::string out;
  out.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    out += kHexDigits[bytes[i] >> 4U];
    out += kHexDigits[bytes[i] & 0xFU];
  }
  return out;
}

}  // namespace rolecall
