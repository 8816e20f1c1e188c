// Counts many words in one pass over a text.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/text/utf8.hpp"

namespace ytterby {

// Words of at least one non-ASCII first character, each in a group; Count adds one to the group of every occurrence.
template <std::size_t kGroups>
class KeywordScanner {
 public:
  struct Word {
    std::string_view text;
    std::size_t group;
  };

  explicit KeywordScanner(const std::vector<Word>& words) {
    for (const Word& word : words) {
      const char32_t first = DecodeUtf8(word.text, 0).value;
      starts_.set(first & 0xFFFF);
      by_first_[first].push_back(word);
    }
  }

  void Count(std::string_view text, std::array<int, kGroups>& counts) const {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = DecodeUtf8(text, at);
      if (starts_[c.value & 0xFFFF]) {
        if (auto words = by_first_.find(c.value); words != by_first_.end()) {
          for (const Word& word : words->second) {
            if (text.compare(at, word.text.size(), word.text) == 0) ++counts[word.group];
          }
        }
      }
      at += c.length;
    }
  }

 private:
  std::bitset<0x10000> starts_;
  std::unordered_map<char32_t, std::vector<Word>> by_first_;
};

}  // namespace ytterby
