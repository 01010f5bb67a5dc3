#include "controller/late_effects.h"

#include <fmt/format.h>

#include <array>

#include "controller/output.h"
#include "controller/read_back.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kWaits = {milliseconds{0},      milliseconds{1'000}, milliseconds{2'000},
                               milliseconds{4'000},  milliseconds{8'000}, milliseconds{15'000},
                               milliseconds{30'000}, milliseconds{60'000}};

}  // namespace

std::vector<std::size_t> still_undone(const ApplyEnvironment& environment,
                                      const Endpoints& endpoints, const Plan& plan,
                                      std::vector<std::size_t> changes, KnownIds& ids,
                                      const std::function<bool()>& must_stop) {
  milliseconds waited{0};
  for (const milliseconds wait : kWaits) {
    waited += wait;
    if (changes.empty() || waited > environment.settle_window || must_stop()) break;
    if (wait.count() > 0 && environment.on_wait) {
      environment.on_wait(
          wait, fmt::format("{} {} in reads yet", counted(changes.size(), "change", "changes"),
                            changes.size() == 1 ? "does not show" : "do not show"));
    }
    const std::vector<Effect> effects =
        read_back(environment.client, endpoints, plan, changes, ids, wait);
    std::vector<std::size_t> undone;
    for (std::size_t k = 0; k < changes.size(); ++k) {
      if (effects[k] == Effect::not_there) undone.push_back(changes[k]);
    }
    changes = std::move(undone);
  }
  if (must_stop()) return {};
  return changes;
}

}  // namespace rolecall
