#include "tests/support/running_org.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <stdexcept>

#include "state/model/json.h"

namespace rolecall::test {

RunningOrg::RunningOrg(const boost::json::value& seed, simulator::FakeOrg::Now clock) {
  auto org = simulator::FakeOrg::from_seed(seed, std::move(clock));
  if (!org) throw std::logic_error(org.error().what);
  server_ = std::move(simulator::Server::start(std::move(*org), {}).value());
  thread_ = std::thread([this] { server_->run(); });
  global_.api_url = server_->base_url();
  global_.api_key_file = dir_.write("key", "simulated-key");
  ::chmod(global_.api_key_file.c_str(), 0600);
  global_.store = (dir_.path() / "store" / "rolecall.db").string();
  global_.progress = ProgressStyle::none;
}

RunningOrg::~RunningOrg() {
  server_->stop();
  thread_.join();
}

std::size_t RunningOrg::effective_writes() {
  std::size_t out = 0;
  server_->with_org([&](simulator::FakeOrg& org) { out = test::effective_writes(org.requests()); });
  return out;
}

std::size_t effective_writes(const boost::json::value& requests) {
  std::size_t out = 0;
  for (const boost::json::value& request : requests.as_array()) {
    const bool* effective = bool_member(request, "effective");
    if (effective != nullptr && *effective) ++out;
  }
  return out;
}

Ran run_captured(const std::function<int()>& command) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = command();
  std::fflush(stdout);
  std::fflush(stderr);
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

}  // namespace rolecall::test
