#include "controller/define_commands.h"

namespace rolecall {

namespace {

void define_init(CLI::App& app, CommandLine& line) {
  CLI::App& init = command(
      app, "init", "Write a first policy; on a terminal, asks what is not said",
      "Writes rolecall.toml, and rolecall.schema.json for editors, and replaces nothing. The\n"
      "organization is taken from --org, else from the API key where it sees exactly one.\n"
      "Examples:\n"
      "  rolecall init\n"
      "  rolecall init --org 1b2c... --admin ada@acme.example --admin grace@acme.example\n");
  option(init, "folder", line.init.folder, "Where to (default: the current folder)", "FOLDER");
  option(init, "--directory", line.init.directory,
         "Id or name of the directory, where the organization has several", "NAME");
  init.add_option("--admin", line.init.admins, "An organization admin; may be given again")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  word_option<std::string>(init, "--unlisted-users", line.init.unlisted_users,
                           "What happens to people whom the policy does not name (default ignore)",
                           {{"ignore", "ignore"}, {"suspend", "suspend"}, {"remove", "remove"}});
  choose(init, line, line.init);
}

void define_schema(CLI::App& app, CommandLine& line) {
  CLI::App& schema =
      command(app, "schema",
              "Print a JSON Schema: of policies for editors, of what rolecall writes for programs",
              "policy is for editors that complete and check TOML; a policy names it in its\n"
              "first line: #:schema ./rolecall.schema.json\n"
              "plan is of plan --format json, plan-file of a plan that --out saved, audit of\n"
              "each line of audit export.\n"
              "Examples:\n"
              "  rolecall schema > rolecall.schema.json\n"
              "  rolecall schema plan > rolecall-plan.schema.json\n");
  word_option<SchemaOf>(schema, "of", line.schema.of, "Of what (default policy)",
                        {{"policy", SchemaOf::policy},
                         {"plan", SchemaOf::plan},
                         {"plan-file", SchemaOf::plan_file},
                         {"audit", SchemaOf::audit}});
  choose(schema, line, line.schema);
}

}  // namespace

void define_other_commands(CLI::App& app, CommandLine& line) {
  CLI::App& simulate = command(
      app, "simulate", "Serve a made-up organization on this machine that speaks the same API",
      "Examples:\n"
      "  rolecall simulate --size small\n"
      "  rolecall simulate --listen 127.0.0.1:0 --seed org.json\n"
      "  rolecall --api-url http://127.0.0.1:8080/admin plan     in another terminal\n");
  option(simulate, "--listen", line.simulate.listen,
         "Address and port (default 127.0.0.1:8080; port 0 takes a free one)", "HOST:PORT");
  CLI::Option* seed =
      option(simulate, "--seed", line.simulate.seed_file, "The organization, as JSON", "FILE");
  word_option<std::string>(simulate, "--size", line.simulate.size,
                           "A generated organization (default small)",
                           {{"small", "small"}, {"medium", "medium"}, {"large", "large"}})
      ->excludes(seed);
  whole_option(simulate, "--users", line.simulate.users, "People to generate", 1, 1'000'000)
      ->excludes(seed);
  whole_option(simulate, "--groups", line.simulate.groups, "Groups to generate", 0, 100'000)
      ->excludes(seed);
  whole_option(simulate, "--memberships", line.simulate.memberships, "Memberships to generate", 0,
               10'000'000)
      ->excludes(seed);
  whole_option(simulate, "--random-seed", line.simulate.random_seed,
               "Other numbers give other organizations (default 1)", 0, ~std::uint64_t{0} >> 1U)
      ->excludes(seed);
  CLI::Option* tls =
      simulate.add_flag("--tls", line.simulate.tls, "Serve https, with a certificate made for it");
  option(simulate, "--ca-out", line.simulate.ca_out,
         "With --tls: where to write the certificate that clients take as --ca-file", "FILE")
      ->needs(tls);
  choose(simulate, line, line.simulate);

  CLI::App& unlock = command(
      app, "unlock", "Show who holds the lock of the store, and take it away after a \"yes\"",
      "The lock goes by itself when its holder ends. Take it away only from a run that hangs: it\n"
      "will stop before its next write.\n"
      "Examples:\n"
      "  rolecall unlock\n"
      "  rolecall unlock --yes\n");
  unlock.add_flag("--yes", line.unlock.yes, "Do not ask");
  choose(unlock, line, line.unlock);

  define_init(app, line);
  define_schema(app, line);
  CLI::App& completion =
      command(app, "completion", "Print a shell's completion script",
              "Examples:\n"
              "  source <(rolecall completion bash)\n"
              "  rolecall completion zsh > ~/.zfunc/_rolecall\n"
              "  rolecall completion fish > ~/.config/fish/completions/rolecall.fish\n");
  word_option<Shell>(completion, "shell", line.completion.shell, "Which shell",
                     {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}})
      ->required();
  choose(completion, line, line.completion);

  CLI::App& man = command(app, "man", "Print the manual page",
                          "Examples:\n"
                          "  rolecall man | man -l -\n");
  // For packagers; the installed page is made by it.
  man.group("");
  man.callback([&line] { line.command = ManOptions{}; });
}

}  // namespace rolecall
