#include "state/store/chain.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kHashDigits = 64;

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_unicode_escape(std::string& out, std::string_view high, char low) {
  const auto byte = static_cast<unsigned char>(low);
  out += "\\u";
  out += high;
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0xFU];
}

/// Valid UTF-8.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      append_unicode_escape(out, "00", c);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
}

/// Nearly all texts are: they can be taken as they are.
bool is_plain(std::string_view text) {
  const char* at = text.data();
  for (const char* const end = at + text.size(); at != end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte >= 0x80 || *at == '"' || *at == '\\') return false;
  }
  return true;
}

}  // namespace

std::string format_head(const ChainHead& head) {
  return fmt::format("{}:{}", head.seq, head.hash);
}

std::optional<ChainHead> parse_head(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || text[0] == '-') return std::nullopt;
  ChainHead head;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + colon, head.seq);
  if (problem != std::errc() || stop != text.data() + colon) return std::nullopt;
  head.hash = text.substr(colon + 1);
  const bool digits = std::all_of(head.hash.begin(), head.hash.end(), [](char c) {
    return kHexDigits.find(c) != std::string_view::npos;
  });
  if (head.hash.size() != kHashDigits || !digits) return std::nullopt;
  // One head, one spelling.
  return format_head(head) == text ? std::optional(head) : std::nullopt;
}

std::string head_statement(std::string_view store_id, const ChainHead& head) {
  return fmt::format("rolecall-audit-head v1\n{} {} {}\n", store_id, head.seq, head.hash);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_plain(text)) {
    out += text;
  } else {
    while (const auto bad = find_invalid_utf8(text)) {
      append_escaped(out, text.substr(0, *bad));
      append_unicode_escape(out, "dc", text[*bad]);
      text.remove_prefix(*bad + 1);
    }
    append_escaped(out, text);
  }
  out += '"';
}

void RowText::begin(std::int64_t seq, std::string_view type) {
  text_ = "{\"seq\":";
  append_number(text_, seq);
  text_ += ",\"type\":";
  append_json_string(text_, type);
}

void RowText::add(std::string_view name, std::int64_t number) {
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  append_number(text_, number);
}

void RowText::add(std::string_view name, std::string_view text) {
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  append_json_string(text_, text);
}

std::string_view RowText::finish() {
  text_ += '}';
  return text_;
}

struct Sha256::State {
  // Looked up once: in OpenSSL 3 that takes longer than hashing a row.
  EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  State() {
    must(method != nullptr && context != nullptr);
    begin();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(method);
  }
  void begin() { must(EVP_DigestInit_ex2(context, method, nullptr) == 1); }
  static void must(bool done) {
    if (!done) throw std::runtime_error("SHA-256 is not available");
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
  State::must(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  State::must(EVP_DigestFinal_ex(state_->context, bytes.data(), &size) == 1);
  state_->begin();
  std::string hex;
  hex.reserve(kHashDigits);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHexDigits[bytes[i] >> 4U];
    hex += kHexDigits[bytes[i] & 0xFU];
  }
  return hex;
}

ChainHead ChainHasher::start(std::string_view store_id) {
  sha256_.add("rolecall audit store 1\n");
  sha256_.add(store_id);
  return {0, sha256_.hex()};
}

std::string ChainHasher::next(std::string_view previous, std::string_view row_text) {
  std::string frame = "rolecall audit row 1\n";
  frame += previous;
  frame += '\n';
  append_number(frame, static_cast<std::int64_t>(row_text.size()));
  frame += '\n';
  sha256_.add(frame);
  sha256_.add(row_text);
  return sha256_.hex();
}

}  // namespace rolecall
