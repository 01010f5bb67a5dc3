#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controller/applier.h"
#include "controller/reconciler.h"
#include "state/simulator/fake_client.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {

/// Plans and applies against an organization in memory, in virtual time, with a store that
/// remembers from one run to the next: what the commands do, without sockets.
class Rehearsal {
 public:
  explicit Rehearsal(const boost::json::value& seed, simulator::FakeClientOptions options = {});

  /// The policy that the next plans are made from.
  void policy(std::string_view toml);
  /// As of now in virtual time, with what the store remembers.
  [[nodiscard]] Planned plan();
  /// What would take the run back.
  [[nodiscard]] Planned plan_undo(RunId run);
  /// What a saved plan leaves of it.
  [[nodiscard]] Planned plan_only(const SavedPlan& saved);
  /// As ApplyRun does it. The plan must not be refused.
  ApplyReport apply(const Planned& planned, std::function<std::string()> stop_order = {});

  /// Calls go through this client from now on, which must outlive them; it is over client().
  void through(WriteClient& client) { way_ = &client; }

  [[nodiscard]] simulator::FakeClient& client() { return *client_; }
  [[nodiscard]] const std::string& store_path() const { return store_; }
  [[nodiscard]] const std::string& policy_path() const { return policy_; }

 private:
  Planned plan(const LoggedRun* undo, const SavedPlan* only);

  TempDir dir_;
  std::string policy_;
  std::string store_ = (dir_.path() / "store" / "rolecall.db").string();
  std::string organization_;
  std::unique_ptr<simulator::FakeClient> client_;
  WriteClient* way_ = nullptr;  ///< nothing: client_ itself
};

}  // namespace rolecall::test
