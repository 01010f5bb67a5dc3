#include "state/api/people_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::uint8_t kPlainWalk = 0xff;
constexpr std::string_view kPurpose = "people";

using Order = Endpoints::UserSearch::Order;

}  // namespace

PeopleListing::PeopleListing(Reader& reader, const Endpoints& endpoints, OnPerson on_person,
                             OnGap on_gap)
    : reader_(reader),
      endpoints_(endpoints),
      on_person_(std::move(on_person)),
      on_gap_(std::move(on_gap)) {
  parts_[1].mfa = true;
}

void PeopleListing::start(std::string directory, std::optional<std::int64_t> count) {
  directory_ = std::move(directory);
  count_ = count;
  plain_ = !count || *count < kWorthSplitting;
  if (plain_) return walk_plainly();
  for (std::size_t i = 0; i < kParts; ++i) {
    reader_.get(endpoints_.user_count(directory_, parts_[i].mfa),
                [this, i](const Result<boost::json::value>& value) {
                  const std::int64_t* n = value ? integer_member(*value, "count") : nullptr;
                  if (n == nullptr) return fall_back();
                  parts_[i].count = *n;
                  conclude();
                  meet_from_the_end(i);
                });
    walk(i, 0);
  }
}

void PeopleListing::meet_from_the_end(std::size_t part) {
  Part& it = parts_[part];
  // The page that is on its way may be all.
  const bool pays = static_cast<std::size_t>(*it.count) > it.listed + kPage;
  if (plain_ || it.done || !pays) return;
  it.walking[1] = true;
  walk(part, 1);
}

void PeopleListing::walk(std::size_t part, std::size_t direction) {
  Reader::Walking how;
  how.purpose = kPurpose;
  how.pages = static_cast<std::size_t>(*count_) / kPage / 2;
  how.goes_on = [this, part, direction] { return !plain_ && parts_[part].walking[direction]; };
  reader_.walk(
      [this, part, direction](const std::string& cursor) {
        Endpoints::UserSearch search;
        search.expand_groups = true;
        search.expand_products = expand_products;
        search.mfa = parts_[part].mfa;
        search.order = direction == 0 ? Order::ascending : Order::descending;
        return endpoints_.users(directory_, search, cursor);
      },
      [this, part, direction](const Reader::Page& page) { on_page(part, direction, page); }, how);
}

void PeopleListing::on_page(std::size_t part, std::size_t direction, const Reader::Page& page) {
  if (plain_ || parts_[part].done) return;  // a page that was still on its way
  Part& it = parts_[part];
  const auto met = page.data != nullptr ? take(part, direction, *page.data) : std::nullopt;
  if (!met) return fall_back();
  it.met = it.met || *met;
  if (page.last || (it.met && it.lacks_none())) {
    it.done = true;
    it.walking = {false, false};
    return conclude();
  }
  // Where the other walk is ahead, or will fetch what is left, two are one too many. (They meet
  // with people missing where many have one nickname, or where the server does not sort.)
  const bool other_will = it.count && it.listed + kPage >= static_cast<std::size_t>(*it.count);
  if (it.walking[1 - direction] && (*met || other_will)) it.walking[direction] = false;
}

std::optional<bool> PeopleListing::take(std::size_t part, std::size_t direction,
                                        const boost::json::array& people) {
  bool met = false;
  const auto mine = static_cast<std::uint8_t>(2 * part + direction);
  const auto other = static_cast<std::uint8_t>(2 * part + 1 - direction);
  for (const boost::json::value& item : people) {
    const bool* mfa = bool_member(item, "mfaEnabled");
    if (mfa == nullptr || *mfa != parts_[part].mfa) return std::nullopt;
    ParsedUser user = parse_user(item);
    if (user.about.account_id.empty()) return std::nullopt;
    const auto [shown, fresh] = shown_by_.emplace(user.about.account_id, mine);
    if (fresh) {
      ++parts_[part].listed;
      on_person_(std::move(user), item);
    } else if (shown->second == other) {
      met = true;
    } else {
      return std::nullopt;
    }
  }
  return met;
}

void PeopleListing::conclude() {
  if (plain_) return;
  std::int64_t sum = 0;
  for (const Part& part : parts_) {
    if (!part.done || !part.count) return;
    if (!part.lacks_none()) return fall_back();
    sum += *part.count;
  }
  if (sum != *count_) return fall_back();
  closed_ = true;
}

void PeopleListing::fall_back() {
  if (plain_) return;
  plain_ = true;
  fell_back_ = true;
  walk_plainly();
}

void PeopleListing::walk_plainly() {
  Reader::Walking how;
  how.purpose = kPurpose;
  how.pages = static_cast<std::size_t>(count_.value_or(0)) / kPage;
  reader_.walk(
      [this](const std::string& cursor) {
        Endpoints::UserSearch search;
        search.expand_groups = true;
        search.expand_products = expand_products;
        return endpoints_.users(directory_, search, cursor);
      },
      [this](const Reader::Page& page) {
        if (!page.problem.empty()) on_gap_(page.problem);
        if (page.data == nullptr) return;
        for (const boost::json::value& item : *page.data) {
          ParsedUser user = parse_user(item);
          const std::string& id = user.about.account_id;
          ++plainly_listed_;
          if (!id.empty() && fell_back_ && !shown_again_.insert(id).second) {
            repeated(id);
          } else if (id.empty() || shown_by_.emplace(id, kPlainWalk).second) {
            on_person_(std::move(user), item);
          } else if (!fell_back_) {
            repeated(id);
          }
        }
        closed_ = page.last && page.problem.empty() && !repeated_;
      },
      how);
}

/// Counted twice, somebody hides that somebody else is missing.
void PeopleListing::repeated(const std::string& account_id) {
  repeated_ = true;
  on_gap_(fmt::format("users/search listed account {} twice", escape_terminal(account_id)));
}

void PeopleListing::finish() {
  if (!fell_back_) return;
  const std::size_t vanished = shown_by_.size() - shown_again_.size();
  if (vanished == 0) return;
  on_gap_(
      fmt::format("users/search listed {} people in one walk whom another did not show", vanished));
  closed_ = false;
}

std::size_t PeopleListing::listed() const {
  if (plain_) return plainly_listed_;
  std::size_t sum = 0;
  for (const Part& part : parts_) sum += part.listed;
  return sum;
}

}  // namespace rolecall
