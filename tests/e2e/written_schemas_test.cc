// The schemas of what rolecall writes: nothing it writes is refused (every test of this folder
// holds its plans and exports against them), and nothing else is accepted.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <sstream>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

/// The document with one thing wrong, for each member of the first element of every list: it is
/// gone, it is an object that says nothing, or its object has a member more.
class Mutants {
 public:
  Mutants(json::value document, std::set<std::string> optional)
      : document_(std::move(document)), optional_(std::move(optional)) {
    visit(document_, "");
  }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  void visit(json::value& at, const std::string& path) {
    if (json::array* list = at.if_array(); list != nullptr && !list->empty()) {
      visit(list->front(), path + "/0");
    }
    json::object* object = at.if_object();
    if (object == nullptr || path == "/behind/groups" || path == "/behind/resources") return;
    object->emplace("more", 1);
    keep(path + " with a member more");
    object->erase("more");
    std::vector<std::string> names;
    for (const auto& member : *object) names.emplace_back(member.key());
    for (const std::string& name : names) {
      const json::value is = object->at(name);
      if (!optional_.contains(name)) {
        object->erase(name);
        keep(path + " without " + name);
      }
      (*object)[name] = json::object{{"odd", 1}};
      keep(path + " with another " + name);
      (*object)[name] = is;
      visit((*object)[name], path + "/" + name);
    }
  }
  void keep(const std::string& what) { all_.emplace_back(what, json::serialize(document_)); }

  json::value document_;
  std::set<std::string> optional_;
  std::vector<std::pair<std::string, std::string>> all_;
};

class WrittenSchemas : public EndToEnd {
 protected:
  void SetUp() override {
    json::object seed = acme();
    seed["users"].as_array().push_back(
        json::object{{"email", "temp@vendor.example"}, {"name", "Temp"}});
    start(seed);
    write_policy(acme_policy());
    const std::string more = with(acme_policy(), "\"rosa@acme.example\"]",
                                  "\"rosa@acme.example\", \"temp@vendor.example\"]");
    folder.write("more.toml", with(more, "access  = {}", "access  = { jira = [\"user\"] }") +
                                  "[groups.writers]\nmembers = [\"lin@acme.example\"]\n"
                                  "access = { confluence = [\"admin\"] }\n");
  }
  /// Each is refused, and what they are made of is not.
  static void expect_strict(const std::string& schema, const std::string& document,
                            std::set<std::string> optional = {}) {
    WrittenDocuments written;
    written.add(schema, document + "\n");
    const Mutants mutants(json::parse(document), std::move(optional));
    for (const auto& [what, text] : mutants.all()) written.add(schema, text + "\n");
    std::set<std::string> refused;
    for (const std::string& line : written.complaints()) refused.insert(line.substr(0, 4));
    EXPECT_FALSE(refused.contains("0000")) << document;
    for (std::size_t i = 0; i < mutants.all().size(); ++i) {
      EXPECT_TRUE(refused.contains(fmt::format("{:04}", i + 1)))
          << schema << mutants.all()[i].first;
    }
    EXPECT_GT(mutants.all().size(), 3U);
  }
};

TEST_F(WrittenSchemas, OfAPlanRefuseWhatIsNone) {
  const Outcome plan =
      rolecall_exits(0, {"plan", "more.toml", "--base", "rolecall.toml", "--format", "json"});
  const json::value printed = json::parse(plan.out);
  for (const char* list : {"changes", "notes", "effects", "seats"}) {
    ASSERT_FALSE(printed.at(list).as_array().empty()) << list;
  }
  expect_strict("plan", plan.out, {"base", "in_base"});
}

TEST_F(WrittenSchemas, OfARefusedPlanRefuseWhatIsNone) {
  write_policy(with(acme_policy(), "\"lin@acme.example\", \"omar@acme.example\"]", "]") +
               "[safety.limits.remove_members]\nfree = 0\npercent = 0\n");
  const Outcome plan = rolecall_exits(4, {"plan", "--format", "json"});
  expect_strict("plan", plan.out);
}

TEST_F(WrittenSchemas, OfASavedPlanRefuseWhatIsNone) {
  rolecall_exits(0, {"plan", "more.toml", "--out", "saved"});
  expect_strict("plan-file", read_file(folder.path() / "saved"), {"description"});
}

TEST_F(WrittenSchemas, OfChangesKnowWhichMembersAKindHas) {
  const Outcome plan = rolecall_exits(0, {"plan", "more.toml", "--format", "json"});
  WrittenDocuments written;
  json::value printed = json::parse(plan.out);
  std::size_t made = 0;
  for (json::value& change : printed.at("changes").as_array()) {
    for (const char* name : {"user", "group", "resource", "role"}) {
      json::value& member = change.at(name);
      const json::value is = member;
      member = is.is_null() ? json::value(json::string_view(name) == "role" ? "admin" : "x")
                            : json::value(nullptr);
      written.add("plan", json::serialize(printed));
      member = is;
      ++made;
    }
  }
  EXPECT_GE(made, 16U);
  EXPECT_EQ(written.complaints().size(), made);
}

TEST_F(WrittenSchemas, OfAnExportRefuseWhatIsNone) {
  rolecall_exits(0, {"apply", "more.toml", "--yes"});
  const Outcome exported = rolecall_exits(0, {"audit", "export"});
  std::set<std::string> seen;
  std::istringstream lines(exported.out);
  for (std::string line; std::getline(lines, line);) {
    const json::value value = json::parse(line);
    const json::value* row = value.as_object().if_contains("row");
    const std::string kind =
        row != nullptr ? text(row->at("type")) : std::string(value.as_object().begin()->key());
    if (seen.insert(kind).second) expect_strict("audit", line);
  }
  for (const char* kind :
       {"rolecall_audit_export", "run", "intent", "outcome", "end", "memory", "counts", "rows"}) {
    EXPECT_TRUE(seen.contains(kind)) << kind;
  }
}

}  // namespace
}  // namespace rolecall::test
