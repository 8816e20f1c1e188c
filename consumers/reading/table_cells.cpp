#include "consumers/reading/table_cells.hpp"

#include <algorithm>

#include "common/decimal.hpp"
#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"
#include "consumers/reading/layout_tables.hpp"
#include "consumers/reading/section_text.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

bool IsRuled(std::string_view line) {
  return line.find('\t') != std::string_view::npos || line.find('|') != std::string_view::npos;
}

std::vector<TableCell> CellsOf(std::string_view text, const Line& line) {
  std::string_view raw = line.In(text);
  const bool ruled = IsRuled(raw);
  if (ruled) {
    const std::string_view trimmed = TrimSpace(raw);
    if (trimmed.starts_with('|')) raw = trimmed.substr(1);
    if (raw.ends_with('|')) raw.remove_suffix(1);
  }
  std::vector<TableCell> cells;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= raw.size();) {
    const CodePoint c = at < raw.size() ? DecodeUtf8(raw, at) : CodePoint{'\t', 1};
    const bool separator = at == raw.size() || (ruled ? c.value == '\t' || c.value == '|' : IsSpace(c.value));
    if (separator) {
      const std::string_view trimmed = TrimSpace(raw.substr(begin, at - begin));
      const auto offset =
          static_cast<std::uint32_t>((trimmed.empty() ? raw.data() + begin : trimmed.data()) - text.data());
      if (ruled || !trimmed.empty())
        cells.push_back({{offset, offset + static_cast<std::uint32_t>(trimmed.size())}, FoldKey(trimmed)});
      begin = at + c.length;
    }
    at += c.length;
  }
  return cells;
}

std::string NumberOf(std::string_view text, const TableCell& cell, FieldName field, Provenance& provenance) {
  const Folded folded = Fold(text.substr(cell.span.begin, cell.span.size()));
  const std::size_t first = folded.text.find_first_not_of('+'), last = folded.text.find_last_not_of('%');
  if (first == std::string::npos || last == std::string::npos || last < first) return "";
  const Span inside = folded.SourceOf(first, last + 1);
  const Span span{cell.span.begin + inside.begin, cell.span.begin + inside.end};
  std::string plain = folded.text.substr(first, last + 1 - first);
  const std::string printed = WithoutSpace(text.substr(span.begin, span.size()));
  provenance.Add(field, span);
  // Commas that do not separate groups of three are damage. They stay, so the number is not read.
  if (Decimal::Parse(plain) && std::erase(plain, ',') > 0) provenance.Rule(field, "thousands-separators: " + printed);
  if (printed != plain) provenance.Rule(field, "plain-form: " + printed);
  return plain;
}

bool IsFurnitureLine(const Section& section, const Line& line) {
  return std::any_of(section.furniture.begin(), section.furniture.end(),
                     [&](Span span) { return span.begin < line.next && span.end > line.begin; });
}

namespace {

constexpr std::size_t kLongestTableLine = 600;  // bytes: anything longer is prose
constexpr std::ptrdiff_t kMostCells = 200;      // in a line with marks between its cells

int SpanAttribute(std::string_view tag, std::string_view name) {
  constexpr int kMost = 30;
  const std::size_t at = tag.find(name);
  if (at == std::string_view::npos) return 1;
  const std::size_t digit = tag.find_first_of("0123456789", at + name.size());
  if (digit == std::string_view::npos || digit > at + name.size() + 3) return 1;
  return std::clamp(std::atoi(std::string(tag.substr(digit, 3)).c_str()), 1, kMost);
}

// Reads the rows of HTML tables, which may stand on one line or on many.
class HtmlRows {
 public:
  explicit HtmlRows(std::string_view text) : text_(text) {}

  // The cells of every <tr> in a line.
  void Read(const Line& line, std::vector<TableLine>& lines) {
    const std::string_view raw = line.In(text_);
    std::size_t table = raw.find("<table");
    for (std::size_t row = raw.find("<tr"); row != std::string_view::npos; row = raw.find("<tr", row + 3)) {
      for (; table < row; table = raw.find("<table", table + 1)) Begin();
      const std::size_t end = std::min(raw.find("</tr", row), raw.find("<tr", row + 3));
      const std::string_view inside = raw.substr(row, std::min(end, raw.size()) - row);
      TableLine one{
          {line.begin + static_cast<std::uint32_t>(row), line.begin + static_cast<std::uint32_t>(row + inside.size())},
          true,
          ReadCells(inside)};
      if (one.cells.empty()) continue;
      if (rows_++ == 1 && IsSecondHead(one, lines)) {
        JoinHeads(lines.back(), one);
      } else {
        lines.push_back(std::move(one));
      }
    }
    if (table != std::string_view::npos) Begin();
  }

 private:
  static constexpr std::size_t kMostColumns = 200;

  void Begin() {
    above_.clear();
    rows_ = 0;
  }

