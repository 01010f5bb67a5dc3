#include "tests/controller/own_service.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "controller/commands.h"
#include "controller/log.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// To the end of the line: services that were made later have copies of the other end of the pipe.
std::string read_line(int in) {
  std::string out;
  for (char c = 0; ::read(in, &c, 1) == 1 && c != '\n';) out.push_back(c);
  return out;
}

int serve(int in, OwnTime& time) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string orders = read_line(in);
  const json::object order = json::parse(orders).as_object();
  const auto text = [&](const char* key) { return json::value_to<std::string>(order.at(key)); };
  ::setenv("ROLECALL_SETTLE_WINDOW", "0s", 1);
  if (std::getenv("ROLECALL_SHOW") == nullptr &&
      (std::freopen("/dev/null", "w", stderr) == nullptr ||
       std::freopen("/dev/null", "w", stdout) == nullptr)) {
    return 1;
  }
  begin_own_time(time);
  GlobalOptions global;
  global.api_url = text("api_url");
  global.api_key_file = text("api_key_file");
  global.store = text("store");
  global.progress = ProgressStyle::none;
  set_up_log(global);
  RunOptions options;
  options.policy = text("policy");
  options.interval = std::chrono::seconds(order.at("interval").as_int64());
  options.full_every = std::chrono::seconds(order.at("full_every").as_int64());
  return run_service(global, options);
}

}  // namespace

OwnService::OwnService() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  orders_ = ends[1];
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(orders_);
    ::_exit(serve(ends[0], *time_));
  }
  ::close(ends[0]);
}

OwnService::~OwnService() {
  if (orders_ != -1) ::close(orders_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void OwnService::begin(const GlobalOptions& global, const RunOptions& options) {
  const std::string order =
      json::serialize(json::object{{"api_url", global.api_url},
                                   {"api_key_file", global.api_key_file},
                                   {"store", global.store},
                                   {"policy", options.policy},
                                   {"interval", options.interval.count()},
                                   {"full_every", options.full_every.count()}}) +
      '\n';
  if (::write(orders_, order.data(), order.size()) != static_cast<ssize_t>(order.size())) {
    throw std::runtime_error("it has ended");
  }
  ::close(orders_);
  orders_ = -1;
}

bool OwnService::running() const {
  return ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

}  // namespace rolecall::test
