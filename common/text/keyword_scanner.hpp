// Counts many words in one pass over a text.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/text/utf8.hpp"

namespace ytterby {

// Words of at least two characters, none of them ASCII at its begin, each in a group; Count adds one to the group of every occurrence.
template <std::size_t kGroups>
class KeywordScanner {
 public:
  struct Word {
    std::string_view text;
    std::size_t group;
  };

  explicit KeywordScanner(const std::vector<Word>& words) {
    for (const Word& word : words) {
      const CodePoint first = DecodeUtf8(word.text, 0), second = DecodeUtf8(word.text, first.length);
      firsts_.set(first.value & 0xFFFF);
      pairs_.set(PairKey(first.value, second.value));
      words_.push_back({PairKey(first.value, second.value), word});
    }
    std::sort(words_.begin(), words_.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  }

  void Count(std::string_view text, std::array<int, kGroups>& counts) const {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = DecodeUtf8(text, at);
      const std::size_t next = at + c.length;
      if (firsts_[c.value & 0xFFFF] && next < text.size()) {
        const std::uint32_t key = PairKey(c.value, DecodeUtf8(text, next).value);
        if (pairs_[key]) CountWordsAt(text.substr(at), key, counts);
      }
      at = next;
    }
  }

 private:
  struct Keyed {
    std::uint32_t key;
    Word word;
  };

  // The first two characters in 16 bits; words that share them by chance are told apart by comparison.
  static std::uint32_t PairKey(char32_t first, char32_t second) {
    return (static_cast<std::uint32_t>(first) * 0x9E37 + static_cast<std::uint32_t>(second) * 0x85EB) >> 3 & 0xFFFF;
  }

  void CountWordsAt(std::string_view text, std::uint32_t key, std::array<int, kGroups>& counts) const {
    auto keyed = std::lower_bound(words_.begin(), words_.end(), key, [](const Keyed& a, std::uint32_t value) { return a.key < value; });
    for (; keyed != words_.end() && keyed->key == key; ++keyed) {
      if (text.starts_with(keyed->word.text)) ++counts[keyed->word.group];
    }
  }

  std::bitset<0x10000> firsts_, pairs_;
  std::vector<Keyed> words_;
};

}  // namespace ytterby
