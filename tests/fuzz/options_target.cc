#include <vector>

#include "controller/cli.h"
#include "controller/option_values.h"
#include "state/api/base_url.h"
#include "state/model/text.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

void values(std::string_view text) {
  if (const auto duration = parse_duration(text)) {
    require(duration->count() >= 0 && *duration <= std::chrono::days(3'650), "a duration");
  }
  if (const auto rate = parse_rate(text)) require(*rate > 0 && *rate <= 10'000, "a rate");
  if (const auto whole = parse_whole(text, 1, 32)) {
    require(std::to_string(*whole).size() <= text.size(), "a whole number");
  }
  (void)parse_instant(text);
  const auto url = parse_base_url(text);
  if (!url) {
    require_printable(url.error().what);
    require(text.find('@') == std::string_view::npos ||
                url.error().what.find(text) == std::string::npos,
            "a message that may hold a password");
    return;
  }
  require(!url->host.empty() && url->port != 0, "an address without a host");
  require(url->host.find_first_of("/?#@% \r\n") == std::string::npos, "an odd host");
  require(url->path.empty() || url->path.front() == '/', "an odd path");
  require(url->path.find_first_of("?# \r\n") == std::string::npos, "an odd path");
  const auto again =
      parse_base_url((url->tls ? "https://" : "http://") + url->authority() + url->path);
  require(again && *again == *url, "an address that is not its own");
}

}  // namespace

void options(std::string_view bytes) {
  std::vector<std::string> arguments;
  for (std::string_view rest = bytes; !rest.empty() && arguments.size() < 12;) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    values(line);
    // An argument of a process ends at its NUL.
    arguments.emplace_back(line.substr(0, line.find('\0')));
  }
  const auto parsed = parse_command_line(arguments);
  const auto* answered = std::get_if<Answered>(&parsed);
  if (answered == nullptr) return;
  require(!answered->text.empty(), "an answer without words");
  require_printable(answered->text);
}

}  // namespace rolecall::fuzz
