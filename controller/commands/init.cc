#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/whole_file.h"
#include "policies/format_policy.h"
#include "policies/language.h"
#include "policies/schema.h"
#include "policies/source_excerpt.h"
#include "state/model/keys.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

struct Answers {
  std::string organization;
  std::string directory;
  std::vector<std::string> admins;
  std::string unlisted_users;
};

/// What is wrong with an answer; nothing where it is fine.
using Problem = std::optional<Error>;

/// One line from the terminal; the default where it is empty. Asks again until it is fine, or there
/// is no more to read: then whoever goes on says what is wrong.
template <class Check>
std::string ask(const std::string& question, const std::string& otherwise, const Check& check) {
  while (true) {
    print_message(question + (otherwise.empty() ? "" : " [" + escape_terminal(otherwise) + "]") +
                  ": ");
    std::string line;
    const bool more = static_cast<bool>(std::getline(std::cin, line));
    const std::string_view trimmed = trim_ascii(line);
    std::string answer = trimmed.empty() ? otherwise : std::string(trimmed);
    const Problem problem = more ? check(answer) : std::nullopt;
    if (!problem) return answer;
    (void)print_error(*problem);
  }
}

/// Of what is typed in a UUID is asked for; a policy and --org may say what else there is.
Problem check_organization(const std::string& id) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto fits = [](char c, char shape) {
    return shape == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  };
  if (id.size() == kShape.size() && std::equal(id.begin(), id.end(), kShape.begin(), fits)) {
    return std::nullopt;
  }
  return Error{fmt::format("{} is not an organization id", quote(id)),
               "it looks like 1b2c3d4e-0000-4000-8000-0000000000aa, and is part of the address of "
               "admin.atlassian.com"};
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = trim_ascii(text.substr(0, comma));
    if (!one.empty()) out.emplace_back(one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

Problem check_admins(const std::string& text) {
  for (const std::string& admin : listed(text)) {
    const Result<Email> email = Email::parse(admin);
    if (!email) return Error{fmt::format("address {} {}", quote(admin), email.error().what), ""};
  }
  return std::nullopt;
}

Problem check_unlisted(const std::string& word) {
  const auto& words = language::kUnlistedUsers;
  if (std::find(words.begin(), words.end(), word) != words.end()) return std::nullopt;
  return Error{fmt::format("{} is none of the three words", quote(word)),
               "ignore leaves them alone"};
}

/// Of the key, where there is one that sees exactly one.
Result<std::string> organization_of_key(const GlobalOptions& global) {
  auto connection = Connection::open(global);
  if (!connection) return tl::make_unexpected(connection.error());
  return organization_of(global, connection->reads());
}

Result<Answers> answers(const GlobalOptions& global, const InitOptions& options) {
  Answers out{global.org, options.directory, options.admins, options.unlisted_users};
  const bool asks = isatty(STDIN_FILENO) == 1;
  if (out.organization.empty()) {
    const Result<std::string> found = organization_of_key(global);
    if (!found && !asks) return tl::make_unexpected(found.error());
    out.organization = found.value_or("");
    if (asks) {
      out.organization = ask("Organization id, a part of the address of admin.atlassian.com",
                             out.organization, check_organization);
    }
  }
  if (out.directory.empty() && asks) {
    out.directory = ask("Directory, id or name (empty: the organization has one)", "",
                        [](const std::string&) { return Problem(); });
  }
  if (out.admins.empty() && asks) {
    out.admins = listed(
        ask("Who administers the organization? Addresses with commas between", "", check_admins));
  }
  if (out.unlisted_users.empty()) {
    out.unlisted_users = "ignore";
    if (asks) {
      out.unlisted_users =
          ask("What happens to people the policy does not name: ignore, suspend, remove", "ignore",
              check_unlisted);
    }
  }
  return out;
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<void> check(const Answers& given) {
  if (const Problem problem = check_organization(given.organization)) {
    return tl::make_unexpected(*problem);
  }
  for (const std::string& admin : given.admins) {
    if (const Problem problem = check_admins(admin)) return tl::make_unexpected(*problem);
  }
  if (given.admins.empty() && given.unlisted_users != language::kUnlistedUsers[0]) {
    return fail("nobody would administer the organization",
                "name the admins, with --admin, or let people the policy does not name alone");
  }
  for (const std::string* text : {&given.organization, &given.directory, &given.unlisted_users}) {
    if (find_hidden_character(*text) || find_invalid_utf8(*text)) {
      return fail(fmt::format("{} holds what cannot be seen", quote(*text)));
    }
  }
  return {};
}

std::string policy_of(const Answers& given) {
  std::string out =
      "#:schema ./rolecall.schema.json\n"
      "# Who has access to what. Check it with rolecall validate; rolecall plan shows what it "
      "would "
      "change.\n"
      "version = 1\n\n[organization]\n";
  out += fmt::format("id = {}\n", toml_text(given.organization));
  if (!given.directory.empty()) out += fmt::format("directory = {}\n", toml_text(given.directory));
  out += fmt::format(
      "unlisted_users = {} # people no [users] entry names: \"ignore\", \"suspend\", \"remove\"\n",
      toml_text(given.unlisted_users));
  out += "\n[users]\n";
  for (const std::string& admin : given.admins) {
    out += fmt::format("{} = {{ roles = [\"org-admin\"] }}\n", toml_text(admin));
  }
  return out +
         "\n# What is not named is left alone, so a policy can grow group by group:\n"
         "# [groups.engineering]\n"
         "# members = [\"ada@acme.example\"]\n";
}

}  // namespace

int run_init(const GlobalOptions& global, const InitOptions& options) {
  if (const Result<std::string> there = default_policy_path(options.folder)) {
    return print_error(
        {fmt::format("there is a policy already: {}", *there), "nothing was written"});
  }
  const Result<Answers> given = answers(global, options);
  if (!given) return print_error(given.error());
  if (const Result<void> fine = check(*given); !fine) return print_error(fine.error());

  const std::string folder = options.folder == "." ? "" : options.folder + "/";
  const std::string path = folder + "rolecall.toml";
  Diagnostics diagnostics;
  const auto text = format_policy({path, policy_of(*given)}, diagnostics);
  if (text) {
    const std::vector<SourceFile> files{{path, *text}};
    diagnostics = parse_policy(files).diagnostics;
    if (diagnostics.has_errors()) {
      print_message(render(diagnostics, files, wants_color(global, STDERR_FILENO)));
      return 1;
    }
  } else {
    print_message(render(diagnostics));
    return 1;
  }
  if (std::error_code error; !folder.empty() && !fs::create_directories(folder, error) && error) {
    return print_error({fmt::format("cannot make the folder {}: {}", folder, error.message()), ""});
  }
  if (const auto done = write_new_file(path, *text); !done) return print_error(done.error());
  print(fmt::format("wrote {}\n", escape_terminal(path)));
  const std::string schema = folder + "rolecall.schema.json";
  if (access(schema.c_str(), F_OK) != 0) {
    if (const auto done = write_new_file(schema, policy_schema()); !done) {
      return print_error(done.error());
    }
    print(
        fmt::format("wrote {}, by which editors complete and check it\n", escape_terminal(schema)));
  }
  print("Next: rolecall validate, then rolecall plan. Both change nothing.\n");
  return 0;
}

}  // namespace rolecall
