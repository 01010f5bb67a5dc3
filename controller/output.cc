#include "controller/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "diff/text_lines.h"
#include "state/api/clock.h"
#include "state/model/instant.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Of the first failure on stdout; its error indicator doesn't say which.
int write_error = 0;
bool messages_are_json = false;

void write(std::FILE* stream, std::string_view text) {
  if (text.empty()) return;
  errno = 0;
  const bool whole = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  // What is lost is told by finish_output, at the end.
  if (!whole && stream == stdout && write_error == 0) write_error = errno;
}

std::string record(std::string_view level, std::string_view message, std::string_view hint) {
  json::object out{{"time", format_instant(SystemClock().now())},
                   {"level", level},
                   {"message", escape_terminal(message)}};
  if (!hint.empty()) out["hint"] = escape_terminal(hint);
  return json::serialize(out) + '\n';
}

}  // namespace

void print(std::string_view text) {
  write(stdout, text);
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 && write_error == 0) write_error = errno;
}

void write_messages_as_json() {
  messages_are_json = true;
}

void print_message(std::string_view text) {
  flush_output();
  if (!messages_are_json) return write(stderr, text);
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.empty()) write(stderr, record("info", text, {}));
}

int print_error(const Error& error) {
  if (messages_are_json) {
    flush_output();
    write(stderr, record("error", error.what, error.hint));
    return 1;
  }
  constexpr std::size_t kIndent = 8;  // behind "  hint: "
  TextLines text(false, terminal_columns(STDERR_FILENO));
  text.out = "error: ";
  text.add_words(text.out.size(), escape_terminal(error.what), kIndent);
  if (!error.hint.empty()) {
    text.out += "  hint: ";
    text.add_words(kIndent, escape_terminal(error.hint), kIndent);
  }
  print_message(text.out);
  return 1;
}

void print_json(const boost::json::value& value) {
  print(print_line(value) + "\n");
}

bool wants_color(const GlobalOptions& global, int stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return !global.no_color && (no_color == nullptr || *no_color == '\0') && isatty(stream) == 1 &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::size_t terminal_columns(int stream) {
  winsize size{};
  return ioctl(stream, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int finish_output(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  const int why = write_error != 0 ? write_error : errno;
  if (failed) write_error = why;  // also for whoever ends the output once more
  // Somebody reads the first lines only: nothing is wrong.
  if (!failed || why == EPIPE) return code;
  const std::string reason = why == 0 ? "write failed" : std::strerror(why);
  print_error({fmt::format("the result could not be written: {}", reason), {}});
  return code == 0 ? 1 : code;
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

Confirmation ask_for_yes(std::string_view question) {
  if (isatty(STDIN_FILENO) == 0) return Confirmation::no_terminal;
  print_message(fmt::format("{}\nOnly \"yes\" is accepted: ", question));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes" ? Confirmation::confirmed : Confirmation::refused;
}

}  // namespace rolecall
