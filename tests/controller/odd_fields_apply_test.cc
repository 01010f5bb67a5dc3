// guarantees.md B3, of an apply: each member of each answer that it gets, to reads and to writes,
// is deleted, null, of another type, an unknown word, huge; one at a time. Judged by the
// organization's own log and state. ROLECALL_CASES says how many of them (120, spread over all).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "tests/support/busy_org.h"
#include "tests/support/cases.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/ledger.h"
#include "tests/support/odd_json.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;
using State = ChangeOutcome::State;

std::string policy() {
  return with(busy_policy(), "\"new@acme.example\" = {}",
              "\"new@acme.example\" = { roles = [\"org-admin\"] }");
}

/// Hands answers on, of which one may be another; each has a name: what was asked, how often.
class Spoiling final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    asked_[ticket] = name_of(request.request());
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    asked_[ticket] = name_of(request.request());
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || out.answer->body.empty()) return out;
    const std::string& name = asked_.at(out.ticket);
    if (name == spoil) {
      out.answer->body = instead;
      if (on_spoilt) on_spoilt();
    }
    answers.emplace_back(name, out.answer->body);
    return out;
  }

  std::string spoil, instead;
  std::function<void()> on_spoilt;
  std::vector<std::pair<std::string, std::string>> answers;  ///< those with a body, in order

 private:
  std::string name_of(const Request& request) {
    const std::string what =
        fmt::format("{} {} {}", name(request.method), request.target, request.body);
    return fmt::format("{} #{}", what, ++times_[what]);
  }
  std::map<std::string, int> times_;
  std::map<Ticket, std::string> asked_;
};

/// One apply of the policy, and what is known of it.
struct Applied {
  explicit Applied(const std::string& spoil = {}, const std::string& instead = {}) {
    Rehearsal world(busy_organization());
    world.policy(policy());
    const Planned planned = world.plan();
    const std::size_t before = world.client().org().requests().as_array().size();
    Spoiling client(world.client());
    client.spoil = spoil;
    client.instead = instead;
    client.on_spoilt = [&] { spoilt_at = world.client().org().requests().as_array().size(); };
    world.through(client);
    const ApplyReport report = world.apply(planned);
    answers = std::move(client.answers);
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
      const ChangeOutcome& outcome = report.outcomes[i];
      states.push_back(outcome.state);
      if (outcome.message.empty()) continue;
      words += fmt::format("{} {} {}: {}\n", name(planned.plan->changes[i].kind),
                           planned.plan->changes[i].user, planned.plan->changes[i].group,
                           outcome.message);
    }
    for (const std::string& why : report.misread) words += why + '\n';
    words += report.stopped_because + report.broken;
    const json::array requests = world.client().org().requests().as_array();
    for (std::size_t n = before; n < requests.size(); ++n) note(requests[n], n);
    Ledger ledger;
    ledger.add_received(requests);
    const Store store = std::move(Store::open(world.store_path(), Store::Access::read).value());
    ledger.add_intended(store);
    complaints = ledger.complaints(Ledger::Others::none);
    const json::value state = world.client().org().state();
    if (const json::value* mails = state.as_object().if_contains("mails")) {
      for (const auto& [email, count] : mails->as_object()) {
        most_mails = std::max(most_mails, count.as_int64());
      }
    }
  }

  struct Write {
    std::string key;
    std::size_t at = 0;  ///< its number among the requests
    bool effective = false;
  };
  std::vector<Write> writes;
  std::vector<State> states;  ///< of the plan's changes
  std::string words;          ///< all that is said
  std::vector<std::string> complaints;
  std::vector<std::pair<std::string, std::string>> answers;
  std::int64_t most_mails = 0;
  std::size_t spoilt_at = 0;  ///< requests so far when the odd answer came

 private:
  void note(const json::value& request, std::size_t number) {
    const std::string method = text(request.at("method"));
    const std::string target = text(request.at("target"));
    if (!is_write(method, target)) return;
    writes.push_back({fmt::format("{} {} {}", method, target, json::serialize(request.at("body"))),
                      number, request.at("effective").as_bool()});
  }
};

struct Case {
  std::size_t answer = 0;
  Member member;
  How how{};
};

class OddAnswersOfAnApply : public ::testing::Test {
 protected:
  OddAnswersOfAnApply() {
    for (const Applied::Write& write : honest_.writes) honest_writes_.insert(write.key);
    for (std::size_t a = 0; a < honest_.answers.size(); ++a) {
      const json::value whole = json::parse(honest_.answers[a].second);
      for (const Member& member : members_of(whole)) {
        for (const How how : kHows) all_.push_back({a, member, how});
      }
    }
  }

