#include "controller/connect.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <random>

#include "controller/listing.h"
#include "controller/policy_files.h"
#include "controller/private_memory.h"
#include "controller/progress.h"
#include "controller/signals.h"
#include "policies/policy.h"
#include "state/api/base_url.h"
#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/http_client.h"
#include "state/api/secret.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// The variable's value, which it no longer has then: programs that this one starts have no
/// business with it, and neither has who reads /proc/PID/environ.
std::optional<std::string> take_from_environment() {
  char* value = std::getenv("ROLECALL_API_KEY");
  if (value == nullptr) return std::nullopt;
  std::string key = value;
  OPENSSL_cleanse(value, key.size());
  unsetenv("ROLECALL_API_KEY");
  return key;
}

Result<Secret> api_key(const GlobalOptions& global) {
  // `run` opens a connection in every cycle, and the environment has it once.
  static Secret taken;
  auto fresh = take_from_environment();
  if (const auto file = given(global.api_key_file)) {
    if (fresh) wipe(*fresh);
    return load_api_key(file, std::nullopt);
  }
  if (fresh || taken.empty()) {
    auto key = load_api_key(std::nullopt, std::move(fresh));
    if (!key) return key;
    taken = *std::move(key);
  }
  return taken.share();
}

/// Said once: whoever set one may wonder why nothing goes there. (Its value may hold a password.)
void tell_of_proxies(const BaseUrl& base) {
  static bool told = false;
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}) {
    const char* value = std::getenv(name);
    if (told || !base.tls || value == nullptr || *value == '\0') continue;
    spdlog::info("{} is set and not used: calls go to {} directly", name, base.authority());
    told = true;
  }
}

PacedOptions pacing(const GlobalOptions& global, const RetryOptions& retry) {
  PacedOptions options;
  options.retry = retry;
  options.max_rate = global.max_rate;
  options.seed = std::random_device{}();
  options.on_wait = [](Operation operation, std::chrono::milliseconds wait, std::string_view why) {
    if (Progress::waits(wait, why)) return;
    spdlog::info("{}: waiting {:.1f} s: {}", name(operation),
                 static_cast<double>(wait.count()) / 1000, why);
  };
  options.stop_requested = stop_signalled;
  options.on_give_up = [](Operation operation, std::string_view why) {
    spdlog::warn("{}: not tried again: {}", name(operation), why);
  };
  return options;
}

/// Nothing where there is no policy here. A policy that says several things at once, or cannot be
/// read, is an error: guessing another organization would be worse.
Result<std::optional<std::string>> organization_here() {
  const Result<std::string> path = default_policy_path();
  if (!path) return std::nullopt;
  const Result<PolicyFiles> read = read_policy_files(*path);
  if (!read) return tl::make_unexpected(read.error());
  const ParsedPolicy parsed = parse_policy(read->files);
  const std::string& id = organization_id(*parsed.policy);
  if (id.empty()) {
    return fail(fmt::format("{} names no organization", *path),
                "name one with --org, or see rolecall validate");
  }
  return id;
}

}  // namespace

Result<Connection> Connection::open(const GlobalOptions& global, const RetryOptions& retry) {
  auto base = parse_base_url(global.api_url.empty() ? kDefaultApiUrl : global.api_url);
  if (!base) return tl::make_unexpected(base.error());
  keep_memory_private();
  tell_of_proxies(*base);
  auto key = api_key(global);
  if (!key) return tl::make_unexpected(key.error());

  HttpOptions http;
  http.base = *std::move(base);
  http.ca_file = given(global.ca_file);
  http.parallelism = global.parallelism;
  http.stop_requested = stop_signalled;
  auto transport = make_http_client(std::move(http), *std::move(key));
  if (!transport) return tl::make_unexpected(transport.error());

  auto clock = std::make_unique<SystemClock>();
  auto client = std::make_unique<PacedClient>(*std::move(transport), *clock, pacing(global, retry));
  return Connection(std::move(clock), std::move(client));
}

Result<void> ask_whether_it_answers(const GlobalOptions& global, const std::string& organization) {
  RetryOptions twice;
  twice.max_tries = 2;
  twice.longest_told = std::chrono::milliseconds(0);
  auto connection = Connection::open(global, twice);
  if (!connection) return tl::make_unexpected(connection.error());
  const ReadRequest request = Endpoints(organization).directories("");
  connection->reads().start(0, request, {});
  const Answer answer = connection->reads().wait().answer;
  if (answer && answer->status < 500) return {};
  return fail(describe_failure(request, answer));
}

Result<std::string> named_organization(const GlobalOptions& global) {
  if (!global.org.empty()) return global.org;
  auto here = organization_here();
  if (!here) return tl::make_unexpected(here.error());
  return here->value_or("");
}

Result<std::string> organization_offline(const GlobalOptions& global) {
  auto named = named_organization(global);
  if (named && named->empty()) {
    return fail("no organization is named", "name one with --org ID");
  }
  return named;
}

Result<std::string> organization_of(const GlobalOptions& global, ReadClient& client) {
  auto named = named_organization(global);
  if (!named || !named->empty()) return named;

  const auto orgs = read_list(client, &Endpoints::orgs);
  if (!orgs) return tl::make_unexpected(orgs.error());
  std::string only;
  std::string list;
  for (const boost::json::value& org : *orgs) {
    const boost::json::string* id = string_member(org, "id");
    if (id == nullptr) continue;
    only = *id;
    list += (list.empty() ? "" : ", ") + only;
  }
  if (only.empty()) return fail("the API key shows no organization", "name one with --org ID");
  if (orgs->size() > 1) {
    return fail("the API key shows more than one organization: " + list, "name one with --org ID");
  }
  return only;
}

}  // namespace rolecall
