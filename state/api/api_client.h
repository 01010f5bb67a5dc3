#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "state/model/instant.h"
#include "state/model/result.h"

namespace rolecall {

/// The operations of the API, by their operationId. Rate limits are kept per operation.
enum class Operation : std::uint8_t {
  getOrgs,
  getOrgById,
  getDirectoriesForOrg,
  getDomains,
  getDomainById,
  getUserLastActiveDates,
  searchDirectoryUsers,
  getDirectoryUsersCount,
  getUserRoleAssignments,
  searchDirectoryGroups,
  getGroupsCount,
  getGroup,
  getGroupRoleAssignments,
  queryWorkspaces,
  getEvents,
  pollEvents,
  inviteUsers,
  assignRole,
  revokeRole,
  assignOrganizationLevelRole,
  revokeOrganizationLevelRole,
  removeDirectoryUser,
  suspendDirectoryUser,
  restoreDirectoryUser,
  createGroup,
  deleteGroup,
  addUserToGroup,
  removeUserFromGroup,
  grantGroupAccess,
  revokeGroupAccess,
};
[[nodiscard]] std::string_view name(Operation operation);

enum class Method : std::uint8_t { get, post, del };
[[nodiscard]] std::string_view name(Method method);

/// One HTTP request. `target` follows the base URL ("/v2/orgs/..."), already percent-encoded.
struct Request {
  Operation operation{};
  Method method{};
  std::string target;
  std::string body;  ///< JSON, or empty for none
  /// Asked right before it leaves, however long it has waited by then (for its turn, a rate limit,
  /// another try after a 429). Where it says no, the call completes as `cancelled`.
  std::function<bool()> may_leave{};
};

/// A request that cannot change the organization. Only `endpoints` makes these, from operations
/// that read; there is no way from a WriteRequest to one.
class ReadRequest {
 public:
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  friend class Endpoints;
  friend struct RequestsForTests;
  explicit ReadRequest(Request request) : request_(std::move(request)) {}
  Request request_;
};

/// A request that can change the organization.
class WriteRequest {
 public:
  [[nodiscard]] const Request& request() const { return request_; }
  void ask_before_leaving(std::function<bool()> may_leave) {
    request_.may_leave = std::move(may_leave);
  }

 private:
  friend class Endpoints;
  friend struct RequestsForTests;
  explicit WriteRequest(Request request) : request_(std::move(request)) {}
  Request request_;
};

/// An answer that arrived whole, whatever its status.
struct Response {
  int status = 0;
  std::string content_type;
  std::string body;
  std::optional<Instant> date;  ///< the server's clock
  std::string retry_after;      ///< header values as sent, empty when absent
  std::string rate_limit, rate_remaining, rate_reset;
};

/// No whole answer.
struct Failure {
  enum class Kind : std::uint8_t {
    not_sent,    ///< no byte of the request left: connect, name look-up, TLS, or given up while
                 ///< waiting
    no_answer,   ///< sent; time ran out or the connection broke: a write may have taken effect
    bad_answer,  ///< sent; what came back is no HTTP answer or breaks a limit: likewise
    cancelled,   ///< never left, or only to be told to wait (429): the caller did not want it
  };
  Kind kind{};
  std::string what;  ///< for people; holds nothing secret
  /// Trying again cannot help (certificate refused, not a permitted address).
  bool final = false;
};

using Answer = tl::expected<Response, Failure>;

/// The caller's own number for a call.
using Ticket = std::uint64_t;

struct Completion {
  Ticket ticket = 0;
  Answer answer;
  int attempts = 1;                       ///< requests sent for this call, this one included
  std::chrono::milliseconds duration{0};  ///< from start to completion, waiting included
};

/// The port to the API, for code that only reads: it has no way to write.
///
/// The loop that uses it is ordinary code: while can_start, start; then wait for one completion.
/// Completions arrive in any order, one for each start. Single-threaded.
class ReadClient {
 public:
  virtual ~ReadClient() = default;
  /// Whether another call may be started now (the bound on calls in flight).
  [[nodiscard]] virtual bool can_start() const = 0;
  /// How many may be started now; not 0 where can_start says yes.
  [[nodiscard]] virtual std::size_t room() const { return can_start() ? 1 : 0; }
  /// `delay`: not before this long from now. A delayed call counts as in flight.
  virtual void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay = {}) = 0;
  /// Blocks until a call completes. Must not be called with nothing in flight.
  [[nodiscard]] virtual Completion wait() = 0;
  /// Whether wait() would return at once. A client that cannot tell says no.
  [[nodiscard]] virtual bool answered() { return false; }
  /// Calls that have not been sent complete as `cancelled`; those sent go on to their end.
  virtual void cancel_unsent() = 0;
  /// `stop` is asked several times a second in wait(). Once it says yes, cancel_unsent, and
  /// whatever is started from then on completes as `cancelled`. Empty: that is over. A client whose
  /// time is not real does not ask.
  virtual void stop_when(const std::function<bool()>& /*stop*/) {}
  /// So many reads, one after the other and each tried again, have ended without an answer that the
  /// API itself stands for (none, or 5xx) that whoever has more calls to make had better come back
  /// later. Any answer ends that. Where all were of one operation, only if nothing came back at
  /// all: else that one is broken, and this is no outage.
  [[nodiscard]] virtual bool out_of_reach() const { return false; }
};

/// The port for the applier alone.
class WriteClient : public ReadClient {
 public:
  using ReadClient::start;
  virtual void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay = {}) = 0;
};

}  // namespace rolecall
