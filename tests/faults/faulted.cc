#include "tests/faults/faulted.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "state/store/store.h"
#include "state/store/verify.h"
#include "tests/support/places.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

std::size_t number(const char* variable, std::size_t otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::stoull(value);
}

int groups() {
  return static_cast<int>(number("ROLECALL_FAULTS_GROUPS", 8));
}
constexpr int kPeople = 12;
/// How strace marks a call that it made fail.
constexpr std::string_view kInjected = "(INJECTED)";

std::string person(int i) {
  return fmt::format("p{}@acme.example", i);
}

json::object organization() {
  json::object out = acme();
  for (int i = 0; i < kPeople; ++i) {
    out["users"].as_array().push_back(json::object{{"email", person(i)}});
  }
  return out;
}

/// `there`: groups with members and grants, five changes each, two people who are invited and one
/// suspended.
std::string policy(bool there) {
  std::string out = acme_policy();
  out += "[safety]\n";
  for (const char* limit :
       {"suspend_users", "remove_users", "delete_groups", "remove_members",
        "remove_members_per_group", "revoke_group_access", "revoke_user_access", "revoke_admins"}) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", limit);
  }
  for (int i = 0; i < kPeople; ++i) {
    const bool suspended = there && i == 0;
    out += fmt::format("[users.\"{}\"]\nstate = \"{}\"\nroles = [{}]\n", person(i),
                       suspended ? "suspended" : "active", there && i == 1 ? "\"org-admin\"" : "");
  }
  for (const char* name : {"new0", "new1"}) {
    out += fmt::format("[users.\"{}@acme.example\"]\nstate = \"{}\"\n", name,
                       there ? "active" : "removed");
  }
  for (int g = 0; g < groups(); ++g) {
    out += fmt::format("[groups.group-{}]\n", g);
    if (!there) {
      out += "state = \"absent\"\n";
      continue;
    }
    out += fmt::format("access = {{ jira = [\"user\"] }}\nmembers = [\"{}\", \"{}\", \"{}\"]\n",
                       person(1 + g % 5), person(6 + g % 5), "new0@acme.example");
  }
  return out;
}

std::size_t occurrences(std::string_view what, std::string_view text) {
  std::size_t out = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; ++out) {
    at = text.find(what, at + 1);
  }
  return out;
}

}  // namespace

std::size_t every(std::size_t otherwise) {
  return number("ROLECALL_FAULTS_EVERY", otherwise);
}

std::size_t trials(std::size_t otherwise) {
  return number("ROLECALL_FAULTS_TRIALS", otherwise);
}

std::size_t first_trial() {
  return number("ROLECALL_FAULTS_FIRST", 0);
}

bool strace_works() {
  return !rolecall_is_sanitized() &&
         std::system("strace -qq -o /dev/null -e trace=openat true >/dev/null 2>&1") == 0;
}

std::vector<std::string> strace(const std::string& call, const std::string& fault,
                                const std::string& output) {
  return {"/usr/bin/strace",
          "-f",
          "-qq",
          "-o",
          output,
          "-e",
          "trace=" + call + ",sendmsg",
          "-e",
          fmt::format("inject={}:{}", call, fault)};
}

void Faulted::SetUp() {
  start(organization());
  // Without any fault: what each way costs, and where it leads.
  for (int way = 0; way < 2; ++way) {
    turn();
    rolecall_exits(0, {"apply", "--yes"});
    goal_[forward_] = read_model(simulator->state());
    fewest_[forward_] = effective();
    ASSERT_GT(fewest_writes(), 9U);
  }
  ASSERT_NE(difference(goal_[0], goal_[1]), "");
}

void Faulted::TearDown() {
  if (is_done_) rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EndToEnd::TearDown();
}

std::string Faulted::store() const {
  return (folder.path() / ".rolecall" / "rolecall.db").string();
}

void Faulted::turn() {
  under.clear();
  is_done_ = false;
  forward_ = !forward_;
  remove_store();
  write_policy(policy(forward_));
  simulator->end_faults();
  simulator->forget_requests();
  mails_before_ = mails();
}

std::string Faulted::counted() const {
  return (folder.path() / "counted").string();
}

void Faulted::inject(const std::string& call, const std::string& fault, const std::string& only) {
  under = strace(call, fault, counted());
  if (!only.empty()) under.insert(under.end(), {"-P", only});
}

Outcome Faulted::apply_under_fault() {
  Outcome out = rolecall({"apply", "--yes"});
  under.clear();
  last_exit_ = out.exit_code;
  return out;
}

bool Faulted::struck() const {
  return last_exit_ == 128 + SIGKILL || read_file(counted()).find(kInjected) != std::string::npos;
}

std::size_t Faulted::sent_afterwards() const {
  const std::string all = read_file(counted());
  const std::size_t at = all.find(kInjected);
  return at == std::string::npos ? 0 : occurrences("sendmsg(", std::string_view(all).substr(at));
}

std::size_t Faulted::calls_in_calm(const std::string& call, const std::string& only) {
  turn();
  // A call that no apply makes so often.
  inject(call, "error=EIO:when=65535", only);
  EXPECT_EQ(apply_under_fault().exit_code, 0);
  return occurrences(call + "(", read_file(counted()));
}

