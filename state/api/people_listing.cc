#include "state/api/people_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::uint8_t kPlainWalk = 0xff;
constexpr std::uint8_t kByAddress = 0xfe;
constexpr std::string_view kPurpose = "people";

using Order = Endpoints::UserSearch::Order;

}  // namespace

PeopleListing::PeopleListing(Reader& reader, const Endpoints& endpoints, OnPerson on_person,
                             OnGap on_gap, OnAgain on_again)
    : reader_(reader),
      endpoints_(endpoints),
      on_person_(std::move(on_person)),
      on_gap_(std::move(on_gap)),
      on_again_(std::move(on_again)) {
  parts_[1].mfa = true;
}

void PeopleListing::start(std::string directory, std::optional<std::int64_t> count,
                          std::vector<std::string> addresses) {
  directory_ = std::move(directory);
  count_ = count;
  addresses_ = std::move(addresses);
  if (addresses_pay()) return ask_by_address();
  if (count && *count >= kWorthSplitting) return walk_in_parts();
  walk_plainly();
}

/// Not where they would not show everybody, nor where many of them belong to nobody.
bool PeopleListing::addresses_pay() const {
  if (!count_ || *count_ <= static_cast<std::int64_t>(kPage)) return false;
  const auto known = static_cast<std::int64_t>(addresses_.size());
  return known >= *count_ && known - *count_ <= std::max<std::int64_t>(kPage, *count_ / 20);
}

void PeopleListing::ask_by_address() {
  way_ = Way::by_address;
  may_lack_ = static_cast<std::int64_t>(addresses_.size()) - *count_;
  for (std::size_t i = 0; i < addresses_.size(); i += Endpoints::kMostEmails) {
    const std::size_t end = std::min(i + Endpoints::kMostEmails, addresses_.size());
    ++chunks_open_;
    Reader::Walking how;
    how.purpose = kPurpose;
    how.pages = 0;  // nothing waits for them, as pages wait for pages
    how.goes_on = [this] { return way_ == Way::by_address; };
    reader_.walk(
        [this, i, end](const std::string& cursor) {
          Endpoints::UserSearch search = everything_about_people();
          search.emails.assign(addresses_.begin() + static_cast<std::ptrdiff_t>(i),
                               addresses_.begin() + static_cast<std::ptrdiff_t>(end));
          return endpoints_.users(directory_, search, cursor);
        },
        [this, asked_for = end - i](const Reader::Page& page) {
          if (way_ != Way::by_address) return;  // it was still on its way
          // More than was asked for: the server does not know the filter.
          const bool fits = page.data != nullptr && page.last;
          if (!fits || !take_named(*page.data, asked_for)) return walk_in_parts();
          if (--chunks_open_ == 0) count_again();
        },
        how);
  }
}

bool PeopleListing::take_named(const boost::json::array& people, std::size_t asked_for) {
  may_lack_ -= static_cast<std::int64_t>(asked_for) - static_cast<std::int64_t>(people.size());
  for (const boost::json::value& item : people) {
    const bool* mfa = bool_member(item, "mfaEnabled");
    ParsedUser user = parse_user(item);
    if (mfa == nullptr || user.about.account_id.empty()) return false;
    if (!shown_by_.emplace(user.about.account_id, kByAddress).second) {
      on_again_(user);
      return false;
    }
    named_some_ = true;
    ++parts_[*mfa ? 1 : 0].listed;
    on_person_(std::move(user), item);
  }
  return may_lack_ >= 0;
}

/// Whoever has joined meanwhile must not stand for somebody whose address nobody knows.
void PeopleListing::count_again() {
  reader_.asks_for(kPurpose);
  reader_.get(endpoints_.user_count(directory_), [this](const Result<boost::json::value>& value) {
    const std::int64_t* n = value ? integer_member(*value, "count") : nullptr;
    closed_ = n != nullptr && *n == *count_ && static_cast<std::size_t>(*n) == listed();
    if (closed_) return;
    way_ == Way::by_address ? walk_in_parts() : fall_back();
  });
}

void PeopleListing::walk_in_parts() {
  way_ = Way::in_parts;
  for (std::size_t i = 0; i < kParts; ++i) {
    reader_.asks_for(kPurpose);
    reader_.get(endpoints_.user_count(directory_, parts_[i].mfa),
                [this, i](const Result<boost::json::value>& value) {
                  const std::int64_t* n = value ? integer_member(*value, "count") : nullptr;
                  if (n == nullptr) return fall_back();
                  parts_[i].count = *n;
                  if (named_some_) return walk_what_is_lacking(i);
                  conclude();
                  meet_from_the_end(i);
                });
    if (!named_some_) walk(i, 0);
  }
}

