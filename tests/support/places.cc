#include "tests/support/places.h"

#include <cstdlib>

namespace rolecall::test {

std::string source_dir() {
  return ROLECALL_SOURCE_DIR;
}

std::string rolecall_binary() {
  const char* given = std::getenv("ROLECALL_BINARY");
  return given == nullptr ? ROLECALL_BINARY : given;
}

bool rolecall_is_sanitized() {
#ifdef __SANITIZE_ADDRESS__
  return std::getenv("ROLECALL_BINARY") == nullptr;
#else
  return false;
#endif
}

}  // namespace rolecall::test
