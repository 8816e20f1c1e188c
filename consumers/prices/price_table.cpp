// Price tables: the association's 21 rows, and any other table with a product and a price among its columns. A row
// begins at a product's name and takes every cell up to the next name, so rows may be on one line or on many.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/damaged_table.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/prices/price_columns.hpp"
#include "consumers/prices/row_names.hpp"
#include "consumers/prices/table_prices.hpp"
#include "consumers/reading/column_tables.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/table_cells.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

using Cell = TableCell;

bool IsNumber(std::string_view folded) {
  static const RE2 kNumber(R"(^\d[\d,]*(?:\.\d+)?$)");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kNumber);
}
// A change: a number with a percent sign, a sign or an arrow, or a plain number under a header that has the percent
// sign.
bool IsChange(std::string_view folded) {
  static const RE2 kChange(R"(^[↑↓▲▼+-]?\d+(?:\.\d+)?%?[↑↓▲▼]?$)");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kChange);
}
bool IsEmptyMark(std::string_view folded) { return folded == "-" || folded == "--" || folded == "/"; }

class TableReader {
 public:
  explicit TableReader(const Section& section)
      : section_(section), text_(section.text), lines_(RowsOfColumnTables(ReadTableLines(section))) {}

  TableFacts Read() {
    ReadContext();
    for (std::size_t at = 0; at < lines_.size();) at = ReadTable(at);
    ReadDamaged();
    if (tables_.empty()) {
      ReportUnread();
      return std::move(facts_);
    }
    AddTablePrices(section_, std::move(tables_), facts_);
    return std::move(facts_);
  }

 private:
  void ReadContext() {
    const std::string title = FoldKey(section_.title);
    context_.issue = ReportYearOf(section_);
    const TitleDates dates = TitleDatesIn(title, context_.issue);
    context_.month = dates.month;
    if (dates.day) context_.day = IsoDate(dates.day->year, dates.day->month, dates.day->day);
    context_.list_prices = title.find("挂牌") != std::string::npos;
  }

