#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {

/// `rolecall simulate --tls` as a process of its own, on a free port, in a folder of its own.
class SimulatorProcess {
 public:
  /// Listens when this returns.
  explicit SimulatorProcess(const boost::json::value& seed);

  [[nodiscard]] const std::string& url() const { return url_; }  ///< for --api-url
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

  [[nodiscard]] boost::json::value state() const;
  /// Every request of the API so far, see fake_org.h.
  [[nodiscard]] boost::json::array requests() const;
  /// requests() begins anew.
  void forget_requests() const;
  /// The forgotten ones too, and after stop().
  [[nodiscard]] boost::json::array all_requests() const;
  void set_faults(std::string_view script) const;
  void end_faults() const;

  /// A call of the API as somebody else makes it; `path` from behind the organization's own
  /// directory: "groups/9a.../memberships". Shows up in the request log like any other.
  void by_hand(const std::string& method, const std::string& path,
               const std::string& body = "") const;
  struct ByHand {
    std::string request, body;
  };
  [[nodiscard]] const std::vector<ByHand>& done_by_hand() const { return done_by_hand_; }

  /// Stops it as a person would; its exit code.
  int stop();

 private:
  [[nodiscard]] std::string page(const std::string& method, const std::string& path,
                                 std::string_view body = "") const;

  TempDir folder_;
  std::string ca_file_, url_, directory_;
  std::uint16_t port_ = 0;
  Process process_;
  bool stopped_ = false;
  mutable boost::json::array forgotten_;
  mutable std::vector<ByHand> done_by_hand_;
};

/// Of the environment of the test itself what its children need to run at all.
[[nodiscard]] std::map<std::string, std::string> bare_environment();

}  // namespace rolecall::test
