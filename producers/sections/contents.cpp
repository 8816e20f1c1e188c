#include "producers/sections/contents.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <bit>

#include "common/text/utf8.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMaxFrontLines = 400;
constexpr std::size_t kMaxEntries = 200;
constexpr std::size_t kMaxEntryLetters = 600;
constexpr std::size_t kMinTitleLetters = 12;  // bytes: four characters

bool IsContentsHeading(std::string_view line) {
  if (line.size() > 40) return false;
  const std::string letters = FoldLetters(WithoutMarks(line));
  return letters == "目录" || letters == "目次" || letters == "本期目录" || letters == "contents" ||
         letters == "目录contents" || letters == "contents目录" || letters == "目次contents" || letters == "要目" ||
         letters == "本期要目" || letters == "本期目次" || letters == "要目导读" || letters == "目次目录";
}

// Whether the line ends in a page number after leaders, a tab or a wide gap, or in brackets. Returns the text without
// it.
std::string_view WithoutPageNumber(std::string_view line, bool& had_one) {
  std::string_view rest = TrimSpace(line);
  while (rest.ends_with('|')) rest = TrimSpace(rest.substr(0, rest.size() - 1));
  if (rest.ends_with("）") || rest.ends_with(")")) {
    static const RE2 kBracketed(R"(^(.*?)[（(]\d{1,3}[)）]$)");
    re2::StringPiece title;
    if (rest.size() < 300 && RE2::FullMatch(rest, kBracketed, &title) && title.size() >= kMinTitleLetters) {
      had_one = true;
      return TrimSpace({title.data(), title.size()});
    }
  }
  std::size_t end = rest.size();
  while (end > 0) {
    if ((rest[end - 1] >= '0' && rest[end - 1] <= '9') || rest[end - 1] == '-') {
      --end;
    } else if (const char32_t c = LastCodePoint(rest.substr(0, end)); c >= 0xFF10 && c <= 0xFF19) {
      end -= 3;
    } else {
      break;
    }
  }
  had_one = false;
  if (end == 0) return rest;
  if (end == rest.size()) {
    // A narrow page wraps the leaders: text that ends in leaders is an entry even without a page number.
    std::size_t text = end;
    while (text > 0 && rest[text - 1] == '.') --text;
    return end - text >= 4 ? TrimSpace(rest.substr(0, text)) : rest;
  }
  const std::string_view before = rest.substr(0, end);
  const char32_t last = LastCodePoint(before);
  const bool leader = last == '.' || last == U'…' || last == U'·' || last == '\t' || last == U'．' || last == U'⋯' ||
                      last == '|' || (last == ' ' && rest.size() - end <= 15);
  if (!leader) return rest;
  had_one = true;
  std::string_view text = before;
  while (!text.empty()) {
    const char32_t c = LastCodePoint(text);
    if (c != '.' && c != U'…' && c != U'·' && c != U'．' && c != U'⋯' && c != '|' && !IsSpace(c)) break;
    text.remove_suffix(c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
  }
  return text;
}

// 12. title: the title.
std::string_view WithoutOrdinal(std::string_view title) {
  std::size_t digits = 0;
  while (digits < title.size() && digits < 2 && title[digits] >= '0' && title[digits] <= '9') ++digits;
  if (digits == 0) return title;
  for (std::string_view mark : {". ", "．", "、"}) {
    if (title.substr(digits).starts_with(mark)) return TrimSpace(title.substr(digits + mark.size()));
  }
  return title;
}

// 01 title below 00 …: the title, where the number is the next one.
std::string_view WithoutCount(std::string_view title, int& counted) {
  std::size_t digits = 0;
  int number = 0;
  for (; digits < title.size() && digits < 3 && title[digits] >= '0' && title[digits] <= '9'; ++digits)
    number = number * 10 + (title[digits] - '0');
  if (digits == 0 || digits > 2 || number != counted + 1 || !title.substr(digits).starts_with(' ')) return title;
  ++counted;
  return TrimSpace(title.substr(digits));
}

bool HasBullet(std::string_view line) {
  std::string_view trimmed = TrimSpace(line);
  while (trimmed.starts_with('|')) trimmed = TrimSpace(trimmed.substr(1));
  if (trimmed.empty()) return false;
  const char32_t c = DecodeUtf8(trimmed, 0).value;
  return IsBullet(c) || c == '-' || c == U'·';
}

// A line of running prose: not short, with a full stop; or long, with a comma.
bool IsProse(std::string_view line) {
  const std::string_view trimmed = TrimSpace(line);
  if (HasBullet(trimmed)) return false;
  bool page_number = false;
  WithoutPageNumber(trimmed, page_number);
  if (page_number) return false;
  if (trimmed.size() <= 30) return false;
  const std::size_t width = DisplayWidth(trimmed);
  if (trimmed.find("。") != std::string_view::npos) return width >= 20;
  return trimmed.find("，") != std::string_view::npos && width >= 44;
}

// A cheap check before the expensive one: similar length, and the same first or last character.
bool MayBeAlike(std::string_view a, std::string_view b) {
  return a.size() <= 2 * b.size() && b.size() <= 2 * a.size() && a.size() >= 3 && b.size() >= 3 &&
         (a.substr(0, 3) == b.substr(0, 3) || a.substr(a.size() - 3) == b.substr(b.size() - 3));
}

class FrontReader {
 public:
  FrontReader(std::string_view text, const LineTable& table, std::size_t first, std::size_t last)
      : text_(text), table_(table), first_(first), last_(last), limit_(std::min(last, first + kMaxFrontLines)) {}

  Front Read() {
    Front front;
    front.masthead_end = front.body_begin = first_;
    std::size_t start = first_;
    if (!BeginsWithMasthead(start)) {
      front.body_begin = first_;
      return front;
    }
    const std::size_t heading = FindContentsHeading();
    if (heading == limit_ && !ShowsContents()) {
      // Only a masthead: the first article begins after its lines.
      front.masthead_end = front.body_begin = EndOfMasthead();
      for (std::size_t i = first_; i < front.masthead_end && !front.issue; ++i)
        front.issue = CoverNumberIn(table_.lines[i].In(text_));
      return front;
    }
    for (std::size_t i = first_; i < std::min(heading, limit_); ++i) {
      if (!front.issue) front.issue = CoverNumberIn(table_.lines[i].In(text_));
      if (heading == limit_ && i > first_ + 40) break;
    }
    const std::size_t entries_begin = heading < limit_ ? heading + 1 : first_;
    const std::size_t body = FindBody(entries_begin, front, heading < limit_);
    front.body_begin = body;
    front.masthead_end = heading < body ? heading : body;
    // Contents without a heading begin at their first category.
    if (heading >= limit_ || heading >= body) {
      for (std::size_t i = first_; i < body; ++i) {
        if (table_.known[i].kind == LineKind::kCategory || IsCategoryEntry(i)) {
          front.masthead_end = i;
          break;
        }
      }
      if (front.masthead_end == body) front.entries.clear();
    }
    return front;
  }

 private:
  // A masthead begins with the series title, an issue number, a category or the contents; a page header does not count.
  bool BeginsWithMasthead(std::size_t& start) const {
    std::size_t seen = 0;
    for (std::size_t i = first_; i < limit_ && seen < 3; ++i) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kBlank) continue;
      if (seen == 0) start = i;
      ++seen;
      const std::string_view line = table_.lines[i].In(text_);
      // A header followed by a page number is the top of a page in the middle of an issue.
      if (known.kind == LineKind::kRunningHeader) return !IsPageHead(i);
      if (known.kind == LineKind::kPageNumber) return false;
      if (IsContentsHeading(line)) return true;
      if (IssueNumberIn(line) && line.size() < 150) return true;
      if (known.kind == LineKind::kCategory) return NextIsEntry(i);
      if (IsProse(line)) return false;
    }
    return false;
  }

  // Whether the lines look like contents: bullets, page numbers after leaders, categories close together.
  bool ShowsContents() const {
    constexpr std::size_t kLook = 80;
    std::size_t written = 0, entries = 0, categories = 0, since_category = 0;
    for (std::size_t i = first_; i < limit_ && written < kLook; ++i) {
      if (table_.known[i].kind == LineKind::kBlank) continue;
      ++written;
      ++since_category;
      const std::string_view line = table_.lines[i].In(text_);
      bool page_number = false;
      const std::string_view title = WithoutPageNumber(line, page_number);
      entries += page_number && title.size() >= kMinTitleLetters;
      entries += HasBullet(line);
      if (table_.known[i].kind == LineKind::kCategory || IsCategoryEntry(i)) {
        categories += since_category <= 8;
        since_category = 0;
      }
      if (IsProse(line) && entries < 3 && categories < 3) return false;
    }
    return entries >= 3 || categories >= 3;
  }

  // The end of the masthead's lines: the series names, the number, the publisher's address.
  std::size_t EndOfMasthead() const {
    std::size_t end = first_;
    for (std::size_t i = first_; i < limit_; ++i) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kBlank) continue;
      const std::string_view line = table_.lines[i].In(text_);
      const bool imprint = line.size() < 150 && HasMastheadWord(line);
      const std::string letters = line.size() < 90 ? FoldLetters(line) : "";
      const bool number =
          line.size() < 150 &&
          (IssueNumberIn(line).has_value() || (letters.starts_with("第") && letters.find("期") != std::string::npos) ||
           (letters.starts_with("20") &&
            (letters.ends_with("日") || letters.ends_with("月") || letters.ends_with("年"))));
      if (known.kind != LineKind::kRunningHeader && !number && !imprint && !HasBullet(line)) break;
      end = i + 1;
    }
    return end;
  }

  bool IsPageHead(std::size_t header) const {
    for (std::size_t i = header + 1, seen = 0; i < limit_ && seen < 1; ++i) {
      if (table_.known[i].kind == LineKind::kBlank) continue;
      ++seen;
      if (table_.known[i].kind == LineKind::kPageNumber) return true;
    }
    return false;
  }

  bool NextIsEntry(std::size_t at) const {
    for (std::size_t i = at + 1; i < limit_; ++i) {
      if (table_.known[i].kind == LineKind::kBlank) continue;
      bool page_number = false;
      WithoutPageNumber(table_.lines[i].In(text_), page_number);
      return page_number || HasBullet(table_.lines[i].In(text_));
    }
    return false;
  }

  std::size_t FindContentsHeading() const {
    for (std::size_t i = first_; i < limit_; ++i) {
      if (table_.known[i].kind != LineKind::kText) continue;
      const std::string_view line = table_.lines[i].In(text_);
      if (IsContentsHeading(line)) return i;
      if (IsProse(line) && !IssueNumberIn(line) && i > first_ + 60) break;
    }
    return limit_;
  }

  bool IsCategoryEntry(std::size_t i) const {
    bool page_number = false;
    const std::string_view title = WithoutPageNumber(WithoutMarks(table_.lines[i].In(text_)), page_number);
    return title.size() >= 12 && title.size() <= 30 && CategoryFromPrinted(FoldKey(WithoutMarks(title))).has_value();
  }

  // Reads entries until a listed title appears again: there the first article begins. If none does, it begins at the
  // heading paragraph before the first prose.
  std::size_t FindBody(std::size_t from, Front& front, bool has_heading) {
    std::optional<Category> category;
    int counted = 0;   // entries with a number and a space before them, one after another
    std::string open;  // an entry that continues over several lines
    std::size_t open_line = from;
    std::vector<std::pair<std::string, std::size_t>> listed;
    for (std::size_t i = from; i < limit_; ++i) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kBlank || known.kind == LineKind::kRunningHeader ||
          known.kind == LineKind::kPageNumber)
        continue;
      const std::string_view raw = table_.lines[i].In(text_);
      bool page_number = false;
      std::string_view title = WithoutOrdinal(WithoutMarks(WithoutPageNumber(raw, page_number)));
      while (title.starts_with("·")) title = TrimSpace(title.substr(std::string_view("·").size()));
      title = WithoutCount(title, counted);
      const auto named = known.kind == LineKind::kCategory
                             ? known.category
                             : CategoryFromPrinted(title.size() <= 30 ? FoldKey(title) : "");
      if (named) {
        // A category that was named before, without an entry mark, is the first page's header.
        if (std::find(front.categories.begin(), front.categories.end(), *named) == front.categories.end()) {
          front.categories.push_back(*named);
        }
        category = named;
        open.clear();
        continue;
      }
      if (title.find_first_not_of("-—_ ") == std::string_view::npos) continue;
      const std::string letters = FoldLetters(title);
      // Nothing, or a page number alone: the rest of a wrapped line of leaders.
      if (letters.find_first_not_of("0123456789") == std::string::npos) continue;
      if (!page_number && !HasBullet(raw) && ComesAgain(i, letters, listed)) return i;
      if (IsProse(raw) && (!has_heading || !front.entries.empty()) && !StandsAgain(i, title)) {
        front.body_by_guess = true;
        return TitleBefore(i, from);
      }
      if (HasBullet(raw) || open.empty()) {
        open = letters;
        open_line = i;
      } else if (table_.lines[open_line].trailing_space && table_.shows_page_tops) {
        open = letters;
        open_line = i;
      } else {
        // The line may continue the entry above it; both readings are listed.
        listed.emplace_back(letters, i);
        AddEntry(letters, category, front);
        open += letters;
        if (open.size() > kMaxEntryLetters) open = letters;
      }
      listed.emplace_back(open, open_line);
      AddEntry(open, category, front);
      if (page_number) open.clear();
    }
    front.body_by_guess = true;
    return limit_ == last_ ? first_ : limit_;
  }

  // Whether a line that looks like prose because of its comma is a long title: then it appears again above its article.
  bool StandsAgain(std::size_t line, std::string_view title) const {
    constexpr std::size_t kReach = 1u << 20;
    if (HasWord(title, "。")) return false;
    // The article's title may break elsewhere: its first clause begins a line.
    const std::size_t comma = title.find("，");
    const std::string clause = "\n" + std::string(title.substr(0, comma >= kMinTitleLetters ? comma : title.size()));
    const std::string_view rest = text_.substr(table_.lines[line].next, kReach);
    return HasWord(rest, clause) || HasWord(rest, title);
  }

  // Adds each title once, up to a limit that no real contents reach.
  static void AddEntry(const std::string& letters, std::optional<Category> category, Front& front) {
    const auto same = [&](const ContentsEntry& entry) { return entry.letters == letters; };
    if (front.entries.size() >= kMaxEntries || std::any_of(front.entries.begin(), front.entries.end(), same)) return;
    front.entries.push_back({letters, category, CharacterPairs(letters)});
  }

  // Whether this line (alone, or with one or two lines after it) is a title that was listed above.
  bool ComesAgain(std::size_t at, const std::string& letters,
                  const std::vector<std::pair<std::string, std::size_t>>& listed) const {
    std::string joined = letters;
    std::size_t next = at;
    for (int lines = 0; lines < 3; ++lines) {
      if (joined.size() >= kMinTitleLetters) {
        for (const auto& [entry, line] : listed) {
          if (line >= at) continue;
          if (entry == joined) return true;
          if (joined.size() >= 24 && MayBeAlike(entry, joined) &&
              Likeness(CharacterPairs(entry), CharacterPairs(joined)) >= 0.85 && !FollowedByEntries(next)) {
            return true;
          }
        }
      }
      do {
        ++next;
      } while (next < limit_ && table_.known[next].kind == LineKind::kBlank);
      if (next >= limit_ || HasBullet(table_.lines[next].In(text_))) break;
      joined += FoldLetters(WithoutMarks(table_.lines[next].In(text_)));
    }
    return false;
  }

  // Two entries may be alike (北方…挂牌价格, 南方…挂牌价格), so a title that is only alike counts as found again only
  // where no other short lines follow it.
  bool FollowedByEntries(std::size_t at) const {
    std::size_t shorts = 0, seen = 0;
    for (std::size_t i = at + 1; i < limit_ && seen < 3; ++i) {
      if (table_.known[i].kind == LineKind::kBlank) continue;
      ++seen;
      shorts += !IsProse(table_.lines[i].In(text_)) && table_.lines[i].end - table_.lines[i].begin < 150;
    }
    return shorts == 3;
  }

  // The first line of the paragraph before line `prose`.
  std::size_t TitleBefore(std::size_t prose, std::size_t from) const {
    std::size_t title = prose;
    bool found = false;
    for (std::size_t i = prose; i-- > from;) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kBlank) continue;
      if (known.kind != LineKind::kText || HasBullet(table_.lines[i].In(text_))) break;
      bool page_number = false;
      WithoutPageNumber(table_.lines[i].In(text_), page_number);
      if (page_number || (found && (table_.lines[i].trailing_space || !table_.shows_page_tops))) break;
      title = i;
      found = true;
      if (table_.known[i].page_top) break;
    }
    return title;
  }

  std::string_view text_;
  const LineTable& table_;
  std::size_t first_, last_, limit_;
};

}  // namespace

