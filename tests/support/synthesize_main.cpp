// ytterby_synthesize FOLDER COUNT [BYTES] [SEED]: writes synthetic issues, one file each, for load tests and
// benchmarks.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/support/synthetic.hpp"

int main(int argc, char** argv) {
  using namespace ytterby::testing;
  if (argc < 3) {
    std::cerr << "usage: ytterby_synthesize FOLDER COUNT [BYTES] [SEED]\n";
    return 64;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  SyntheticOptions options;
  if (argc > 3) options.bytes = static_cast<std::size_t>(std::atol(argv[3]));
  if (argc > 4) options.seed = static_cast<std::uint64_t>(std::atol(argv[4]));
  for (options.index = 0; options.index < std::atoi(argv[2]); ++options.index) {
    options.look = static_cast<SyntheticOptions::Look>(options.index % 3);
    std::ofstream(folder / (SyntheticLabel(options.index) + ".txt"), std::ios::binary) << SyntheticBulletin(options);
  }
  return 0;
}
