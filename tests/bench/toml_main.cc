// bench_toml FILE...: toml++ reads the files, one after the other, and nothing else is done. What
// reading a policy costs at least as long as toml++ reads it.

#include <toml++/toml.h>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  std::size_t keys = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary | std::ios::ate);
    std::string bytes(static_cast<std::size_t>(in.tellg()), '\0');
    in.seekg(0);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    keys += toml::parse(std::string_view(bytes)).size();
  }
  std::printf("%zu keys at the top\n", keys);
  return 0;
}
