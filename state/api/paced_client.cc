#include "state/api/paced_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "state/api/key_refused.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWorthTelling{1'000};
constexpr std::string_view kRateLimit = "rate limit";

milliseconds round_up(Clock::Steady::duration time) {
  return std::max(milliseconds::zero(), std::chrono::ceil<milliseconds>(time));
}

bool left_the_machine(const Answer& answer) {
  return answer || (answer.error().kind != Failure::Kind::not_sent &&
                    answer.error().kind != Failure::Kind::cancelled);
}

bool is_cancelled(const Answer& answer) {
  return !answer && answer.error().kind == Failure::Kind::cancelled;
}

Answer cancelled(std::string what) {
  return tl::make_unexpected(Failure{Failure::Kind::cancelled, std::move(what), true});
}

std::string words_of(const Answer& answer) {
  if (!answer) return answer.error().what;
  if (answer->status == 429) return std::string(kRateLimit);
  return fmt::format("answer with status {}", answer->status);
}

}  // namespace

PacedClient::PacedClient(std::unique_ptr<WriteClient> transport, const Clock& clock,
                         PacedOptions options)
    : transport_(std::move(transport)),
      clock_(clock),
      options_(std::move(options)),
      limiter_(options_.max_rate),
      random_(options_.seed) {}

bool PacedClient::Call::may_leave() const {
  const auto& asked =
      std::visit([](const auto& any) -> const Request& { return any.request(); }, request);
  return !asked.may_leave || asked.may_leave();
}

std::size_t PacedClient::room() const {
  // Those that wait for their operation's window keep a place each; others need not wait with them.
  const std::size_t below = done_.empty() ? transport_->room() : 0;
  return below - std::min(below, parked_.size());
}

void PacedClient::start(Ticket ticket, ReadRequest request, milliseconds delay) {
  start_any(ticket, std::move(request), delay);
}

void PacedClient::start(Ticket ticket, WriteRequest request, milliseconds delay) {
  start_any(ticket, std::move(request), delay);
}

void PacedClient::start_any(Ticket ticket, AnyRequest request, milliseconds delay) {
  Call call(ticket, std::move(request));
  call.operation =
      std::visit([](const auto& any) { return any.request().operation; }, call.request);
  call.history.write = std::holds_alternative<WriteRequest>(call.request);
  call.begun = clock_.steady();
  call.due = call.begun + delay;
  const Id id = next_id_++;
  calls_.emplace(id, std::move(call));
  if (key_refused_ || stop_asked()) {
    finish(id, cancelled(why_stopped()));
  } else {
    hand_down(id);
  }
}

void PacedClient::hand_down(Id id) {
  Call& call = calls_.at(id);
  const auto now = clock_.steady();
  const auto from = std::max(now, call.due);
  const auto at = limiter_.earliest(call.operation, from);
  if (!at || !transport_->can_start()) {
    parked_.push_back(id);
    return;
  }
  call.leaves_at = *at;
  note_wait(call, *at > from, now);
  limiter_.reserve(call.operation, *at);
  std::visit([&](const auto& request) { transport_->start(id, request, round_up(*at - now)); },
             call.request);
}

void PacedClient::hand_down_parked() {
  std::deque<Id> waiting;
  waiting.swap(parked_);
  for (const Id id : waiting) hand_down(id);
}

Completion PacedClient::wait() {
  if (calls_.empty() && done_.empty()) {
    throw std::logic_error("PacedClient::wait: nothing is in flight");
  }
  // Whoever waits here has nothing under way where the call that nobody waits for has the only
  // place.
  while (done_.empty() || (asked_another_ && calls_.size() == 1 && transport_->room() == 0)) {
    wait_below();
  }
  Completion completion = std::move(done_.front());
  done_.pop_front();
  return completion;
}

bool PacedClient::answered() {
  while (done_.empty() && !calls_.empty() && transport_->answered()) wait_below();
  return !done_.empty();
}

void PacedClient::wait_below() {
  came_back(transport_->wait());
  if (stop_asked()) {
    finish_parked();
  } else {
    hand_down_parked();
  }
}

void PacedClient::came_back(Completion below) {
  const Id id = below.ticket;
  Call& call = calls_.at(id);
  if (is_cancelled(below.answer)) {
    limiter_.release(call.operation, call.leaves_at);
    if (call.stop || stop_asked() || !call.may_leave()) {
      finish(id, cancelled(why_stopped()));
    } else {
      hand_down(id);  // it was recalled
    }
    return;
  }
  const auto now = clock_.steady();
  const Response* response = below.answer ? &*below.answer : nullptr;
  limiter_.ended(call.operation, call.leaves_at, response, now, clock_.now());
  CallCounts& counts = counts_[call.operation];
  if (left_the_machine(below.answer)) {
    ++call.attempts;
    ++counts.sent;
    if (call.attempts > 1) ++counts.repeated;
  }
  if (response != nullptr && response->status == 429) ++counts.rate_limited;
  if (response != nullptr && response->status == 401) refuse_key();
  const Operation operation = call.operation;
  again_or_finish(id, std::move(below.answer), round_up(now - call.leaves_at));
  recall_if_too_early(operation);
}