  void check(const Case& one) {
    const auto& [name, body] = honest_.answers[one.answer];
    SCOPED_TRACE(fmt::format("{}\n{} {}", name, one.member.path, test::name(one.how)));
    const Applied odd(name, spoilt(body, one.member, one.how));
    EXPECT_GT(odd.spoilt_at, 0U);
    SCOPED_TRACE(odd.words);
    std::map<std::string, int> effective;
    for (const Applied::Write& write : odd.writes) {
      EXPECT_TRUE(is_planned(write.key)) << "nobody asked for " << write.key;
      if (write.effective) {
        EXPECT_EQ(++effective[write.key], 1) << write.key;
      }
    }
    EXPECT_LE(odd.most_mails, 1);
    EXPECT_THAT(odd.complaints, IsEmpty());
    expect_left_alone(one, odd);
    if (odd.states == honest_.states) {
      ++harmless_;
      return;
    }
    ++named_;
    if (!is_told_otherwise(one, odd.words)) {
      EXPECT_THAT(odd.words, ::testing::ContainsRegex("search|role-assignments|invite"));
      EXPECT_THAT(odd.words, ::testing::HasSubstr("$"));
    }
  }

  /// An invitation may go without what is held back.
  [[nodiscard]] bool is_planned(const std::string& key) const {
    const std::size_t at = key.find("/users/invite {");
    if (at == std::string::npos) return honest_writes_.contains(key);
    const json::value body = json::parse(key.substr(key.find('{')));
    return std::any_of(honest_writes_.begin(), honest_writes_.end(), [&](const std::string& all) {
      if (!all.starts_with(key.substr(0, key.find('{')))) return false;
      const json::object whole = json::parse(all.substr(all.find('{'))).as_object();
      return std::all_of(body.as_object().begin(), body.as_object().end(), [&](const auto& part) {
        const json::value* same = whole.if_contains(part.key());
        if (same == nullptr || !part.value().is_array()) {
          return same != nullptr && *same == part.value();
        }
        const json::array& list = same->as_array();
        return std::all_of(part.value().as_array().begin(), part.value().as_array().end(),
                           [&](const auto& item) {
                             return std::find(list.begin(), list.end(), item) != list.end();
                           });
      });
    });
  }

  /// Of a person or a group whose item is not understood nothing is done from then on.
  void expect_left_alone(const Case& one, const Applied& odd) {
    const auto& [name, body] = honest_.answers[one.answer];
    const bool people = name.find("/users/search") != std::string::npos;
    const bool groups = name.find("/groups/search") != std::string::npos;
    if ((!people && !groups) || !one.member.path.starts_with("$.data[")) return;
    constexpr std::string_view kOfPeople[] = {"accountStatus", "membershipStatus", "accountType",
                                              "email",         "platformRoles",    "groups"};
    constexpr std::string_view kOfGroups[] = {"name", "managedBy", "externalSynced"};
    const auto among = [&](const auto& words) {
      return std::find(std::begin(words), std::end(words), one.member.last) != std::end(words);
    };
    const bool matters = people ? among(kOfPeople) : among(kOfGroups);
    // Another type is never understood.
    const bool truth = one.how == How::a_truth && one.member.last != "externalSynced";
    const bool other_type = truth || one.how == How::a_number || one.how == How::an_object;
    if (!matters || (!other_type && one.how != How::huge)) return;
    if (one.how == How::huge && one.member.last.find("Status") == std::string::npos) return;
    const std::size_t item = std::stoul(one.member.path.substr(7));
    const json::value whole = json::parse(body);
    const std::string id = text(whole.at("data").at(item).at(people ? "accountId" : "id"));
    ++opaque_;
    for (const Applied::Write& write : odd.writes) {
      EXPECT_TRUE(write.at < odd.spoilt_at || write.key.find(id) == std::string::npos)
          << "left although it was not understood: " << write.key;
    }
  }

  /// By a contradiction to what else was answered, or as a word that could be an honest one.
  static bool is_told_otherwise(const Case& one, const std::string& words) {
    const bool word = one.how == How::a_word || one.how == How::huge;
    if (word && is_free(one.member.last)) return true;
    constexpr std::string_view kWords[] = {"shows this",
                                           "shows another",
                                           "not the same",
                                           "names account",
                                           "LIMBO",
                                           "meanwhile",
                                           "Invalid cursor",
                                           "another account has",
                                           "not to be seen",
                                           "changed here any more",
                                           "found so on reading again"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](auto said) { return words.find(said) != std::string::npos; });
  }

  Applied honest_;
  std::set<std::string> honest_writes_;
  std::vector<Case> all_;
  std::size_t harmless_ = 0, named_ = 0, opaque_ = 0;
};

TEST_F(OddAnswersOfAnApply, LeadToNothingThatWasNotPlannedAndAreNamed) {
  ASSERT_EQ(std::count(honest_.states.begin(), honest_.states.end(), State::applied),
            static_cast<std::ptrdiff_t>(honest_.states.size()))
      << honest_.words;
  ASSERT_GT(honest_.writes.size(), 12U);
  const std::size_t tried = std::min<std::size_t>(all_.size(), cases(120));
  for (std::size_t k = 0; k < tried; ++k) check(all_[k * all_.size() / tried]);
  std::cout << fmt::format(
      "{} of {} odd answers ({} answers of an apply with {} writes): {} change nothing, {} do and "
      "are named; {} times somebody was not understood\n",
      tried, all_.size(), honest_.answers.size(), honest_.writes.size(), harmless_, named_,
      opaque_);
}

}  // namespace
}  // namespace rolecall::test
