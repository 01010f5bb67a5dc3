#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace rolecall::simulator {

/// Writes JSON straight into a string: pages of users are too many for a tree of values.
class JsonWriter {
 public:
  void open(char bracket) {
    element();
    out_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  /// `name` needs no escapes.
  void key(std::string_view name) {
    element();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    fresh_ = true;
  }
  void text(std::string_view value) {
    element();
    out_ += '"';
    append_escaped(value);
    out_ += '"';
  }
  void text_or_null(std::string_view value) {
    if (value.empty()) {
      null();
    } else {
      text(value);
    }
  }
  void null() { raw("null"); }
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void number(std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    raw({digits, static_cast<std::size_t>(end - digits)});
  }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    element();
    out_ += json;
  }

  void field(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }

  void reserve(std::size_t size) { out_.reserve(size); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void element() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void append_escaped(std::string_view value) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto c = static_cast<unsigned char>(value[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      out_.append(value, done, i - done);
      done = i + 1;
      out_ += '\\';
      if (c == '"' || c == '\\') {
        out_ += static_cast<char>(c);
      } else {
        constexpr std::string_view kDigits = "0123456789abcdef";
        out_ += "u00";
        out_ += kDigits[c >> 4U];
        out_ += kDigits[c & 0xfU];
      }
    }
    out_.append(value, done);
  }

  std::string out_;
  bool fresh_ = true;
};

}  // namespace rolecall::simulator
