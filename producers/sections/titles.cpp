#include "producers/sections/titles.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLeastTitleBytes = 12;  // four characters
constexpr double kLeastLikeness = 0.8;        // of a title and its entry, for any caller

void SortUnique(std::u32string& characters) {
  std::sort(characters.begin(), characters.end());
  characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
}

// A Han character of three bytes.
bool IsPlainHan(char32_t c) { return IsHan(c) && c < 0x10000; }

bool Contains(const std::u32string& sorted, char32_t character) {
  return std::binary_search(sorted.begin(), sorted.end(), character);
}

}  // namespace

Titles::Titles(const IssueLines& lines, const Front& front)
    : lines_(lines), front_(front), measure_(MeasureTitles(lines)) {
  for (const ContentsEntry& entry : front.entries) {
    if (entry.letters.empty()) continue;
    firsts_ += DecodeUtf8(entry.letters, 0).value;
    lasts_ += LastCodePoint(entry.letters);
  }
  SortUnique(firsts_);
  SortUnique(lasts_);
}

const std::string& Titles::Letters(std::size_t line) {
  const auto [known, added] = letters_.try_emplace(line);
  if (added) known->second = FoldLetters(WithoutMarks(lines_.At(line)));
  return known->second;
}

std::string Titles::LettersOf(std::size_t from, std::size_t to) {
  std::string letters;
  for (std::size_t i = from; i < to; ++i) {
    if (lines_.IsText(i)) letters += Letters(i);
  }
  return letters;
}

bool Titles::MayBegin(std::size_t line) {
  const std::string_view text = WithoutMarks(lines_.At(line));
  if (text.size() < kLeastTitleBytes || text.size() > 200 || text.ends_with("。")) return false;
  // A Han character is looked up; with Latin letters the three bytes at the edge must agree.
  const auto any = [&](auto agrees) { return std::any_of(front_.entries.begin(), front_.entries.end(), agrees); };
  const char32_t last = LastCodePoint(text);
  if (IsPlainHan(last) ? Contains(lasts_, last) : any([&](const ContentsEntry& entry) {
        return entry.letters.ends_with(text.substr(text.size() - 3));
      })) {
    return true;
  }
  const CodePoint first = DecodeUtf8(text, 0);
  const std::string letters =
      FoldLetters(text.substr(0, IsPlainHan(first.value) ? first.length : kLeastTitleBytes)).substr(0, 3);
  if (!letters.empty() && IsPlainHan(DecodeUtf8(letters, 0).value))
    return Contains(firsts_, DecodeUtf8(letters, 0).value);
  return any([&](const ContentsEntry& entry) { return entry.letters.starts_with(letters); });
}

bool Titles::IsPartOfEntry(std::size_t line) {
  constexpr double kLeastShare = 0.6;  // damaged characters take some pairs away
  const CharacterPairs pairs(Letters(line));
  return std::any_of(front_.entries.begin(), front_.entries.end(),
                     [&](const ContentsEntry& entry) { return HasShare(pairs, entry.pairs, kLeastShare); });
}

bool Titles::LooksLike(std::size_t line) {
  const std::size_t end = End(line);
  if (end > line + 2 * kMaxTitleLines) return false;
  const std::string_view last = TrimSpace(lines_.At(end - 1));
  const char32_t c = LastCodePoint(last);
  return c != U'。' && c != U'，' && c != U'；' && c != U'、' && DisplayWidth(last) <= 72;
}

const ContentsEntry* Titles::Entry(std::size_t line, double least) {
  auto known = matches_.find(line);
  if (known == matches_.end()) known = matches_.emplace(line, FindEntry(line)).first;
  return known->second.likeness >= least ? known->second.entry : nullptr;
}

Titles::Match Titles::FindEntry(std::size_t line) {
  const std::string letters = LettersOf(line, End(line));
  if (letters.size() < kLeastTitleBytes) return {};
  Match best{nullptr, kLeastLikeness};
  CharacterPairs pairs;
  for (const ContentsEntry& entry : front_.entries) {
    if (entry.letters == letters) return {&entry, 1};
    if (entry.letters.size() > 2 * letters.size() || letters.size() > 2 * entry.letters.size()) continue;
    if (pairs.empty()) pairs = CharacterPairs(letters);
    if (MostLikeness(entry.pairs, pairs) < best.likeness) continue;
    const double likeness = Likeness(entry.pairs, pairs);
    if (likeness >= best.likeness) best = {&entry, likeness};
  }
  return best;
}

std::size_t Titles::End(std::size_t line) { return Extent(line).end; }

const TitleExtent& Titles::Extent(std::size_t line) {
  auto known = extents_.find(line);
  if (known == extents_.end()) known = extents_.emplace(line, FindTitleExtent(lines_, measure_, front_, line)).first;
  return known->second;
}

}  // namespace ytterby
