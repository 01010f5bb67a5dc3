// Files that are no saved plan, or not the one that was saved: each is refused in words that say
// what is wrong, and nothing is sent. (guarantees.md 4.6; what depends on time, store and owner is
// in saved_plan_test.cc.)

#include "state/model/json.h"
#include "tests/controller/saved_plan_fixture.h"

namespace rolecall {
namespace {

using testing::HasSubstr;

/// What becomes of the bytes of a saved plan.
using Spoil = std::string (*)(const std::string&);

std::string replaced(std::string text, std::string_view what, std::string_view instead) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

/// With digests that fit what `edit` makes of it.
template <class Edit>
std::string forged(const std::string& bytes, Edit edit) {
  SavedPlan saved = parse_saved_plan(bytes).value();
  edit(saved);
  reschedule(saved.plan);
  return save_plan(saved.plan, saved.info);
}

Change grant_of_admin() {
  Change change;
  change.kind = ChangeKind::grant_org_role;
  change.user = "bob@acme.example";
  change.role = "org-admin";
  change.cause = {{"rolecall.toml", 4, 1}, "listed in roles", ""};
  return change;
}

struct BadFile {
  const char* name;
  Spoil spoil;
  const char* says;
};

const BadFile kBadFiles[] = {
    {"ZeroBytes", [](const std::string&) { return std::string(); }, "changes.plan: empty file"},
    {"WhiteSpace", [](const std::string&) { return std::string(" \n"); },
     "changes.plan: empty file"},
    {"CutInHalf", [](const std::string& b) { return b.substr(0, b.size() / 2); },
     "changes.plan: JSON ends inside $."},
    {"OneByteFlipped", [](const std::string& b) { return replaced(b, "bob@", "bnb@"); },
     "changes.plan: plan digest does not match its content - make a new plan"},
    {"FlippedElsewhere",
     [](const std::string& b) { return replaced(b, "\"reads\": ", "\"reads\": 1"); },
     "changes.plan: plan checksum does not match its content - make a new plan"},
    {"ActionAdded",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.changes.push_back(grant_of_admin()); });
     },
     "grant_org_role of \"bob@acme.example\" with role \"org-admin\": no longer to be done"},
    {"ActionAddedOutOfOrder",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) {
         s.plan.changes.insert(s.plan.changes.begin(), grant_of_admin());
       });
     },
     "changes.plan: $.plan.changes[1]: is not in order, or there twice"},
    {"TargetSwapped",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.changes[0].user = "kim@acme.example"; });
     },
     "add_member of \"kim@acme.example\" for group \"team\": no longer to be done"},
    {"TargetInAnotherScript",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.changes[0].user = "b\u043eb@acme.example"; });
     },
     "no longer to be done"},
    {"AccountSwapped",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.changes[0].account_id = "712020:kim"; });
     },
     "the account was \"712020:kim\" and is "},
    {"GroupSwapped",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.changes[0].group_id = "id-of-admins"; });
     },
     "the group was \"id-of-admins\" and is "},
    {"CountsEdited",
     [](const std::string& b) { return replaced(b, "\"add_member\": 1", "\"add_member\": 0"); },
     "changes.plan: plan holds what does not follow from its changes - make a new plan"},
    {"DuplicateMember",
     [](const std::string& b) {
       return replaced(b, "\"policy_path\"", "\"created\": null, \"policy_path\"");
     },
     "$.created: duplicate member"},
    {"TrailingBytes", [](const std::string& b) { return b + "x"; },
     "1 unexpected bytes after the JSON"},
    {"TrailingSpace", [](const std::string& b) { return b + " "; },
     "changes.plan: plan is not byte for byte as rolecall wrote it - make a new plan"},
    {"Comment", [](const std::string& b) { return "{ // reviewed\n" + b.substr(1); },
     "changes.plan: byte "},
    {"ByteOrderMark", [](const std::string& b) { return "\xEF\xBB\xBF" + b; },
     "changes.plan: byte "},
    {"Reformatted", [](const std::string& b) { return print_line(parse_json(b).value()); },
     "changes.plan: plan is not byte for byte as rolecall wrote it - make a new plan"},
    {"UnknownMember",
     [](const std::string& b) {
       return replaced(b, "\"policy_path\"", "\"force\": true, \"policy_path\"");
     },
     "changes.plan: $.force: is not known"},
    {"TooDeep",
     [](const std::string& b) {
       return replaced(
           b, "\"policy_path\"",
           "\"x\": " + std::string(33, '[') + std::string(33, ']') + ", \"policy_path\"");
     },
     "changes.plan: JSON nested deeper than 32"},
    {"OtherFormat",
     [](const std::string& b) {
       return replaced(b, "\"rolecall_plan\": 3", "\"rolecall_plan\": 2");
     },
     "changes.plan: plan has format 2, this tool knows format 3"},
    {"OtherToolVersion",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.info.tool_version = "9.9.9"; });
     },
     "changes.plan: plan was made by rolecall \"9.9.9\", this is " ROLECALL_VERSION},
    {"OtherOrganization",
     [](const std::string& b) {
       return forged(b, [](SavedPlan& s) { s.plan.organization = "another"; });
     },
     "the plan is for organization \"another\", this is "
     "\"1b2c3d4e-0000-4000-8000-0000000000aa\""},
    {"OfAnotherTool",
     [](const std::string&) {
       return std::string(R"({"format_version":"1.2","terraform_version":"1.9.0"})");
     },
     "changes.plan: not a plan of this tool: $.rolecall_plan is missing"},
    {"NoJson", [](const std::string&) { return std::string("version = 1\n"); },
     "changes.plan: byte "},
};

class BadPlanFiles : public SavedPlanTest, public testing::WithParamInterface<BadFile> {};

TEST_P(BadPlanFiles, AreRefusedInWordsAndNothingIsSent) {
  const BadFile& one = GetParam();
  const std::string file = plan();
  const std::string bytes = content(file);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << one.spoil(bytes);
  expect_refused(file, one.says);
  expect_refused(file, "ake a new plan");
  // The same bytes again are the plan again.
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  EXPECT_EQ(apply(file).code, 0);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, BadPlanFiles, testing::ValuesIn(kBadFiles),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(SavedPlanTest, ThatIsNotThereIsAnError) {
  const test::Ran ran = apply(at("nothing.plan"));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("nothing.plan"));
}

TEST_F(SavedPlanTest, WithItsGuardTakenOutMeetsTheGuardAgain) {
  policy("");
  org_.dir().write("rolecall.toml", policy_with("") +
                                        "empty = true\n[safety.limits.remove_members]\nfree = 0\n"
                                        "percent = 0\n");
  const std::string file = at("changes.plan");
  const test::Ran planned = test::run_captured([&] {
    return run_plan(org_.global(), {policy_, file, false});
  });
  ASSERT_EQ(planned.code, 4) << planned.out << planned.err;
  std::ofstream(file + ".plan", std::ios::binary)
      << forged(content(file), [](SavedPlan& s) { s.plan.refusals.clear(); });
  const test::Ran ran = apply(file + ".plan");
  EXPECT_EQ(ran.code, 4) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("remove_members"));
  EXPECT_EQ(org_.effective_writes(), 0U);
}

TEST_F(SavedPlanTest, IsStaleOnceAPersonIsInTheGroupAlready) {
  const std::string file = plan();
  policy(kAdaAndBob);
  ASSERT_EQ(apply(policy_).code, 0);
  expect_refused(file,
                 "add_member of \"bob@acme.example\" for group \"team\": no longer to be done");
}

}  // namespace
}  // namespace rolecall
