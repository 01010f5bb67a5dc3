#include "controller/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "controller/cli_app.h"
#include "controller/get_things.h"

namespace rolecall {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const std::string& name : option.get_lnames()) out.push_back("--" + name);
  return out;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options()) {
    for (std::string& name : names_of(*option)) out.push_back(std::move(name));
  }
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

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

/// Of an option that takes one of a few words, as word_option names its type; else none.
std::vector<std::string> words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type.find('|') == std::string::npos ||
      type.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
    return {};
  }
  return CLI::detail::split(type, '|');
}

bool takes_file(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type == "FILE" || type == "FOLDER" || type == "DIR" || type.starts_with("POLICY");
}

/// Words that may follow a command: its own commands, or the values its argument takes.
std::vector<std::string> words_after(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* command : commands_of(app)) out.push_back(command->get_name());
  if (app.get_name() == "get") {
    for (const std::string_view name : thing_names()) out.emplace_back(name);
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    for (std::string& word : words_of(*option)) out.push_back(std::move(word));
  }
  return out;
}

/// "audit/show" for the command of that path.
std::string below(const std::string& path, const CLI::App& command) {
  return path.empty() ? command.get_name() : path + "/" + command.get_name();
}

void add_paths(const CLI::App& app, const std::string& path, std::vector<std::string>& out) {
  for (const CLI::App* command : commands_of(app)) {
    out.push_back(below(path, *command));
    add_paths(*command, out.back(), out);
  }
}

std::vector<std::string> paths_of(const CLI::App& app) {
  std::vector<std::string> out;
  add_paths(app, "", out);
  return out;
}

// --- bash and zsh -------------------------------------------------------------------------------

/// Branches of a `case` over what option the value is of.
void add_value_branches(const CLI::App& app, const std::string& path, std::string& out) {
  for (const CLI::Option* option : app.get_options()) {
    if (!takes_value(*option) || option->get_lnames().empty()) continue;
    const std::vector<std::string> words = words_of(*option);
    for (const std::string& name : names_of(*option)) {
      // A command may have an option of the same name as all have: its own comes first.
      out += fmt::format("    {}:{}) kind={}; words={} ;;\n", path.empty() ? "*" : path, name,
                         !words.empty()        ? "words"
                         : takes_file(*option) ? "files"
                                               : "free",
                         in_quotes(joined(words)));
    }
  }
}

struct Branches {
  std::string commands, values;
};

void add_branches(const CLI::App& app, const std::string& path, Branches& out) {
  out.commands +=
      fmt::format("    {}) words={}; options={} ;;\n", in_quotes(path),
                  in_quotes(joined(words_after(app))), in_quotes(joined(options_of(app))));
  for (const CLI::App* command : commands_of(app)) {
    add_branches(*command, below(path, *command), out);
  }
  add_value_branches(app, path, out.values);
}

/// Where the function finds nothing, files are completed. zsh runs it too, through bashcompinit, so
/// that there is one to keep right; of "--format=json" bash makes three words, zsh one.
std::string bash(const CLI::App& app) {
  Branches branches;
  add_branches(app, "", branches);
  return fmt::format(
      R"(_rolecall() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="" named="" lead=""
  local word next words="" options="" kind="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    next="${{named:+$named/}}$word"
    case "$next" in
    {paths}) named="$next" ;;
    esac
  done
  if ((COMP_CWORD > 1)); then before="${{COMP_WORDS[COMP_CWORD-1]}}"; fi
  case "$current" in
  =) current="" ;;
  --*=*) before="${{current%%=*}}" lead="${{current%%=*}}=" current="${{current#*=}}" ;;
  *) if [[ "$before" == = ]]; then before="${{COMP_WORDS[COMP_CWORD-2]}}"; fi ;;
  esac
  case "$named:$before" in
{values}  esac
  COMPREPLY=()
  case "$kind" in
  words) COMPREPLY=($(compgen -P "$lead" -W "$words" -- "$current")); return ;;
  files) return ;;
  free) compopt +o default 2>/dev/null; return ;;
  esac
  case "$named" in
{commands}  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options {globals}" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}}
complete -o default -F _rolecall rolecall
)",
      fmt::arg("paths", fmt::format("{}", fmt::join(paths_of(app), "|"))),
      fmt::arg("values", branches.values), fmt::arg("commands", branches.commands),
      fmt::arg("globals", joined(options_of(app))));
}

std::string zsh(const CLI::App& app) {
  // Where zsh has loaded this file to complete something, it is to be completed at once.
  return "#compdef rolecall\nautoload -U +X bashcompinit && bashcompinit\n" + bash(app) +
         "if [[ -n ${compstate+x} ]]; then _bash_complete -o default -F _rolecall; fi\n";
}

// --- fish ---------------------------------------------------------------------------------------

/// Where the command named so far is this one.
std::string condition(const std::string& path) {
  return "-n " + in_quotes("__rolecall_at " + path);
}

/// Paths of the commands that have an option of this name themselves.
void add_owners(const CLI::App& app, const std::string& path, const std::string& name,
                std::vector<std::string>& out) {
  for (const CLI::App* command : commands_of(app)) {
    const std::string own = below(path, *command);
    if (command->get_option_no_throw("--" + name) != nullptr) out.push_back(own);
    add_owners(*command, own, name, out);
  }
}

/// Where an option of the command at `path` is meant: one of the program itself everywhere, except
/// where a command has its own of that name.
std::string option_condition(const CLI::App& app, const std::string& path,
                             const std::string& name) {
  if (!path.empty()) return " " + condition(path);
  std::vector<std::string> owners;
  // Every command has its own help, the same everywhere.
  if (name != "help") add_owners(app, path, name, owners);
  if (owners.empty()) return "";
  return " -n " + in_quotes(fmt::format("not __rolecall_at {}",
                                        fmt::join(owners, "; and not __rolecall_at ")));
}

void add_fish(const CLI::App& app, const std::string& path, std::string& out) {
  const std::string begin = "complete -c rolecall";
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string> words = words_of(*option);
    const std::string value = !takes_value(*option) ? ""
                              : !words.empty()      ? " -x -a " + in_quotes(joined(words))
                              : takes_file(*option) ? " -r -F"
                                                    : " -x";
    for (const std::string& name : option->get_lnames()) {
      out += fmt::format("{}{} -l {}{} -d {}\n", begin, option_condition(app, path, name), name,
                         value, in_quotes(option->get_description()));
    }
  }
  const std::vector<std::string> words = words_after(app);
  if (!words.empty()) out += fmt::format("{} {} -f\n", begin, condition(path));
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format("{} {} -a {} -d {}\n", begin, condition(path), command->get_name(),
                       in_quotes(command->get_description()));
    add_fish(*command, below(path, *command), out);
  }
  if (commands_of(app).empty() && !words.empty()) {
    out += fmt::format("{} {} -a {}\n", begin, condition(path), in_quotes(joined(words)));
  }
}

std::string fish(const CLI::App& app) {
  std::string out = fmt::format(
      R"(function __rolecall_at
  set -l named
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    set -l next (string join / $named $word)
    if contains -- $next {}
      set named $next
    end
  end
  test "$named" = "$argv"
end
)",
      joined(paths_of(app)));
  add_fish(app, "", out);
  return out;
}

}  // namespace

std::string completion_script(Shell shell) {
  CommandLine line;
  const auto app = define_command_line(line);
  switch (shell) {
    case Shell::bash:
      return bash(*app);
    case Shell::zsh:
      return zsh(*app);
    case Shell::fish:
      return fish(*app);
  }
  return {};
}

}  // namespace rolecall
