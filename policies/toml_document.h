#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/diagnostics.h"
#include "policies/plain_list.h"
#include "state/model/instant.h"

namespace rolecall {

/// A spot in the file that is being read; lines and columns as in Place.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class ValueKind : std::uint8_t {
  string,
  integer,
  real,
  boolean,
  date,
  date_time,
  time,
  array,
  table,
};

/// "a string", "an integer", ...: as messages call it.
[[nodiscard]] std::string_view describe(ValueKind kind);

/// A date or a date-time. A date is the whole day, a date-time a moment.
struct Moment {
  Instant begin;
  Instant end;       ///< first instant after it; `begin` again for a date-time
  std::string text;  ///< as people write it, in UTC
};

struct Entry;

class PlainLists;

/// One value of a Document, as a view into it. Reading one as another kind than it is is a bug.
class Value {
 public:
  Value(const void* node, const PlainLists* lists);
  explicit Value(const PlainString* string) : string_(string) {}

  [[nodiscard]] ValueKind kind() const;
  [[nodiscard]] bool is(ValueKind wanted) const { return kind() == wanted; }
  [[nodiscard]] Position at() const;

  [[nodiscard]] std::string_view string() const;
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] Moment moment() const;  ///< of a date or a date-time

  [[nodiscard]] std::size_t size() const;  ///< of an array
  [[nodiscard]] Value operator[](std::size_t i) const;
  [[nodiscard]] std::vector<Entry> entries() const;  ///< of a table, in the order of the file

 private:
  const void* node_ = nullptr;
  const PlainLists* lists_ = nullptr;
  const PlainList* list_ = nullptr;      ///< has the strings of this array, instead of the node
  const PlainString* string_ = nullptr;  ///< this element of a plain list, instead of a node
};

struct Entry {
  std::string_view key;
  Position at;  ///< of the key
  Value value;
};

/// A parsed TOML file. The only way to toml++, whose headers cost seconds to compile.
class Document {
 public:
  /// `text` must have passed scan_bytes. Reports the first thing that is not TOML, duplicate keys
  /// among it, and is then nothing. With the `lists` that scan_bytes found the result is the same,
  /// and there sooner; their strings are views into `text`.
  [[nodiscard]] static std::optional<Document> parse(const std::string& path, std::string_view text,
                                                     Diagnostics& diagnostics,
                                                     std::vector<PlainList> lists = {});
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  [[nodiscard]] Value root() const;

 private:
  struct Tree;
  explicit Document(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace rolecall
