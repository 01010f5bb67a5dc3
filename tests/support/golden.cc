#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {

void expect_golden(std::string_view name, const std::string& actual) {
  const std::filesystem::path path =
      std::filesystem::path(source_dir()) / "tests" / "golden" / name;
  const char* accept = std::getenv("ROLECALL_ACCEPT");
  if (accept != nullptr && std::string_view(accept) == "1") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    GTEST_SKIP() << "wrote " << path;
  }
  ASSERT_TRUE(std::filesystem::exists(path)) << path << " is missing; ROLECALL_ACCEPT=1 writes it";
  EXPECT_EQ(read_file(path), actual) << "ROLECALL_ACCEPT=1 rewrites " << path;
}

}  // namespace rolecall::test
