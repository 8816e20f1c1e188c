// The bulletins that tests read: the samples in the repository, and the real issues if they are next to it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace ytterby::testing {

struct NamedText {
  std::string name, text;
};

inline std::vector<NamedText> ReadFolder(const std::filesystem::path& folder) {
  std::vector<NamedText> texts;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    if (entry.path().filename() != "README.md")
      texts.push_back({entry.path().filename().string(), ReadAll(entry.path())});
  }
  std::sort(texts.begin(), texts.end(), [](const NamedText& a, const NamedText& b) { return a.name < b.name; });
  return texts;
}

inline std::vector<NamedText> Samples() {
  return ReadFolder(std::filesystem::path(YTTERBY_SOURCE_DIR) / "ops" / "samples");
}
inline std::vector<NamedText> RealBulletins() {
  return ReadFolder(std::filesystem::path(YTTERBY_SOURCE_DIR).parent_path() / "shared" / "bulletins");
}

}  // namespace ytterby::testing
