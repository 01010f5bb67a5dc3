#pragma once

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/ledger.h"
#include "tests/support/process.h"
#include "tests/support/simulator_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/written_documents.h"

namespace rolecall::test {

/// Runs the binary as a person does: in a folder with a policy and a key, over HTTPS, against a
/// simulated organization. At its end every request that the organization received is checked
/// against the API's document, and every write against the intents of the stores in that folder;
/// plans and exports against their schemas.
class EndToEnd : public ::testing::Test {
 protected:
  EndToEnd();

  void start(const boost::json::value& seed);
  void TearDown() override;
  /// The folder with the store and all that is beside it.
  void remove_store();

  using Arguments = std::vector<std::string>;
  using Variables = std::map<std::string, std::string>;
  /// With the address, the key's file and the certificates in the environment, plus (or instead)
  /// `variables`; an empty one is left out.
  [[nodiscard]] Process launch(const Arguments& arguments, const Variables& variables = {}) const;
  /// The same on a terminal, where `input` is typed.
  Outcome on_terminal(const Arguments& arguments, const std::string& input = {},
                      const Variables& variables = {}) const;
  /// Expects that no write comes of any command but apply and run. While one of these that was
  /// launched here runs, nobody can tell whose a write is, and none is held against the others.
  Outcome rolecall(const Arguments& arguments, const Variables& variables = {}) const;
  /// Expects this exit code.
  Outcome rolecall_exits(int code, const Arguments& arguments,
                         const Variables& variables = {}) const;
  /// What `... --format json` prints; expects exit code 0 unless another is named.
  boost::json::value json_of(Arguments arguments, int code = 0) const;

  [[nodiscard]] ProcessWish wish(const Arguments& arguments, const Variables& variables) const;
  void write_policy(std::string_view content) const { folder.write("rolecall.toml", content); }

  // Of the simulated organization.
  [[nodiscard]] boost::json::object group(std::string_view name) const;
  [[nodiscard]] boost::json::object user(std::string_view email) const;
  [[nodiscard]] std::vector<std::string> members(std::string_view group) const;
  /// "jira admin": the direct grants of a person or a group, sorted.
  [[nodiscard]] static std::vector<std::string> access(const boost::json::object& of);
  /// Calls so far that are not reads: "POST /admin/v2/...".
  [[nodiscard]] std::vector<std::string> writes() const;
  [[nodiscard]] std::size_t count(std::string_view operation) const;
  /// Returns once a write has arrived, whether it has been answered or not.
  void wait_for_a_write() const;

  TempDir folder;
  std::optional<SimulatorProcess> simulator;
  /// Put before the program: strace and its arguments.
  std::vector<std::string> under;
  /// False: the test damages its log, or makes one up; no write is held against it.
  bool log_is_true = true;

 private:
  void account_for_requests();
  void account_for_stores();
  [[nodiscard]] bool nobody_writes() const;

  Ledger ledger_;
  mutable std::vector<pid_t> writers_;  ///< whether they still run or not
  mutable WrittenDocuments documents_;
};

/// Two admins, three others, two groups, two sites of apps. Nothing waits: groups that are made
/// show at once.
[[nodiscard]] boost::json::object acme();
/// A policy that says what acme() is: a plan of it is empty.
[[nodiscard]] std::string acme_policy();
/// Replaces the one place where `what` stands; throws where it stands nowhere or twice.
[[nodiscard]] std::string with(std::string text, std::string_view what, std::string_view instead);

inline constexpr std::string_view kJira =
    "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
inline constexpr std::string_view kConfluence =
    "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001";
inline constexpr std::string_view kOrganization = "1b2c3d4e-0000-4000-8000-0000000000aa";
inline constexpr std::string_view kEngineering = "9a000000-0000-4000-8000-000000000001";
inline constexpr std::string_view kDesign = "9a000000-0000-4000-8000-000000000002";

[[nodiscard]] std::vector<std::string> texts(const boost::json::value& list);
[[nodiscard]] std::string text(const boost::json::value& value);

}  // namespace rolecall::test
