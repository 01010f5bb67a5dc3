#include "controller/late_effects.h"

#include <fmt/format.h>

#include <array>

#include "controller/output.h"
#include "controller/read_back.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kEffectWaits = {
    milliseconds{0},     milliseconds{1'000},  milliseconds{2'000},  milliseconds{4'000},
    milliseconds{8'000}, milliseconds{15'000}, milliseconds{30'000}, milliseconds{60'000}};
/// For the reads themselves.
constexpr std::chrono::seconds kRoom{20};

struct Unseen {
  std::size_t change = 0;
  bool undone = false;  ///< a reading showed it undone; else none could tell
  bool lately = false;  ///< and so did the last one
};

std::string in_words(const Unseen& one, bool stopped, std::chrono::seconds looked_for) {
  const char* what = !one.undone   ? "whether it is could not be read"
                     : !one.lately ? "a read showed it undone, and later ones could not tell"
                     : stopped     ? "reads showed it undone until the run was stopped"
                                   : "reads still show it undone";
  std::string out = fmt::format("it counted as done, but {}", what);
  if (!stopped && looked_for.count() > 0) out += fmt::format(" after {} s", looked_for.count());
  return out;
}

}  // namespace

std::vector<LateEffect> not_shown_done(const ApplyEnvironment& environment,
                                       const Endpoints& endpoints, const Plan& plan,
                                       const std::vector<std::size_t>& changes, KnownIds& ids,
                                       Misread& misread, const std::function<bool()>& must_stop,
                                       const bool& unreached) {
  std::vector<Unseen> left;
  for (const std::size_t i : changes) left.push_back({i});
  const Clock& clock = environment.clock;
  const auto begun = clock.steady();
  milliseconds waited{0};
  for (const milliseconds wait : kEffectWaits) {
    const auto before = clock.steady();
    // Reads take their time, too, where the server is slow or says to wait.
    waited += wait;
    const bool late = waited > environment.settle_window ||
                      before - begun + wait > environment.settle_window + kRoom;
    if (left.empty() || late || must_stop()) break;
    if (wait.count() > 0 && environment.on_wait) {
      environment.on_wait(
          wait, fmt::format("{} {} in reads yet", counted(left.size(), "change", "changes"),
                            left.size() == 1 ? "does not show" : "do not show"));
    }
    std::vector<std::size_t> asked;
    for (const Unseen& one : left) asked.push_back(one.change);
    const std::vector<Effect> effects =
        read_back(environment.client, endpoints, plan, asked, ids, wait, &misread);
    std::vector<Unseen> still;
    for (std::size_t k = 0; k < left.size(); ++k) {
      if (effects[k] == Effect::there) continue;
      const bool undone = effects[k] == Effect::not_there;
      still.push_back({left[k].change, left[k].undone || undone, undone});
    }
    left = std::move(still);
    // The key was refused: nothing leaves any more, and no wait is one.
    if (clock.steady() - before < wait) break;
  }
  // That nobody answers is no order to stop: what was not seen is not vouched for.
  const bool stopped = must_stop() && !unreached;
  const auto looked_for = std::chrono::duration_cast<std::chrono::seconds>(clock.steady() - begun);
  std::vector<LateEffect> out;
  for (const Unseen& one : left) {
    if (stopped && !one.undone) continue;
    out.push_back({one.change, in_words(one, stopped, looked_for)});
  }
  return out;
}

}  // namespace rolecall
