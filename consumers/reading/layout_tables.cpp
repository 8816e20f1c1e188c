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
  explicit LayoutReader(const Section& section) : section_(section), text_(section.text) {
    for (const Line& line : SplitLines(section.text)) {
      if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
          IsFurnitureLine(section, line))
        continue;
      lines_.push_back(Place(line));
    }
  }

  std::vector<RuledTable> Read() {
    for (std::size_t at = 0; at < lines_.size();) {
      if (!HasGaps(lines_[at]) || !NamesOrdinals(lines_[at])) {
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
    return placed;
  }

  static bool HasGaps(const PlacedLine& line) {
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      if (line.words[i].begin >= line.words[i - 1].end + 3) return true;
    }
    return false;
  }
  static bool NamesOrdinals(const PlacedLine& line) { return line.folded.starts_with("序"); }

  std::optional<int> OrdinalOf(const PlacedLine& line) const {
    if (line.words.empty() || line.words.size() < 2) return std::nullopt;
    const Span span = line.words[0].span;
    if (span.size() > 3) return std::nullopt;
    const std::string_view digits = text_.substr(span.begin, span.size());
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return std::atoi(std::string(digits).c_str());
  }

  // Reads the table with 序号 in line `head`; returns the line to continue from.
  std::size_t ReadTable(std::size_t head) {
    std::size_t first = head + 1;
    while (first < lines_.size() && first - head <= kMostHeaderLines && OrdinalOf(lines_[first]) != 1) ++first;
    if (first >= lines_.size() || OrdinalOf(lines_[first]) != 1) return head + 1;
    std::size_t begin = head;  // the header may begin above the line with 序号
    while (begin > 0 && head - begin < kMostHeaderLines && HasGaps(lines_[begin - 1]) &&
           !IsSentence(lines_[begin - 1].folded) && !lines_[begin - 1].words.empty() &&
           lines_[begin - 1].words[0].begin > lines_[head].words[0].end)
      --begin;
    const std::size_t end = EndOfRows(first);
    FindColumns(first, end);
    JoinSplitColumns(begin, first);
    if (columns_.size() < 3) return head + 1;
    RuledTable table;
    if (begin > 0) table.caption = lines_[begin - 1].folded;
    table.header.resize(columns_.size());
    for (std::size_t i = begin; i < first; ++i) AddLine(lines_[i], false, table.header);
    int ordinal = 0;
    for (std::size_t i = first; i < end; ++i) {
      const auto own = OrdinalOf(lines_[i]);
      const bool begins = own == ordinal + 1 || BeginsTotal(lines_[i].folded);
      if (own == ordinal + 1) ++ordinal;
      if (begins || table.rows.empty()) table.rows.emplace_back(columns_.size());
      AddLine(lines_[i], true, table.rows.back());
    }
    tables_.push_back(std::move(table));
    return end;
  }

  // One past the last row: rows go on with the next ordinal, a total, or the rest of a wrapped cell.
  std::size_t EndOfRows(std::size_t first) const {
    std::size_t at = first;
    int ordinal = 0;
    for (; at < lines_.size() && at - first < kMostTableRows; ++at) {
      const PlacedLine& line = lines_[at];
      if (line.words.empty() || IsSentence(line.folded)) break;
      if (OrdinalOf(line) == ordinal + 1) {
        ++ordinal;
        continue;
      }
      const bool indented = line.words[0].begin >= 2;
      if (!BeginsTotal(line.folded) && !indented) break;
    }
    return at;
  }

  // Columns are what no row prints white space through.
  void FindColumns(std::size_t first, std::size_t end) {
    std::vector<bool> printed(kWidestLine * 4, false);
    for (std::size_t i = first; i < end; ++i) {
      for (const Word& word : lines_[i].words) {
        // Ordinals have a column of their own, which a total may cover.
        if (&word == &lines_[i].words[0] && (OrdinalOf(lines_[i]) || BeginsTotal(lines_[i].folded))) continue;
        for (std::size_t column = word.begin; column < std::min(word.end, printed.size()); ++column)
          printed[column] = true;
      }
    }
    columns_.assign(1, {0, 1});
    for (std::size_t column = 0; column < printed.size(); ++column) {
      if (!printed[column]) continue;
      if (columns_.size() == 1 || !printed[column - 1]) columns_.push_back({column, column});
      columns_.back().second = column + 1;
    }
  }

  // GB/T 4137-2015 in every row: a space in all cells of a column divides no columns if nothing stands above the
  // second.
  void JoinSplitColumns(std::size_t begin, std::size_t first) {
    for (std::size_t i = columns_.size(); i-- > 2;) {
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
      const bool ordinal = begins && &word == &line.words[0] && OrdinalOf(line);
      const std::size_t column = ordinal ? 0 : std::max<std::size_t>(ColumnOf(word), begins ? 1 : 0);
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

  const Section& section_;
  const std::string_view text_;
  std::vector<PlacedLine> lines_;
  std::vector<std::pair<std::size_t, std::size_t>> columns_;  // characters [begin, end)
  std::vector<RuledTable> tables_;
};

}  // namespace

std::vector<RuledTable> ReadLayoutTables(const Section& section) {
  // The head of the ordinals' column begins a line, and a row has gaps.
  if (section.text.find("   ") == std::string::npos || section.text.find("序") == std::string::npos) return {};
  static const RE2 kHead(R"((?m)^[ \t]*序(?:[ \t]|号))");
  if (!RE2::PartialMatch(section.text, kHead)) return {};
  return LayoutReader(section).Read();
}

}  // namespace ytterby
