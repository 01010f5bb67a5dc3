#include "controller/help_format.h"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "state/model/text.h"
#include "state/model/wrap.h"

namespace rolecall {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kWordsBegin = 26;

constexpr std::array<std::string_view, 5> kOrder = {kBeginning, kEveryDay, kLooking, kHelping,
                                                    kToolbox};

/// Adds words to a line that has come as far as `column`; further lines begin at `indent`.
void add_wrapped(std::string& out, std::size_t column, std::size_t indent, std::string_view words) {
  bool first = true;
  for (const std::string_view part : wrap(words, column, indent, kColumns)) {
    if (!first) out += '\n' + std::string(indent, ' ');
    out += part;
    first = false;
  }
  out += '\n';
}

/// "  NAME     words" with the words in a column of their own, below the name where that is long.
std::string entry(const std::string& name, std::string_view words) {
  std::string out = "  " + name;
  if (count_code_points(out) + 2 > kWordsBegin) {
    out += '\n' + std::string(kWordsBegin, ' ');
  } else {
    out += std::string(kWordsBegin - count_code_points(out), ' ');
  }
  add_wrapped(out, kWordsBegin, kWordsBegin, words);
  return out;
}

std::string names_in_words(const std::vector<const CLI::Option*>& options) {
  std::string out;
  for (const CLI::Option* option : options) {
    out += (out.empty() ? "" : ", ") + option->get_name();
  }
  return out;
}

template <class Set>
std::vector<const CLI::Option*> sorted_by_name(const Set& options) {
  std::vector<const CLI::Option*> out(options.begin(), options.end());
  std::sort(out.begin(), out.end(), [](const CLI::Option* a, const CLI::Option* b) {
    return a->get_name() < b->get_name();
  });
  return out;
}

}  // namespace

HelpFormatter::HelpFormatter() {
  label("Positionals", "Arguments");
  label("SUBCOMMAND", "COMMAND");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  std::string out = Formatter::make_help(app, std::move(name), mode);
  for (std::size_t at = 0; (at = out.find("\n\n\n", at)) != std::string::npos;) out.erase(at, 1);
  return out;
}

std::string HelpFormatter::make_subcommands(const CLI::App* app,
                                            CLI::AppFormatMode /*mode*/) const {
  std::vector<std::string> groups;
  const auto all =
      app->get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
  for (const CLI::App* command : all) {
    if (std::find(groups.begin(), groups.end(), command->get_group()) == groups.end()) {
      groups.push_back(command->get_group());
    }
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return std::find(kOrder.begin(), kOrder.end(), a) < std::find(kOrder.begin(), kOrder.end(), b);
  });
  std::string out;
  for (const std::string& group : groups) {
    out += '\n' + (group == "Subcommands" ? "Commands" : group) + ":\n";
    for (const CLI::App* command : all) {
      if (command->get_group() == group) out += make_subcommand(command);
    }
  }
  return out;
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  std::string out;
  add_wrapped(out, 0, 0, app->get_description());
  return out;
}

/// Prose is wrapped anew; what is indented, examples and lists, only where it is too long.
std::string HelpFormatter::make_footer(const CLI::App* app) const {
  std::string out;
  std::string prose;
  const auto end_prose = [&] {
    if (!prose.empty()) add_wrapped(out, 0, 0, prose);
    prose.clear();
  };
  const std::string footer = app->get_footer();
  for (std::string_view rest = footer; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.empty() && line.front() != ' ' && line.back() != ':') {
      prose += (prose.empty() ? "" : " ") + std::string(line);
      continue;
    }
    end_prose();
    if (line.starts_with("  ") && count_code_points(line) > kColumns) {
      out += "  ";
      add_wrapped(out, 2, 4, line.substr(2));
    } else {
      out.append(line) += '\n';
    }
  }
  end_prose();
  return out;
}

std::string HelpFormatter::make_subcommand(const CLI::App* app) const {
  return entry(app->get_name(), app->get_description());
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool positional) const {
  const std::string type = option->get_items_expected_max() > 0 ? option->get_type_name() : "";
  std::string name = positional ? type : option->get_name(false, true);
  if (!positional && !type.empty()) name += ' ' + type;
  std::string words = option->get_description();
  if (option->get_required() && !positional) words += " (required)";
  const auto needs = sorted_by_name(option->get_needs());
  if (!needs.empty()) words += " (with " + names_in_words(needs) + ")";
  const auto excludes = sorted_by_name(option->get_excludes());
  if (!excludes.empty()) words += " (not with " + names_in_words(excludes) + ")";
  if (!option->get_envname().empty()) words += " [" + option->get_envname() + "]";
  return entry(name, words);
}

std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  return option->get_required() ? type : "[" + type + "]";
}

}  // namespace rolecall
