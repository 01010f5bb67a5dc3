#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "state/api/clock.h"
#include "tests/support/forwarding_client.h"

namespace rolecall::test {

/// Reads along with whoever plans and applies: knows of each object what the answers showed of it
/// last, and holds each write against that as it leaves (guarantees.md D8). Knows nothing of the
/// plan but what had been read when it was made.
///
/// What a run has made itself (whom it invited or restored, a group it made) may not show yet: that
/// reads show it otherwise is no contradiction.
class Witness final : public ForwardingClient {
 public:
  /// `passing`: called before each request that starts.
  Witness(WriteClient& below, const Clock& clock, std::function<void()> passing)
      : ForwardingClient(below), clock_(clock), passing_(std::move(passing)) {}

  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override;
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override;
  [[nodiscard]] Completion wait() override;

  /// What is known now is what the plan was made of.
  void plan_is_made() { planned_ = known_; }

  [[nodiscard]] const std::vector<std::string>& contradictions() const { return contradictions_; }
  [[nodiscard]] std::size_t writes() const { return writes_; }
  /// How old, at most, the last reading of an object was when a write about it left.
  [[nodiscard]] std::chrono::milliseconds window() const { return window_; }

 private:
  using Pair = std::pair<std::string, std::string>;
  struct Person {
    Instant read{};
    bool here = false, suspended = false, deactivated = false, admin = false;
    std::string email{};
  };
  struct Team {
    Instant read{};
    bool here = false, modifiable = true, deletable = true;
    std::string name{};
  };
  struct Fact {
    Instant read{};
    bool holds = false;
  };
  struct Knowledge {
    std::map<std::string, Person> people;         ///< by account id
    std::map<std::string, Team> teams;            ///< by group id
    std::map<Pair, Fact> members;                 ///< group, account
    std::map<std::string, Fact> addresses;        ///< somebody in the directory shows it
    std::map<std::string, Fact> names;            ///< a group has it
    std::map<std::string, std::set<Pair>> roles;  ///< ARI, role; by account or group id
    std::map<std::string, Instant> roles_read;
  };
  struct Leaving {
    Request request;
    std::string contradiction;
    std::chrono::milliseconds age{0};
  };

  void learn_people(const Request& request, const boost::json::value& answer, Instant sent);
  void learn_teams(const Request& request, const boost::json::value& answer, Instant sent);
  void learn_roles(const Request& request, const boost::json::value& answer, Instant sent);
  void learn(const Request& request, const Response& answer, Instant sent);
  void done(const Request& request);

  [[nodiscard]] std::string against(const Request& request) const;
  [[nodiscard]] std::string against_person(const Request& request,
                                           const std::string& account) const;
  [[nodiscard]] std::string against_team(const Request& request, const std::string& group) const;
  [[nodiscard]] std::string against_members(const Request& request) const;
  [[nodiscard]] std::string against_roles(const Request& request, const std::string& holder) const;
  [[nodiscard]] std::chrono::milliseconds age(const Request& request) const;

  const Clock& clock_;
  std::function<void()> passing_;
  std::map<Ticket, std::pair<Request, Instant>> asked_;
  std::map<Ticket, Leaving> leaving_;
  Knowledge known_, planned_;
  std::set<std::string> own_;  ///< accounts that the run restored, groups that it made
  std::vector<std::string> contradictions_;
  std::size_t writes_ = 0;
  std::chrono::milliseconds window_{0};
};

}  // namespace rolecall::test
