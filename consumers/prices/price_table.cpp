// Price tables: the association's 21 rows, and any other with a product and a price among its columns. A row begins at a product's
// name and takes every cell up to the next name, so rows may lie on one line or on many.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/findings.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/prices/price_columns.hpp"
#include "consumers/prices/row_names.hpp"
#include "consumers/table_cells.hpp"

namespace ytterby {
namespace {

using Cell = TableCell;

bool IsNumber(std::string_view folded) {
  static const RE2 kNumber(R"(^\d[\d,]*(?:\.\d+)?$)");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kNumber);
}
// A change: with its percent sign, a sign or an arrow, or as a plain number under a header that has the percent sign.
bool IsChange(std::string_view folded) {
  static const RE2 kChange(R"(^[↑↓▲▼+-]?\d+(?:\.\d+)?%?[↑↓▲▼]?$)");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kChange);
}
bool IsEmptyMark(std::string_view folded) { return folded == "-" || folded == "--" || folded == "/"; }

// One product's cells, by column.
struct Row {
  Cell name;
  std::vector<Cell> purity;
  std::vector<std::optional<Cell>> values;  // as many as there are columns; of purity, serial and product none
  bool damaged = false;                     // the cells do not fit the columns
};

struct Table {
  std::vector<PriceHeader> columns;
  Span header;
  std::string unit, unit_printed;
  std::vector<Row> rows;
};

class TableReader {
 public:
  explicit TableReader(const Section& section) : section_(section), text_(section.text), lines_(ReadTableLines(section)) {}

  TableFacts Read() {
    ReadContext();
    for (std::size_t at = 0; at < lines_.size();) at = ReadTable(at);
    if (tables_.empty()) {
      ReportUnread();
      return std::move(facts_);
    }
    NameAndAdd();
    return std::move(facts_);
  }

 private:
  void ReadContext() {
    const std::string title = FoldKey(section_.title);
    context_.issue = YearOf(section_.issue);
    context_.month = YearMonthIn(title);
    static const RE2 kMonth(R"((\d{1,2})月)"), kDay(R"((?:((?:19|20)\d\d)年)?(\d{1,2})月(\d{1,2})日)");
    int month = 0, day = 0;
    if (!context_.month && RE2::PartialMatch(title, kMonth, &month) && month >= 1 && month <= 12) {
      context_.month = YearMonth{YearForMonth(month, std::nullopt, context_.issue), month};
    }
    std::string year;
    if (RE2::PartialMatch(title, kDay, &year, &month, &day)) {
      context_.day = IsoDate(year.empty() ? YearForMonth(month, std::nullopt, context_.issue) : std::stoi(year), month, day);
    }
    context_.list_prices = title.find("挂牌") != std::string::npos;
  }

