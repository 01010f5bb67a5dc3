#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "state/api/endpoints.h"
#include "state/api/parse.h"
#include "state/api/reader.h"

namespace rolecall {

/// Lists everybody in a directory, each person once, with groups and platform roles.
///
/// A chain of cursors takes a round trip for each page. So where the addresses of about as many
/// people are known as there are, they are asked for by these, a hundred a call and no call waiting
/// for another. If that shows as many people as users/count says, before and after, those are all.
///
/// Else, where there are many people, several chains are walked side by side: those with and
/// without MFA apart, each part by nickname from both ends until the two walks meet. That costs two
/// counts, and a page or two where a part or the place where walks meet is no whole page. Of people
/// whom their addresses did not show, only the parts that lack somebody are walked, until they do
/// not.
///
/// Trusted only where everything adds up: nobody is shown twice for an address; whoever is listed
/// is of the part that was asked for, nobody is in two parts or twice in a walk, each part's two
/// walks meet or one of them ends, and the parts together have as many people as users/count says.
/// Else (the server does not know a filter, somebody changed sides meanwhile) one plain walk lists
/// everybody again, which must show whoever was listed before.
class PeopleListing {
 public:
  /// A person as understood, and as the API sent them.
  using OnPerson = std::function<void(ParsedUser, const boost::json::value&)>;
  using OnGap = std::function<void(std::string)>;
  /// Somebody whose account was shown before: by another walk, or by a server that is wrong.
  using OnAgain = std::function<void(const ParsedUser&)>;
  /// `reader`, `endpoints` must outlive this.
  PeopleListing(Reader& reader, const Endpoints& endpoints, OnPerson on_person, OnGap on_gap,
                OnAgain on_again);

  /// Have everybody's productAccess sent too.
  bool expand_products = false;
  /// Asks for the first pages; Reader::run does the rest. `count`: what users/count says;
  /// `addresses`: of whoever may be there, each once.
  void start(std::string directory, std::optional<std::int64_t> count,
             std::vector<std::string> addresses);
  /// To be called after Reader::run: tells of people whom only a part has shown.
  void finish();

  /// The chain ended properly, or the parts add up.
  [[nodiscard]] bool closed() const { return closed_; }
  /// People listed, in the walk or the parts that count.
  [[nodiscard]] std::size_t listed() const;
  /// It was tried, and had to be done again by one plain walk.
  [[nodiscard]] bool fell_back() const { return fell_back_; }

  /// From here on several chains pay: they save more round trips than the calls they cost.
  static constexpr std::int64_t kWorthSplitting = 1'001;

 private:
  static constexpr std::size_t kParts = 2;
  static constexpr std::size_t kPage = 100;
  struct Part {
    bool mfa = false;
    std::optional<std::int64_t> count{};
    std::size_t listed = 0;
    bool met = false;   ///< somebody was shown by both walks
    bool done = false;  ///< all of it was shown, by a walk that ended or by two that met
    std::array<bool, 2> walking{true, false};  ///< forwards, backwards
    [[nodiscard]] bool lacks_none() const {
      return count && static_cast<std::size_t>(*count) == listed;
    }
  };

  enum class Way : std::uint8_t { by_address, in_parts, plainly };

  [[nodiscard]] bool addresses_pay() const;
  void ask_by_address();
  /// Whether it is as it should be where the server knows addresses.
  bool take_named(const boost::json::array& people, std::size_t asked_for);
  void count_again();
  void walk_in_parts();
  void walk_what_is_lacking(std::size_t part);
  [[nodiscard]] Endpoints::UserSearch everything_about_people() const;
  void walk(std::size_t part, std::size_t direction);
  void meet_from_the_end(std::size_t part);
  void walk_plainly();
  void on_page(std::size_t part, std::size_t direction, const Reader::Page& page);
  /// Whether the other walk had shown somebody of the page; nothing where the page does not fit the
  /// part it was asked for.
  std::optional<bool> take(std::size_t part, std::size_t direction,
                           const boost::json::array& people);
  void conclude();
  void fall_back();
  void repeated(const std::string& account_id);

  Reader& reader_;
  const Endpoints& endpoints_;
  OnPerson on_person_;
  OnGap on_gap_;
  OnAgain on_again_;
  std::string directory_;
  std::optional<std::int64_t> count_;
  std::vector<std::string> addresses_;
  std::size_t chunks_open_ = 0;
  std::int64_t may_lack_ = 0;  ///< addresses that may belong to nobody yet
  bool named_some_ = false;    ///< people are known from their addresses
  std::array<Part, kParts> parts_{};
  std::unordered_map<std::string, std::uint8_t> shown_by_;  ///< account id -> walk
  std::unordered_set<std::string> shown_again_;             ///< by the plain walk after a fall back
  std::size_t plainly_listed_ = 0;
  Way way_ = Way::plainly;
  bool fell_back_ = false;
  bool repeated_ = false;
  bool closed_ = false;
};

}  // namespace rolecall
