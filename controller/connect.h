#pragma once

#include <memory>
#include <string>

#include "controller/options.h"
#include "state/api/api_client.h"
#include "state/api/clock.h"
#include "state/api/paced_client.h"
#include "state/model/result.h"

namespace rolecall {

/// A client of the API as the options ask for: checked address, key, pacing. Nothing is sent yet.
class Connection {
 public:
  /// Error: the address is not permitted, or the key or the CA file cannot be used. Takes the key
  /// from the file named, else from ROLECALL_API_KEY, which it takes out of the environment.
  [[nodiscard]] static Result<Connection> open(const GlobalOptions& global,
                                               const RetryOptions& retry = {});

  [[nodiscard]] ReadClient& reads() { return *client_; }
  /// For the applier alone.
  [[nodiscard]] WriteClient& writes() { return *client_; }
  [[nodiscard]] const PacedClient& paced() const { return *client_; }
  [[nodiscard]] const Clock& clock() const { return *clock_; }

 private:
  Connection(std::unique_ptr<Clock> clock, std::unique_ptr<PacedClient> client)
      : clock_(std::move(clock)), client_(std::move(client)) {}

  std::unique_ptr<Clock> clock_;  // outlives the client
  std::unique_ptr<PacedClient> client_;
};

/// Whether the API answers at all, be it with a refusal: one call, tried twice at most. Error:
/// nothing came back, or the server's own error.
[[nodiscard]] Result<void> ask_whether_it_answers(const GlobalOptions& global,
                                                  const std::string& organization);

/// The organization named on the command line, else by the policy in the current folder; empty for
/// none.
[[nodiscard]] Result<std::string> named_organization(const GlobalOptions& global);

/// The same where the API is not asked: an error where none is named.
[[nodiscard]] Result<std::string> organization_offline(const GlobalOptions& global);

/// The organization that commands without a policy speak of: the one named, else that of the policy
/// in the current folder, else the only one the key sees.
[[nodiscard]] Result<std::string> organization_of(const GlobalOptions& global, ReadClient& client);

}  // namespace rolecall