void PacedClient::again_or_finish(Id id, Answer answer, milliseconds took) {
  Call& call = calls_.at(id);
  const auto decision =
      decide(options_.retry, call.history, budget_, answer, took, clock_.now(), random_);
  const auto* again = std::get_if<RetryAfter>(&decision);
  if (again != nullptr && !call.stop && !stop_asked()) {
    call.due = clock_.steady() + again->delay;
    call.why = words_of(answer);
    // A 429 that does not say for how long still speaks of the whole operation.
    if (answer && answer->status == 429) limiter_.hold(call.operation, call.due);
    hand_down(id);
    return;
  }
  const bool answered = answer && answer->status < 500;
  const bool reads = std::holds_alternative<ReadRequest>(call.request);
  unanswered_ = answered ? 0 : unanswered_ + (reads ? 1 : 0);
  // An operation that is broken says so in some way; of a network that is, nobody does.
  const bool said = answer || answer.error().kind == Failure::Kind::bad_answer;
  silent_ = said ? 0 : silent_ + (reads ? 1 : 0);
  if (answered) unanswered_of_.clear();
  if (!answered) unanswered_of_.insert(call.operation);
  if (answered && reads) {
    answered_.insert_or_assign(call.operation, std::get<ReadRequest>(std::move(call.request)));
  }
  if (silent_ >= kOutOfReach) ask_another();
  if (const auto* give_up = std::get_if<GiveUp>(&decision);
      give_up != nullptr && !give_up->reason.empty()) {
    ++counts_[call.operation].given_up;
    if (!answer) answer.error().what += fmt::format(" ({})", give_up->reason);
    if (options_.on_give_up) options_.on_give_up(call.operation, give_up->reason);
  }
  finish(id, std::move(answer));
}

void PacedClient::ask_another() {
  const ReadRequest* request = other_answered();
  if (request == nullptr || unanswered_of_.size() > 1 || asked_another_ || key_refused_) return;
  asked_another_ = next_id_;
  start_any({}, *request, {});
}

const ReadRequest* PacedClient::other_answered() const {
  const auto other = std::find_if(answered_.begin(), answered_.end(), [this](const auto& known) {
    return !unanswered_of_.contains(known.first);
  });
  return other == answered_.end() ? nullptr : &other->second;
}

void PacedClient::finish(Id id, Answer answer) {
  const auto found = calls_.find(id);
  if (asked_another_ == id) {
    asked_another_.reset();
    calls_.erase(found);
    return;
  }
  const Call& call = found->second;
  done_.push_back(Completion{call.ticket, std::move(answer), call.attempts,
                             round_up(clock_.steady() - call.begun)});
  calls_.erase(found);
}

void PacedClient::finish_parked() {
  for (const Id id : std::exchange(parked_, {})) {
    finish(id, cancelled(why_stopped()));
  }
}

void PacedClient::stop_when(const std::function<bool()>& stop) {
  stopped_ = false;
  if (!stop) return transport_->stop_when({});
  transport_->stop_when([this, stop] {
    if (stopped_ || !stop()) return stopped_;
    stopped_ = true;
    cancel_unsent();
    return true;
  });
}

bool PacedClient::stop_asked() const {
  if (stopped_) return true;
  return options_.stop_requested && options_.stop_requested();
}

std::string PacedClient::why_stopped() const {
  return std::string(key_refused_ ? kKeyRefusedBefore : "not sent: stopped before");
}

void PacedClient::refuse_key() {
  key_refused_ = true;
  cancel_unsent();
}

void PacedClient::cancel_unsent() {
  finish_parked();
  for (auto& [id, call] : calls_) call.stop = true;
  transport_->cancel_unsent();
}

void PacedClient::recall_if_too_early(Operation operation) {
  const auto now = clock_.steady();
  const bool early = std::any_of(calls_.begin(), calls_.end(), [&](const auto& entry) {
    const Call& call = entry.second;
    const bool below = std::find(parked_.begin(), parked_.end(), entry.first) == parked_.end();
    if (call.operation != operation || !below || call.leaves_at <= now) return false;
    const auto opens = limiter_.window_opens(operation, call.leaves_at);
    return opens && *opens > call.leaves_at;
  });
  if (early) transport_->cancel_unsent();
}

void PacedClient::note_wait(const Call& call, bool limited, Clock::Steady now) {
  const auto delay = round_up(call.leaves_at - now);
  if (!options_.on_wait || delay < kWorthTelling || (!limited && call.why.empty())) return;
  if (!limited && call.why != kRateLimit) {
    options_.on_wait(call.operation, delay, call.why);
    return;
  }
  // Many calls of one operation wait for the same moment: one word about it is enough.
  auto& told = told_until_[call.operation];
  if (call.leaves_at <= told + kWorthTelling) return;
  told = call.leaves_at;
  options_.on_wait(call.operation, delay, kRateLimit);
}

const CallCounts& PacedClient::counts(Operation operation) const {
  static const CallCounts kNone;
  const auto found = counts_.find(operation);
  return found == counts_.end() ? kNone : found->second;
}

CallCounts PacedClient::total() const {
  CallCounts sum;
  for (const auto& [operation, counts] : counts_) {
    sum.sent += counts.sent;
    sum.rate_limited += counts.rate_limited;
    sum.repeated += counts.repeated;
    sum.given_up += counts.given_up;
  }
  return sum;
}

}  // namespace rolecall
