#include "controller/completion.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "controller/cli_app.h"
#include "controller/get_things.h"

namespace rolecall {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// In single quotes for a POSIX shell or fish, on one line.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out + "'";
}

/// Words that may follow a command: its own commands, or the values its argument takes.
std::vector<std::string> words_after(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* command : commands_of(app)) out.push_back(command->get_name());
  if (app.get_name() == "get") {
    for (const std::string_view name : thing_names()) out.emplace_back(name);
  }
  if (app.get_name() == "completion") out = {"bash", "zsh", "fish"};
  return out;
}

/// One branch of a `case` over the commands named so far ("audit/show").
void add_branches(const CLI::App& app, const std::string& path, std::string& out) {
  out += fmt::format("    {}) words={}; options={} ;;\n", in_quotes(path),
                     in_quotes(joined(words_after(app))), in_quotes(joined(options_of(app))));
  for (const CLI::App* command : commands_of(app)) {
    add_branches(*command, path.empty() ? command->get_name() : path + "/" + command->get_name(),
                 out);
  }
}

std::string paths(const CLI::App& app, const std::string& path) {
  std::string out;
  for (const CLI::App* command : commands_of(app)) {
    const std::string below =
        path.empty() ? command->get_name() : fmt::format("{}/{}", path, command->get_name());
    out += (out.empty() ? "" : "|") + below;
    const std::string deeper = paths(*command, below);
    if (!deeper.empty()) out += "|" + deeper;
  }
  return out;
}

/// zsh runs the same function through bashcompinit, so that there is one to keep right.
std::string bash(const CLI::App& app) {
  std::string branches;
  add_branches(app, "", branches);
  return fmt::format(
      R"(_rolecall() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" named="" word next words options i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    next="${{named:+$named/}}$word"
    case "$next" in
    {paths}) named="$next" ;;
    esac
  done
  case "$named" in
{branches}  esac
  COMPREPLY=()
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options {globals}" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}}
complete -o default -F _rolecall rolecall
)",
      fmt::arg("paths", paths(app, "")), fmt::arg("branches", branches),
      fmt::arg("globals", joined(options_of(app))));
}

std::string zsh(const CLI::App& app) {
  // Where zsh has loaded this file to complete something, it is to be completed at once.
  return "#compdef rolecall\nautoload -U +X bashcompinit && bashcompinit\n" + bash(app) +
         "if [[ -n ${compstate+x} ]]; then _bash_complete -o default -F _rolecall; fi\n";
}

void add_fish(const CLI::App& app, const std::string& condition, std::string& out) {
  const std::string begin =
      "complete -c rolecall" + (condition.empty() ? "" : " -n " + in_quotes(condition));
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      out += fmt::format("{} -l {}{} -d {}\n", begin, name,
                         option->get_items_expected_max() > 0 ? " -r" : "",
                         in_quotes(option->get_description()));
    }
  }
  const std::string here = condition.empty() ? "__fish_use_subcommand" : condition;
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format("complete -c rolecall -n {} -a {} -d {}\n", in_quotes(here),
                       command->get_name(), in_quotes(command->get_description()));
    add_fish(*command, "__fish_seen_subcommand_from " + command->get_name(), out);
  }
  if (commands_of(app).empty()) {
    for (const std::string& word : words_after(app)) {
      out += fmt::format("{} -a {}\n", begin, word);
    }
  }
}

}  // namespace

std::string completion_script(Shell shell) {
  CommandLine line;
  const auto app = define_command_line(line);
  if (shell == Shell::bash) return bash(*app);
  if (shell == Shell::zsh) return zsh(*app);
  std::string out;
  add_fish(*app, "", out);
  return out;
}

}  // namespace rolecall
