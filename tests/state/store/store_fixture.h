#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "state/store/sqlite.h"
#include "state/store/store.h"
#include "tests/support/temp_dir.h"

namespace rolecall {

inline constexpr Instant kNoon{std::chrono::milliseconds{1796126400123}};

/// A folder that is gone with the test.
class TestFolder : public test::TempDir {
 public:
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return path().string() + "/" + name;
  }
};

inline std::string read_bytes(const std::string& file) {
  return test::read_file(file);
}

inline void write_bytes(const std::string& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  ::chmod(file.c_str(), 0600);
}

inline unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

/// What `body` returns in a process of its own; 1000 + signal when that is killed.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

inline RunStart some_run() {
  return {.command = "apply",
          .user = "kim",
          .host = "laptop",
          .pid = 4242,
          .at = kNoon,
          .tool_version = "0.1.0",
          .organization = "org-1",
          .directory = "dir-1",
          .policy_path = "policy.toml",
          .policy_digest = "aa",
          .git_commit = "b2c3+dirty",
          .plan_digest = "cc"};
}

inline Intent some_intent(std::int64_t call = 1) {
  return {.call = call,
          .kind = "add_member",
          .user = "zoë@example.com",
          .account_id = "5b10",
          .group = "Développement",
          .group_id = "6f1c",
          .resource = "ari:cloud:jira::site/1",
          .role = "user",
          .cause_file = "teams/a.toml",
          .cause_line = 12,
          .why = "team a",
          .reason = "ticket 7",
          .request = "POST /v2/orgs/1/directories/2/groups/3/memberships",
          .body_digest = "dd"};
}

inline Outcome some_outcome(IntentId intent) {
  return {.intent = intent,
          .result = ChangeResult::applied,
          .http_status = 204,
          .attempts = 2,
          .duration_ms = 310,
          .message = "fine"};
}

/// A store with one finished run of `changes` changes, closed again.
inline void make_store(const std::string& path, int changes = 3, Instant at = kNoon) {
  auto store = Store::open(path, Store::Access::write);
  ASSERT_TRUE(store) << store.error().what;
  RunStart start = some_run();
  start.at = at;
  const auto run = store->begin_run(start);
  ASSERT_TRUE(run);
  const auto ids = store->record_intents(
      *run, at, std::vector<Intent>(static_cast<std::size_t>(changes), some_intent()));
  ASSERT_TRUE(ids);
  for (const IntentId id : *ids) {
    ASSERT_TRUE(store->record_outcomes(at, std::vector{some_outcome(id)}));
  }
  ASSERT_TRUE(store->end_run(*run, {.at = at, .state = "finished"}));
}

/// Changes a store by other means than Store, without its constraints and without waiting for the
/// disk.
inline void alter(const std::string& path, const std::string& sql) {
  auto database = Database::open(path, Database::Mode::write);
  ASSERT_TRUE(database) << database.error().what;
  ASSERT_TRUE(database->accept());
  ASSERT_TRUE(
      database->execute("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; "
                        "PRAGMA ignore_check_constraints = ON"));
  const auto done = database->execute(sql.c_str());
  ASSERT_TRUE(done) << done.error().what;
}

}  // namespace rolecall
