#include "tests/support/wire.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace rolecall::test {
namespace {

constexpr std::size_t kLongest = 4'000;  // of a body that is shown

void show(std::string_view what, std::string_view text) {
  fmt::print(stderr, "{} {}\n", what, text.substr(0, kLongest));
}

}  // namespace

bool traces() {
  static const bool kTraces = std::getenv("ROLECALL_TRACE") != nullptr;
  return kTraces;
}

void Wire::start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) {
  passing_(false);
  note(ticket, request.request(), true);
  transport_.start(ticket, request.request(), delay);
}

void Wire::start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) {
  passing_(true);
  note(ticket, request.request(), false);
  transport_.start(ticket, request.request(), delay);
}

Completion Wire::wait() {
  passing_(false);
  Completion out = transport_.wait();
  if (const auto asked = asked_.extract(out.ticket)) {
    if (traces()) show("<-", fmt::format("{}", out.answer ? out.answer->status : 0));
    if (asked.mapped().read) {
      lie(asked.mapped().request, out.answer);
    } else if (traces() && out.answer) {
      show("  ", out.answer->body);
    }
  }
  passing_(false);
  return out;
}

void Wire::note(Ticket ticket, const Request& request, bool read) {
  asked_.insert_or_assign(ticket, Asked{request, read});
  if (traces()) show(read ? "->" : "-> WRITE", request.target + ' ' + request.body);
}

void Wire::lie(const Request& request, Answer& answer) {
  const std::string honest = answer ? answer->body : std::string();
  if (traces()) show("   of", request.target + ' ' + request.body);
  if (traces()) show("  ", honest);
  if (liar_ == nullptr) return;
  const auto before = liar_->told();
  liar_->tell(request, answer);
  if (!traces() || !answer || answer->body == honest) return;
  for (const auto& [lie, times] : liar_->told()) {
    const auto known = before.find(lie);
    if (known == before.end() || known->second != times) show("   LIE", lie);
  }
  show("  ", answer->body);
}

}  // namespace rolecall::test