std::size_t Faulted::at_points(std::size_t samples, const std::string& call, const FaultAt& fault,
                               const Check& check, const std::string& only) {
  const std::size_t calls = std::max(calls_in_calm(call, only), calls_in_calm(call, only));
  // However far apart the points are, an apply comes to the first.
  const std::size_t step =
      std::clamp<std::size_t>(every(calls / samples), 1, std::max<std::size_t>(calls, 1));
  std::size_t out = 0;
  // Applies differ by some calls from time to time: the end is where none meets the fault any more.
  for (std::size_t n = 1 + step / 3;; n += step) {
    std::size_t met = 0;
    for (int way = 0; way < 2 && !HasFailure(); ++way) {
      turn();
      inject(call, fault(n), only);
      const Outcome outcome = apply_under_fault();
      const std::string what = fmt::format("{} {}, exit {}", call, fault(n), outcome.exit_code);
      if (struck()) {
        ++met;
        check(outcome, what);
      } else {
        EXPECT_EQ(outcome.exit_code, 0) << what << '\n' << outcome.said();
      }
    }
    out += met;
    if (met == 0 || HasFailure()) break;
  }
  EXPECT_GT(out, 0U) << "no apply makes this call";
  return out;
}

std::map<std::string, std::int64_t> Faulted::mails() const {
  std::map<std::string, std::int64_t> out;
  const json::value state = simulator->state();
  if (const json::value* mails = state.as_object().if_contains("mails")) {
    for (const auto& [email, count] : mails->as_object()) out[email] = count.as_int64();
  }
  return out;
}

std::size_t Faulted::effective_writes() const {
  std::size_t out = 0;
  for (const json::value& request : simulator->requests()) {
    if (request.at("effective").as_bool()) ++out;
  }
  return out;
}

void Faulted::recover_and_check(const std::string& what) {
  SCOPED_TRACE(what);
  Outcome again = rolecall({"apply", "--yes"});
  if (const Arguments doubtful = invitations_in_doubt();
      again.exit_code == 3 && !doubtful.empty()) {
    // The only thing that is left to people: nobody can know whether the mail went out.
    Arguments arguments{"apply", "--yes"};
    for (const std::string& email : doubtful) {
      EXPECT_THAT(again.said(), ::testing::HasSubstr(email));
      arguments.insert(arguments.end(), {"--invite-again", email});
    }
    again = rolecall(arguments, {{"ROLECALL_SETTLE_WINDOW", "0s"}});
  }
  EXPECT_EQ(again.exit_code, 0) << again.said();
  check_done(what);
}

Faulted::Effective Faulted::effective() const {
  Effective out{.all = effective_writes()};
  const auto log = Store::open(store(), Store::Access::read);
  EXPECT_TRUE(log) << log.error().what;
  if (!log) return out;
  std::set<std::string> invited;
  std::map<std::string, std::string> of;  // who it is about, by request and body
  const auto runs = log->runs(0);
  for (const RunRecord& run : *runs) {
    const auto calls = log->calls(run.id);
    for (const CallRecord& call : *calls) {
      if (call.intent.kind == "invite_user") invited.insert(call.intent.user);
      of[write_key(call.intent)] = call.intent.user;
    }
  }
  Ledger ledger;
  ledger.add_received(simulator->requests());
  for (const auto& [key, effective] : ledger.received()) {
    if (effective && invited.contains(of[key])) ++out.invited;
  }
  return out;
}

void Faulted::check_done(const std::string& what) {
  is_done_ = true;
  EXPECT_EQ(difference(read_model(simulator->state()), goal_[forward_]), "") << what;
  const Effective made = effective();
  const Effective& fewest = fewest_[forward_];
  EXPECT_EQ(made.all - made.invited, fewest.all - fewest.invited) << what;
  EXPECT_GE(made.invited, fewest.invited) << what;
  EXPECT_LE(made.invited, fewest.invited + 1) << what;
  for (const auto& [email, count] : mails()) {
    const auto before = mails_before_.find(email);
    EXPECT_LE(count, (before == mails_before_.end() ? 0 : before->second) + 1) << email;
  }
  check_log(what);
}

EndToEnd::Arguments Faulted::invitations_in_doubt() const {
  const auto log = Store::open(store(), Store::Access::read);
  EXPECT_TRUE(log) << log.error().what;
  Arguments out;
  if (!log) return out;
  const auto memory = log->memory(std::string(kOrganization));
  for (const OpenInvitation& open : memory->open_invitations) out.push_back(open.email);
  return out;
}

void Faulted::check_log(const std::string& what) const {
  const auto verdict = verify_store(store(), {});
  ASSERT_TRUE(verdict) << verdict.error().what;
  EXPECT_TRUE(verdict->good()) << verdict->broken;
  const auto log = Store::open(store(), Store::Access::read);
  ASSERT_TRUE(log) << log.error().what;
  EXPECT_THAT(log->open_intents().value(), ::testing::IsEmpty()) << what;
  const auto runs = log->runs(0);
  for (const RunRecord& run : *runs) {
    SCOPED_TRACE(fmt::format("run {}, {}", run.id, what));
    ASSERT_TRUE(run.end.has_value()) << "not closed";
    // -1: nobody saw how the process ended that was cut off.
    const int code = run.end->exit_code;
    EXPECT_EQ(run.end->state == "interrupted", code == -1 || code == 130) << code;
    EXPECT_EQ(run.end->state == "finished", code == 0) << code;
  }
  EXPECT_EQ(runs->front().end->state, "finished") << what;
  Ledger ledger;
  ledger.add_received(simulator->requests());
  ledger.add_intended(*log);
  EXPECT_THAT(ledger.complaints(Ledger::Others::none), ::testing::IsEmpty()) << what;
}

}  // namespace rolecall::test
