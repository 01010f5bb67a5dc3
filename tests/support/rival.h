#pragma once

#include <functional>
#include <random>
#include <string>

#include "state/api/endpoints.h"
#include "state/simulator/fake_org.h"
#include "tests/support/truth.h"

namespace rolecall::test {

/// Another administrator of a simulated organization, who knows nothing of any policy.
class Rival {
 public:
  Rival(simulator::FakeOrg& org, std::uint64_t seed) : org_(org), random_(seed + 1) {}

  /// Does something, and has `truth` look again. `declared`: only these people are suspended and
  /// restored, since what a policy makes of others who are suspended it does not say.
  /// `admins`: may also make and unmake admins. False where nothing came to mind.
  bool move(Truth& truth, const std::function<bool(const std::string&)>& declared, bool admins);
  /// Everybody who has a mail accepts.
  void accept_invitations();

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool send(const WriteRequest& request);

  simulator::FakeOrg& org_;
  std::mt19937_64 random_;
};

}  // namespace rolecall::test
