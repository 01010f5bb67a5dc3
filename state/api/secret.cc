#include "state/api/secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <unordered_set>
#include <utility>
#include <vector>

#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kMaxFile = std::size_t{8} * 1024;
constexpr std::size_t kMaxKey = 4096;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

std::string errno_words(int code) {
  return std::strerror(code);
}

/// Whether it is what systemd keeps for this service under that name. Root owns such a file, and
/// lets the service's user read it by an ACL, whose mask stands where the group's permissions do.
bool is_credential(const struct stat& status, const std::string& path) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || status.st_uid != 0 || (status.st_mode & 037U) != 0) return false;
  struct stat kept {};
  const std::filesystem::path file =
      std::filesystem::path(folder) / std::filesystem::path(path).filename();
  return ::stat(file.c_str(), &kept) == 0 && kept.st_dev == status.st_dev &&
         kept.st_ino == status.st_ino;
}

Result<void> check_file(const struct stat& status, const std::string& path,
                        const std::string& shown) {
  if (!S_ISREG(status.st_mode)) {
    return fail(
        fmt::format("API key file {} is {}, not a regular file", shown, kind_of(status.st_mode)));
  }
  if (!is_credential(status, path)) {
    // Who owns it may change the key at any time, and so which organization is written to. That
    // goes for root too, which could read any file: another's key is not one that it was given.
    if (status.st_uid != ::geteuid()) {
      return fail(fmt::format("API key file {} belongs to user id {}, not to {}, who runs this",
                              shown, status.st_uid, ::geteuid()),
                  fmt::format("chown {} {}", ::geteuid(), shown));
    }
    if ((status.st_mode & 077U) != 0) {
      return fail(fmt::format("API key file {} may be used by others (mode {:04o})", shown,
                              status.st_mode & 07777U),
                  fmt::format("chmod 600 {}", shown));
    }
  }
  if (status.st_size > static_cast<off_t>(kMaxFile)) {
    return fail(fmt::format("API key file {} is over {} bytes", shown, kMaxFile),
                "the file holds the key and nothing else");
  }
  return {};
}

/// Reserves first, so that growing leaves no copy of the key behind in freed memory.
Result<std::string> read_key_file(const std::string& path) {
  const std::string shown = quote(path, 200);
  // O_NONBLOCK: a FIFO without a writer would hang the open.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    return fail(fmt::format("API key file {}: {}", shown, errno_words(errno)),
                "--api-key-file or ROLECALL_API_KEY_FILE names it");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return fail(fmt::format("API key file {}: {}", shown, errno_words(errno)));
  }
  if (auto checked = check_file(status, path, shown); !checked) {
    return tl::make_unexpected(checked.error());
  }
  std::string text(kMaxFile + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto count = ::read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int code = errno;
      wipe(text);
      return fail(fmt::format("API key file {}: {}", shown, errno_words(code)));
    }
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  text.resize(length);
  return text;
}

std::optional<Error> find_fault(std::string_view key, const std::string& source) {
  const auto make = [&](std::string what, std::string hint = {}) {
    return Error{fmt::format("the API key ({}) {}", source, what), std::move(hint)};
  };
  if (key.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return make("is empty", "give the key alone, on one line");
  if (to_lower_ascii(key.substr(0, 7)) == "bearer ") {
    return make("looks as if it included \"Bearer \"", "give the key only");
  }
  if (key.size() > kMaxKey) return make(fmt::format("is longer than {} bytes", kMaxKey));
  for (std::size_t at = 0; at < key.size(); ++at) {
    const auto byte = static_cast<unsigned char>(key[at]);
    const auto place = fmt::format("(byte {})", at + 1);
    if (byte == '\r' || byte == '\n') {
      return make("contains a line break " + place, "give the key alone, on one line");
    }
    if (byte == ' ' || byte == '\t') {
      return make("contains a space " + place, "give the key alone, on one line");
    }
    if (byte < 0x20 || byte == 0x7f) return make("contains a control character " + place);
    if (byte > 0x7f) return make("contains a character outside ASCII " + place);
  }
  return std::nullopt;
}

/// Length of one character at the beginning of `text` that stands for `c`; 0 when it does not.
std::size_t spelling(std::string_view text, char c) {
  if (text.starts_with(c)) return 1;
  if (text.size() >= 2 && text[0] == '\\' && text[1] == c) return 2;
  const auto is_code = [&](std::string_view prefix) {
    unsigned code = 0;
    const std::string_view digits = text.substr(std::min(text.size(), prefix.size()), 2);
    const auto* end = digits.data() + digits.size();
    return text.starts_with(prefix) && digits.size() == 2 &&
           std::from_chars(digits.data(), end, code, 16).ptr == end &&
           code == static_cast<unsigned char>(c);
  };
  if (is_code("%")) return 3;
  return is_code("\\u00") ? 6 : 0;
}

/// Length of the secret at the beginning of `text`; 0 when it is not there.
std::size_t secret_at(std::string_view text, std::string_view secret) {
  std::size_t pos = 0;
  for (const char c : secret) {
    const std::size_t length = spelling(text.substr(pos), c);
    if (length == 0) return 0;
    pos += length;
  }
  return pos;
}

}  // namespace

