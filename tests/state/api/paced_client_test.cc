#include "state/api/paced_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tests/support/requests.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Failure::Kind;
using Steady = Clock::Steady;

constexpr auto kUsers = Operation::searchDirectoryUsers;
constexpr auto kGroups = Operation::searchDirectoryGroups;

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return kWall + passed(); }
  [[nodiscard]] Steady steady() const override { return time_; }
  [[nodiscard]] milliseconds passed() const {
    return std::chrono::duration_cast<milliseconds>(time_ - kStart);
  }
  void advance_to(Steady time) { time_ = std::max(time_, time); }

 private:
  static constexpr Steady kStart{std::chrono::hours(1)};
  static constexpr Instant kWall{std::chrono::hours(500'000)};
  Steady time_ = kStart;
};

/// One request as the server sees it.
struct Arrival {
  Operation operation{};
  milliseconds at{0};
};

struct Reply {
  Answer answer;
  milliseconds takes{10};
};

/// A client below that makes one attempt, in virtual time.
class ScriptedTransport final : public WriteClient {
 public:
  using Server = std::function<Reply(const Arrival&)>;
  ScriptedTransport(VirtualClock& clock, std::vector<Arrival>& arrivals, Server server,
                    std::size_t parallelism)
      : clock_(clock), arrivals_(arrivals), server_(std::move(server)), parallelism_(parallelism) {}

  [[nodiscard]] bool can_start() const override { return calls_.size() < parallelism_; }
  void start(Ticket ticket, ReadRequest request, milliseconds delay) override {
    add(ticket, request.request().operation, delay);
  }
  void start(Ticket ticket, WriteRequest request, milliseconds delay) override {
    add(ticket, request.request().operation, delay);
  }
  void stop_when(const std::function<bool()>& stop) override { stop_ = stop; }
  Completion wait() override {
    if (stop_ && stop_()) cancel_unsent();
    for (;;) {
      if (calls_.empty()) throw std::logic_error("waiting for nothing");
      const auto next =
          std::min_element(calls_.begin(), calls_.end(),
                           [](const Call& a, const Call& b) { return a.next_at < b.next_at; });
      clock_.advance_to(next->next_at);
      if (next->answer) {
        Completion completion{next->ticket, std::move(*next->answer)};
        calls_.erase(next);
        return completion;
      }
      const Arrival arrival{next->operation, clock_.passed()};
      arrivals_.push_back(arrival);
      auto reply = server_(arrival);
      next->answer = std::move(reply.answer);
      next->next_at = clock_.steady() + reply.takes;
    }
  }
  void cancel_unsent() override {
    for (auto& call : calls_) {
      if (call.answer) continue;
      call.answer = Answer(tl::make_unexpected(Failure{Kind::cancelled, "below", false}));
      call.next_at = clock_.steady();
    }
  }

 private:
  struct Call {
    Ticket ticket = 0;
    Operation operation{};
    Steady next_at{};  ///< leaves, and once answered completes, at
    std::optional<Answer> answer;
  };
  void add(Ticket ticket, Operation operation, milliseconds delay) {
    if (!can_start()) throw std::logic_error("too many calls");
    calls_.push_back(Call{ticket, operation, clock_.steady() + delay, std::nullopt});
  }

  VirtualClock& clock_;
  std::vector<Arrival>& arrivals_;
  Server server_;
  std::size_t parallelism_;
  std::vector<Call> calls_;
  std::function<bool()> stop_;
};

Response response(int status) {
  Response made;
  made.status = status;
  return made;
}

Response limited(const std::string& retry_after) {
  auto made = response(429);
  made.retry_after = retry_after;
  return made;
}

Reply failure(Kind kind, milliseconds takes = milliseconds(10)) {
  return {tl::make_unexpected(Failure{kind, "broke", false}), takes};
}

struct World {
  VirtualClock clock;
  std::vector<Arrival> arrivals;
  std::vector<std::string> waits, ends;
  std::unique_ptr<PacedClient> client;

  explicit World(ScriptedTransport::Server server, PacedOptions options = {},
                 std::size_t parallelism = 8) {
    options.on_wait = [this](Operation operation, milliseconds delay, std::string_view why) {
      waits.push_back(fmt::format("{} {}: {}", name(operation), delay.count(), why));
    };
    options.on_give_up = [this](Operation operation, std::string_view why) {
      ends.push_back(fmt::format("{}: {}", name(operation), why));
    };
    client = std::make_unique<PacedClient>(
        std::make_unique<ScriptedTransport>(clock, arrivals, std::move(server), parallelism), clock,
        std::move(options));
  }

  Completion read(Operation operation = kUsers) {
    client->start(7, RequestsForTests::read(operation), milliseconds(0));
    return client->wait();
  }
  Completion write() {
    client->start(7, RequestsForTests::write(), milliseconds(0));
    return client->wait();
  }
  /// The loop every caller has.
  std::vector<Completion> run(std::size_t calls,
                              const std::function<Operation(std::size_t)>& which) {
    std::vector<Completion> done;
    std::size_t started = 0;
    while (done.size() < calls) {
      while (started < calls && client->can_start()) {
        client->start(started, RequestsForTests::read(which(started)), milliseconds(0));
        ++started;
      }
      done.push_back(client->wait());
    }
    return done;
  }
};

/// Answers in turn; the last one repeats.
ScriptedTransport::Server in_turn(std::vector<Reply> replies) {
  return [replies = std::move(replies), next = std::size_t{0}](const Arrival&) mutable {
    return replies.at(std::min(next++, replies.size() - 1));
  };
}

// However fast answers come.
TEST(PacedClient, SendsNothingMoreOnceItIsToldToStopUntilThatIsOver) {
  World world(in_turn({{response(200)}}));
  bool stop = false;
  world.client->stop_when([&] { return stop; });
  EXPECT_TRUE(world.read().answer);
  stop = true;
  for (int i = 0; i < 3; ++i) {
    const auto completion = world.read();
    ASSERT_FALSE(completion.answer);
    EXPECT_EQ(completion.answer.error().kind, Kind::cancelled);
  }
  EXPECT_EQ(world.arrivals.size(), 1U);
  stop = false;
  EXPECT_FALSE(world.read().answer) << "a stop is not taken back";
  world.client->stop_when({});
  EXPECT_TRUE(world.read().answer);
}

TEST(PacedClient, PassesAnAnswerThrough) {
  World world(in_turn({{response(200)}}));
  const auto completion = world.read();
  EXPECT_EQ(completion.ticket, 7U);
  EXPECT_EQ(completion.answer->status, 200);
  EXPECT_EQ(completion.attempts, 1);
  EXPECT_EQ(completion.duration, milliseconds(10));
  EXPECT_TRUE(world.waits.empty());
}

TEST(PacedClient, WaitsAsLongAsTheServerAsks) {
  World world(in_turn({{limited("30")}, {response(200)}}));
  const auto completion = world.write();
  EXPECT_EQ(completion.answer->status, 200);
  EXPECT_EQ(completion.attempts, 2);
  EXPECT_GE(completion.duration, seconds(30));
  ASSERT_EQ(world.arrivals.size(), 2U);
  EXPECT_GE(world.arrivals[1].at, milliseconds(30'010));
  EXPECT_THAT(world.waits, ElementsAre("addUserToGroup 30000: rate limit"));
  const auto total = world.client->total();
  EXPECT_EQ(total.sent, 2U);
  EXPECT_EQ(total.rate_limited, 1U);
  EXPECT_EQ(total.repeated, 1U);
  EXPECT_EQ(world.client->counts(Operation::addUserToGroup).sent, 2U);
  EXPECT_EQ(world.client->counts(kUsers).sent, 0U);
}

TEST(PacedClient, ReadsAreRepeatedAndWritesAreNot) {
  const struct {
    const char* what;
    Reply first;
    int read, write;  ///< requests sent
  } cases[] = {
      {"no answer", failure(Kind::no_answer), 2, 1},
      {"bad answer", failure(Kind::bad_answer), 2, 1},
      {"500", {response(500)}, 2, 1},
      {"503", {response(503)}, 2, 1},
      {"429", {limited("1")}, 2, 2},
      {"403", {response(403)}, 1, 1},
      {"404", {response(404)}, 1, 1},
  };
  for (const auto& it : cases) {
    World reading(in_turn({it.first, {response(200)}}));
    EXPECT_EQ(reading.read().attempts, it.read) << it.what;
    World writing(in_turn({it.first, {response(200)}}));
    EXPECT_EQ(writing.write().attempts, it.write) << it.what;
    EXPECT_EQ(static_cast<int>(writing.arrivals.size()), it.write) << it.what;
  }
}

TEST(PacedClient, AWriteThatNeverLeftIsTriedAgain) {
  World world(in_turn({failure(Kind::not_sent), failure(Kind::not_sent), {response(204)}}));
  const auto completion = world.write();
  EXPECT_EQ(completion.answer->status, 204);
  EXPECT_EQ(completion.attempts, 1) << "the two before it were never sent";
}

TEST(PacedClient, GivesUpWithAReason) {
  World failing(in_turn({failure(Kind::no_answer)}));
  const auto failed = failing.read();
  ASSERT_FALSE(failed.answer);
  EXPECT_EQ(failed.attempts, 4);
  EXPECT_THAT(failed.answer.error().what, HasSubstr("broke (given up after 4 tries)"));
  EXPECT_LE(failed.duration, minutes(2));
  EXPECT_THAT(failing.ends, ElementsAre("searchDirectoryUsers: given up after 4 tries"));

  World far(in_turn({{limited("3600")}}));
  const auto late = far.read();
  EXPECT_EQ(late.answer->status, 429);
  EXPECT_EQ(late.attempts, 1);
  EXPECT_THAT(
      far.ends,
      ElementsAre("searchDirectoryUsers: the server asks to wait 60 min, longer than 15 min"));
}

TEST(PacedClient, WhereNobodyAnswersIsToldFromAnOperationThatFails) {
  constexpr std::size_t kOfANetwork = 16;
  const auto reached_after = [](const Reply& reply, const std::vector<Operation>& operations) {
    World world(in_turn({reply}));
    std::size_t calls = 0;
    while (calls < 2 * kOfANetwork && !world.client->out_of_reach()) {
      world.client->start(1, RequestsForTests::read(operations[calls++ % operations.size()]),
                          milliseconds(0));
      (void)world.client->wait();
    }
    return calls;
  };
  EXPECT_EQ(reached_after(failure(Kind::no_answer), {kUsers}), kOfANetwork);
  EXPECT_EQ(reached_after(failure(Kind::not_sent), {kUsers}), kOfANetwork);
  EXPECT_EQ(reached_after({response(503)}, {kUsers, kGroups}), kOfANetwork);
  EXPECT_EQ(reached_after({response(503)}, {kUsers}), 2 * kOfANetwork) << "never";
  EXPECT_EQ(reached_after({response(404)}, {kUsers, kGroups}), 2 * kOfANetwork) << "never";
}

/// Groups were answered once; then `groups` is what comes to them, and nothing to people.
std::size_t silent_calls_until_out_of_reach(const Reply& groups, std::size_t& asked) {
  bool met = false;
  World world([&](const Arrival& arrival) -> Reply {
    if (arrival.operation != kGroups) return failure(Kind::no_answer);
    if (std::exchange(met, true)) ++asked;
    return asked == 0 ? Reply{response(200)} : groups;
  });
  world.client->start(1, RequestsForTests::read(kGroups), milliseconds(0));
  (void)world.client->wait();
  std::size_t calls = 0;
  while (calls < 100 && !world.client->out_of_reach()) {
    ++calls;
    world.client->start(2, RequestsForTests::read(kUsers), milliseconds(0));
    EXPECT_EQ(world.client->wait().ticket, 2U) << "only what was asked for comes back";
  }
  return calls;
}

TEST(PacedClient, BeforeAnOutageIsSeenByOneOperationAnotherIsAsked) {
  std::size_t asked = 0;
  EXPECT_LT(silent_calls_until_out_of_reach(failure(Kind::no_answer), asked), 60U)
      << "it is tried as often as any call, and others go on meanwhile";
  EXPECT_GT(asked, 0U);
  asked = 0;
  EXPECT_EQ(silent_calls_until_out_of_reach({response(200)}, asked), 100U) << "never";
  EXPECT_LE(asked, 100U / 16) << "once for each sixteen";
}

TEST(PacedClient, NoCallOfTheOperationLeavesBeforeTheToldTime) {
  // Call 1 is told to wait while call 2 of its kind is delayed below until before that time.
  World world([](const Arrival& arrival) -> Reply {
    if (arrival.operation == kUsers && arrival.at < seconds(20)) return {limited("20")};
    return {response(200)};
  });
  world.client->start(1, RequestsForTests::read(kUsers), milliseconds(0));
  world.client->start(2, RequestsForTests::read(kUsers), seconds(5));
  world.client->start(3, RequestsForTests::read(kGroups), seconds(6));
  EXPECT_EQ(world.client->wait().ticket, 3U);
  EXPECT_EQ(world.clock.passed(), milliseconds(6'010)) << "recalled with the rest, yet on time";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.client->wait().answer->status, 200);
  ASSERT_EQ(world.arrivals.size(), 4U);
  EXPECT_EQ(world.arrivals[0].at, milliseconds(0));
  EXPECT_EQ(world.arrivals[1].operation, kGroups);
  EXPECT_GE(world.arrivals[2].at, milliseconds(20'010));
  EXPECT_GE(world.arrivals[3].at, milliseconds(20'010));
}

/// A fixed window of `limit` calls a minute for each operation, with headers, as in facts.md.
ScriptedTransport::Server windowed(int limit, bool with_headers) {
  struct State {
    std::map<Operation, std::pair<std::int64_t, int>> used;
  };
  return [limit, with_headers, state = std::make_shared<State>()](const Arrival& arrival) -> Reply {
    auto& [window, used] = state->used[arrival.operation];
    const auto current = arrival.at / minutes(1);
    if (window != current) used = 0;
    window = current;
    const auto reset = Instant{std::chrono::hours(500'000)} + minutes(1) * (current + 1);
    const bool over = used >= limit;
    if (!over) ++used;
    Response made = response(over ? 429 : 200);
    if (with_headers) {
      made.rate_remaining = std::to_string(limit - used);
      made.rate_reset = format_instant(reset);
    } else if (over) {
      made.retry_after = "60";
    }
    return {made, milliseconds(50)};
  };
}

TEST(PacedClient, UsesAWindowToTheLastCallAndNeverRunsIntoIt) {
  World world(windowed(10, true));
  const auto done = world.run(55, [](std::size_t) { return kUsers; });
  for (const auto& completion : done) EXPECT_EQ(completion.answer->status, 200);
  EXPECT_LT(world.clock.passed(), minutes(5) + seconds(30)) << "ten a minute";
  // Only the very first calls, before any header was seen, could run into the limit.
  EXPECT_EQ(world.client->total().rate_limited, 0U);
  EXPECT_EQ(world.arrivals.size(), 55U);
}

TEST(PacedClient, ConvergesUnderALongRateLimitWithoutHeaders) {
  World world(windowed(10, false));
  const auto done = world.run(55, [](std::size_t) { return kUsers; });
  for (const auto& completion : done) {
    ASSERT_TRUE(completion.answer);
    EXPECT_EQ(completion.answer->status, 200);
  }
  EXPECT_LT(world.arrivals.size(), 2U * 55U);
}

/// Windows of a second for all operations together, on a clock that is 637 ms off ours.
ScriptedTransport::Server limited_in_all(std::int64_t limit) {
  struct State {
    std::int64_t window = -1, used = 0;
  };
  return [limit, state = std::make_shared<State>()](const Arrival& arrival) -> Reply {
    const Instant now = Instant{std::chrono::hours(500'000)} + arrival.at + milliseconds(637);
    const auto window = std::chrono::floor<seconds>(now);
    if (state->window != window.time_since_epoch().count()) {
      *state = {window.time_since_epoch().count(), 0};
    }
    const bool over = state->used >= limit;
    if (!over) ++state->used;
    Response made = response(over ? 429 : 200);
    made.date = window;
    made.rate_limit = std::to_string(limit);
    made.rate_remaining = std::to_string(limit - state->used);
    made.rate_reset = format_instant(window + seconds(1));
    return {made, milliseconds(50)};
  };
}

TEST(PacedClient, KeepsToALimitOnAllOperationsTogetherAndLosesNoTime) {
  constexpr std::size_t kCalls = 600;
  for (const std::int64_t limit : {10, 50, 100}) {
    for (const std::size_t parallelism : {8U, 32U}) {
      World world(limited_in_all(limit), {}, parallelism);
      ASSERT_EQ(world.read(Operation::getDirectoriesForOrg).answer->status, 200);
      const auto done = world.run(kCalls, [](std::size_t n) {
        return std::vector{kUsers, kUsers, kUsers, kGroups, Operation::getGroupRoleAssignments}.at(
            n % 5);
      });
      for (const auto& completion : done) ASSERT_EQ(completion.answer->status, 200);
      const double ideal = static_cast<double>(kCalls) / static_cast<double>(limit);
      const double took = static_cast<double>(world.clock.passed().count()) / 1000;
      EXPECT_LE(took, 1.05 * ideal + 0.1) << limit << " a second, " << parallelism << " in flight";
      // Fewer than one in a hundred; as many as that where far more are in flight than a window
      // holds, until it is known which operations share it.
      EXPECT_LE(world.client->total().rate_limited,
                parallelism == 8 ? kCalls / 100 - 1 : kCalls / 100)
          << limit << " a second, " << parallelism << " in flight";
    }
  }
}

TEST(PacedClient, OneOperationsLimitLeavesOthersAlone) {
  World world([](const Arrival& arrival) -> Reply {
    if (arrival.operation == kUsers && arrival.at < minutes(1)) return {limited("60")};
    return {response(200)};
  });
  const auto done = world.run(8, [](std::size_t n) { return n == 0 ? kUsers : kGroups; });
  EXPECT_EQ(done.back().ticket, 0U);
  for (std::size_t n = 0; n + 1 < done.size(); ++n) EXPECT_LT(done[n].duration, seconds(1));
}

TEST(PacedClient, MaxRateIsKept) {
  PacedOptions options;
  options.max_rate = 5.0;
  World world(in_turn({{response(200), milliseconds(5)}}), options);
  world.run(50, [](std::size_t n) { return n % 3 == 0 ? kUsers : kGroups; });
  for (std::size_t n = 1; n < world.arrivals.size(); ++n) {
    EXPECT_GE(world.arrivals[n].at - world.arrivals[n - 1].at, milliseconds(200));
  }
  EXPECT_LE(world.clock.passed(), seconds(11));
}

TEST(PacedClient, NothingLeavesAfterTheKeyIsRefused) {
  World world([](const Arrival& arrival) -> Reply {
    if (arrival.at >= seconds(1)) return {response(401), milliseconds(10)};
    return {response(200), milliseconds(100)};
  });
  const auto done = world.run(300, [](std::size_t n) { return n % 2 == 0 ? kUsers : kGroups; });
  EXPECT_EQ(done.size(), 300U) << "every call completes";
  EXPECT_TRUE(world.client->key_refused());
  std::size_t refused = 0;
  std::size_t cancelled = 0;
  for (const auto& completion : done) {
    if (completion.answer) {
      if (completion.answer->status == 401) ++refused;
    } else {
      EXPECT_EQ(completion.answer.error().kind, Kind::cancelled);
      EXPECT_THAT(completion.answer.error().what, HasSubstr("refused the key"));
      EXPECT_EQ(completion.attempts, 0);
      ++cancelled;
    }
  }
  EXPECT_GE(refused, 1U);
  EXPECT_LE(refused, 8U) << "those under way";
  EXPECT_GT(cancelled, 200U);
  for (const auto& arrival : world.arrivals) EXPECT_LE(arrival.at, milliseconds(1'010));
  EXPECT_EQ(world.write().answer.error().kind, Kind::cancelled);
}

TEST(PacedClient, CancelReachesCallsThatWaitForAnyReason) {
  World world([](const Arrival& arrival) -> Reply {
    if (arrival.operation == kUsers) return {limited("60")};
    return {response(200), milliseconds(100)};
  });
  world.client->start(1, RequestsForTests::read(kUsers), milliseconds(0));  // will have to queue
  world.client->start(2, RequestsForTests::write(), seconds(50));           // is delayed
  world.client->start(3, RequestsForTests::read(kGroups), milliseconds(0));
  EXPECT_EQ(world.client->wait().ticket, 3U);
  world.client->cancel_unsent();
  for (int i = 0; i < 2; ++i) {
    const auto completion = world.client->wait();
    ASSERT_FALSE(completion.answer);
    EXPECT_EQ(completion.answer.error().kind, Kind::cancelled);
    EXPECT_EQ(completion.attempts, completion.ticket == 1 ? 1 : 0);
  }
  EXPECT_EQ(world.arrivals.size(), 2U);
  EXPECT_LT(world.clock.passed(), seconds(1));
}

TEST(PacedClient, CancelLetsWhatIsUnderWayEndWithoutAnotherTry) {
  World world([](const Arrival& arrival) -> Reply {
    if (arrival.operation == kGroups) return {response(200), milliseconds(10)};
    return {response(503), milliseconds(100)};
  });
  world.client->start(1, RequestsForTests::read(kUsers), milliseconds(0));
  world.client->start(2, RequestsForTests::read(kGroups), milliseconds(0));
  EXPECT_EQ(world.client->wait().ticket, 2U);
  world.client->cancel_unsent();
  const auto completion = world.client->wait();
  EXPECT_EQ(completion.ticket, 1U);
  ASSERT_TRUE(completion.answer) << "it was sent, so its answer counts";
  EXPECT_EQ(completion.answer->status, 503);
  EXPECT_EQ(world.arrivals.size(), 2U);
  EXPECT_EQ(world.read(kGroups).answer->status, 200) << "later calls go on";
}

TEST(PacedClient, AnOutageIsNotAnsweredByMoreLoad) {
  World world(in_turn({{response(503)}}));
  world.run(1'000, [](std::size_t) { return kUsers; });
  EXPECT_LE(world.arrivals.size(), 1'100U) << "at most a hundred repetitions in all";
}

TEST(PacedClient, EveryCallCompletesOnceUnderMixedFaults) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    PacedOptions options;
    options.seed = seed;
    World world(
        [&random](const Arrival&) -> Reply {
          const auto dice = random() % 100;
          const milliseconds takes(1 + random() % 300);
          if (dice < 8) return {limited(std::to_string(random() % 5)), takes};
          if (dice < 14) return {response(503), takes};
          if (dice < 18) return failure(Kind::not_sent, takes);
          if (dice < 22) return failure(Kind::no_answer, takes);
          return {response(200), takes};
        },
        options);
    const auto done = world.run(500, [](std::size_t n) {
      return std::vector{kUsers, kGroups, Operation::getGroup}.at(n % 3);
    });
    std::set<Ticket> tickets;
    std::size_t good = 0;
    for (const auto& completion : done) {
      tickets.insert(completion.ticket);
      if (completion.answer && completion.answer->status == 200) ++good;
    }
    EXPECT_EQ(tickets.size(), 500U) << "seed " << seed;
    EXPECT_GE(good, 480U) << "seed " << seed;
    EXPECT_LE(world.arrivals.size(), 1'000U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rolecall
