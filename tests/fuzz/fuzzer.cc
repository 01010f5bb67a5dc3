// The entry point of libFuzzer, for the target that FUZZ_TARGET names.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rolecall::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
