// guarantees.md B3: each member of each answer that a plan reads is deleted, null, of another type,
// an unknown word, huge. What is not understood is not acted on, and named with endpoint and path.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/end_to_end.h"
#include "tests/support/lied_to.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;

json::value organization() {
  json::object out = acme();
  json::array& users = out["users"].as_array();
  for (const int i : {2, 3}) {
    users[static_cast<std::size_t>(i)].as_object()["access"] =
        json::object{{kJira, {"user"}}, {kConfluence, {"user"}}};
  }
  users.push_back(json::object{{"email", "leaver@acme.example"}});
  users.push_back(json::object{{"email", "away@acme.example"}, {"status", "suspended"}});
  json::array& groups = out["groups"].as_array();
  groups[0].as_object()["access"] =
      json::object{{kJira, {"user", "admin"}}, {kConfluence, {"user"}}};
  groups.push_back(json::object{{"name", "old"},
                                {"members", {"lin@acme.example", "leaver@acme.example"}},
                                {"access", {{kJira, {"user"}}, {kConfluence, {"admin"}}}}});
  groups.push_back(json::object{{"name", "unwanted"}, {"members", {"omar@acme.example"}}});
  groups.push_back(json::object{{"name", "stray"}});
  return out;
}

/// Something is to be done about nearly everything that is there.
std::string policy() {
  std::string out =
      with(acme_policy(), "\n[resources]",
           "\nunlisted_users = \"remove\"\nunlisted_groups = \"delete\"\n[resources]");
  for (const std::string_view klass : kLimitClassNames) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", klass);
  }
  out = with(out, "\"lin@acme.example\"   = {}",
             "\"lin@acme.example\" = { access = { jira = [\"admin\"], confluence = [\"user\"] } "
             "}\n\"away@acme.example\" = {}\n\"new@acme.example\" = {}");
  out =
      with(out, "\"omar@acme.example\"  = {}", "\"omar@acme.example\" = { state = \"suspended\" }");
  out = with(out, "members = [\"ada@acme.example\", \"lin@acme.example\", \"omar@acme.example\"]",
             "members = [\"grace@acme.example\", \"lin@acme.example\", \"new@acme.example\"]");
  out = with(out, "access  = { jira = [\"user\"] }",
             "access  = { jira = [\"user\"], confluence = [\"admin\"] }");
  return out +
         "[groups.renamed]\nprevious_names = [\"old\"]\n[groups.unwanted]\nstate = \"absent\"\n";
}

/// A member of an answer: where it is, "$.data[0].groups[1].id".
struct Member {
  std::string path;
  std::string last;
  std::function<json::value*(json::value&)> find;
};

void collect(const json::value& value, const Member& here, std::vector<Member>& out) {
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, inner] : *object) {
      const std::string name(key);
      const Member next{here.path + "." + name, name, [find = here.find, name](json::value& whole) {
                          json::value* outer = find(whole);
                          return &outer->as_object().at(name);
                        }};
      out.push_back(next);
      collect(inner, next, out);
    }
  }
  if (const json::array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Member next{
          fmt::format("{}[{}]", here.path, i), here.last,
          [find = here.find, i](json::value& whole) { return &find(whole)->as_array().at(i); }};
      out.push_back(next);
      collect((*array)[i], next, out);
    }
  }
}

enum class How { deleted, null, a_number, a_word, a_list, huge };
constexpr How kHows[] = {How::deleted, How::null,   How::a_number,
                         How::a_word,  How::a_list, How::huge};
constexpr const char* kHowNames[] = {"deleted", "null", "a number", "a word", "a list", "huge"};

/// Texts of which any is as good as another: that one is not the right one nobody can see.
bool is_free(std::string_view member) {
  constexpr std::string_view kFree[] = {"id", "name", "description", "resourceId", "directoryId"};
  return std::find(std::begin(kFree), std::end(kFree), member) != std::end(kFree);
}

std::string spoilt(const std::string& body, const Member& member, How how) {
  json::value whole = json::parse(body);
  json::value& value = *member.find(whole);
  switch (how) {
    case How::deleted: {
      // Erased in the text, where it is marked: a tree does not know its parents.
      const bool is_item = member.path.ends_with("]");
      value = "\x01";
      std::string text = json::serialize(whole);
      const std::string mark = R"("\u0001")";
      std::size_t from = text.find(mark);
      std::size_t to = from + mark.size();
      if (!is_item) from = text.rfind('"', from - 3);
      if (text[to] == ',') {
        ++to;
      } else if (text[from - 1] == ',') {
        --from;
      }
      return text.erase(from, to - from);
    }
    case How::null:
      value = nullptr;
      break;
    case How::a_number:
      value = 42;
      break;
    case How::a_word:
      value = "LIMBO";
      break;
    case How::a_list:
      value = json::array{json::array{}};
      break;
    case How::huge:
      value = value.is_int64() ? json::value(std::int64_t{1} << 62U)
                               : json::value(std::string(5'000, 'x'));
  }
  return json::serialize(whole);
}

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
  /// managed here, a grant on no directory. It can lead to a grant that is there already.
  static bool is_believable(const std::string& key, const Member& member) {
    const bool is_item = member.path.ends_with("]");
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

  LiedTo live_{organization(), policy()};
  Planned honest_;
  std::map<std::string, std::string> answers_;
  std::size_t harmless_ = 0, named_ = 0;
};

TEST_P(OddFields, AreNamedAndNothingIsDoneAboutWhatIsNotUnderstood) {
  ASSERT_TRUE(honest_.plan && honest_.plan->complete) << said(honest_);
  ASSERT_THAT(honest_.plan->refusals, IsEmpty());
  ASSERT_GT(losses_in(*honest_.plan).size(), 8U);
  for (const auto& [key, body] : answers_) {
    std::vector<Member> members;
    const json::value whole = json::parse(body);
    collect(whole, {"$", "", [](json::value& it) { return &it; }}, members);
    for (const Member& member : members) check(key, whole, member);
  }
  std::cout << answers_.size() << " answers, " << harmless_ + named_
            << " members made odd: " << harmless_ << " change nothing in the plan, " << named_
            << " do and are named\n";
  EXPECT_GT(named_, 30U);
}

INSTANTIATE_TEST_SUITE_P(Hows, OddFields, ::testing::ValuesIn(kHows), [](const auto& it) {
  std::string out = kHowNames[static_cast<int>(it.param)];
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
});

}  // namespace
}  // namespace rolecall::test
