#include "state/store/checkpoints.h"
#include "state/store/head_file.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {

void heads(std::string_view bytes) {
  if (const auto content = HeadFile::parse(bytes)) {
    require(content->head.seq >= 0, "a head before the first row");
    require(content->head.hash.size() == 64, "a hash of another length");
  }
  if (const auto head = parse_head(bytes)) {
    require(format_head(*head) == bytes, "a head with two spellings");
  }
  const auto checkpoint = parse_checkpoint(bytes);
  if (!checkpoint) return require(!checkpoint.error().what.empty(), "a refusal without words");
  const std::string again = format_checkpoint(*checkpoint);
  const auto twice = parse_checkpoint(again);
  require(twice && twice->head == checkpoint->head && twice->signature == checkpoint->signature,
          "a checkpoint that is read otherwise");
}

}  // namespace rolecall::fuzz
