#include "policies/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "policies/source_excerpt.h"
#include "state/model/paint.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

std::string where(const Place& place) {
  if (place.file.empty()) return {};
  if (place.line == 0) return escape_terminal(place.file);
  return fmt::format("{}:{}:{}", escape_terminal(place.file), place.line, place.column);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string summary(const std::vector<Diagnostic>& items) {
  std::set<std::string_view> files;
  std::size_t errors = 0;
  for (const Diagnostic& item : items) {
    if (!item.place.file.empty()) files.insert(item.place.file);
    if (item.severity == Severity::error) ++errors;
  }
  const std::size_t warnings = items.size() - errors;
  std::string line;
  if (errors > 0) line += counted(errors, "error");
  if (errors > 0 && warnings > 0) line += " and ";
  if (warnings > 0) line += counted(warnings, "warning");
  if (!files.empty()) line += " in " + counted(files.size(), "file");
  return line + "\n";
}

}  // namespace

void Diagnostics::error(Place place, std::string what, std::string hint,
                        std::vector<Place> related) {
  ++errors_;
  items_.push_back(
      {std::move(place), Severity::error, std::move(what), std::move(hint), std::move(related)});
}

void Diagnostics::warning(Place place, std::string what, std::string hint,
                          std::vector<Place> related) {
  items_.push_back(
      {std::move(place), Severity::warning, std::move(what), std::move(hint), std::move(related)});
}

void Diagnostics::append(const Diagnostics& other) {
  errors_ += other.errors_;
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> items = items_;
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

std::string render(const Diagnostics& diagnostics) {
  return render(diagnostics, {}, false);
}

std::string render(const Diagnostics& diagnostics, std::span<const SourceFile> files, bool color) {
  const std::vector<Diagnostic> items = diagnostics.sorted();
  if (items.empty()) return {};
  SourceExcerpts excerpts(files);
  std::string out;
  for (const Diagnostic& item : items) {
    const std::string place = where(item.place);
    const bool is_error = item.severity == Severity::error;
    if (!place.empty()) out += paint(color, Tone::bold, place + ":") + " ";
    out += paint(color, is_error ? Tone::red : Tone::yellow, is_error ? "error:" : "warning:");
    out += " " + escape_terminal(item.what) + "\n" + excerpts.at(item.place, color);
    if (!item.hint.empty()) {
      out += "  " + paint(color, Tone::bold, "hint:") + " " + escape_terminal(item.hint) + "\n";
    }
    for (const Place& related : item.related) out += "  see: " + where(related) + "\n";
  }
  return out + summary(items);
}

}  // namespace rolecall
