// Counts many words in one pass over a text.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace ytterby {

// Words that begin with two three-byte characters (Han characters), each in a group; for every occurrence of a word,
// Count adds one to its group.
template <std::size_t kGroups>
class KeywordScanner {
 public:
  struct Word {
    std::string_view text;
    std::size_t group;
  };

  explicit KeywordScanner(const std::vector<Word>& words) {
    for (const Word& word : words) {
      const std::uint32_t key = PairKey(word.text.data());
      pairs_.set(key);
      words_.push_back({key, word});
    }
    std::sort(words_.begin(), words_.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    for (std::size_t high = 0, at = 0; high < kHighs; ++high) {
      while (at < words_.size() && words_[at].key >> 8 < high) ++at;
      first_[high] = static_cast<std::uint16_t>(at);
    }
  }

  void Count(std::string_view text, std::array<int, kGroups>& counts) const {
    for (std::size_t at = 0; at + kPairBytes <= text.size();) {
      const auto first = static_cast<unsigned char>(text[at]);
      if (first < 0xE0) {
        ++at;
        continue;
      }
      const std::uint32_t key = PairKey(text.data() + at);
      if (pairs_[key]) CountWordsAt(text.substr(at), key, counts);
      at += 3;
    }
  }

 private:
  static constexpr std::size_t kPairBytes = 6;

  struct Keyed {
    std::uint32_t key;
    Word word;
  };

  // Hashes two characters to 16 bits; a comparison tells apart words whose hashes are equal.
  static std::uint32_t PairKey(const char* bytes) {
    std::uint32_t low;
    std::uint16_t high;
    std::memcpy(&low, bytes, sizeof low);
    std::memcpy(&high, bytes + sizeof low, sizeof high);
    return static_cast<std::uint32_t>((low | static_cast<std::uint64_t>(high) << 32) * 0x9E3779B97F4A7C15 >> 48);
  }

  void CountWordsAt(std::string_view text, std::uint32_t key, std::array<int, kGroups>& counts) const {
    for (std::size_t at = first_[key >> 8]; at < words_.size() && words_[at].key <= key; ++at) {
      if (words_[at].key == key && text.starts_with(words_[at].word.text)) ++counts[words_[at].word.group];
    }
  }

  static constexpr std::size_t kHighs = 256;

  std::bitset<0x10000> pairs_;
  std::vector<Keyed> words_;  // sorted by key
  std::array<std::uint16_t, kHighs>
      first_{};  // by a key's high byte: the first word whose key has that high byte or a greater one
};

}  // namespace ytterby
