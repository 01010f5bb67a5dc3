// guarantees.md B3: each member of each answer that a plan reads is deleted, null, of another type,
// an unknown word, huge. What is not understood is not acted on, and named with endpoint and path.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/busy_org.h"
#include "tests/support/end_to_end.h"
#include "tests/support/lied_to.h"
#include "tests/support/odd_json.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;

class OddFields : public ::testing::TestWithParam<How> {
 protected:
  OddFields() {
    honest_ = live_.plan([&](const std::string& key, const Request&, Response& response) {
      answers_[key] = response.body;
    });
    live_.memory.identities = honest_.learned.identities;  // it is not the first run
    std::sort(live_.memory.identities.begin(), live_.memory.identities.end());
  }

  void check(const std::string& key, const json::value& whole, const Member& member) {
    const std::string odd = spoilt(answers_.at(key), member, GetParam());
    const Planned planned =
        live_.plan([&](const std::string& asked, const Request&, Response& response) {
          if (asked == key) response.body = odd;
        });
    const std::vector<std::string> before = lines_of(*honest_.plan);
    if (planned.plan && lines_of(*planned.plan) == before) {
      ++harmless_;  // it is not looked at, or what it said could be found out otherwise
      return;
    }
    ++named_;
    const std::string words = said(planned);
    SCOPED_TRACE(key + '\n' + member.path + '\n' + words);
    if (!is_believable(key, member) && !is_told_otherwise(member, words)) {
      EXPECT_THAT(words, HasSubstr("$"));
      EXPECT_THAT(words, ContainsRegex("search|count|role-assignments|directories"));
    }
    if (!planned.plan) return;
    // A group under another name is an honest answer too: somebody has renamed it.
    const bool renamed = key.find("/groups/search") != std::string::npos && member.last == "name";
    if (!renamed || !is_free_text()) {
      EXPECT_THAT(losses_in(*planned.plan), IsSubsetOf(losses_in(*honest_.plan)));
    }
    // Whose members were spoilt: nothing new is done about them.
    const bool of_person = key.find("/users/search") != std::string::npos;
    if (!of_person || !member.path.starts_with("$.data[") || is_believable(key, member)) return;
    const std::size_t item = std::stoul(member.path.substr(7));
    const std::string email = ' ' + text(whole.at("data").at(item).at("email")) + ' ';
    for (const std::string& line : lines_of(*planned.plan)) {
      if (line.find(email) != std::string::npos) {
        EXPECT_THAT(before, Contains(line));
      }
    }
  }

  static bool is_free_text() { return GetParam() == How::a_word || GetParam() == How::huge; }

  /// An answer that could be an honest one: a grant fewer, a role of the organization that is not
  /// managed here, a grant on no directory, a group that others manage. It can lead to a grant that
  /// is there already.
  static bool is_believable(const std::string& key, const Member& member) {
    const bool is_item = member.path.ends_with("]");
    constexpr std::string_view kTruths[] = {"externalSynced", "modifiable", "deletable"};
    if (GetParam() == How::a_truth &&
        std::find(std::begin(kTruths), std::end(kTruths), member.last) != std::end(kTruths)) {
      return true;
    }
    if (member.last == "platformRoles") {
      // Nothing to be seen means none, as long as others show theirs.
      if (is_item) return is_free_text() || GetParam() == How::deleted;
      return GetParam() == How::deleted || GetParam() == How::null;
    }
    if (key.find("/role-assignments") == std::string::npos) return false;
    if (is_item && GetParam() == How::deleted) return true;
    const bool absent = GetParam() == How::deleted || GetParam() == How::null;
    return member.last == "directoryId" && absent;
  }

  /// By a contradiction to what else was answered, or by the odd word itself.
  static bool is_told_otherwise(const Member& member, const std::string& words) {
    if (is_free_text() && is_free(member.last)) return true;
    constexpr std::string_view kWords[] = {
        " says ",         "two accounts",      "two groups",         "among the people",
        "Invalid cursor", "unmanageable_role", "shows no directory", "LIMBO"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](auto word) { return words.find(word) != std::string::npos; });
  }

  LiedTo live_{busy_organization(), busy_policy()};
  Planned honest_;
  std::map<std::string, std::string> answers_;
  std::size_t harmless_ = 0, named_ = 0;
};

TEST_P(OddFields, AreNamedAndNothingIsDoneAboutWhatIsNotUnderstood) {
  ASSERT_TRUE(honest_.plan && honest_.plan->complete) << said(honest_);
  ASSERT_THAT(honest_.plan->refusals, IsEmpty());
  ASSERT_GT(losses_in(*honest_.plan).size(), 8U);
  for (const auto& [key, body] : answers_) {
    const json::value whole = json::parse(body);
    for (const Member& member : members_of(whole)) check(key, whole, member);
  }
  std::cout << answers_.size() << " answers, " << harmless_ + named_
            << " members made odd: " << harmless_ << " change nothing in the plan, " << named_
            << " do and are named\n";
  EXPECT_GT(named_, 30U);
}

INSTANTIATE_TEST_SUITE_P(Hows, OddFields, ::testing::ValuesIn(kHows), [](const auto& it) {
  std::string out(name(it.param));
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
});

}  // namespace
}  // namespace rolecall::test
