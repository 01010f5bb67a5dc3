#include "tests/support/lied_to.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// The client's way to the organization and back.
class Way final : public ReadClient {
 public:
  Way(simulator::FakeTransport& transport, std::size_t page_size, const LiedTo::Spoil& spoil)
      : transport_(transport), page_size_(page_size), spoil_(spoil) {}

  [[nodiscard]] bool can_start() const override { return transport_.can_start(); }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    Request smaller = request.request();
    if (page_size_ != 0) shrink(smaller);
    asked_.insert_or_assign(ticket, smaller);
    transport_.start(ticket, std::move(smaller), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = transport_.wait();
    const auto asked = asked_.extract(out.ticket);
    const Request& request = asked.mapped();
    if (spoil_ && out.answer) {
      spoil_(fmt::format("{} {} {}", name(request.method), request.target, request.body), request,
             *out.answer);
    }
    return out;
  }
  void cancel_unsent() override { transport_.cancel_unsent(); }

 private:
  void shrink(Request& request) const {
    constexpr std::string_view kLimit = "limit=100";
    if (const auto at = request.target.find(kLimit); at != std::string::npos) {
      request.target.replace(at, kLimit.size(), fmt::format("limit={}", page_size_));
    }
    if (request.body.empty()) return;
    json::value body = json::parse(request.body);
    if (json::value* limit = body.as_object().if_contains("limit")) *limit = page_size_;
    request.body = json::serialize(body);
  }

  simulator::FakeTransport& transport_;
  std::size_t page_size_;
  const LiedTo::Spoil& spoil_;
  std::map<Ticket, Request> asked_;
};

}  // namespace

LiedTo::LiedTo(const json::value& seed, std::string_view policy)
    : policy_(dir_.write("rolecall.toml", policy)),
      org_(simulator::FakeOrg::from_seed(seed, [this] { return clock_.now(); }).value()) {}

Planned LiedTo::plan(const Spoil& spoil) {
  simulator::FakeTransport transport(org_, clock_, {});
  Way way(transport, page_size, spoil);
  PlanRequest request{policy_, clock_.now(), {}, {}};
  request.memory = memory;
  request.for_people = false;
  return plan_policy(way, request, {});
}

std::vector<std::string> lines_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    out.push_back(fmt::format(
        "{} {} {} {} {}", name(change.kind), change.user.empty() ? "-" : change.user,
        change.group.empty() ? "-" : change.group, change.resource.empty() ? "-" : change.resource,
        change.role.empty() ? "-" : change.role));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> losses_in(const Plan& plan) {
  Plan taking;
  for (const Change& change : plan.changes) {
    if (takes_away(change.kind)) taking.changes.push_back(change);
  }
  return lines_of(taking);
}

std::string said(const Planned& planned) {
  std::string out = render(planned.diagnostics);
  if (planned.error) out += planned.error->what + '\n';
  if (!planned.plan) return out;
  for (const std::string& gap : planned.plan->gaps) out += gap + '\n';
  for (const Note& note : planned.plan->notes) {
    out += fmt::format("{}: {}\n", note.kind, note.subject);
  }
  return out;
}

}  // namespace rolecall::test