void PeopleListing::walk_what_is_lacking(std::size_t part) {
  Part& it = parts_[part];
  if (way_ != Way::in_parts) return;
  if (it.lacks_none()) {
    it.done = true;
    return conclude();
  }
  it.walking = {true, true};
  walk(part, 0);
  walk(part, 1);
}

void PeopleListing::meet_from_the_end(std::size_t part) {
  Part& it = parts_[part];
  // The page that is on its way may be all.
  const bool pays = static_cast<std::size_t>(*it.count) > it.listed + kPage;
  if (way_ != Way::in_parts || it.done || !pays) return;
  it.walking[1] = true;
  walk(part, 1);
}

Endpoints::UserSearch PeopleListing::everything_about_people() const {
  Endpoints::UserSearch search;
  search.expand_groups = true;
  search.expand_products = expand_products;
  return search;
}

void PeopleListing::walk(std::size_t part, std::size_t direction) {
  Reader::Walking how;
  how.purpose = kPurpose;
  how.pages = static_cast<std::size_t>(*count_) / kPage / 2;
  how.goes_on = [this, part, direction] {
    return way_ == Way::in_parts && parts_[part].walking[direction];
  };
  reader_.walk(
      [this, part, direction](const std::string& cursor) {
        Endpoints::UserSearch search = everything_about_people();
        search.mfa = parts_[part].mfa;
        search.order = direction == 0 ? Order::ascending : Order::descending;
        return endpoints_.users(directory_, search, cursor);
      },
      [this, part, direction](const Reader::Page& page) { on_page(part, direction, page); }, how);
}

void PeopleListing::on_page(std::size_t part, std::size_t direction, const Reader::Page& page) {
  if (way_ != Way::in_parts || parts_[part].done) return;  // a page that was still on its way
  Part& it = parts_[part];
  const auto met = page.data != nullptr ? take(part, direction, *page.data) : std::nullopt;
  if (!met) return fall_back();
  it.met = it.met || *met;
  if (page.last || ((it.met || named_some_) && it.lacks_none())) {
    it.done = true;
    it.walking = {false, false};
    return conclude();
  }
  // Where the other walk is ahead, or will fetch what is left, two are one too many. (They meet
  // with people missing where many have one nickname, or where the server does not sort.)
  const bool other_will =
      !named_some_ && it.count && it.listed + kPage >= static_cast<std::size_t>(*it.count);
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
      continue;
    }
    on_again_(user);
    if (shown->second == kByAddress) {
      shown->second = mine;
    } else if (shown->second == other) {
      met = true;
    } else {
      return std::nullopt;
    }
  }
  return met;
}

void PeopleListing::conclude() {
  if (way_ != Way::in_parts) return;
  std::int64_t sum = 0;
  for (const Part& part : parts_) {
    if (!part.done || !part.count) return;
    if (!part.lacks_none()) return fall_back();
    sum += *part.count;
  }
  if (sum != *count_) return fall_back();
  if (named_some_) return count_again();
  closed_ = true;
}

void PeopleListing::fall_back() {
  if (way_ == Way::plainly) return;
  way_ = Way::plainly;
  fell_back_ = true;
  walk_plainly();
}

void PeopleListing::walk_plainly() {
  Reader::Walking how;
  how.purpose = kPurpose;
  how.pages = static_cast<std::size_t>(count_.value_or(0)) / kPage;
  reader_.walk(
      [this](const std::string& cursor) {
        Endpoints::UserSearch search = everything_about_people();
        return endpoints_.users(directory_, search, cursor);
      },
      [this](const Reader::Page& page) {
        if (!page.problem.empty()) on_gap_(page.problem);
        if (page.data == nullptr) return;
        for (const boost::json::value& item : *page.data) {
          ParsedUser user = parse_user(item);
          const std::string& id = user.about.account_id;
          ++plainly_listed_;
          const bool again = !id.empty() && fell_back_ && !shown_again_.insert(id).second;
          if (!again && (id.empty() || shown_by_.emplace(id, kPlainWalk).second)) {
            on_person_(std::move(user), item);
            continue;
          }
          on_again_(user);
          if (again || !fell_back_) repeated(id);
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
  if (way_ == Way::plainly) return plainly_listed_;
  std::size_t sum = 0;
  for (const Part& part : parts_) sum += part.listed;
  return sum;
}

}  // namespace rolecall
