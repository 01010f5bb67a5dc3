#include "tests/support/simulation.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "controller/apply_run.h"
#include "controller/recover.h"
#include "controller/safety_history.h"
#include "controller/view.h"
#include "diff/render.h"
#include "state/api/endpoints.h"
#include "state/api/paced_client.h"
#include "state/model/digest.h"
#include "state/simulator/fake_client.h"
#include "state/store/verify.h"
#include "tests/support/end_to_end.h"
#include "tests/support/ledger.h"
#include "tests/support/random_case.h"
#include "tests/support/rival.h"
#include "tests/support/temp_dir.h"
#include "tests/support/truth.h"
#include "tests/support/weather.h"
#include "tests/support/wire.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using simulator::HttpRequest;
using std::chrono::milliseconds;

constexpr std::size_t kMostCalls = 20'000;  // more than that in a run is a loop without end
constexpr std::size_t kParallelism = 8;
constexpr milliseconds kTooFarOff{
    301'000};  ///< from the server's clock: five minutes, and rounding

/// The process is gone, in the middle of what it did.
struct Crash {};

/// The clock on the wall, which somebody may have set wrong.
class WallClock final : public Clock {
 public:
  explicit WallClock(const simulator::VirtualClock& time) : time_(time) {}
  [[nodiscard]] Instant now() const override { return time_.now() + off; }
  [[nodiscard]] Steady steady() const override { return time_.steady(); }
  milliseconds off{0};

 private:
  const simulator::VirtualClock& time_;
};

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) throw Violation(fmt::format("{}: {}", what, result.error().what));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Life {
 public:
  Life(std::uint64_t seed, Weather weather)
      : random_(seed),
        weather_(weather),
        org_(must(simulator::FakeOrg::from_seed(make_random_case(seed).seed,
                                                [this] { return time_.now(); }),
                  "seed")),
        truth_(org_, [this] { return time_.now(); }),
        rival_(org_, seed) {
    truth_.wanted = [this](const Model& live) { return policy_->wanted(live); };
    edit_policy();
  }

  LifeReport live() {
    const std::size_t few = 2 + below(4);
    const char* asked = std::getenv("ROLECALL_DAYS");
    const std::size_t days = asked == nullptr ? few : std::strtoull(asked, nullptr, 10);
    for (std::size_t day = 0; day < days; ++day) {
      if (day > 0 && chance(30)) edit_policy();
      if (chance(40)) rival_moves(1 + below(4), true);
      pass(milliseconds(5'000));  // longer than reads lag behind
      if (chance(30)) rival_.accept_invitations();
      disturb();
      run(false);
      // Somebody starts it again at once, or the next morning.
      pass(chance(50) ? milliseconds(below(100'000)) : milliseconds(below(86'400'000)));
    }
    calm_down();
    report_.journal = journal_.hex();
    return report_;
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void edit_policy() {
    truth_.look_again();
    truth_.floor = static_cast<std::int64_t>(1 + below(2));
    policy_.emplace(random_(), truth_.now(), static_cast<int>(truth_.floor),
                    weather_ == Weather::limits);
    go_by_policy();
  }

  void go_by_policy() {
    const RandomPolicy::Safety& safety = policy_->safety();
    truth_.limits = safety.free;
    truth_.protected_users = safety.protected_users;
    truth_.protected_groups = safety.protected_groups;
    (void)dir_.write("rolecall.toml", policy_->toml());
  }

  void disturb() {
    must(org_.set_faults(random_weather(random_, weather_ == Weather::lies)), "faults");
    crash_in_ = chance(35) ? 1 + below(chance(50) ? 20 : 120) : 0;
    stop_in_ = chance(10) ? 1 + below(60) : 0;
    rival_chance_ = chance(30) ? 4 : 0;
    constexpr milliseconds kJumps[] = {milliseconds{1'000}, milliseconds{3'600'000},
                                       milliseconds{86'400'000},
                                       milliseconds{std::int64_t{3'650} * 86'400'000}};
    wall_.off = milliseconds{0};
    jump_in_ = 0;
    if (chance(10)) {
      const milliseconds jump = kJumps[below(4)] * (chance(50) ? 1 : -1);
      if (chance(50)) {
        wall_.off = jump;
      } else {
        jump_in_ = 1 + below(60);
        jump_ = jump;
      }
    }
  }

  void rival_moves(std::size_t n, bool admins) {
    for (std::size_t i = 0; i < n; ++i) {
      const bool moved = rival_.move(
          truth_, [this](const std::string& email) { return policy_->declares(email); }, admins);
      if (!moved) continue;
      ++report_.rival_moves;
      undone_meanwhile_ = true;
      if (admins) truth_.admins_moved = true;
    }
  }

  void pass(milliseconds time) { time_.advance(time); }

  /// What a process that died had sent arrives after it, or never.
  void deliver_late() {
    const Instant now = time_.now();
    for (std::size_t i = 0; i < late_.size();) {
      if (late_[i].due > now) {
        ++i;
        continue;
      }
      const HttpRequest request = std::move(late_[i].request);
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
      arrived_late_.insert(write_key(request.method + ' ' + request.target, request.body));
      truth_.from_the_past = true;
      truth_.arriving(request);
      (void)org_.handle(request);
      truth_.arrived(request);
      truth_.from_the_past = false;
      truth_.admins_moved = true;
    }
  }

  // --- one run of the tool --------------------------------------------------------------------

  void passing(bool write) {
    if (++calls_ > kMostCalls) throw Violation("calls without end");
    deliver_late();
    if (rival_chance_ > 0 && chance(rival_chance_)) rival_moves(1, false);
    if (jump_in_ > 0 && --jump_in_ == 0) wall_.off = jump_;
    if (crash_in_ > 0 && --crash_in_ == 0) throw Crash();
    if (stop_in_ > 0 && --stop_in_ == 0) {
      must(StopSwitch(store_).set({"eve", "here", wall_.now(), "enough"}), "stop");
      stopped_ = true;
    }
    // What the pacing holds back may still go: no more than is in flight.
    if (write && stopped_ && ++after_stop_ > kParallelism) throw Violation("a write after a stop");
  }

  void run(bool calm) {
    ++report_.runs;
    calls_ = after_stop_ = 0;
    undone_meanwhile_ = false;
    truth_.admins_moved = false;
    truth_.only_gives = std::chrono::abs(wall_.off) > kTooFarOff;
    simulator::FakeClientOptions options;
    options.seed = random_();
    options.parallelism = kParallelism;
    options.arriving = [this](const HttpRequest& request) { truth_.arriving(request); };
    options.arrived = [this](const HttpRequest& request) { truth_.arrived(request); };
    simulator::FakeTransport transport(org_, time_, options);
    bool crashed = false;
    Liar liar(random_());
    const bool lies = weather_ == Weather::lies && !calm;
    try {
      PacedClient client(
          std::make_unique<Wire>(
              transport, [this](bool write) { passing(write); }, lies ? &liar : nullptr),
          wall_, {.retry = {}, .max_rate = {}, .seed = random_(), .on_wait = {}, .on_give_up = {}});
      run_with(client, calm);
    } catch (const Crash&) {
      crashed = true;
      ++report_.crashes;
      for (HttpRequest& request : transport.abandon()) {
        const std::size_t fate = below(3);
        if (fate == 0) continue;
        late_.push_back({std::move(request),
                         time_.now() + milliseconds(fate == 1 ? 0 : 1'000 + below(80'000))});
      }
      if (chance(50)) deliver_late();
    }
    for (const auto& [lie, times] : liar.told()) report_.lies[lie] += times;
    crash_in_ = stop_in_ = jump_in_ = 0;
    if (stopped_) must(StopSwitch(store_).clear(), "resume");
    check_log(crashed, calm);
    stopped_ = false;
  }

  void run_with(PacedClient& client, bool calm) {
    OpenStore opened = open_store(store_, "apply", {});
    if (!opened.store) throw Violation("the store does not open: " + opened.error.what);
    must(recover(*opened.store, client, organization_, wall_.now()), "recovery");
    Remembered before = must(remembered(*opened.store, organization_, wall_.now()), "memory");
    // A person has looked, and knows who got a mail and who is there.
    if (calm) before.memory.open_invitations.clear();
    const Instant read_at = wall_.now();
    PlanRequest request{policy_file_, read_at, {}, {}};
    bring_to_mind(request, std::move(before));
    request.accept_shrink = calm;
    const milliseconds off = wall_.off;
    milliseconds judged = off;
    request.clock = [this, &judged] {
      judged = wall_.off;
      return wall_.now();
    };
    request.steady = [this, read_at, since = wall_.steady()] {
      return read_at + std::chrono::duration_cast<milliseconds>(wall_.steady() - since);
    };
    request.for_now = true;
    Planned planned = plan_policy(client, request, {});
    planned.read_at = read_at;
    // Later than that it does not ask.
    if (std::chrono::abs(judged - off) > kTooFarOff) truth_.only_gives = true;
    last_ = planned.plan;
    if (traces()) trace(planned);
    journal_.field(planned.plan ? planned.plan->digest : "no plan");
    if (!planned.plan) {
      if (planned.diagnostics.has_errors()) last_problem_ = render(planned.diagnostics);
      if (planned.error) last_problem_ = planned.error->what;
      return;
    }
    if (!planned.plan->complete) check_only_gives(*planned.plan);
    ApplyRun run{quiet_, client, wall_, opened, "apply", policy_file_, {}, StopSwitch(store_)};
    if (planned.plan->changes.empty() || !planned.plan->applyable()) {
      if (!planned.plan->applyable()) ++report_.refused;
      must(run.record_without_calls(planned, exit_code(*planned.plan)), "record");
      return;
    }
    if (!calm && chance(20)) wait_for_a_yes();
    const ApplyRun::Done done = must(run.apply(planned), "apply");
    if (!done.report.store_error.empty()) throw Violation("store: " + done.report.store_error);
    journal_.field(fmt::format("exit {}", done.exit_code));
  }

  void trace(const Planned& planned) {
    fmt::print(stderr, "POLICY\n{}\nTRUE\n{}\nPLAN\n{}\n", policy_->toml(),
               json::serialize(truth_.state()),
               planned.plan ? render_text(*planned.plan, {}) : std::string("none"));
  }

  /// Somebody looks at the plan, while the other administrator goes on. Who is an admin then is
  /// read again, which a liar may do wrong.
  void wait_for_a_yes() {
    const bool moved_before = truth_.admins_moved;
    rival_moves(1 + below(3), true);
    if (weather_ != Weather::lies) truth_.admins_moved = moved_before;
    pass(milliseconds(36'000 + below(3'600'000)));
  }

  static void check_only_gives(const Plan& plan) {
    for (const Change& change : plan.changes) {
      if (takes_away(change.kind)) throw Violation("taken away on a reading without proof");
    }
  }

  // --- the log --------------------------------------------------------------------------------

  void check_log(bool crashed, bool calm) {
    const std::vector<Truth::Write> writes = truth_.take_writes();
    std::map<std::string, bool> sent;  // -> took effect
    for (const Truth::Write& write : writes) {
      bool& effective = sent[write_key(write.request, write.body)];
      effective = effective || write.effective;
      ++report_.writes;
      report_.effective += write.effective ? 1 : 0;
      journal_.field(write.request + write.body);
    }
    if (!std::filesystem::exists(store_)) {
      if (!sent.empty()) throw Violation("writes without a log");
      return;
    }
    const LogVerdict verdict = must(verify_store(store_, {}), "verify");
    if (!verdict.good()) throw Violation("the log does not verify: " + verdict.broken);
    const Store store = must(Store::open(store_, Store::Access::read), "open to read");
    check_bijection(store, std::move(sent), crashed);
    const std::size_t open = must(store.open_intents(), "open intents").size();
    if (calm && open > 0) throw Violation("an intent without an outcome is left");
  }

  void check_bijection(const Store& store, std::map<std::string, bool> sent, bool crashed) {
    std::map<std::string, bool> known = sent;
    const std::vector<RunRecord> runs = must(store.runs(0), "runs");
    for (const RunRecord& run : runs) {
      if (run.id <= seen_run_) break;
      newest_run_ = std::max(newest_run_, run.id);
      const std::vector<CallRecord> calls = must(store.calls(run.id), "calls");
      for (const CallRecord& call : calls) {
        check_row(call, sent, crashed);
        known.erase(write_key(call.intent));
      }
    }
    seen_run_ = newest_run_;
    for (const auto& [what, effective] : known) {
      if (!late_keys_.contains(what)) throw Violation("a write without an intent: " + what);
    }
  }

  void check_row(const CallRecord& call, const std::map<std::string, bool>& sent, bool crashed) {
    const std::string what = write_key(call.intent);
    if (crashed) late_keys_.insert(what);
    journal_.field(fmt::format("{} {} {} {} {}", call.intent.kind, call.intent.user,
                               call.intent.group, call.intent.role,
                               call.outcome ? name(call.outcome->result) : "open"));
    if (!call.outcome) {
      // After a stop order, too, the next run looks what became of what could not be read back.
      if (!crashed && !stopped_) throw Violation("an intent without an outcome: " + what);
      return;
    }
    const auto found = sent.find(what);
    const ChangeResult result = call.outcome->result;
    if (result == ChangeResult::applied && found == sent.end()) {
      throw Violation("said to be applied, and never arrived: " + what);
    }
    // Read back through lies, one cannot know.
    const bool lied_to = weather_ == Weather::lies;
    const bool effective = found != sent.end() && found->second;
    const bool invites = call.intent.request.ends_with("/invite");
    // The same call of a process that died may have been what took effect.
    const bool ours = !arrived_late_.contains(what);
    if (result == ChangeResult::failed && effective && ours && !invites && !lied_to &&
        !undone_meanwhile_) {
      throw Violation("said to have failed, and took effect: " + what);
    }
  }

  // --- the end --------------------------------------------------------------------------------

  void run_until_done() {
    for (int i = 0; i < 4; ++i) {
      last_problem_.clear();
      run(true);
      rival_.accept_invitations();
      if (last_ && last_->changes.empty() && last_->complete) break;
    }
  }

  /// Of everybody whom the policy declares, and of those of the others whom a note names.
  [[nodiscard]] std::map<std::string, RandomPolicy::Account> accounts_asked_for() const {
    std::map<std::string, RandomPolicy::Account> out;
    for (const json::value& user : truth_.state().at("users").as_array()) {
      const std::string email = text(user.at("email"));
      const bool named =
          last_ && std::any_of(last_->notes.begin(), last_->notes.end(), [&](const Note& note) {
            return note.kind == "opaque_user" && note.subject.starts_with(email + ":");
          });
      if (!named && !policy_->declares(email)) continue;
      out[email] = {text(user.at("id")), text(user.at("status")) == "suspended"};
    }
    return out;
  }

  [[nodiscard]] std::string what_is_left() {
    truth_.look_again();
    return difference(truth_.now(), policy_->wanted(truth_.now()));
  }

  void calm_down() {
    must(org_.set_faults(json::object{}), "faults");
    wall_.off = milliseconds{0};
    rival_chance_ = 0;
    pass(milliseconds(std::int64_t{3'651} * 86'400'000));  // past whatever a wrong clock wrote
    deliver_late();
    (void)truth_.take_writes();
    rival_.accept_invitations();
    run_until_done();
    // What lies made it take somebody for, a person says by id, as its notes ask for.
    const auto asks_who = [](const Note& note) { return note.kind == "opaque_user"; };
    if (weather_ == Weather::lies &&
        (!last_ || std::any_of(last_->notes.begin(), last_->notes.end(), asks_who))) {
      ++report_.told_who;
      truth_.look_again();
      (void)dir_.write("rolecall.toml", policy_->toml(accounts_asked_for()));
      run_until_done();
    }
    truth_.look_again();
    if (weather_ == Weather::limits && last_ && (!last_->applyable() || !what_is_left().empty())) {
      ++report_.relaxed;
      policy_->relax();
      go_by_policy();
      run(true);  // which whatever was protected outlives
      run_until_done();
    }
    if (!last_) throw Violation("no plan in the end: " + last_problem_);
    if (!last_->applyable()) return;  // a rule of safety stands in the way, and nothing was done
    const std::string left = what_is_left();
    if (!last_->changes.empty() || !left.empty()) {
      throw Violation(fmt::format("it does not converge: {} changes left\n{}{}",
                                  last_->changes.size(), left, fmt::join(last_->gaps, "\n")));
    }
  }

  struct Late {
    HttpRequest request;
    Instant due;
  };

  std::mt19937_64 random_;
  Weather weather_;
  TempDir dir_;
  std::string store_ = (dir_.path() / "store" / "rolecall.db").string();
  std::string policy_file_ = (dir_.path() / "rolecall.toml").string();
  std::string organization_{kOrganization};
  GlobalOptions quiet_{.quiet = true, .progress = ProgressStyle::none};
  simulator::VirtualClock time_;
  WallClock wall_{time_};
  simulator::FakeOrg org_;
  Truth truth_;
  Rival rival_;
  std::optional<RandomPolicy> policy_;
  std::vector<Late> late_;
  std::set<std::string> late_keys_;
  std::set<std::string> arrived_late_;
  std::size_t crash_in_ = 0, stop_in_ = 0, jump_in_ = 0, calls_ = 0, after_stop_ = 0;
  unsigned rival_chance_ = 0;
  milliseconds jump_{0};
  bool stopped_ = false;
  bool undone_meanwhile_ = false;  ///< perhaps: the other administrator was at work in this run
  RunId seen_run_ = 0, newest_run_ = 0;
  std::optional<Plan> last_;
  std::string last_problem_;
  Digest journal_{"rolecall simulated life 1"};
  LifeReport report_;
};

}  // namespace

LifeReport live_through(std::uint64_t seed, Weather weather) {
  spdlog::set_level(spdlog::level::warn);  // thousands of waits in virtual time
  return Life(seed, weather).live();
}

}  // namespace rolecall::test
