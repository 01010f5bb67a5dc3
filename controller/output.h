#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/options.h"
#include "state/model/result.h"

namespace rolecall {

/// A result, to stdout as it is: whoever made it has escaped it.
void print(std::string_view text);
/// What was printed is out, also if the process ends in the middle of what comes.
void flush_output();
/// For people, to stderr as it is.
void print_message(std::string_view text);
/// From here on what is for people goes to stderr as records of the log do in JSON, one a message:
/// {"time","level","message"}, and "hint" where an error has one.
void write_messages_as_json();
/// "error: WHAT" and "  hint: HINT" to stderr, escaped. Returns 1, the exit code for errors.
int print_error(const Error& error);
/// One JSON document and a line break to stdout.
void print_json(const boost::json::value& value);

/// Whether colors are wanted on STDOUT_FILENO or STDERR_FILENO: on a terminal that knows them,
/// unless
/// --no-color or NO_COLOR is set.
[[nodiscard]] bool wants_color(const GlobalOptions& global, int stream);

/// The width of the terminal that STDOUT_FILENO or STDERR_FILENO is; 0: it is none, or hides it.
[[nodiscard]] std::size_t terminal_columns(int stream);

/// Ends the output of a command that wants to exit with `code`. A reader that has gone away is
/// no error; any other failure to write is, and gives 1 where the command would have given 0.
[[nodiscard]] int finish_output(int code);

/// "1 group", "2 groups".
[[nodiscard]] std::string counted(std::size_t number, std::string_view one, std::string_view many);

enum class Confirmation { confirmed, refused, no_terminal };
/// Asks on the terminal; only the word "yes" confirms.
[[nodiscard]] Confirmation ask_for_yes(std::string_view question);

}  // namespace rolecall
