#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/reconciler.h"
#include "state/simulator/fake_client.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {

/// Makes plans for an organization in memory whose answers to reads may be changed on their way.
class LiedTo {
 public:
  LiedTo(const boost::json::value& seed, std::string_view policy);

  /// Items that lists are asked for at a time, instead of what the client asks for; 0: as asked.
  std::size_t page_size = 0;
  Memory memory{};

  /// Looks at each answer to a read, and may change it. `key`: the same for the same request.
  using Spoil = std::function<void(const std::string& key, const Request&, Response&)>;
  [[nodiscard]] Planned plan(const Spoil& spoil = {});

 private:
  TempDir dir_;
  std::string policy_;
  simulator::VirtualClock clock_;
  simulator::FakeOrg org_;
};

/// "remove_member ada@acme.example engineering - -", one for each change, sorted.
[[nodiscard]] std::vector<std::string> lines_of(const Plan& plan);
/// Those of them that take something away.
[[nodiscard]] std::vector<std::string> losses_in(const Plan& plan);
/// Everything that is said about the reading, a line each.
[[nodiscard]] std::string said(const Planned& planned);

}  // namespace rolecall::test
