#include "consumers/policies/standard_lists.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "common/text/fold.hpp"
#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMostListLines = 600;    // of a table
constexpr std::size_t kLongestListLine = 150;  // bytes, folded: longer is prose
constexpr std::size_t kNearlyFullTitle = 6;    // columns that a full line of a title may lack

struct ListLine {
  Span span;  // trimmed
  std::string folded;
};

const RE2& NumberPattern() {
  static const RE2 pattern(
      R"(((?:GB|XB|YS|HJ|YB|SJ|JB|HG|DB\d{2})(?:/?[TZ])?\d{1,6}(?:\.\d{1,3})?-(?:19|20)\d\d|(?:19|20)\d{6}-(?:[TQZ]|W)-\d{3}|)"
      R"((?:19|20)\d\d-\d{4}[TQZ]?-(?:XB|YS|SJ|JB|HG|YB)))");
  return pattern;
}
const RE2& PlanPattern() {
  static const RE2 pattern(R"(((?:19|20)\d{6}-(?:[TQZ]|W)-\d{3}|(?:19|20)\d\d-\d{4}[TQZ]?-(?:XB|YS|SJ|JB|HG|YB)))");
  return pattern;
}

// 2024年, 2024-05: a day, or what is said of one.
bool BeginsWithYear(std::string_view folded) {
  static const RE2 kYear(R"(^(?:19|20)\d\d(?:年|-\d\d))");
  return RE2::PartialMatch(Piece(folded), kYear);
}

bool IsOrdinal(std::string_view folded) {
  return !folded.empty() && folded.size() <= 3 && folded.find_first_not_of("0123456789") == std::string_view::npos;
}
bool IsRevision(std::string_view folded) { return folded == "制定" || folded == "修订" || folded == "制订"; }
bool HeadsNumbers(std::string_view folded) {
  if (folded.size() > kLongestListLine) return false;
  std::string own(folded);
  static const RE2 kReplaced(R"(被?[代替]替标准编?号?|被代替标准编?号?)");
  RE2::GlobalReplace(&own, kReplaced, "");
  for (std::string_view head : {"计划号", "计划编号", "标准号", "标准编号", "项目编号"}) {
    if (HasWord(own, head)) return true;
  }
  return false;
}
bool HeadsTitles(std::string_view folded) {
  static const RE2 kHead(
      R"(^(?:序号|计划号|计划编号|标准号|标准编号|项目编号)*(?:项目名称|标准名称|名称)(?:计划|标准|项目|制|$))");
  return folded.size() <= 120 && RE2::PartialMatch(re2::StringPiece(folded.data(), folded.size()), kHead);
}
// The head of any other column.
bool HeadsOther(std::string_view folded) {
  for (std::string_view head : {"代替标准", "被代替", "替代标准", "标准性质", "完成时间", "完成年限", "实施日期",
                                "项目周期", "起草单位", "归口单位", "主管部门", "制修订", "制/修订", "性质"}) {
    if (HasWord(folded, head) && folded.size() <= 60) return true;
  }
  return false;
}
bool IsHead(std::string_view folded) {
  return HeadsNumbers(folded) || HeadsTitles(folded) || HeadsOther(folded) || folded.starts_with("序号");
}
bool IsProse(std::string_view folded) {
  return HasWord(folded, "。") || folded.size() > kLongestListLine || HasWord(folded, ";") ||
         folded.starts_with("注:") || (HasWord(folded, ",") && folded.size() > 60);
}

// The numbers in a part of the text, whatever spaces are in them.
std::vector<Span> NumbersIn(std::string_view text, Span within, const RE2& pattern) {
  const Folded folded = Fold(text.substr(within.begin, within.size()));
  std::string plain;
  std::vector<std::size_t> from;
  for (std::size_t i = 0; i < folded.text.size(); ++i) {
    if (folded.text[i] == ' ') continue;
    plain += folded.text[i];
    from.push_back(i);
  }
  std::vector<Span> numbers;
  re2::StringPiece input(plain), number;
  while (RE2::FindAndConsume(&input, pattern, &number)) {
    const std::size_t begin = static_cast<std::size_t>(number.data() - plain.data());
    const Span inside = folded.SourceOf(from[begin], from[begin + number.size() - 1] + 1);
    numbers.push_back({within.begin + inside.begin, within.begin + inside.end});
  }
  return numbers;
}

