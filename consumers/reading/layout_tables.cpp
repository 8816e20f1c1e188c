#include "consumers/reading/layout_tables.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "common/text/fold.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kWidestLine = 160;  // characters of a line
constexpr std::size_t kMostHeaderLines = 4;
constexpr std::size_t kMostTableRows = 500;
constexpr std::size_t kLeastNumber =
    8;  // characters of a plan's or standard's number: its rows' other lines are indented

// A run of characters without white space, and the characters of its line before it. The text layer counts characters,
// not their width.
struct Word {
  Span span;
  std::size_t begin = 0, end = 0;
};

struct PlacedLine {
  std::vector<Word> words;
  std::string folded;  // only of a document with a column of ordinals
};

bool IsSentence(std::string_view folded) {
  return HasWord(folded, "。") || HasWord(folded, ";") ||
         (HasWord(folded, ",") && !HasWord(folded, "(") && !HasWord(folded, ")"));
}

bool BeginsTotal(std::string_view folded) {
  return folded.starts_with("合计") || folded.starts_with("总计") || folded.starts_with("其中");
}

class LayoutReader {
 public:
  explicit LayoutReader(const Section& section) : text_(section.text) {
    for (const Line& line : SplitLines(section.text)) {
      if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
          IsFurnitureLine(section, line))
        continue;
      lines_.push_back(Place(line));
    }
  }

  std::vector<RuledTable> Read() {
    for (std::size_t at = 0; at < lines_.size();) {
      if (!HasGaps(lines_[at]) || !BeginsHeader(lines_[at])) {
        ++at;
        continue;
      }
      at = ReadTable(at);
    }
    return std::move(tables_);
  }

 private:
  PlacedLine Place(const Line& line) const {
    PlacedLine placed;
    const std::string_view raw = line.In(text_);
    if (raw.size() > 4 * kWidestLine || IsRuled(raw)) return placed;
    std::size_t column = 0;
    for (std::size_t at = 0; at < raw.size(); ++column) {
      const CodePoint c = DecodeUtf8(raw, at);
      if (!IsSpace(c.value)) {
        const auto offset = static_cast<std::uint32_t>(line.begin + at);
        if (placed.words.empty() || placed.words.back().end < column) {
          placed.words.push_back({{offset, offset}, column, column});
        }
        placed.words.back().span.end = offset + static_cast<std::uint32_t>(c.length);
        placed.words.back().end = column + 1;
      }
      at += c.length;
    }
    placed.folded = FoldKey(raw);
    JoinNumbers(placed.words);
    return placed;
  }

  // GB/T 21654.14-2005: the space inside a standard's number divides no columns.
  void JoinNumbers(std::vector<Word>& words) const {
    static const RE2 kPrefix(R"((?:GB|XB|YS|HJ|YB|SJ|JB|HG)(?:/?[TZ])?)");
    for (std::size_t i = 1; i < words.size();) {
      const std::string_view digits = text_.substr(words[i].span.begin, 1), prefix = View(words[i - 1].span);
      if (words[i].begin != words[i - 1].end + 1 || digits[0] < '0' || digits[0] > '9' ||
          !RE2::FullMatch(re2::StringPiece(prefix.data(), prefix.size()), kPrefix)) {
        ++i;
        continue;
      }
      words[i - 1].span.end = words[i].span.end;
      words[i - 1].end = words[i].end;
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  std::string_view View(Span span) const { return text_.substr(span.begin, span.size()); }

  static bool HasGaps(const PlacedLine& line) {
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      if (line.words[i].begin >= line.words[i - 1].end + 3) return true;
    }
    return false;
  }
  // A table begins with ordinals, or with the numbers of plans or standards.
  static bool BeginsHeader(const PlacedLine& line) { return line.folded.starts_with("序") || NamesNumbers(line); }
  static bool NamesNumbers(const PlacedLine& line) {
    for (std::string_view head : {"计划号", "计划编号", "标准号", "标准编号", "项目编号"}) {
      if (line.folded.starts_with(head)) return true;
    }
    return false;
  }

  std::optional<int> OrdinalOf(const PlacedLine& line) const {
    if (line.words.empty() || line.words.size() < 2) return std::nullopt;
    const Span span = line.words[0].span;
    if (span.size() > 3) return std::nullopt;
    const std::string_view digits = text_.substr(span.begin, span.size());
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return std::atoi(std::string(digits).c_str());
  }

  bool BeginsRow(const PlacedLine& line, int ordinal) const {
    if (!by_number_) return OrdinalOf(line) == ordinal;
    static const RE2 kNumber(
        R"(^(?:(?:GB|XB|YS|HJ|YB|SJ|JB|HG)(?:/?[TZ])?\d{1,6}(?:\.\d{1,3})?-(?:19|20)\d\d|(?:19|20)\d{6}-[TQZ]-\d{3}|)"
        R"((?:19|20)\d\d-\d{4}[TQZ]?-(?:XB|YS|SJ|JB|HG|YB)))");
    return line.words.size() > 1 && line.words[0].begin <= 2 && RE2::PartialMatch(line.folded, kNumber);
  }

  // Reads the table whose header has 序号, or a number's name, in line `head`; returns the line to continue from.
  std::size_t ReadTable(std::size_t head) {
    by_number_ = NamesNumbers(lines_[head]);
    // After a page break the header is printed again, and the ordinals go on.
    const bool again = !by_number_ && rows_read_ > 0 && lines_[head].folded == last_head_ && !BeginsAnew(head);
    const int ordinal = again ? rows_read_ + 1 : 1;
    std::size_t first = head + 1;
    while (first < lines_.size() && first - head <= kMostHeaderLines && !BeginsRow(lines_[first], ordinal)) ++first;
    if (first >= lines_.size() || !BeginsRow(lines_[first], ordinal)) return head + 1;
    std::size_t begin = head;  // the header may begin above the line with 序号
    while (begin > 0 && head - begin < kMostHeaderLines && HasGaps(lines_[begin - 1]) &&
           !IsSentence(lines_[begin - 1].folded) && !lines_[begin - 1].words.empty() &&
           lines_[begin - 1].words[0].begin > lines_[head].words[0].end)
      --begin;
    const std::size_t end = EndOfRows(first, ordinal);
    FindColumns(first, end);
    JoinSplitColumns(begin, first);
    if (columns_.size() < 3) return head + 1;
    const std::size_t own = first - CentredAbove(first, head + 1);
    RuledTable table;
    if (begin > 0) table.caption = lines_[begin - 1].folded;
    table.header.resize(columns_.size());
    for (std::size_t i = begin; i < own; ++i) AddLine(lines_[i], false, table.header);
    int next = ordinal;
    for (std::size_t i = own; i < end; ++i) {
      const bool begins = BeginsRow(lines_[i], next) || BeginsTotal(lines_[i].folded);
      const bool above = !begins && i + 1 < end && BeginsRow(lines_[i + 1], next) && CentredAbove(i + 1, i) == 1;
      const bool open = i > own && opened_;
      if (above || (begins && !open)) table.rows.emplace_back(columns_.size());
      if (table.rows.empty()) table.rows.emplace_back(columns_.size());
      opened_ = above;
      if (BeginsRow(lines_[i], next)) ++next;
      AddLine(lines_[i], begins, table.rows.back());
    }
    opened_ = false;
    rows_read_ = next - 1;
    last_head_ = lines_[head].folded;
    tables_.push_back(std::move(table));
    return end;
  }

  // Whether the ordinals below a header begin with 1 again: another table.
  bool BeginsAnew(std::size_t head) const {
    for (std::size_t i = head + 1; i < std::min(lines_.size(), head + 1 + kMostHeaderLines); ++i) {
      if (BeginsRow(lines_[i], 1)) return true;
      if (BeginsRow(lines_[i], rows_read_ + 1)) return false;
    }
    return false;
  }

  // 1 if the line above a row belongs to it, since the row's own line has nothing where that one is printed: a cell of
  // two lines is centred in its row. `least` is the first line that may.
  std::size_t CentredAbove(std::size_t row, std::size_t least) const {
    if (row <= least || lines_[row - 1].words.empty()) return 0;
    const std::size_t column = ColumnOf(lines_[row - 1].words[0]);
    if (column == 0) return 0;
    const bool empty = std::none_of(lines_[row].words.begin() + 1, lines_[row].words.end(),
                                    [&](const Word& word) { return ColumnOf(word) == column; });
    return empty ? 1 : 0;
  }

  // One past the last row: rows go on with the next ordinal, a total, or the rest of a wrapped cell.
  std::size_t EndOfRows(std::size_t first, int ordinal) const {
    std::size_t at = first;
    bool totals = false;
    for (; at < lines_.size() && at - first < kMostTableRows; ++at) {
      const PlacedLine& line = lines_[at];
      if (line.words.empty() || IsSentence(line.folded)) break;
      if (BeginsRow(line, ordinal)) {
        ++ordinal;
        continue;
      }
      const bool indented = line.words[0].begin >= (by_number_ ? kLeastNumber : 2);
      const bool total = BeginsTotal(line.folded);
      // A total has one line: what follows it, however it is set, is not of the table.
      if (!total && (!indented || totals)) break;
      totals = totals || (total && !line.folded.starts_with("其中"));
    }
    return at;
  }

  // Columns are what no row prints white space through.
  void FindColumns(std::size_t first, std::size_t end) {
    std::vector<bool> printed(kWidestLine * 4, false);
    for (std::size_t i = first; i < end; ++i) {
      for (const Word& word : lines_[i].words) {
        // Ordinals have a column of their own, which a total may cover.
        if (!by_number_ && &word == &lines_[i].words[0] && (OrdinalOf(lines_[i]) || BeginsTotal(lines_[i].folded)))
          continue;
        for (std::size_t column = word.begin; column < std::min(word.end, printed.size()); ++column)
          printed[column] = true;
      }
    }
    columns_.assign(by_number_ ? 0 : 1, {0, 1});
    for (std::size_t column = 0; column < printed.size(); ++column) {
      if (!printed[column]) continue;
      if (column == 0 || !printed[column - 1] || columns_.size() == FirstColumn()) columns_.push_back({column, column});
      columns_.back().second = column + 1;
    }
  }

  // The first column that is not that of the ordinals.
  std::size_t FirstColumn() const { return by_number_ ? 0 : 1; }

  // A space in all cells of a column divides no columns if nothing stands above the second.
  void JoinSplitColumns(std::size_t begin, std::size_t first) {
    for (std::size_t i = columns_.size(); i-- > FirstColumn() + 1;) {
      if (columns_[i].first - columns_[i - 1].second > 1) continue;
      bool headed = false;
      for (std::size_t line = begin; line < first; ++line) {
        for (const Word& word : lines_[line].words) headed = headed || ColumnOf(word) == i;
      }
      if (headed) continue;
      columns_[i - 1].second = columns_[i].second;
      columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  // The column that a word overlaps most, else the nearest.
  std::size_t ColumnOf(const Word& word) const {
    std::size_t best = 0;
    long most = -1'000'000;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const long overlap = static_cast<long>(std::min(word.end, columns_[i].second)) -
                           static_cast<long>(std::max(word.begin, columns_[i].first));
      if (overlap > most) {
        most = overlap;
        best = i;
      }
    }
    return best;
  }

  // `begins`: the line begins a row, with its ordinal or its total's name.
  void AddLine(const PlacedLine& line, bool begins, std::vector<TableCell>& cells) const {
    std::optional<std::size_t> before;
    for (const Word& word : line.words) {
      const bool ordinal = !by_number_ && begins && &word == &line.words[0] && OrdinalOf(line);
      const std::size_t column = ordinal ? 0 : std::max(ColumnOf(word), begins ? FirstColumn() : 0);
      TableCell& cell = cells[column];
      const std::string folded = FoldKey(text_.substr(word.span.begin, word.span.size()));
      if (cell.folded.empty()) {
        cell.span = word.span;
      } else if (before == column) {
        (cell.rest.empty() ? cell.span : cell.rest.back()).end = word.span.end;  // the same piece, with a space in it
      } else {
        cell.rest.push_back(word.span);
      }
      cell.folded += folded;
      before = column;
    }
  }

  const std::string_view text_;
  std::vector<PlacedLine> lines_;
  std::vector<std::pair<std::size_t, std::size_t>> columns_;  // characters [begin, end)
  bool by_number_ = false;  // numbers of plans or standards begin the rows of the table
  bool opened_ = false;     // the row has begun with a line above its ordinal
  int rows_read_ = 0;       // of the last table
  std::string last_head_;
  std::vector<RuledTable> tables_;
};

}  // namespace

std::vector<RuledTable> ReadLayoutTables(const Section& section) {
  // The head of the first column begins a line, and a row has gaps.
  if (!HasWord(section.text, "   ")) return {};
  if (!HasAnyWord(section.text, {"序", "计划号", "计划编号", "标准号", "标准编号", "项目编号"})) return {};
  static const RE2 kHead(R"((?m)^[ \t]*(?:序(?:[ \t]|号)|计划号|计划编号|标准号|标准编号|项目编号))");
  if (!RE2::PartialMatch(section.text, kHead)) return {};
  return LayoutReader(section).Read();
}

}  // namespace ytterby
