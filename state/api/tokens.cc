#include "state/api/tokens.h"

#include <algorithm>
#include <array>

#include "state/model/text.h"

namespace rolecall {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_upper(c) || is_lower(c);
}

/// What tokens are written in (RFC 6750, 2.1) but the "=" at their end.
bool is_token_character(char c) {
  return is_alphanumeric(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
}

bool is_uuid(std::string_view word) {
  return word.size() == 36 && std::all_of(word.begin(), word.end(), [](char c) {
           return is_digit(c) || c == '-' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

/// Where in the word a token begins that is known by its first letters; its end where none does.
std::size_t known_beginning(std::string_view word) {
  constexpr std::size_t kShortest = 16;
  for (const std::string_view first : {"ATATT", "ATCTT", "eyJ"}) {
    for (std::size_t at = word.find(first); at != std::string_view::npos;
         at = word.find(first, at + 1)) {
      const bool begins = at == 0 || !is_alphanumeric(word[at - 1]);
      if (begins && word.size() - at >= kShortest) return at;
    }
  }
  return word.size();
}

/// How much of a text is still under the words that announce a key.
class Announced {
 public:
  void take(std::string_view word) {
    const std::string lower = to_lower_ascii(word);
    basic_ = ends_in(lower, "basic");
    if (ends_in(lower, "authorization")) {
      left_ = 3;  // "Authorization: ApiKey name:secret"
    } else if (ends_in(lower, "bearer")) {
      left_ = std::max(left_, 2);  // "bearer token: secret"
    } else {
      left_ = std::max(left_ - 1, 0);
    }
  }
  [[nodiscard]] bool is_key(std::string_view word) const {
    if (word.size() < 8 || is_uuid(word)) return false;
    const std::string_view rest = word.substr(1);
    const bool capitals = std::any_of(rest.begin(), rest.end(), is_upper);
    if (left_ > 0) return capitals || std::any_of(word.begin(), word.end(), is_digit);
    // A role of the API is called so, too.
    return basic_ && capitals && std::any_of(word.begin(), word.end(), is_lower);
  }

 private:
  static bool ends_in(std::string_view word, std::string_view name) {
    return word.ends_with(name) &&
           (word.size() == name.size() || !is_alphanumeric(word[word.size() - name.size() - 1]));
  }
  int left_ = 0;  ///< words
  bool basic_ = false;
};

}  // namespace

std::string without_tokens(std::string_view text) {
  constexpr std::string_view kMasked = "[key]";
  std::string out;
  Announced announced;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_token_character);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (word.empty()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::size_t begins = announced.is_key(word) ? 0 : known_beginning(word);
    out += word.substr(0, begins);
    if (begins < word.size()) out += kMasked;
    announced.take(word);
    text.remove_prefix(word.size());
  }
  return out;
}

}  // namespace rolecall
