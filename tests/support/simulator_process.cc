#include "tests/support/simulator_process.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/https.h"
#include "tests/support/places.h"

namespace rolecall::test {

namespace json = boost::json;

std::map<std::string, std::string> bare_environment() {
  std::map<std::string, std::string> out;
  // What sanitizers are told goes on to the programs that were built with them.
  for (const char* name :
       {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) out[name] = value;
  }
  return out;
}

SimulatorProcess::SimulatorProcess(const json::value& seed)
    : ca_file_((folder_.path() / "ca.pem").string()),
      process_({{rolecall_binary(), "simulate", "--listen", "127.0.0.1:0", "--seed",
                 folder_.write("seed.json", json::serialize(seed)), "--tls", "--ca-out", ca_file_},
                bare_environment(),
                folder_.path().string()}) {
  const std::string line = process_.wait_for_line("listening on ");
  url_ = line.substr(13, line.find(' ', 13) - 13);
  const std::size_t colon = url_.rfind(':');
  port_ = static_cast<std::uint16_t>(std::stoul(url_.substr(colon + 1)));
  const json::value now = state();
  directory_ = fmt::format("/admin/v2/orgs/{}/directories/{}/",
                           now.at("organization").at("id").as_string().c_str(),
                           now.at("directories").as_array().front().at("id").as_string().c_str());
}

std::string SimulatorProcess::page(const std::string& method, const std::string& path,
                                   std::string_view body) const {
  HttpsAnswer answer = ask_https(port_, ca_file_, method, path, std::string(body));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  throw std::runtime_error(
      fmt::format("simulator: {} {}: {} {}", method, path, answer.status, answer.body));
}

json::value SimulatorProcess::state() const {
  return json::parse(page("GET", "/_simulator/state"));
}

json::array SimulatorProcess::requests() const {
  return json::parse(page("GET", "/_simulator/requests")).as_array();
}

void SimulatorProcess::forget_requests() const {
  for (json::value& one : requests()) forgotten_.push_back(std::move(one));
  (void)page("DELETE", "/_simulator/requests");
}

json::array SimulatorProcess::all_requests() const {
  json::array out = forgotten_;
  if (stopped_) return out;
  for (json::value& one : requests()) out.push_back(std::move(one));
  return out;
}

void SimulatorProcess::set_faults(std::string_view script) const {
  (void)page("PUT", "/_simulator/faults", script);
}

void SimulatorProcess::end_faults() const {
  (void)page("DELETE", "/_simulator/faults");
}

void SimulatorProcess::by_hand(const std::string& method, const std::string& path,
                               const std::string& body) const {
  (void)page(method, directory_ + path, body);
  done_by_hand_.push_back({method + ' ' + directory_ + path, body});
}

int SimulatorProcess::stop() {
  forget_requests();
  stopped_ = true;
  process_.signal(SIGTERM);
  return process_.wait().exit_code;
}

}  // namespace rolecall::test
