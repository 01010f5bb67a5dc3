#include "tests/support/places.h"

namespace rolecall::test {

std::string source_dir() {
  return ROLECALL_SOURCE_DIR;
}

std::string rolecall_binary() {
  return ROLECALL_BINARY;
}

}  // namespace rolecall::test
