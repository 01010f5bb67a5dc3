#include "policies/causes.h"

namespace rolecall {

Causes::Causes() {
  text({});
  add(0, 0, 0, 0, 0);
}

CauseRef Causes::push_back(const Cause& cause) {
  return add(text(cause.place.file), cause.place.line, cause.place.column, text(cause.why),
             text(cause.reason));
}

std::uint32_t Causes::text(std::string_view text) {
  const auto [entry, added] =
      text_refs_.try_emplace(std::string(text), static_cast<std::uint32_t>(texts_.size()));
  if (added) texts_.emplace_back(text);
  return entry->second;
}

CauseRef Causes::add(std::uint32_t file, std::uint32_t line, std::uint32_t column,
                     std::uint32_t why, std::uint32_t reason) {
  items_.push_back({file, line, column, why, reason});
  return static_cast<CauseRef>(items_.size() - 1);
}

Cause Causes::operator[](CauseRef ref) const {
  const Item& item = items_[ref];
  return {{texts_[item.file], item.line, item.column}, texts_[item.why], texts_[item.reason]};
}

}  // namespace rolecall
