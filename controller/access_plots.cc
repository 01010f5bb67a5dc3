#include "controller/access_plots.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/html.h"

namespace rolecall {
namespace {

// In units of the picture; on a wide screen about a pixel each.
constexpr double kWidth = 360;
constexpr double kValues = 44;
constexpr double kPlotHeight = 96;
constexpr double kPlotTop = 10;

std::string figure(std::string_view title, const std::string& content) {
  return fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", escape_html(title),
                     content);
}

}  // namespace

std::string bar_plot(std::string_view title, const AccessReport::Bars& bars, std::size_t most) {
  if (bars.empty()) return {};
  const std::size_t shown = std::min(most, bars.size());
  std::int64_t largest = 1;
  for (std::size_t i = 0; i < shown; ++i) largest = std::max(largest, bars[i].second);
  // The names are text of the page beside the bars, since text in a picture is not wrapped.
  std::string content = "<ul class=\"bars\">";
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [label, value] = bars[i];
    const double width = std::max(value > 0 ? 0.5 : 0.0,
                                  100 * static_cast<double>(value) / static_cast<double>(largest));
    content += fmt::format(
        "<li><span class=\"label\">{}</span><svg viewBox=\"0 0 100 14\" "
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{:.1f}\" "
        "height=\"14\"/></svg><span class=\"value\">{}</span></li>",
        escape_html(label), width, value);
  }
  content += "</ul>";
  if (shown < bars.size()) {
    content += fmt::format("<p class=\"more\">and {} more</p>", bars.size() - shown);
  }
  return figure(title, content);
}

std::string line_plot(std::string_view title, const std::vector<Counts>& history,
                      std::int64_t Counts::*value) {
  if (history.size() < 2) return {};
  const auto by_value = [value](const Counts& a, const Counts& b) { return a.*value < b.*value; };
  const std::int64_t low = (*std::min_element(history.begin(), history.end(), by_value)).*value;
  const std::int64_t high = (*std::max_element(history.begin(), history.end(), by_value)).*value;
  const double span = static_cast<double>(std::max<std::int64_t>(1, high - low));
  const double time =
      std::max(1.0, static_cast<double>((history.back().at - history.front().at).count()));
  const double room = kWidth - kValues - 6;
  const auto x = [&](const Counts& counts) {
    return room * static_cast<double>((counts.at - history.front().at).count()) / time;
  };
  const auto y = [&](const Counts& counts) {
    if (high == low) return kPlotTop + kPlotHeight / 2;
    return kPlotTop + kPlotHeight * (1 - static_cast<double>(counts.*value - low) / span);
  };
  // A count holds until the next one: steps, not slopes.
  std::string path;
  for (const Counts& counts : history) {
    path += path.empty() ? fmt::format("M{:.1f} {:.1f}", x(counts), y(counts))
                         : fmt::format("H{:.1f}V{:.1f}", x(counts), y(counts));
  }
  constexpr std::size_t kDay = std::string_view("2026-12-01").size();
  const double bottom = kPlotTop + kPlotHeight;
  std::string content = fmt::format(
      "<path class=\"grid\" d=\"M0 {0}H{1}M0 {2}H{1}\"/><path class=\"line\" d=\"{3}\"/>"
      "<text class=\"axis\" x=\"{4}\" y=\"{5}\">{6}</text>",
      kPlotTop, room, bottom, path, room + 6,
      high == low ? bottom - kPlotHeight / 2 + 4 : kPlotTop + 4, high);
  if (high != low) {
    content +=
        fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\">{}</text>", room + 6, bottom + 4, low);
  }
  content += fmt::format(
      "<text class=\"axis\" x=\"0\" y=\"{0}\">{1}</text>"
      "<text class=\"axis end\" x=\"{2}\" y=\"{0}\">{3}</text>",
      bottom + 18, format_instant(history.front().at).substr(0, kDay), room,
      format_instant(history.back().at).substr(0, kDay));
  return figure(title,
                fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
                            kWidth, bottom + 24, escape_html(title), content));
}

}  // namespace rolecall
