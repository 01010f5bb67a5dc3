#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/signals.h"
#include "state/api/clock.h"
#include "state/model/json.h"
#include "state/simulator/server.h"

namespace rolecall {
namespace {

constexpr std::chrono::hours kForever{24 * 365};

struct Size {
  std::string_view name;
  simulator::GeneratedSize size;
};
constexpr std::array<Size, 3> kSizes = {{{"small", {50, 10, 200, 1}},
                                         {"medium", {1'000, 100, 10'000, 1}},
                                         {"large", {10'000, 1'000, 100'000, 1}}}};

Result<boost::json::value> seed_of(const SimulateOptions& options) {
  if (!options.seed_file.empty()) {
    std::ifstream in(options.seed_file, std::ios::binary);
    if (!in) {
      return fail(fmt::format("cannot read {}: {}", options.seed_file, std::strerror(errno)));
    }
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    auto value = parse_json(bytes);
    if (!value) {
      return fail(fmt::format("{}: {}", options.seed_file, value.error().what),
                  "a seed is JSON, such as examples/quickstart/seed.json");
    }
    return value;
  }
  simulator::GeneratedSize size = kSizes[0].size;
  for (const Size& known : kSizes) {
    if (known.name == options.size) size = known.size;
  }
  size.users = options.users.value_or(size.users);
  size.groups = options.groups.value_or(size.groups);
  size.memberships = options.memberships.value_or(size.memberships);
  size.seed = options.random_seed;
  return simulator::generate_seed(size);
}

}  // namespace

int run_simulate(const GlobalOptions&, const SimulateOptions& options) {
  const auto seed = seed_of(options);
  if (!seed) return print_error(seed.error());
  auto org = simulator::FakeOrg::from_seed(*seed, [] { return SystemClock().now(); });
  if (!org) return print_error(org.error());
  simulator::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.tls = options.tls;
  server_options.ca_file = options.ca_out;
  if (options.tls && options.ca_out.empty()) server_options.ca_file = "rolecall-simulator-ca.pem";
  const std::string organization =
      std::string(org->state().at("organization").at("id").as_string());
  const auto server = simulator::Server::start(std::move(*org), server_options);
  if (!server) return print_error(server.error());
  catch_stop_signals();
  std::string url = (*server)->base_url();
  print(fmt::format("listening on {}  organization {}\n", url, organization));
  if (options.tls) {
    print(fmt::format("the certificate's authority is in {}: pass it on with --ca-file\n",
                      server_options.ca_file));
  }
  if (const int code = finish_output(0); code != 0) return code;
  std::thread serving([&] { (*server)->run(); });
  (void)sleep_unless_stopped(kForever);
  (*server)->stop();
  serving.join();
  return 0;
}

}  // namespace rolecall
