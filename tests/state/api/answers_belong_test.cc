// guarantees.md B13: an answer belongs to its request. A server sends more than was asked for, or
// too late; what comes back must never be taken for the answer to another call. ROLECALL_CASES
// says how many calls (300).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "state/api/http_client.h"
#include "tests/support/byte_server.h"
#include "tests/support/cases.h"
#include "tests/support/requests.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using test::Dice;
using testing::answer;
using testing::ByteServer;
using testing::Step;
using Then = testing::Step::Then;

constexpr std::size_t kCallsOfAServer = 250;

/// Whether the connection may serve another call after this step.
struct Move {
  Step step;
  bool keeps = false;
};

/// The answer to the n-th request, and what does not belong to it. (What comes unasked while the
/// next call waits looks like that call's answer: nobody can tell. While a connection is idle:
/// http_client_test.cc.)
Move move(Dice& dice, std::size_t n) {
  const std::string forged = answer(200, R"("forged")");
  const std::string own = answer(200, std::to_string(n));
  switch (dice.below(11)) {
    case 0:
      return {{own + "x"}};
    case 1:
      return {{own + forged}};
    case 2:
      return {{own + forged + forged, Then::stall}};
    case 3:
      return {{own + "HTTP/1.1 204 No Content\r\n\r\n"}};
    case 4:
      return {{own + "HTTP/1.1 100 Continue\r\n\r\n"}};
    case 5:
      return {{own + "\r\n"}};
    case 6:
      return {{answer(204, "hello")}};
    case 7:
      return {
          {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
           "chunked\r\n\r\n" +
           fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", std::to_string(n).size(), n) + forged}};
    default:
      return {{own}, true};
  }
}

struct Sums {
  std::size_t answered = 0, failed = 0, misattributed = 0, least_connections = 1, connections = 0;
};

HttpOptions options_for(const ByteServer& server, std::size_t parallelism) {
  HttpOptions options;
  options.base = BaseUrl{false, "127.0.0.1", server.port(), ""};
  options.parallelism = parallelism;
  return options;
}

/// The number of the request that carried this ticket, as the server took it.
std::map<Ticket, std::size_t> numbers(const ByteServer& server) {
  std::map<Ticket, std::size_t> out;
  const auto requests = server.requests();
  for (std::size_t n = 0; n < requests.size(); ++n) {
    out[std::stoul(requests[n].substr(requests[n].find("/t/") + 3))] = n;
  }
  return out;
}

Sums talk(std::uint64_t seed, std::size_t calls, std::size_t parallelism) {
  Dice dice(seed);
  std::vector<Step> script;
  Sums sums;
  for (std::size_t n = 0; n < calls; ++n) {
    Move next = move(dice, n);
    if (!next.keeps && n + 1 < calls) ++sums.least_connections;
    script.push_back(std::move(next.step));
  }
  ByteServer server(std::move(script));
  auto client =
      make_http_client(options_for(server, parallelism), Secret(std::string("key"))).value();
  std::map<Ticket, Answer> answers;
  Ticket next = 0;
  while (answers.size() < calls) {
    while (next < calls && client->can_start()) {
      client->start(next, RequestsForTests::read(Operation::getOrgs, fmt::format("/t/{}", next)),
                    {});
      ++next;
    }
    Completion done = client->wait();
    answers.insert_or_assign(done.ticket, std::move(done.answer));
  }
  const auto asked = numbers(server);
  for (const auto& [ticket, given] : answers) {
    if (!given) {
      ++sums.failed;
      continue;
    }
    ++sums.answered;
    const bool own = given->body == std::to_string(asked.at(ticket)) || given->status == 204;
    if (!own) ++sums.misattributed;
  }
  sums.connections = server.connections();
  return sums;
}

TEST(AnswersBelong, ToTheirRequestsOneAfterTheOther) {
  const std::size_t calls = test::cases(300);
  Sums all;
  for (std::size_t done = 0; done < calls; done += kCallsOfAServer) {
    const Sums sums = talk(done + 1, std::min(kCallsOfAServer, calls - done), 1);
    EXPECT_EQ(sums.misattributed, 0U) << "seed " << done + 1;
    EXPECT_EQ(sums.failed, 0U) << "seed " << done + 1;
    EXPECT_GE(sums.connections, sums.least_connections) << "each closed that said too much";
    all.answered += sums.answered;
    all.connections += sums.connections;
  }
  std::cout << all.answered << " answers on " << all.connections << " connections\n";
}

TEST(AnswersBelong, ToTheirRequestsEightAtATime) {
  const std::size_t calls = test::cases(300);
  for (std::size_t done = 0; done < calls; done += kCallsOfAServer) {
    const Sums sums = talk(done + 7, std::min(kCallsOfAServer, calls - done), 8);
    EXPECT_EQ(sums.misattributed, 0U) << "seed " << done + 7;
    EXPECT_EQ(sums.failed, 0U) << "seed " << done + 7;
  }
}

TEST(AnswersBelong, NotToTheCallAfterTheOneThatWaitedInVain) {
  const std::size_t calls = std::max<std::size_t>(4, test::cases(300) / 50);
  for (std::size_t i = 0; i < calls; ++i) {
    // The answer to the first comes after it was given up, at about the time of the second.
    ByteServer server({{"", Then::stall, answer(200, R"("late")"), milliseconds(25 + 5 * (i % 5))},
                       {answer(200, R"("second")")}});
    HttpOptions options = options_for(server, 1);
    options.read_limit = milliseconds(30);
    auto client = make_http_client(options, Secret(std::string("key"))).value();
    client->start(1, RequestsForTests::write(), {});
    const Answer first = client->wait().answer;
    if (first) {
      EXPECT_EQ(first->body, R"("late")") << "its own, in time after all";
    }
    client->start(2, RequestsForTests::write(), {});
    const Answer second = client->wait().answer;
    if (second) {
      EXPECT_EQ(second->body, R"("second")");
    }
    if (!first) {
      EXPECT_GE(server.connections(), 2U);
    }
  }
}

}  // namespace
}  // namespace rolecall