  // The association's table where its names are illegible, unless it was read by its names.
  void ReadDamaged() {
    std::size_t read = 0;
    for (const PriceTable& table : tables_) read += table.rows.size();
    if (read >= AssociationTable().size()) return;
    const auto damaged = FindDamagedTable(section_);
    if (!damaged) return;
    PriceTable table;
    table.columns = ReadPriceHeader(damaged->head, false, context_);
    std::vector<std::size_t> prices;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column == PriceColumn::kPrice) prices.push_back(i);
    }
    const auto change = std::find_if(table.columns.begin(), table.columns.end(),
                                     [](const PriceHeader& header) { return header.column == PriceColumn::kMom; });
    if (prices.size() != 2 || change == table.columns.end()) return;
    table.header = damaged->header;
    table.placed = damaged->agreeing;
    const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const TableLine& line) {
      return line.span.begin <= table.header.begin && table.header.begin < line.span.end;
    });
    FindUnit(static_cast<std::size_t>(at - lines_.begin()), table);
    for (const std::vector<TableCell>& cells : damaged->rows) {
      PriceRow row;
      row.name = cells[0];
      if (IsPurity(cells[1].folded)) row.purity.push_back(cells[1]);
      row.values.resize(table.columns.size());
      row.values[prices[0]] = cells[2];
      row.values[prices[1]] = cells[3];
      row.values[static_cast<std::size_t>(change - table.columns.begin())] = cells[4];
      table.rows.push_back(std::move(row));
    }
    tables_ = {std::move(table)};
  }

  // Reads the table whose header begins at line `at`; returns the line to continue from.
  std::size_t ReadTable(std::size_t at) {
    constexpr std::size_t kMostHeaderLines = 12;
    static const RE2 kBegin("^(?:序号|No\\.?|NO\\.?)?(?:" + std::string(kProductColumnNames) + ")");
    std::string begin;
    for (std::size_t i = 0; i < lines_[at].cells.size() && i < 2; ++i) begin += lines_[at].cells[i].folded;
    if (lines_[at].cells.empty() || !RE2::PartialMatch(begin, kBegin)) {
      const bool serial = (begin == "序号" || begin == "No." || begin == "NO.") && !lines_[at].ruled;
      if (!serial) return at + 1;
    }
    std::vector<Cell> head;
    std::size_t first = at;
    const bool ruled = lines_[at].ruled;
    for (; first < lines_.size() && first - at < kMostHeaderLines; ++first) {
      const TableLine& line = lines_[first];
      if (StartsRow(line) || line.cells.empty() || line.cells[0].folded.empty()) break;
      if (ruled && first > at) break;
      head.insert(head.end(), line.cells.begin(), line.cells.end());
    }
    if (first >= lines_.size()) return at + 1;
    PriceTable table;
    PriceContext context = context_;
    if (!context.month) context.month = CaptionMonth(at);
    table.columns = ReadPriceHeader(head, ruled, context);
    if (table.columns.empty()) return at + 1;
    table.header = {lines_[at].span.begin, lines_[first - 1].span.end};
    FindUnit(at, table);
    const std::size_t end = ReadRows(first, ruled, table);
    if (table.rows.size() < 3) return at + 1;
    CheckColumns(table);
    tables_.push_back(std::move(table));
    return std::max(end, at + 1);
  }

  // The month that the lines above a table's header name with its year.
  std::optional<YearMonth> CaptionMonth(std::size_t at) const {
    constexpr std::size_t kLines = 3, kMostBytes = 150;
    for (std::size_t i = at; i > 0 && at - i < kLines; --i) {
      if (lines_[i - 1].span.size() >= kMostBytes) continue;
      if (const auto month = YearMonthIn(FoldKey(text_.substr(lines_[i - 1].span.begin, lines_[i - 1].span.size()))))
        return month;
    }
    return std::nullopt;
  }

  // A product's name is the first cell or, after a serial number, the second.
  static bool StartsRow(const TableLine& line) {
    for (std::size_t i = 0; i < line.cells.size() && i < 2; ++i) {
      if (IsProductName(line.cells[i].folded)) return true;
      if (!IsNumber(line.cells[i].folded)) return false;
    }
    return false;
  }

  // The unit after 单位; empty if the line names none.
  static std::string UnitNamedIn(const std::string& line) {
    static const RE2 kUnit(R"(单位[:为]?(?:人民币)?(万元/吨|元/吨|元/公斤|元/千克|元/kg|公斤|千克|kg))");
    std::string unit;
    if (HasWord(line, "单位")) RE2::PartialMatch(line, kUnit, &unit);
    return unit;
  }

  // （单位：公斤） in the caption or the header; the association prints 元/公斤 as 公斤.
  void FindUnit(std::size_t at, PriceTable& table) {
    static const RE2 kAnywhere(R"((万元/吨|元/吨|元/公斤|元/千克|元/kg))");
    constexpr std::size_t kReach = 6;  // lines
    std::string unit;
    for (const PriceHeader& header : table.columns) {
      if (header.column == PriceColumn::kPrice && unit.empty()) unit = header.unit;
    }
    if (unit.empty()) unit = UnitNamedIn(FoldKey(text_.substr(table.header.begin, table.header.size())));
    // The nearest caption: the one above it is another table's.
    for (std::size_t i = at; unit.empty() && i > 0 && at - i < kReach; --i) {
      const Span line = lines_[i - 1].span;
      if (line.size() < 400) unit = UnitNamedIn(FoldKey(text_.substr(line.begin, line.size())));
    }
    if (unit.empty())
      RE2::PartialMatch(FoldKey(text_.substr(table.header.begin, table.header.size())), kAnywhere, &unit);
    // 2018年3—8月主要产品月均价（万元/吨）: the caption alone names it.
    if (unit.empty() && at > 0 && lines_[at - 1].span.size() < 150)
      RE2::PartialMatch(FoldKey(text_.substr(lines_[at - 1].span.begin, lines_[at - 1].span.size())), kAnywhere, &unit);
    table.unit_printed = unit;
    table.unit = PriceUnitNamed(unit);
  }
  static std::size_t Count(const PriceTable& table, PriceColumn column) {
    return static_cast<std::size_t>(std::count_if(table.columns.begin(), table.columns.end(),
                                                  [&](const PriceHeader& header) { return header.column == column; }));
  }

  void CheckColumns(const PriceTable& table) {
    if (table.unit_printed.empty() && Count(table, PriceColumn::kUnit) == 0) {
      AddFinding("unit-assumed", "warning", "the table names no unit; 元/公斤 is taken, as in every issue's table",
                 table.header);
    }
    const bool averages = std::any_of(table.columns.begin(), table.columns.end(),
                                      [](const PriceHeader& header) { return header.statistic == "month_average"; });
    if (!averages) return;
    // A table with a column a month has neither purities nor changes.
    const bool monthly = Count(table, PriceColumn::kPrice) > 2;
    for (const auto& [column, name] : {std::pair{PriceColumn::kPurity, "纯度"}, {PriceColumn::kMom, "环比"}}) {
      if (!monthly && Count(table, column) == 0) {
        AddFinding("missing-column", "warning", fmt::format("the table has no column {}", name), table.header);
      }
    }
    std::set<std::string> periods;
    for (const PriceHeader& header : table.columns) {
      if (header.column == PriceColumn::kPrice && !header.period.empty() &&
          !periods.insert(header.statistic + header.period).second) {
        AddFinding("duplicate-column", "warning",
                   fmt::format("two columns of the table say {}; one of them is misprinted", header.period),
                   table.header);
      }
    }
    if (Count(table, PriceColumn::kPrice) < 2) {
      AddFinding("missing-column", "warning", "the table has only one month's prices", table.header);
    }
  }

  void AddFinding(std::string check, std::string severity, std::string message, Span span,
                  std::optional<std::string> expected = {}) {
    facts_.findings.push_back(FindingAt(section_, std::move(check), std::move(severity), std::move(message),
                                        Without(span, section_.furniture), std::move(expected)));
  }

  // ---- rows

  static constexpr std::size_t kMostRows = 2000;  // of a table; the longest known has some thirty

  static bool NamesOtherUnit(const std::string& line, const PriceTable& table) {
    const std::string unit = UnitNamedIn(line);
    return !unit.empty() && !table.unit_printed.empty() && PriceUnitNamed(unit) != table.unit;
  }

  // Returns the line after the table.
  std::size_t ReadRows(std::size_t first, bool ruled, PriceTable& table) {
    std::vector<Cell> cells;
    std::size_t at = first;
    const std::string header = FoldKey(text_.substr(table.header.begin, table.header.size()));
    for (std::size_t rows = 0; at < lines_.size(); ++at) {
      const TableLine& line = lines_[at];
      rows += StartsRow(line);
      if (rows > kMostRows) {
        AddFinding("table-too-long", "warning",
                   fmt::format("the table has more than {} rows; the rest was not read", kMostRows), line.span);
        break;
      }
      if (ruled && line.ruled && StartsRow(line) && line.cells.size() == table.columns.size()) {
        FlushRows(cells, table);
        table.rows.push_back(RowByPosition(line.cells, table));
        continue;
      }
      const std::string all = FoldKey(text_.substr(line.span.begin, line.span.size()));
      if (NamesOtherUnit(all, table)) break;  // the caption of another table
      std::vector<Cell> more = line.cells;
      if (!line.ruled && more.size() > 1 && IsPurity(all)) more = {{line.span, all}};
      std::erase_if(more, [](const Cell& cell) { return cell.folded.empty(); });
      const bool goes_on = !more.empty() && std::all_of(more.begin(), more.end(),
                                                        [](const Cell& cell) { return MayFollowName(cell.folded); });
      const bool begins = at + 1 < lines_.size() && more.size() == 1 && !lines_[at + 1].cells.empty() &&
                          CompletesName(more, lines_[at + 1].cells);
      if (StartsRow(line) || (goes_on && !IsSubscripts(more)) || CompletesName(cells, more) || begins) {
        for (Cell& cell : more) cells.push_back(std::move(cell));
      } else if (!IsSubscripts(more) && !IsHeadingOrHeader(all) && all != header) {
        break;
      }
    }
    FlushRows(cells, table);
    return at;
  }

  // ≥99%Nd2O375%, ≥99%Gd75%±2%: one cell, whatever spaces and tags are in it.
  static bool IsPurity(const std::string& folded) {
    static const RE2 kPurity(R"(^[≥>]\d{2,3}(?:\.\d+)?%(?:[A-Z][A-Za-z0-9]*\d%)?(?:±\d+%)?$)");
    return folded.size() < 40 && RE2::FullMatch(folded, kPurity);
  }
  static bool MayFollowName(const std::string& folded) {
    return IsNumber(folded) || IsChange(folded) || IsEmptyMark(folded) ||
           (folded.size() < 40 && (folded.find('%') != std::string::npos || folded == "≥" || folded == "±" ||
                                   folded == "%" || folded == "元/公斤"));
  }
  // "2 3" under Nd2O3: a line of single digits.
  static bool IsSubscripts(const std::vector<Cell>& cells) {
    return cells.size() >= 2 && cells.size() <= 4 && std::all_of(cells.begin(), cells.end(), [](const Cell& cell) {
             return cell.folded.size() == 1 && IsNumber(cell.folded);
           });
  }
  // 氧化镨 / 钕: a narrow cell that spans two lines.
  static bool CompletesName(const std::vector<Cell>& cells, const std::vector<Cell>& more) {
    return cells.size() >= 1 && more.size() == 1 && more[0].folded.size() <= 6 &&
           ProductFromPrinted(cells.back().folded + more[0].folded);
  }

  // A category heading or a repeated header between the halves of a table that a page break split.
  static bool IsHeadingOrHeader(const std::string& folded) {
    if (folded.starts_with("#") || folded.starts_with("表") || folded.starts_with("(续") || folded.starts_with("续表"))
      return true;
    if (folded.size() < 150 &&
        (folded.find("纯度") != std::string::npos || folded.find("平均价") != std::string::npos ||
         folded.find("环比") != std::string::npos)) {
      return true;
    }
    // 轻稀土: the name of the rows below it.
    static const RE2 kGroup(R"(^\|*(?:轻稀土|中重稀土|重稀土|中稀土|镨钕|其他)(?:产品|类|系列|元素|部分)?\|*$)");
    if (folded.size() <= 40 && RE2::FullMatch(folded, kGroup)) return true;
    return folded.size() <= 15 && CategoryFromPrinted(folded).has_value();
  }

  void FlushRows(std::vector<Cell>& cells, PriceTable& table) const {
    // A name that spans two cells is one name.
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
      if (!ProductFromPrinted(cells[i + 1].folded) && cells[i + 1].folded.size() <= 6 &&
          ProductFromPrinted(cells[i].folded + cells[i + 1].folded)) {
        cells[i].folded += cells[i + 1].folded;
        cells[i].span.end = cells[i + 1].span.end;
        cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
    for (std::size_t i = 0; i < cells.size();) {
      if (!IsProductName(cells[i].folded)) {
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      while (end < cells.size() && !IsProductName(cells[end].folded)) ++end;
      // The next row's serial number comes before its name.
      const std::size_t own =
          Count(table, PriceColumn::kSerial) > 0 && end < cells.size() && end > i + 1 ? end - 1 : end;
      table.rows.push_back(RowByOrder(
          {cells.begin() + static_cast<std::ptrdiff_t>(i), cells.begin() + static_cast<std::ptrdiff_t>(own)}, table));
      i = end;
    }
    cells.clear();
  }

  PriceRow RowByPosition(const std::vector<Cell>& cells, const PriceTable& table) const {
    PriceRow row;
    row.values.resize(table.columns.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const PriceColumn column = table.columns[i].column;
      if (column == PriceColumn::kProduct) {
        row.name = cells[i];
      } else if (column == PriceColumn::kPurity) {
        if (!cells[i].folded.empty()) row.purity.push_back(cells[i]);
      } else if (column != PriceColumn::kSerial && !cells[i].folded.empty() && !IsEmptyMark(cells[i].folded)) {
        row.values[i] = cells[i];
      }
    }
    Validate(table, row);
    return row;
  }

  // ≥99%Gd75% … -9.58% / ±2%: the second line of a purity's cell comes after the row.
  static void RejoinTolerance(std::vector<Cell>& cells) {
    static const RE2 kTolerance(R"(±\d+%)");
    if (cells.empty() || !RE2::FullMatch(cells.back().folded, kTolerance)) return;
    const auto purity = std::find_if(cells.begin(), cells.end() - 1, [](const Cell& cell) {
      return cell.folded.starts_with("≥") || cell.folded.starts_with(">");
    });
    if (purity < cells.end() - 1) std::rotate(purity + 1, cells.end() - 1, cells.end());
  }

  // Columns left of the purity take one cell each from the left, columns right of it one each from the right; the
  // purity, which may be printed with spaces, takes the cells in between.
  PriceRow RowByOrder(std::vector<Cell> cells, const PriceTable& table) const {
    PriceRow row;
    RejoinTolerance(cells);
    row.values.resize(table.columns.size());
    row.name = cells.front();
    std::vector<std::size_t> after;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column != PriceColumn::kProduct && table.columns[i].column != PriceColumn::kSerial)
        after.push_back(i);
    }
    const auto purity = std::find_if(after.begin(), after.end(),
                                     [&](std::size_t i) { return table.columns[i].column == PriceColumn::kPurity; });
    const std::size_t left = static_cast<std::size_t>(purity - after.begin());
    const std::size_t right = purity == after.end() ? 0 : static_cast<std::size_t>(after.end() - purity) - 1;
    const std::size_t have = cells.size() - 1;
    if (have < left + right || (purity == after.end() && have != left)) {
      row.damaged = true;
      return row;
    }
    const auto place = [&](std::size_t column, const Cell& cell) {
      if (!IsEmptyMark(cell.folded)) row.values[column] = cell;
    };
    for (std::size_t i = 0; i < left; ++i) place(after[i], cells[1 + i]);
    if (purity != after.end()) {
      row.purity.assign(cells.begin() + 1 + static_cast<std::ptrdiff_t>(left),
                        cells.end() - static_cast<std::ptrdiff_t>(right));
      for (std::size_t i = 0; i < right; ++i) place(after[left + 1 + i], cells[cells.size() - right + i]);
    }
    Validate(table, row);
    return row;
  }

  // A price is a number, a change is a percentage, and a purity contains no price: a header with one column fewer than
  // its rows would put a price there.
  static void Validate(const PriceTable& table, PriceRow& row) {
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      if (!row.values[i]) continue;
      const std::string& folded = row.values[i]->folded;
      if (table.columns[i].column == PriceColumn::kPrice && !IsNumber(folded)) row.damaged = true;
      const bool change = table.columns[i].column == PriceColumn::kMom || table.columns[i].column == PriceColumn::kYoy;
      if (change && !IsChange(folded)) row.values[i].reset();
    }
    std::string purity;
    for (const Cell& cell : row.purity) {
      if (purity.ends_with('%') && IsNumber(cell.folded)) row.damaged = true;
      purity += cell.folded;
    }
  }

  // Reports lines that look like rows of a price table when no header says what they contain.
  void ReportUnread() {
    std::size_t rows = 0;
    std::optional<Span> where;
    for (const TableLine& line : lines_) {
      std::size_t numbers = 0, changes = 0;
      for (const Cell& cell : line.cells) {
        numbers += IsNumber(cell.folded);
        changes += cell.folded.ends_with('%') && IsChange(cell.folded);
      }
      const bool row = (numbers >= 2 && changes >= 1) || (StartsRow(line) && numbers >= 2);
      if (row && !where) where = line.span;
      rows += row;
    }
    if (rows >= 5) {
      AddFinding(
          "table-unread", "warning",
          fmt::format(
              "{} lines look like rows of a price table, but no header with a product and a price names its columns",
              rows),
          *where);
    }
  }

  const Section& section_;
  std::string_view text_;
  std::vector<TableLine> lines_;
  PriceContext context_;
  std::vector<PriceTable> tables_;
  TableFacts facts_;
};

}  // namespace

TableFacts ReadPriceTable(const Section& section) { return TableReader(section).Read(); }

}  // namespace ytterby