CharacterPairs::CharacterPairs(std::string_view letters) {
  sorted_.reserve(letters.size() / 3);
  char32_t previous = 0;
  for (std::size_t at = 0; at < letters.size();) {
    const CodePoint c = DecodeUtf8(letters, at);
    if (previous) {
      const std::uint64_t pair = static_cast<std::uint64_t>(previous) << 32 | c.value;
      sorted_.push_back(pair);
      const std::uint64_t hash = pair * 0x9E3779B97F4A7C15 >> 57;  // seven bits
      marks_[hash >> 6] |= std::uint64_t{1} << (hash & 63);
    }
    previous = c.value;
    at += c.length;
  }
  std::sort(sorted_.begin(), sorted_.end());
}

namespace {

std::size_t SharedPairs(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::size_t both = 0;
  for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
    if (*left == *right) {
      ++both;
      ++left;
      ++right;
    } else if (*left < *right) {
      ++left;
    } else {
      ++right;
    }
  }
  return both;
}

double LikenessOf(std::size_t shared, std::size_t a, std::size_t b) {
  return a == 0 || b == 0 ? 0 : 2.0 * static_cast<double>(shared) / static_cast<double>(a + b);
}

}  // namespace

double Likeness(const CharacterPairs& a, const CharacterPairs& b) {
  return LikenessOf(SharedPairs(a.sorted_, b.sorted_), a.sorted_.size(), b.sorted_.size());
}

double MostLikeness(const CharacterPairs& a, const CharacterPairs& b) {
  // A mark that only one of them has means a pair that the other does not have.
  const auto only = [](const CharacterPairs& one, const CharacterPairs& other) {
    return static_cast<std::size_t>(std::popcount(one.marks_[0] & ~other.marks_[0]) +
                                    std::popcount(one.marks_[1] & ~other.marks_[1]));
  };
  const std::size_t most = std::min(a.sorted_.size() - only(a, b), b.sorted_.size() - only(b, a));
  return LikenessOf(most, a.sorted_.size(), b.sorted_.size());
}

bool HasShare(const CharacterPairs& a, const CharacterPairs& b, double least) {
  const auto size = static_cast<double>(a.sorted_.size());
  const auto only =
      static_cast<double>(std::popcount(a.marks_[0] & ~b.marks_[0]) + std::popcount(a.marks_[1] & ~b.marks_[1]));
  if (a.sorted_.empty() || size - only < least * size) return false;
  return static_cast<double>(SharedPairs(a.sorted_, b.sorted_)) >= least * size;
}

Front ReadFront(std::string_view text, const LineTable& table, std::size_t first, std::size_t last) {
  return FrontReader(text, table, first, last).Read();
}

}  // namespace ytterby
