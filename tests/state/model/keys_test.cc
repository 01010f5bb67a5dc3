#include "state/model/keys.h"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(EmailTest, SpellingsOfOneAddressAreEqual) {
  for (const char* text : {"ada@acme.example", " ada@acme.example\n", "ADA@Acme.Example"}) {
    const auto email = Email::parse(text);
    ASSERT_TRUE(email) << text;
    EXPECT_EQ(email->str(), "ada@acme.example");
  }
}

TEST(EmailTest, DotsAndPlusTagsStaySignificant) {
  EXPECT_NE(*Email::parse("a.da@acme.example"), *Email::parse("ada@acme.example"));
  EXPECT_NE(*Email::parse("ada+x@acme.example"), *Email::parse("ada@acme.example"));
}

TEST(EmailTest, DomainIsInItsIdnaForm) {
  const auto email = Email::parse("ada@Bücher.example");
  ASSERT_TRUE(email);
  EXPECT_EQ(email->domain(), "xn--bcher-kva.example");
  EXPECT_EQ(*email, *Email::parse("ada@xn--bcher-kva.example"));
}

TEST(EmailTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", " ", "bob", "bob@@x.example", "bob@ex ample.com", "@x.example",
                           "bob@", "bob@x", "bob@x..example", "bob@x.example.", "b\"ob@x.example",
                           "bob\xE2\x80\x8B@x.example", "bob@-\x01.example", "bob@a/b.example"}) {
    EXPECT_FALSE(Email::parse(text)) << text;
  }
  EXPECT_FALSE(Email::parse(std::string(65, 'a') + "@x.example"));
}

TEST(GroupNameTest, ComparesWithoutCaseAndInOneNormalForm) {
  EXPECT_EQ(*GroupName::parse("Engineering"), *GroupName::parse("ENGINEERING"));
  EXPECT_EQ(*GroupName::parse("Caf\u00e9"), *GroupName::parse("Cafe\u0301"));
  EXPECT_NE(*GroupName::parse("eng"), *GroupName::parse("eng2"));
  EXPECT_EQ(GroupName::parse("Engineering")->display(), "Engineering");
}

TEST(GroupNameTest, RefusesNamesNobodyCanReview) {
  for (const std::string& text : {std::string(), std::string(" a"), std::string("a\n"),
                                  std::string("a\u202Eb"), std::string(256, 'x')}) {
    EXPECT_FALSE(GroupName::parse(text)) << text;
  }
  EXPECT_TRUE(GroupName::parse(std::string(255, 'x')));
}

}  // namespace
}  // namespace rolecall
