#include "state/model/wrap.h"

#include <gmock/gmock.h>

namespace rolecall {
namespace {

using ::testing::ElementsAre;

TEST(Wrap, BreaksAtTheLastBlankThatFits) {
  EXPECT_THAT(wrap("one two three", 0, 0, 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("one two three", 0, 0, 6), ElementsAre("one", "two", "three"));
  EXPECT_THAT(wrap("one two three", 0, 0, 13), ElementsAre("one two three"));
}

TEST(Wrap, CountsWhatStandsBeforeEachPart) {
  EXPECT_THAT(wrap("one two three", 6, 0, 13), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("one two three", 7, 0, 13), ElementsAre("one", "two three"));
  EXPECT_THAT(wrap("one two three", 7, 4, 12), ElementsAre("one", "two", "three"));
}

TEST(Wrap, LeavesWordsWhole) {
  EXPECT_THAT(wrap("a somewhat@long.example b", 2, 2, 8),
              ElementsAre("a", "somewhat@long.example", "b"));
  EXPECT_THAT(wrap("somewhat@long.example", 20, 20, 8), ElementsAre("somewhat@long.example"));
}

TEST(Wrap, CountsCharactersNotBytes) {
  EXPECT_THAT(wrap("Zo\xc3\xab Zo\xc3\xab x", 0, 0, 7), ElementsAre("Zo\xc3\xab Zo\xc3\xab", "x"));
}

TEST(Wrap, NothingAndBlanksAreKept) {
  EXPECT_THAT(wrap("", 4, 4, 8), ElementsAre(""));
  EXPECT_THAT(wrap("a  b ", 0, 0, 80), ElementsAre("a  b "));
}

TEST(Wrap, WithoutColumnsThereIsNoLimit) {
  EXPECT_THAT(wrap("one two three", 90, 90, 0), ElementsAre("one two three"));
}

}  // namespace
}  // namespace rolecall