  std::vector<TableCell> ReadCells(std::string_view inside) {
    std::vector<TableCell> cells;
    const auto from_above = [&] {
      while (cells.size() < above_.size() && above_[cells.size()].second > 0) {
        --above_[cells.size()].second;
        cells.push_back(above_[cells.size()].first);
        cells.back().from_above = true;
      }
    };
    for (std::size_t at = inside.find("<t", 3); at != std::string_view::npos && cells.size() < kMostColumns;
         at = inside.find("<t", at + 2)) {
      if (at + 2 >= inside.size() || (inside[at + 2] != 'd' && inside[at + 2] != 'h')) continue;
      const std::size_t begin = inside.find('>', at);
      if (begin == std::string_view::npos) break;
      from_above();
      const std::string_view tag = inside.substr(at, begin - at);
      const std::size_t close = std::min(inside.find("</t", begin), inside.size());
      const std::string_view words = TrimSpace(inside.substr(begin + 1, close - begin - 1));
      const auto offset = static_cast<std::uint32_t>(words.data() - text_.data());
      TableCell cell{{offset, offset + static_cast<std::uint32_t>(words.size())}, FoldKey(words)};
      const int columns = SpanAttribute(tag, "colspan"), rows = SpanAttribute(tag, "rowspan");
      for (int i = 0; i < columns && cells.size() < kMostColumns; ++i) {
        cell.from_left = i > 0;
        if (above_.size() <= cells.size()) above_.resize(cells.size() + 1);
        above_[cells.size()] = {cell, rows - 1};
        cells.push_back(cell);
      }
    }
    from_above();
    return cells;
  }

  // 2025年月均价 over 6月, 7月 …: a second row of heads, beside heads that cover both rows.
  static bool IsSecondHead(const TableLine& line, const std::vector<TableLine>& lines) {
    const auto has_digit_only = [](const TableCell& cell) {
      return !cell.folded.empty() && cell.folded.find_first_not_of("0123456789.,%-+") == std::string::npos;
    };
    return !lines.empty() && lines.back().cells.size() == line.cells.size() &&
           std::any_of(line.cells.begin(), line.cells.end(), [](const TableCell& cell) { return cell.from_above; }) &&
           std::any_of(lines.back().cells.begin(), lines.back().cells.end(),
                       [](const TableCell& cell) { return cell.from_left; }) &&
           std::none_of(line.cells.begin(), line.cells.end(), has_digit_only);
  }

  static void JoinHeads(TableLine& first, const TableLine& second) {
    for (std::size_t i = 0; i < first.cells.size(); ++i) {
      if (second.cells[i].from_above) continue;
      TableCell& head = first.cells[i];
      if (second.cells[i].folded.empty()) continue;
      head.rest.push_back(second.cells[i].span);
      head.folded += second.cells[i].folded;
      head.from_left = false;
    }
    first.span.end = second.span.end;
  }

  const std::string_view text_;
  std::vector<std::pair<TableCell, int>> above_;  // by column: the cell, and how many rows it still covers
  std::size_t rows_ = 0;                          // of the table
};

}  // namespace

std::vector<TableLine> ReadTableLines(const Section& section) {
  std::vector<TableLine> lines;
  HtmlRows html(section.text);
  for (const Line& line : SplitLines(section.text)) {
    if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
        IsFurnitureLine(section, line))
      continue;
    const std::string_view raw = line.In(section.text);
    if (raw.find("<tr") != std::string_view::npos || raw.find("<table") != std::string_view::npos) {
      html.Read(line, lines);
      continue;
    }
    if (TrimSpace(raw) == "</table>") continue;
    TableLine one{{line.begin, line.end}, IsRuled(raw), {}};
    const bool table =
        one.ruled ? std::count(raw.begin(), raw.end(), '|') + std::count(raw.begin(), raw.end(), '\t') <= kMostCells
                  : raw.size() <= kLongestTableLine;
    if (table) {
      one.cells = CellsOf(section.text, line);
      const bool rule = std::all_of(one.cells.begin(), one.cells.end(), [](const TableCell& cell) {
        return cell.folded.find_first_not_of("-:=") == std::string::npos;
      });
      if (rule && one.ruled) continue;
    } else {
      one.cells.push_back({one.span, ""});
    }
    lines.push_back(std::move(one));
  }
  return lines;
}

std::vector<Span> PiecesOf(const TableCell& cell) {
  std::vector<Span> pieces = {cell.span};
  pieces.insert(pieces.end(), cell.rest.begin(), cell.rest.end());
  return pieces;
}

std::string WordsOf(std::string_view text, const TableCell& cell) { return JoinPieces(text, PiecesOf(cell)); }

std::vector<RuledTable> ReadRuledTables(const Section& section) {
  std::vector<RuledTable> tables = ReadLayoutTables(section);
  if (!IsRuled(section.text) && section.text.find("<tr") == std::string::npos) return tables;
  std::string caption;
  bool open = false;
  for (TableLine& line : ReadTableLines(section)) {
    if (!line.ruled) {
      const std::string folded = line.span.size() < 300
                                     ? FoldKey(std::string_view(section.text).substr(line.span.begin, line.span.size()))
                                     : "";
      std::string_view heading = folded;
      while (heading.starts_with('#')) heading.remove_prefix(1);
      // A table continues after a page break: a category heading or 续表 between its halves does not end it.
      open = open && (CategoryFromPrinted(heading).has_value() || folded.starts_with("续表") ||
                      folded.find("(续") != std::string::npos);
      caption = folded;
      continue;
    }
    if (!open || tables.empty()) {
      tables.push_back({caption, std::move(line.cells), {}});
      open = true;
      continue;
    }
    const bool again = line.cells.size() == tables.back().header.size() &&
                       std::equal(line.cells.begin(), line.cells.end(), tables.back().header.begin(),
                                  [](const TableCell& a, const TableCell& b) { return a.folded == b.folded; });
    if (!again) tables.back().rows.push_back(std::move(line.cells));
  }
  return tables;
}

}  // namespace ytterby
