#include "controller/successor.h"

#include <algorithm>
#include <array>

#include "controller/read_back.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};

}  // namespace

bool Successors::complete(const Change& deletion, KnownIds& ids) {
  const auto renamed = plan_.renamed.find(deletion.group);
  if (renamed == plan_.renamed.end()) return true;
  const std::vector<std::size_t>& given = given_to(renamed->second);
  if (given.empty()) return true;
  return std::any_of(kWaits.begin(), kWaits.end(), [&](milliseconds wait) {
    const std::vector<Effect> effects = read_back(client_, endpoints_, plan_, given, ids, wait);
    return std::all_of(effects.begin(), effects.end(),
                       [](Effect effect) { return effect == Effect::there; });
  });
}

const std::vector<std::size_t>& Successors::given_to(const std::string& group) {
  if (given_.empty()) {
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      const Change& change = plan_.changes[i];
      if (!takes_away(change.kind)) given_[change.group].push_back(i);
    }
  }
  return given_[group];
}

}  // namespace rolecall