void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) {
  // Not a move: a short string's bytes would stay behind in the source object.
  place_ = std::make_shared<const Place>(text);
  wipe(text);
}

Secret::Place::~Place() {
  wipe(text);
}

Secret Secret::share() const {
  Secret out;
  out.place_ = place_;
  return out;
}

void mask(std::string& text, std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  const std::array<char, 3> begins = {secret[0], '\\', '%'};
  const auto next = [&](std::size_t from) {
    return std::min(text.size(), text.find_first_of(begins.data(), from, begins.size()));
  };
  std::string out;
  std::size_t kept = 0;  ///< up to here `text` is in `out`
  for (std::size_t pos = next(0); pos < text.size();) {
    const std::size_t length = secret_at(std::string_view(text).substr(pos), secret);
    if (length > 0) {
      out.append(text, kept, pos - kept).append("[key]");
      kept = pos + length;
    }
    pos = next(pos + std::max<std::size_t>(length, 1));
  }
  if (kept == 0) return;
  out.append(text, kept);
  wipe(text);
  text = std::move(out);
}

namespace {

/// Pieces of one length that must not be shown.
struct Pieces {
  std::size_t length;
  std::unordered_set<std::string_view> all{};
  void add(std::string_view from) {
    for (std::size_t i = 0; i + length <= from.size(); ++i) all.insert(from.substr(i, length));
  }
};

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

void mark(std::string_view text, const Pieces& pieces, std::vector<bool>& hidden) {
  for (std::size_t i = 0; i + pieces.length <= text.size(); ++i) {
    if (!pieces.all.contains(text.substr(i, pieces.length))) continue;
    std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(i), pieces.length, true);
  }
}

}  // namespace

void mask_pieces(std::string& text, std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  constexpr std::size_t kPiece = 8;
  std::vector<std::string> spelled;
  spelled.reserve(6);
  // Where it stands within something longer decides how its bytes fall into groups of three; what
  // else is in the first and the last group is not known.
  for (std::size_t before = 0; before < 3; ++before) {
    std::string inner = base64(std::string(before, '.').append(secret));
    inner.erase(0, before == 0 ? 0 : 4);
    inner.resize(inner.size() - std::min<std::size_t>(inner.size(), 4));
    std::string url = inner;
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    spelled.push_back(std::move(inner));
    spelled.push_back(std::move(url));
  }
  Pieces plain{kPiece};
  plain.add(secret);
  for (const std::string& one : spelled) plain.add(one);
  std::string hex;
  hex.reserve(2 * secret.size());
  for (const char c : secret) {
    fmt::format_to(std::back_inserter(hex), "{:02x}", static_cast<unsigned char>(c));
  }
  Pieces bytes{2 * kPiece};
  bytes.add(hex);
  // In other letter cases, as whoever normalises what they quote writes it.
  std::string lowered = to_lower_ascii(secret);
  Pieces folded{kPiece};
  folded.add(lowered);
  std::vector<bool> hidden(text.size());
  mark(text, plain, hidden);
  std::string lower = to_lower_ascii(text);
  mark(lower, bytes, hidden);
  mark(lower, folded, hidden);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!hidden[i]) {
      out += text[i];
    } else if (i == 0 || !hidden[i - 1]) {
      out += "[key]";
    }
  }
  for (std::string& one : spelled) wipe(one);
  wipe(hex);
  wipe(lowered);
  wipe(lower);
  wipe(text);
  text = std::move(out);
}

Result<Secret> load_api_key(const std::optional<std::string>& file,
                            std::optional<std::string> environment) {
  std::string key;
  std::string source;
  if (file) {
    source = "file " + quote(*file, 200);
    auto read = read_key_file(*file);
    if (!read) return tl::make_unexpected(read.error());
    key = std::move(*read);
  } else if (environment) {
    source = "environment";
    key = *environment;
    wipe(*environment);
  } else {
    return fail("no API key",
                "pass --api-key-file FILE, or set ROLECALL_API_KEY_FILE or ROLECALL_API_KEY");
  }
  if (key.ends_with('\n')) key.pop_back();
  if (key.ends_with('\r')) key.pop_back();
  auto fault = find_fault(key, source);
  Secret secret(std::move(key));
  if (fault) return tl::make_unexpected(std::move(*fault));
  return secret;
}

}  // namespace rolecall