  // Reads the table whose header begins at line `at`; returns the line to go on from.
  std::size_t ReadTable(std::size_t at) {
    constexpr std::size_t kMostHeaderLines = 12;
    static const RE2 kBegin(R"(^(?:序号)?(?:商品名称?|产品名称?|品名|品种|产品|商品|名称))");
    std::string begin;
    for (std::size_t i = 0; i < lines_[at].cells.size() && i < 2; ++i) begin += lines_[at].cells[i].folded;
    if (lines_[at].cells.empty() || !RE2::PartialMatch(begin, kBegin)) {
      const bool serial = begin == "序号" && !lines_[at].ruled;
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
    Table table;
    table.columns = ReadPriceHeader(head, ruled, context_);
    if (table.columns.empty()) return at + 1;
    table.header = {lines_[at].span.begin, lines_[first - 1].span.end};
    FindUnit(at, table);
    const std::size_t end = ReadRows(first, ruled, table);
    if (table.rows.size() < 3) return at + 1;
    CheckColumns(table);
    tables_.push_back(std::move(table));
    return std::max(end, at + 1);
  }

  // A product's name is the first or, behind a serial number, the second cell.
  static bool StartsRow(const TableLine& line) {
    for (std::size_t i = 0; i < line.cells.size() && i < 2; ++i) {
      if (IsProductName(line.cells[i].folded)) return true;
      if (!IsNumber(line.cells[i].folded)) return false;
    }
    return false;
  }

  // （单位：公斤） in the caption or the header; the association prints 元/公斤 as 公斤.
  void FindUnit(std::size_t at, Table& table) {
    static const RE2 kUnit(R"(单位[:为]?(?:人民币)?(万元/吨|元/吨|元/公斤|元/千克|元/kg|公斤|千克|kg))");
    static const RE2 kAnywhere(R"((万元/吨|元/吨|元/公斤|元/千克|元/kg))");
    std::string around;
    for (std::size_t i = at >= 6 ? at - 6 : 0; i < at; ++i) {
      if (lines_[i].span.size() < 400) around += FoldKey(text_.substr(lines_[i].span.begin, lines_[i].span.size())) + "|";
    }
    around += FoldKey(text_.substr(table.header.begin, table.header.size()));
    std::string unit;
    for (const PriceHeader& header : table.columns) {
      if (header.column == PriceColumn::kPrice && unit.empty()) unit = header.unit;
    }
    if (unit.empty()) RE2::PartialMatch(around, kUnit, &unit);
    if (unit.empty()) RE2::PartialMatch(FoldKey(text_.substr(table.header.begin, table.header.size())), kAnywhere, &unit);
    table.unit_printed = unit;
    table.unit = UnitNamed(unit);
  }
  static std::string UnitNamed(std::string_view printed) {
    return printed == "万元/吨" ? "10kCNY/t" : printed == "元/吨" ? "CNY/t" : "CNY/kg";
  }

  static std::size_t Count(const Table& table, PriceColumn column) {
    return static_cast<std::size_t>(
        std::count_if(table.columns.begin(), table.columns.end(), [&](const PriceHeader& header) { return header.column == column; }));
  }

  void CheckColumns(const Table& table) {
    if (table.unit_printed.empty() && Count(table, PriceColumn::kUnit) == 0) {
      AddFinding("unit-assumed", "warning", "the table names no unit; 元/公斤 is taken, as in every issue's table", table.header);
    }
    const bool averages = std::any_of(table.columns.begin(), table.columns.end(),
                                      [](const PriceHeader& header) { return header.statistic == "month_average"; });
    if (!averages) return;
    for (const auto& [column, name] : {std::pair{PriceColumn::kPurity, "纯度"}, {PriceColumn::kMom, "环比"}}) {
      if (Count(table, column) == 0) {
        AddFinding("missing-column", "warning", fmt::format("the table has no column {}", name), table.header);
      }
    }
    std::set<std::string> periods;
    for (const PriceHeader& header : table.columns) {
      if (header.column == PriceColumn::kPrice && !header.period.empty() && !periods.insert(header.statistic + header.period).second) {
        AddFinding("duplicate-column", "warning", fmt::format("two columns of the table say {}; one of them is misprinted", header.period),
                   table.header);
      }
    }
    if (Count(table, PriceColumn::kPrice) < 2) {
      AddFinding("missing-column", "warning", "the table has only one month's prices", table.header);
    }
  }

  void AddFinding(std::string check, std::string severity, std::string message, Span span, std::optional<std::string> expected = {}) {
    facts_.findings.push_back(FindingAt(section_, std::move(check), std::move(severity), std::move(message),
                                        Without(span, section_.furniture), std::move(expected)));
  }

  // ---- rows ----------------------------------------------------------------------------------------------------------------

  static constexpr std::size_t kMostRows = 2000;  // of a table; the longest known has some thirty

  // Returns the line after the table.
  std::size_t ReadRows(std::size_t first, bool ruled, Table& table) {
    std::vector<Cell> cells;
    std::size_t at = first;
    for (std::size_t rows = 0; at < lines_.size(); ++at) {
      const TableLine& line = lines_[at];
      rows += StartsRow(line);
      if (rows > kMostRows) {
        AddFinding("table-too-long", "warning", fmt::format("the table has more than {} rows; the rest was not read", kMostRows),
                   line.span);
        break;
      }
      if (ruled && line.ruled && StartsRow(line) && line.cells.size() == table.columns.size()) {
        FlushRows(cells, table);
        table.rows.push_back(RowByPosition(line.cells, table));
        continue;
      }
      const std::string all = FoldKey(text_.substr(line.span.begin, line.span.size()));
      std::vector<Cell> more = line.cells;
      if (!line.ruled && more.size() > 1 && IsPurity(all)) more = {{line.span, all}};
      std::erase_if(more, [](const Cell& cell) { return cell.folded.empty(); });
      const bool goes_on =
          !more.empty() && std::all_of(more.begin(), more.end(), [](const Cell& cell) { return MayFollowName(cell.folded); });
      const bool begins =
          at + 1 < lines_.size() && more.size() == 1 && !lines_[at + 1].cells.empty() && CompletesName(more, lines_[at + 1].cells);
      if (StartsRow(line) || (goes_on && !IsSubscripts(more)) || CompletesName(cells, more) || begins) {
        for (Cell& cell : more) cells.push_back(std::move(cell));
      } else if (!IsSubscripts(more) && !IsHeadingOrHeader(all)) {
        break;
      }
    }
    FlushRows(cells, table);
    return at;
  }

  // ≥99%Nd2O375%, ≥99%Gd75%±2%: a cell of its own, whatever spaces and tags are in it.
  static bool IsPurity(const std::string& folded) {
    static const RE2 kPurity(R"(^[≥>]\d{2,3}(?:\.\d+)?%(?:[A-Z][A-Za-z0-9]*\d%)?(?:±\d+%)?$)");
    return folded.size() < 40 && RE2::FullMatch(folded, kPurity);
  }
  static bool MayFollowName(const std::string& folded) {
    return IsNumber(folded) || IsChange(folded) || IsEmptyMark(folded) ||
           (folded.size() < 40 &&
            (folded.find('%') != std::string::npos || folded == "≥" || folded == "±" || folded == "%" || folded == "元/公斤"));
  }
  // "2 3" under Nd2O3: a line of single digits.
  static bool IsSubscripts(const std::vector<Cell>& cells) {
    return cells.size() >= 2 && cells.size() <= 4 &&
           std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.folded.size() == 1 && IsNumber(cell.folded); });
  }
  // 氧化镨 / 钕: a narrow cell that goes over two lines.
  static bool CompletesName(const std::vector<Cell>& cells, const std::vector<Cell>& more) {
    return cells.size() >= 1 && more.size() == 1 && more[0].folded.size() <= 6 && ProductFromPrinted(cells.back().folded + more[0].folded);
  }

  // A category heading or a repeated header between the halves of a table that a page break cut.
  static bool IsHeadingOrHeader(const std::string& folded) {
    if (folded.starts_with("#") || folded.starts_with("表") || folded.starts_with("(续") || folded.starts_with("续表")) return true;
    if (folded.size() < 150 && (folded.find("纯度") != std::string::npos || folded.find("平均价") != std::string::npos ||
                                folded.find("环比") != std::string::npos)) {
      return true;
    }
    return folded.size() <= 15 && CategoryFromPrinted(folded).has_value();
  }

  void FlushRows(std::vector<Cell>& cells, Table& table) const {
    // Names that go over two cells are one.
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
      // The next row's serial number stands before its name.
      const std::size_t own = Count(table, PriceColumn::kSerial) > 0 && end < cells.size() && end > i + 1 ? end - 1 : end;
      table.rows.push_back(
          RowByOrder({cells.begin() + static_cast<std::ptrdiff_t>(i), cells.begin() + static_cast<std::ptrdiff_t>(own)}, table));
      i = end;
    }
    cells.clear();
  }

  Row RowByPosition(const std::vector<Cell>& cells, const Table& table) const {
    Row row;
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

  // Columns left of the purity take one cell each from the left, columns right of it one each from the right; the purity,
  // which may be printed with spaces, takes what lies between.
  Row RowByOrder(const std::vector<Cell>& cells, const Table& table) const {
    Row row;
    row.values.resize(table.columns.size());
    row.name = cells.front();
    std::vector<std::size_t> after;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column != PriceColumn::kProduct && table.columns[i].column != PriceColumn::kSerial) after.push_back(i);
    }
    const auto purity =
        std::find_if(after.begin(), after.end(), [&](std::size_t i) { return table.columns[i].column == PriceColumn::kPurity; });
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
      row.purity.assign(cells.begin() + 1 + static_cast<std::ptrdiff_t>(left), cells.end() - static_cast<std::ptrdiff_t>(right));
      for (std::size_t i = 0; i < right; ++i) place(after[left + 1 + i], cells[cells.size() - right + i]);
    }
    Validate(table, row);
    return row;
  }

  // A price is a number, a change a percentage, and a purity holds no price: a header with a column less than its rows would put one there.
  static void Validate(const Table& table, Row& row) {
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

  // ---- names and records ---------------------------------------------------------------------------------------------------

  static bool SameCells(const Row& one, const Row& other) {
    const auto same = [](const std::optional<Cell>& a, const std::optional<Cell>& b) {
      return a.has_value() == b.has_value() && (!a || a->folded == b->folded);
    };
    return one.name.folded == other.name.folded &&
           std::equal(one.values.begin(), one.values.end(), other.values.begin(), other.values.end(), same);
  }

  // A row printed again right under itself, as at the top of a page, is one row.
  void DropRepeatedRows() {
    const Row* previous = nullptr;
    for (Table& table : tables_) {
      std::vector<Row> kept;
      kept.reserve(table.rows.size());
      for (Row& row : table.rows) {
        if (previous && SameCells(*previous, row)) {
          AddFinding("row-twice", "info", fmt::format("row {} stands twice with the same numbers; it is read once", row.name.folded),
                     row.name.span);
          continue;
        }
        kept.push_back(std::move(row));
        previous = &kept.back();
      }
      table.rows = std::move(kept);
      if (!table.rows.empty()) previous = &table.rows.back();
    }
  }

  void NameAndAdd() {
    DropRepeatedRows();
    std::vector<PrintedRow> printed;
    for (const Table& table : tables_) {
      for (const Row& row : table.rows) {
        std::string purity;
        for (const Cell& cell : row.purity) purity += cell.folded;
        printed.push_back({row.name.folded, purity});
      }
    }
    const RowNames names = NameRows(printed);
    if (names.in_order && printed.size() != AssociationTable().size()) {
      const Row& first = tables_.front().rows.front();
      AddFinding("table-rows", "warning", fmt::format("the table has {} rows, not {}", printed.size(), AssociationTable().size()),
                 first.name.span);
    }
    std::size_t i = 0;
    for (const Table& table : tables_) {
      for (const Row& row : table.rows) {
        const RowName& name = names.rows[i++];
        if (name.repaired) AddFinding("name-repaired", "info", *name.repaired, row.name.span);
        if (!name.product) AddFinding("name-damaged", "warning", name.doubt, row.name.span);
        if (row.damaged) {
          AddFinding("row-damaged", "warning", fmt::format("the cells of row {} do not fit the header", row.name.folded), row.name.span);
        } else {
          CheckChange(table, row);
          AddPrices(table, row, name);
        }
      }
    }
  }

  // The column of the latest period among those of averages; else the last price.
  static std::size_t CurrentColumn(const Table& table) {
    std::size_t current = table.columns.size();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column != PriceColumn::kPrice) continue;
      if (current == table.columns.size() || table.columns[i].period >= table.columns[current].period) current = i;
    }
    return current;
  }
  static std::optional<std::size_t> ColumnOf(const Table& table, PriceColumn column) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column == column) return i;
    }
    return std::nullopt;
  }

  void AddPrices(const Table& table, const Row& row, const RowName& name) {
    const std::size_t current = CurrentColumn(table);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const PriceHeader& header = table.columns[i];
      if (header.column != PriceColumn::kPrice || !row.values[i] || header.period.empty()) continue;
      Price price;
      price.product = name.product;
      price.repaired = name.repaired;
      if (!name.rule.empty()) price.provenance.Rule("product", name.rule);
      SetPrinted(row, price);
      price.statistic = header.statistic;
      price.period = header.period;
      price.value_text = NumberOf(text_, *row.values[i], "value", price.provenance);
      const auto value = Decimal::Parse(price.value_text);
      if (!value) continue;
      price.value = *value;
      std::string unit = header.unit.empty() ? table.unit : UnitNamed(header.unit);
      std::string unit_printed = header.unit.empty() ? table.unit_printed : header.unit;
      if (const auto of_row = ColumnOf(table, PriceColumn::kUnit); of_row && row.values[*of_row]) {
        unit_printed = row.values[*of_row]->folded;
        unit = UnitNamed(unit_printed);
      }
      price.unit = unit;
      price.provenance.Rule("unit", unit_printed.empty() ? "unit-assumed" : "unit-of-table: " + unit_printed);
      price.cny_per_kg = unit == "10kCNY/t" ? value->ShiftedBy(1) : unit == "CNY/t" ? value->ShiftedBy(-3) : *value;
      price.provenance.Rule("cny_per_kg", fmt::format("unit-conversion: {} {}", price.value_text, unit));
      price.where = section_.category == Category::kMarket ? "table" : "news";
      // The change belongs to the latest month; the month before is a price of its own.
      if (i == current) AddChanges(table, row, price);
      price.provenance.Rule("statistic", "column-header: " + header.folded);
      price.provenance.Rule("period", "column-header: " + header.folded);
      facts_.prices.push_back(std::move(price));
    }
  }

  void SetPrinted(const Row& row, Price& price) const {
    // 氧化镧（La2O3）: the formula in brackets is no part of the name.
    Span name = row.name.span;
    const Folded folded = Fold(Raw(name));
    if (const std::size_t bracket = folded.text.find('('); bracket != std::string::npos && bracket > 0) {
      name.end = name.begin + folded.EndOf(bracket - 1);
    }
    price.as_printed = WithoutSpace(Raw(name));
    price.provenance.Add("as_printed", Without(name, section_.furniture));
    std::vector<Span> purity;
    for (const Cell& cell : row.purity) {
      price.purity = price.purity.value_or("") + WithoutSpace(Raw(cell.span));
      purity.push_back(cell.span);
    }
    price.provenance.Add("purity", purity);
  }

  void AddChanges(const Table& table, const Row& row, Price& price) const {
    const auto mom = ColumnOf(table, PriceColumn::kMom), yoy = ColumnOf(table, PriceColumn::kYoy);
    const auto read = [&](std::optional<std::size_t> column, FieldName field) -> std::optional<Decimal> {
      if (!column || !row.values[*column]) return std::nullopt;
      return ReadChange(*row.values[*column], field, price.provenance);
    };
    if (price.statistic == "spot") return;  // a day's table says against which day only in its text
    price.change_pct = read(mom, "change_pct");
    if (price.change_pct) {
      price.change_basis = price.statistic == "month_average" || price.statistic == "list_price" ? "mom" : "month_to_date";
      price.change_yoy_pct = read(yoy, "change_yoy_pct");
    } else if ((price.change_pct = read(yoy, "change_pct"))) {
      price.change_basis = "yoy";
    }
    if (price.change_basis) price.provenance.Rule("change_basis", "column-header");
  }

  // -10.82%, ↓10.82: an arrow is the sign.
  std::optional<Decimal> ReadChange(const Cell& cell, FieldName field, Provenance& provenance) const {
    const std::string& folded = cell.folded;
    const bool down = folded.find("↓") != std::string::npos || folded.find("▼") != std::string::npos;
    const bool arrow = down || folded.find("↑") != std::string::npos || folded.find("▲") != std::string::npos;
    if (!arrow) return Decimal::Parse(NumberOf(text_, cell, field, provenance));
    static const RE2 kDigits(R"((\d+(?:\.\d+)?))");
    std::string digits;
    if (!RE2::PartialMatch(folded, kDigits, &digits)) return std::nullopt;
    provenance.Add(field, cell.span);
    provenance.Rule(field, "sign-of-arrow: " + folded);
    auto value = Decimal::Parse(digits);
    if (value && down) value = -*value;
    return value;
  }

  // 环比 = (current - previous) / previous, within 0.011 points: a row that fails has a damaged number, not a damaged name.
  void CheckChange(const Table& table, const Row& row) {
    const std::size_t current = CurrentColumn(table);
    std::optional<std::size_t> previous;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i != current && table.columns[i].column == PriceColumn::kPrice &&
          table.columns[i].statistic == table.columns[current].statistic) {
        if (previous) return;
        previous = i;
      }
    }
    const auto mom = ColumnOf(table, PriceColumn::kMom);
    if (!previous || !mom || !row.values[*previous] || !row.values[current] || !row.values[*mom]) return;
    Provenance unused;
    const auto before = Decimal::Parse(row.values[*previous]->folded), now = Decimal::Parse(row.values[current]->folded);
    const auto change = ReadChange(*row.values[*mom], "change_pct", unused);
    if (!before || !now || !change || before->mantissa() == 0) return;
    const double expected = 100 * (now->ToDouble() - before->ToDouble()) / before->ToDouble();
    if (std::abs(expected - change->ToDouble()) <= 0.011) return;
    AddFinding("row-change", "warning",
               fmt::format("{}: the change does not follow from {} and {}; one of the three numbers is damaged", row.name.folded,
                           row.values[*previous]->folded, row.values[current]->folded),
               row.values[*mom]->span, fmt::format("{:.2f}%", expected));
  }

  // Lines that look like rows of a price table, where no header says what they hold.
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
      AddFinding("table-unread", "warning",
                 fmt::format("{} lines look like rows of a price table, but no header with a product and a price names its columns", rows),
                 *where);
    }
  }

  std::string Raw(Span span) const { return std::string(text_.substr(span.begin, span.size())); }

  const Section& section_;
  std::string_view text_;
  std::vector<TableLine> lines_;
  PriceContext context_;
  std::vector<Table> tables_;
  TableFacts facts_;
};

}  // namespace

TableFacts ReadPriceTable(const Section& section) { return TableReader(section).Read(); }

}  // namespace ytterby
