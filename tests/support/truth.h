#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "state/simulator/fake_org.h"
#include "tests/support/org_model.h"

namespace rolecall::test {

/// Something that must never happen has happened.
struct Violation : std::logic_error {
  using std::logic_error::logic_error;
};

/// Stands at the door of a simulated organization and holds each write of ours, as it takes effect,
/// against what the policy in force makes of the organization as it truly is at that moment. Knows
/// nothing of what the tool believes.
///
/// - Nothing moves away from what is wanted: no wrong removal, no wrong grant (B2).
/// - No write of ours leaves fewer active admins than the floor (C3).
/// - Nobody who has a mail of ours and is still there gets another (A4).
/// - No more is taken away within a day than the limits allow (C1, C2), and nothing from whom or
///   what is protected (C4).
class Truth {
 public:
  struct Write {
    std::string request;  ///< "POST /v2/..."
    std::string body;
    bool effective = false;
    bool takes = false;  ///< somebody lost something
  };

  explicit Truth(simulator::FakeOrg& org, std::function<Instant()> time)
      : org_(org), time_(std::move(time)) {}

  /// What is wanted of an organization that is so, by the policy in force.
  std::function<Model(const Model&)> wanted;
  std::int64_t floor = 0;
  /// Of a class, where there is a limit: what may be taken away within a day.
  std::map<std::string, std::size_t> limits{};
  std::set<std::string> protected_users{}, protected_groups{};
  /// Others changed who is admin after the tool looked: it cannot know.
  bool admins_moved = false;
  /// Nothing may be taken away: the tool knows better than to trust its clock.
  bool only_gives = false;
  /// What arrives was sent by a process that is dead, for a policy and admins that were: only a
  /// second mail would be wrong.
  bool from_the_past = false;

  /// Around each request of ours. Throws Violation.
  void arriving(const simulator::HttpRequest& request);
  void arrived(const simulator::HttpRequest& request);
  /// Others have changed something.
  void look_again();

  [[nodiscard]] const Model& now() const { return model_; }
  [[nodiscard]] const boost::json::value& state() const { return state_; }
  /// The writes of ours since the last time.
  [[nodiscard]] std::vector<Write> take_writes();

 private:
  void check(const Model& before, const Model& after, Write& write);
  void check_mails(const std::string& request);
  void check_losses(const Model& before, const Model& after, const Write& write);
  void count(const std::string& klass, const Write& write);
  [[nodiscard]] std::int64_t active_admins() const;

  simulator::FakeOrg& org_;
  std::function<Instant()> time_;
  boost::json::value state_;
  Model model_;
  std::int64_t admins_before_ = 0;
  std::map<std::string, std::int64_t> mails_;
  std::set<std::string> have_mail_;  ///< and have been there since
  std::vector<Write> writes_;
  std::map<std::string, std::vector<Instant>> taken_;  ///< when, by class
};

}  // namespace rolecall::test
