#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rolecall {

/// How the rows of the log hang together, so that it can be checked with any SHA-256 tool.
///
/// Every row of the log has a number (`seq`, from 1, without gaps) and a *row text*: a JSON object
/// on one line, without white space, with the members "seq" and "type" and then every column of the
/// row in the order of its table. Integers are decimal. Texts are UTF-8; only `"`, `\` and U+0000
/// to U+001F are escaped, as `\"`, `\\` and `\u00xx` with small hexadecimal digits. A byte xx that
/// is no part of valid UTF-8 is written `\udcxx`. Thus a row has one row text, and two different
/// rows have different ones.
///
/// The hash of a row is the SHA-256, in small hexadecimal digits, of these bytes (LF: a line
/// break):
///
///     rolecall audit row 1 LF  PREVIOUS LF  LENGTH LF  ROWTEXT
///
/// PREVIOUS is the hash of the row before. LENGTH is the number of bytes of ROWTEXT, in decimal.
/// Before row 1 stands the SHA-256 of
///
///     rolecall audit store 1 LF  STOREID
///
/// so that rows of one store cannot be shown as another's. With bash and LC_ALL=C, from an export:
///
///     printf 'rolecall audit row 1\n%s\n%d\n%s' "$previous" "${#row}" "$row" | sha256sum
struct ChainHead {
  std::int64_t seq = 0;  ///< 0: no row yet
  std::string hash;      ///< 64 hexadecimal digits
  bool operator==(const ChainHead&) const = default;
};

/// "12:9f86d0...".
[[nodiscard]] std::string format_head(const ChainHead& head);
[[nodiscard]] std::optional<ChainHead> parse_head(std::string_view text);

/// What a checkpoint's signature is over, and what the head file beside a store holds.
[[nodiscard]] std::string head_statement(std::string_view store_id, const ChainHead& head);

/// Makes row texts. One object serves many rows, one after the other.
class RowText {
 public:
  void begin(std::int64_t seq, std::string_view type);
  void add(std::string_view name, std::int64_t number);
  void add(std::string_view name, std::string_view text);
  /// Valid until the next begin().
  [[nodiscard]] std::string_view finish();

 private:
  std::string text_;
};

/// SHA-256 of bytes that come one after the other.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  /// 64 small hexadecimal digits. Begins anew.
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Computes hashes as said above.
class ChainHasher {
 public:
  [[nodiscard]] ChainHead start(std::string_view store_id);
  [[nodiscard]] std::string next(std::string_view previous, std::string_view row_text);

 private:
  Sha256 sha256_;
};

/// Appends a JSON string, escaped as in row texts, with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace rolecall
