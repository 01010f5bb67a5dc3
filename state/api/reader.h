#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "state/api/api_client.h"
#include "state/model/json_parts.h"

namespace rolecall {

struct ParsedUser;
struct ParsedGroup;

/// Runs many reads at once over a ReadClient: start what may start, hand each answer to whoever
/// asked. The one routine for cursor paging lives here.
class Reader {
 public:
  explicit Reader(ReadClient& client) : client_(client) {}

  /// The document, or why there is none. Called from run(). Its memory is that of all documents:
  /// what is to outlive the call is copied with a storage_ptr of its own.
  using OnDocument = std::function<void(Result<boost::json::value>)>;
  /// `delay`: not before this long from when it is started.
  void get(ReadRequest request, OnDocument done, std::chrono::milliseconds delay = {});

  /// One page of a listing: its `data`. The last call of a chain has `closed` (the cursor chain
  /// ended properly) or a problem.
  struct Page {
    const boost::json::array* data = nullptr;
    bool last = false;
    std::string problem;  ///< the chain ended early: a sentence with the endpoint
  };
  using MakeRequest = std::function<ReadRequest(const std::string& cursor)>;
  using OnPage = std::function<void(const Page&)>;
  /// Follows `links.next` (bare cursors and URLs with ?cursor=; only the cursor is ever taken from
  /// them) until it ends, a cursor repeats, a page before the last begins as an earlier one did, or
  /// more than kMostPages came.
  struct Walking {
    std::chrono::milliseconds delay{0};
    std::size_t pages = 1;  ///< about how many there will be: longer walks go first, 0 goes last
    std::string_view purpose{};  ///< instead of what asks_for said
    /// Asked before each page is asked for; the walk is left where it says no.
    std::function<bool()> goes_on{};
  };
  void walk(MakeRequest make, OnPage on_page, Walking how);
  void walk(MakeRequest make, OnPage on_page, std::chrono::milliseconds delay = {});

  /// Until everything asked for, also by the callbacks, has been answered, or `enough` says so.
  void run(const std::function<bool()>& enough = {});

  [[nodiscard]] std::size_t calls() const { return calls_; }
  /// What is asked for from here on, with all pages that follow, is counted as calls for that. In a
  /// word or two for people; must outlive this.
  void asks_for(std::string_view what) { purpose_ = what; }
  [[nodiscard]] const std::map<std::string_view, std::size_t>& calls_for() const {
    return calls_for_;
  }
  /// The server's clock in the latest answer that told it.
  [[nodiscard]] std::optional<Instant> server_date() const { return server_date_; }
  /// An answer was 401: the key is refused, and nothing that follows would be answered.
  [[nodiscard]] bool key_refused() const { return key_refused_; }
  std::function<void()> on_call;
  /// Told why a document or a listing could not be had, with its endpoint; also by those who look
  /// at the items (see tell).
  std::function<void(const std::string& why)> on_problem;
  void tell(const std::string& why) const {
    if (on_problem) on_problem(why);
  }
  /// Told of an account or a group, by its id, that is not understood.
  std::function<void(const std::string& id, const std::string& why)> on_opaque;
  void tell_opaque(const std::string& id, const std::string& why) const {
    if (on_opaque && !id.empty() && !why.empty()) on_opaque(id, why);
  }
  /// Told of each account and group that a look-up was shown.
  std::function<void(const ParsedUser& user)> on_user;
  std::function<void(const ParsedGroup& group)> on_group;
  /// Told that an account or a group that was asked for by its id is not there.
  std::function<void(const std::string& id)> on_gone;
  void tell_gone(const std::string& id) const {
    if (on_gone && !id.empty()) on_gone(id);
  }
  /// Told of all roles (ARI, role) that an account or a group holds, each by itself.
  using Roles = std::set<std::pair<std::string, std::string>>;
  std::function<void(const std::string& holder, const Roles& held)> on_roles;
  void tell_roles(const std::string& holder, const Roles& held) const {
    if (on_roles) on_roles(holder, held);
  }
  void tell_seen(const ParsedUser& user) const {
    if (on_user) on_user(user);
  }
  void tell_seen(const ParsedGroup& group) const {
    if (on_group) on_group(group);
  }
  /// Which members of an operation's answers are looked at; all, where it is null or says null.
  IsWanted (*wanted)(Operation operation) = nullptr;

  static constexpr std::size_t kMostPages = 100'000;

 private:
  struct Walk;
  struct Job {
    ReadRequest request;
    OnDocument done;
    std::chrono::milliseconds delay;
    std::string_view purpose;
    std::function<bool()> goes_on{};
  };
  void next_page(const std::shared_ptr<Walk>& walk, const std::string& cursor,
                 std::chrono::milliseconds delay);

  ReadClient& client_;
  /// By the number of pages that hang on it, those asked for first at the front among equals.
  std::multimap<std::size_t, Job, std::greater<>> waiting_;
  std::unordered_map<Ticket, Job> in_flight_;
  Ticket next_ticket_ = 1;
  std::size_t calls_ = 0;
  std::string_view purpose_ = "other";
  std::map<std::string_view, std::size_t> calls_for_;
  std::optional<Instant> server_date_;
  bool key_refused_ = false;
  std::vector<unsigned char> page_memory_ = std::vector<unsigned char>(std::size_t{512} << 10U);
};

}  // namespace rolecall
