#pragma once

#include <string>
#include <string_view>

#include "controller/access_report.h"

namespace rolecall {

/// Plots as SVG to be set into a page, by whose styles they are coloured. Names are escaped.

/// Horizontal bars, each with its whole name, the first `most`; says how many were left out. Empty
/// for no bars.
[[nodiscard]] std::string bar_plot(std::string_view title, const AccessReport::Bars& bars,
                                   std::size_t most);

/// One count over time. Empty for fewer than two moments.
[[nodiscard]] std::string line_plot(std::string_view title, const std::vector<Counts>& history,
                                    std::int64_t Counts::*value);

}  // namespace rolecall