class ListReader {
 public:
  explicit ListReader(const Section& section) : text_(section.text) {
    for (const Line& line : SplitLines(section.text)) {
      if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
          IsFurnitureLine(section, line))
        continue;
      const std::string_view words = TrimSpace(line.In(text_));
      const auto begin = static_cast<std::uint32_t>(words.data() - text_.data());
      lines_.push_back({{begin, begin + static_cast<std::uint32_t>(words.size())},
                        words.size() < 3 * kLongestListLine ? FoldKey(words) : std::string(kLongestListLine + 1, 'x')});
    }
  }

  StandardList Read() {
    for (std::size_t at = 0; at < lines_.size();) {
      if (!HeadsNumbers(lines_[at].folded) || lines_[at].folded.size() > kLongestListLine) {
        ++at;
        continue;
      }
      // A caption names the columns as well: 标准编号、名称 above 序号 标准名称 标准号.
      const bool caption = at + 1 < lines_.size() && lines_[at + 1].folded.size() <= kLongestListLine &&
                           HeadsNumbers(lines_[at + 1].folded) && !HeadsTitles(lines_[at].folded);
      at = ReadTable(caption ? at + 1 : at);
    }
    return std::move(list_);
  }

 private:
  std::size_t ReadTable(std::size_t head) {
    std::size_t end = head + 1;
    while (end < lines_.size() && end - head < kMostListLines && !IsProse(lines_[end].folded)) ++end;
    plans_ = false;
    for (std::size_t i = head; i < end; ++i) plans_ = plans_ || RE2::PartialMatch(lines_[i].folded, PlanPattern());
    if (const std::size_t read = ReadColumns(head + 1, end)) return read;
    if (ReadCentred(head + 1, end)) return end;
    if (TitlesFirst(head)) ReadTitlesFirst(head + 1, end);
    return end;
  }

  std::optional<Span> NumberIn(std::size_t line) const {
    const auto numbers = NumbersIn(text_, lines_[line].span, plans_ ? PlanPattern() : NumberPattern());
    return numbers.empty() ? std::nullopt : std::optional(numbers[0]);
  }

  // Whether a line is a number and nothing else but its ordinal.
  bool IsNumberAlone(std::size_t line) const {
    if (!RE2::PartialMatch(lines_[line].folded, plans_ ? PlanPattern() : NumberPattern())) return false;
    std::string rest = lines_[line].folded;
    RE2::Replace(&rest, plans_ ? PlanPattern() : NumberPattern(), "");
    return rest.empty() || IsOrdinal(rest);
  }

  // ---- column by column

  // Numbers alone, one below the other, and their titles after them. Returns the line to go on from; 0 if the table is
  // none of these.
  std::size_t ReadColumns(std::size_t at, std::size_t end) {
    std::vector<StandardRow> rows;
    for (; at < end && !HeadsTitles(lines_[at].folded); ++at) {
      const std::string& folded = lines_[at].folded;
      if (IsNumberAlone(at)) {
        rows.push_back({{*NumberIn(at)}, {}, {}, {}});
      } else if (!IsOrdinal(folded) && !IsHead(folded)) {
        return 0;
      }
    }
    // After a page break one row may be left.
    if (rows.empty() || (rows.size() < 2 && list_.rows.empty()) || at >= end) return 0;
    ++at;
    at = ReadTitles(at, end, rows);
    ReadOthers(at, end, rows);
    for (StandardRow& row : rows) {
      if (row.title.empty()) {
        list_.unread.push_back(row.number[0]);
      } else {
        list_.rows.push_back(std::move(row));
      }
    }
    return std::max(at, std::size_t{1});
  }

  // The titles, with the words 制定 and 修订 between them where the table has such a column.
  std::size_t ReadTitles(std::size_t at, std::size_t end, std::vector<StandardRow>& rows) {
    struct Piece {
      Span span;
      bool revision_follows = false;  // on the same line
      Span revision;
    };
    std::vector<Piece> pieces;
    std::vector<std::pair<std::size_t, Span>> revisions;  // after how many pieces, and where
    for (; at < end; ++at) {
      const std::string& folded = lines_[at].folded;
      if (HeadsOther(folded) && !HasWord(folded, "制修订") && !HasWord(folded, "制/修订")) break;
      if (IsHead(folded) || IsOrdinal(folded)) continue;
      if (RE2::PartialMatch(folded, PlanPattern())) break;
      if (IsRevision(folded)) {
        revisions.emplace_back(pieces.size(), lines_[at].span);
        continue;
      }
      Span span = lines_[at].span;
      std::optional<Span> revision;
      for (std::string_view word : {"制定", "修订", "制订"}) {
        const std::string_view words = text_.substr(span.begin, span.size());
        if (!words.ends_with(word) || words.size() < word.size() + 6) continue;
        revision = Span{span.end - static_cast<std::uint32_t>(word.size()), span.end};
        const std::string_view before = TrimSpace(words.substr(0, words.size() - word.size()));
        span.end = span.begin + static_cast<std::uint32_t>(before.size());
      }
      pieces.push_back({span, revision.has_value(), {}});
      if (revision) revisions.emplace_back(pieces.size(), *revision);
    }
    if (revisions.size() == rows.size()) {
      // A title ends before its word; where the word stands on the title's first line, one more line may follow it.
      std::size_t from = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto [count, where] = revisions[i];
        std::size_t to = count;
        const bool same_line = count > 0 && pieces[count - 1].revision_follows;
        const std::size_t next = i + 1 < rows.size() ? revisions[i + 1].first : pieces.size();
        const bool next_same = i + 1 < rows.size() && next > 0 && pieces[next - 1].revision_follows;
        if (same_line && next > to) {
          const std::size_t between = next - to, own = i + 1 < rows.size() ? 1 : 0;  // the next title's first line
          if (between > own || (i + 1 < rows.size() && next_same && between > 1)) to = next - own;
        }
        for (std::size_t k = from; k < to; ++k) rows[i].title.push_back(pieces[k].span);
        rows[i].revision = {where};
        from = to;
      }
    } else if (revisions.empty()) {
      AssignLines(
          pieces.size(), [&](std::size_t k) { return pieces[k].span; }, rows);
    }
    return at;
  }

  // Lines without marks between the titles: one each, or a full line goes on in the next.
  template <class SpanOf>
  void AssignLines(std::size_t count, SpanOf span_of, std::vector<StandardRow>& rows) const {
    std::size_t widest = 0;
    const auto width = [&](std::size_t k) { return DisplayWidth(text_.substr(span_of(k).begin, span_of(k).size())); };
    for (std::size_t k = 0; k < count; ++k) widest = std::max(widest, width(k));
    std::vector<std::vector<Span>> titles;
    bool open = false;
    for (std::size_t k = 0; k < count; ++k) {
      if (!open) titles.emplace_back();
      titles.back().push_back(span_of(k));
      open = count > rows.size() && width(k) + 3 >= widest;
    }
    if (titles.size() != rows.size()) return;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].title = titles[i];
  }

  // The columns after the titles: replaced standards belong to the rows marked 修订, in order.
  void ReadOthers(std::size_t at, std::size_t end, std::vector<StandardRow>& rows) const {
    std::vector<Span> replaced, revisions;
    for (; at < end; ++at) {
      if (IsRevision(lines_[at].folded)) revisions.push_back(lines_[at].span);
      if (RE2::PartialMatch(lines_[at].folded, PlanPattern())) break;
      if (RE2::FullMatch(lines_[at].folded, NumberPattern())) replaced.push_back(lines_[at].span);
    }
    if (revisions.size() == rows.size()) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].revision.empty()) rows[i].revision = {revisions[i]};
      }
    }
    AssignReplaced(replaced, rows);
  }

  void AssignReplaced(const std::vector<Span>& replaced, std::vector<StandardRow>& rows) const {
    std::vector<StandardRow*> revised;
    for (StandardRow& row : rows) {
      if (!row.revision.empty() && text_.substr(row.revision[0].begin, row.revision[0].size()) == "修订")
        revised.push_back(&row);
    }
    // GB/T 4137-2022 replaces GB/T 4137-2015, whatever rows are between.
    const auto base = [&](Span span) {
      const std::string folded = FoldKey(text_.substr(span.begin, span.size()));
      return folded.substr(0, folded.rfind('-'));
    };
    const auto same = [&](Span number) {
      return std::find_if(rows.begin(), rows.end(),
                          [&](const StandardRow& row) { return base(row.number[0]) == base(number); });
    };
    if (!replaced.empty() &&
        std::all_of(replaced.begin(), replaced.end(), [&](Span span) { return same(span) != rows.end(); })) {
      for (Span span : replaced) same(span)->replaces = {span};
    } else if (replaced.size() == rows.size()) {
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i].replaces = {replaced[i]};
    } else if (replaced.size() == revised.size()) {
      for (std::size_t i = 0; i < revised.size(); ++i) revised[i]->replaces = {replaced[i]};
    }
  }

  // ---- cells centred in their rows

  // A row whose title wraps has its ordinal at half height, so that a text layer in the order of the page prints
  //   第11部分：钙、镁量的测            the second word of the title's first line
  //   3 XB/T 544-2023 化学分析方法      the ordinal, and the first word
  //   定 电感耦合等离子体质谱法         the title's second line
  // and every line between two rows belongs to one of them.
  struct CentredRow {
    std::optional<Span> title;        // what the ordinal's line has of it
    std::vector<Span> before, after;  // further pieces
    std::vector<Span> numbers;        // on the ordinal's line
    std::optional<Span> revision;     // 制定 or 修订 there
  };

  bool ReadCentred(std::size_t at, std::size_t end) {
    std::vector<CentredRow> rows;
    std::vector<std::vector<Span>> gaps = {{}};           // pieces of titles before each row, and after the last one
    bool several = false;                                 // numbers on one of those lines
    std::vector<std::pair<std::size_t, Span>> elsewhere;  // numbers on all other lines, and after how many rows
    for (; at < end && !IsLaterHead(at, rows.size()); ++at) {
      const Span rest = WithoutOrdinal(lines_[at].span, rows.size() + 1);
      std::vector<Span> found = NumbersIn(text_, rest, NumberPattern());
      std::optional<Span> revision;
      const std::vector<Span> words = TitleWords(rest, found, revision);
      if (words.size() > 1) return false;
      several = several || (rest.begin == lines_[at].span.begin && found.size() > 1);
      // The row's own number first: a plan's in a table of plans.
      if (plans_) {
        std::stable_partition(found.begin(), found.end(), [&](Span number) {
          return RE2::FullMatch(FoldKey(text_.substr(number.begin, number.size())), PlanPattern());
        });
      }
      if (rest.begin == lines_[at].span.begin) {
        for (Span number : found) elsewhere.emplace_back(rows.size(), number);
        if (!words.empty() && !IsHead(lines_[at].folded)) gaps.back().push_back(words[0]);
        continue;
      }
      rows.push_back({words.empty() ? std::nullopt : std::optional(words[0]), {}, {}, std::move(found), revision});
      gaps.emplace_back();
    }
    if (rows.size() < 2) return false;
    std::vector<Span> numbers;
    for (const auto& [row, number] : elsewhere) numbers.push_back(number);
    if (ShareGaps(gaps, rows)) return !(several && AnyWithout(rows)) && TakeCentred(rows, numbers, at, end);
    if (!PutBeside(gaps, rows)) return false;
    // Numbers on the lines of a row are its own, in their order.
    for (const auto& [row, number] : elsewhere) {
      if (row > 0) rows[row - 1].numbers.push_back(number);
    }
    return TakeCentred(rows, {}, at, end);
  }

  // Whether a row has no number on its line.
  static bool AnyWithout(const std::vector<CentredRow>& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const CentredRow& row) { return row.numbers.empty(); });
  }

  // A head of another column, which is printed after all rows.
  bool IsLaterHead(std::size_t at, std::size_t rows) const {
    return rows > 0 && (HeadsOther(lines_[at].folded) || HeadsTitles(lines_[at].folded));
  }

  // What a line has of a title: the words without numbers and 制定 or 修订.
  std::vector<Span> TitleWords(Span line, const std::vector<Span>& numbers, std::optional<Span>& revision) const {
    std::vector<Span> words;
    std::uint32_t from = line.begin;
    const auto add = [&](std::uint32_t to) {
      std::string_view piece = TrimSpace(text_.substr(from, to - from));
      for (std::string_view word : {"制定", "修订", "制订"}) {
        if (!piece.ends_with(word)) continue;
        const auto at = static_cast<std::uint32_t>(piece.data() + piece.size() - word.size() - text_.data());
        if (piece == word || piece[piece.size() - word.size() - 1] == ' ')
          revision = Span{at, at + static_cast<std::uint32_t>(word.size())};
        if (piece == word) piece = {};
        if (piece.ends_with(word) && piece.size() > word.size() && piece[piece.size() - word.size() - 1] == ' ')
          piece = TrimSpace(piece.substr(0, piece.size() - word.size()));
      }
      if (piece.empty()) return;
      const auto begin = static_cast<std::uint32_t>(piece.data() - text_.data());
      words.push_back({begin, begin + static_cast<std::uint32_t>(piece.size())});
    };
    for (Span number : numbers) {
      add(number.begin);
      from = number.end;
    }
    add(line.end);
    return words;
  }

  // Gives the pieces between the rows to the rows, one before and one after each row that wraps; false if that does not
  // come out even, or if the lines follow their rows anyway, each from a full line on.
  bool ShareGaps(const std::vector<std::vector<Span>>& gaps, std::vector<CentredRow>& rows) const {
    std::size_t wraps = gaps[0].size(), wrapped = 0;
    std::vector<bool> wraps_at;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (wraps > 1 || gaps[i + 1].size() < wraps) return false;
      wraps_at.push_back(wraps == 1);
      wrapped += wraps;
      wraps = gaps[i + 1].size() - wraps;
    }
    if (wraps != 0 || wrapped == 0 || FollowTheirRows(gaps, rows)) return false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!wraps_at[i]) continue;
      rows[i].before.push_back(gaps[i].back());
      rows[i].after.push_back(gaps[i + 1].front());
    }
    return true;
  }

  // Where lines keep their columns, what stands right of the row's words is the rest of their line, whatever is printed
  // between; the other lines follow. False if no line is one of these.
  bool PutBeside(const std::vector<std::vector<Span>>& gaps, std::vector<CentredRow>& rows) const {
    if (!gaps[0].empty()) return false;
    bool any = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (Span piece : gaps[i + 1]) {
        const bool beside = rows[i].title && ColumnOf(piece.begin) > ColumnOf(rows[i].title->end);
        (beside ? rows[i].before : rows[i].after).push_back(piece);
        any = any || beside;
      }
    }
    return any;
  }

  // How many characters of its line are printed before a place.
  std::size_t ColumnOf(std::uint32_t at) const {
    const std::size_t line = text_.rfind('\n', at == 0 ? 0 : at - 1);
    const std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
    return static_cast<std::size_t>(std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                  text_.begin() + at, [](char c) { return (c & 0xC0) != 0x80; }));
  }

  bool FollowTheirRows(const std::vector<std::vector<Span>>& gaps, const std::vector<CentredRow>& rows) const {
    if (!gaps[0].empty()) return false;
    const auto width = [&](std::size_t i) {
      return rows[i].title ? DisplayWidth(text_.substr(rows[i].title->begin, rows[i].title->size())) : 0;
    };
    std::size_t widest = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) widest = std::max(widest, width(i));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!gaps[i + 1].empty() && width(i) + kNearlyFullTitle < widest) return false;
    }
    return true;
  }

  // Each row's own number stands on its line, or all stand elsewhere in the order of the rows.
  bool TakeCentred(std::vector<CentredRow>& found, const std::vector<Span>& elsewhere, std::size_t at,
                   std::size_t end) {
    const bool own =
        std::all_of(found.begin(), found.end(), [](const CentredRow& row) { return !row.numbers.empty(); });
    const bool none =
        std::all_of(found.begin(), found.end(), [](const CentredRow& row) { return row.numbers.empty(); });
    if (!own && !(none && elsewhere.size() == found.size())) return false;
    std::vector<StandardRow> rows;
    std::vector<Span> replaced;
    for (std::size_t i = 0; i < found.size(); ++i) {
      CentredRow& row = found[i];
      if (!row.title) return false;
      rows.push_back({{own ? row.numbers[0] : elsewhere[i]}, {*row.title}, {}, {}});
      rows.back().title.insert(rows.back().title.end(), row.before.begin(), row.before.end());
      rows.back().title.insert(rows.back().title.end(), row.after.begin(), row.after.end());
      if (own && row.numbers.size() > 1) rows.back().replaces = {row.numbers[1]};
      if (row.revision) rows.back().revision = {*row.revision};
    }
    if (own) replaced = elsewhere;
    for (; at < end; ++at) {
      for (Span number : NumbersIn(text_, lines_[at].span, NumberPattern())) replaced.push_back(number);
    }
    if (!replaced.empty()) AssignReplaced(replaced, rows);
    std::move(rows.begin(), rows.end(), std::back_inserter(list_.rows));
    return true;
  }

  // ---- the title before the number

  bool TitlesFirst(std::size_t head) const {
    const std::string& line = lines_[head].folded;
    std::size_t number = std::string::npos;
    for (std::string_view word : {"计划号", "计划编号", "标准号", "标准编号", "项目编号"})
      number = std::min(number, line.find(word));
    for (std::string_view word : {"项目名称", "标准名称"}) {
      const std::size_t title = line.find(word);
      if (title != std::string::npos) return title < number;
    }
    return head > 0 && HeadsTitles(lines_[head - 1].folded);
  }

  void ReadTitlesFirst(std::size_t at, std::size_t end) {
    std::vector<StandardRow> rows;
    StandardRow row;
    std::vector<Span> replaced, revisions;
    for (; at < end; ++at) {
      const std::string& folded = lines_[at].folded;
      if (IsHead(folded) && !NumberIn(at)) continue;
      if (IsOrdinal(folded)) continue;
      Span span = WithoutOrdinal(lines_[at].span, rows.size() + 1);
      const auto number = NumberIn(at);
      if (!number) {
        if (IsRevision(folded)) {
          revisions.push_back(lines_[at].span);
        } else if (RE2::FullMatch(folded, NumberPattern())) {
          replaced.push_back(lines_[at].span);
        } else if (!BeginsWithYear(folded)) {
          row.title.push_back(span);
        }
        continue;
      }
      const std::string_view before =
          TrimSpace(text_.substr(span.begin, number->begin > span.begin ? number->begin - span.begin : 0));
      if (!before.empty()) {
        const auto begin = static_cast<std::uint32_t>(before.data() - text_.data());
        row.title.push_back({begin, begin + static_cast<std::uint32_t>(before.size())});
      }
      row.number = {*number};
      ReadAfter({number->end, lines_[at].span.end}, row);
      if (row.title.empty()) {
        list_.unread.push_back(*number);
      } else {
        rows.push_back(row);
      }
      row = {};
    }
    if (revisions.size() == rows.size()) {
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i].revision = {revisions[i]};
    }
    if (!replaced.empty()) AssignReplaced(replaced, rows);
    std::move(rows.begin(), rows.end(), std::back_inserter(list_.rows));
  }

  Span WithoutOrdinal(Span span, std::size_t ordinal) const {
    const std::string_view words = text_.substr(span.begin, span.size());
    const std::string digits = std::to_string(ordinal);
    if (!words.starts_with(digits) || words.size() < digits.size() + 2 || words[digits.size()] != ' ') return span;
    const std::string_view rest = TrimSpace(words.substr(digits.size()));
    const auto begin = static_cast<std::uint32_t>(rest.data() - text_.data());
    return {begin, begin + static_cast<std::uint32_t>(rest.size())};
  }

  // 修订 GB/T 4137-2015 2025年, behind the number on its line.
  void ReadAfter(Span span, StandardRow& row) const {
    const std::string_view words = text_.substr(span.begin, span.size());
    for (std::string_view word : {"制定", "修订", "制订"}) {
      const std::size_t at = words.find(word);
      if (at == std::string_view::npos) continue;
      const auto begin = span.begin + static_cast<std::uint32_t>(at);
      row.revision = {{begin, begin + static_cast<std::uint32_t>(word.size())}};
    }
    const std::vector<Span> numbers = NumbersIn(text_, span, NumberPattern());
    if (!numbers.empty()) row.replaces = {numbers.front()};
  }

  const std::string_view text_;
  std::vector<ListLine> lines_;
  bool plans_ = false;  // the table's own numbers are those of plans
  StandardList list_;
};

}  // namespace

std::vector<Span> StandardNumbersIn(std::string_view text, Span within) {
  return NumbersIn(text, within, NumberPattern());
}

StandardList ReadStandardList(const Section& section) {
  const bool headed =
      HasWord(section.text, "编号") || HasWord(section.text, "计划号") || HasWord(section.text, "标准号");
  return headed ? ListReader(section).Read() : StandardList{};
}

}  // namespace ytterby
