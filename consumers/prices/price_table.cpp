#include <re2/re2.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "common/text/dates.hpp"
#include "common/text/lines.hpp"
#include "common/text/utf8.hpp"
#include "consumers/findings.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/table_cells.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

enum class Column { kProduct, kPurity, kPrice, kChange };

struct HeaderColumn {
  Column column;
  std::optional<std::string> period;  // of a price column
};

using Cell = TableCell;

struct Row {
  Cell name;
  std::vector<Cell> purity;
  std::vector<Cell> prices;  // by price column
  std::optional<Cell> change;
  bool damaged = false;
};

// 氧化X, 金属X, X铁, X金属, X合金 with one or two characters of the metal radical for X: a product's name, perhaps damaged.
bool IsProductName(std::string_view folded) {
  static const RE2 kName(R"(^(?:\d+[.、]?)?(?:氧化|金属)?([\x{9485}-\x{9576}]{1,2})(?:铁合金|铁|金属|合金|氧化物)?$)");
  if (ProductFromPrinted(folded)) return true;
  if (folded.size() < 6 || folded.size() > 21) return false;
  if (!RE2::FullMatch(Piece(folded), kName)) return false;
  return folded.find("氧化") != std::string_view::npos || folded.find("金属") != std::string_view::npos ||
         folded.find("铁") != std::string_view::npos || folded.find("合金") != std::string_view::npos;
}

bool IsNumber(std::string_view folded) {
  static const RE2 kNumber(R"(^\d[\d,]*(?:\.\d+)?$)");
  return RE2::FullMatch(Piece(folded), kNumber);
}
bool IsPercent(std::string_view folded) {
  static const RE2 kPercent(R"(^[-+]?\d+(?:\.\d+)?%$)");
  return RE2::FullMatch(Piece(folded), kPercent);
}

class TableReader {
 public:
  explicit TableReader(const Section& section) : section_(section), text_(section.text) {}

  TableFacts Read() {
    if (!FindHeader()) return {};
    FindUnit();
    ReadRows();
    if (rows_.size() < 3) return {};
    NameRows();
    return std::move(facts_);
  }

 private:
  // The header names the columns: 产品名 纯度 2023年6月平均价 2023年7月平均价 环比, on one line or one cell a line.
  bool FindHeader() {
    lines_ = SplitLines(text_);
    static const RE2 kProduct(R"(^[|]?(?:产品名称?|品名|品种|产品|名称)(?:[|]|$|纯度|规格|品级|\d{4}年|\d{1,2}月|上月|本月))");
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].blank || lines_[i].end - lines_[i].begin > 600 || lines_[i].begin < section_.body_span.begin) continue;
      const std::string_view raw = lines_[i].In(text_);
      if (raw.find("名") == std::string_view::npos && raw.find("产品") == std::string_view::npos &&
          raw.find("品种") == std::string_view::npos)
        continue;
      if (!RE2::PartialMatch(FoldKey(raw), kProduct)) continue;
      std::string header;
      std::size_t k = i;
      for (std::size_t taken = 0; k < lines_.size() && taken < 8; ++k) {
        if (lines_[k].blank) continue;
        const std::string folded = FoldKey(lines_[k].In(text_));
        if (IsProductName(FirstCell(lines_[k]))) break;
        if (folded.size() > 300) break;
        header += folded + "|";
        ++taken;
      }
      if (k >= lines_.size() || !ReadColumns(header)) continue;
      first_row_ = k;
      header_line_ = i;
      return true;
    }
    return false;
  }

  std::string FirstCell(const Line& line) const {
    const auto cells = FilledCells(line);
    return cells.empty() ? "" : cells.front().folded;
  }

  bool ReadColumns(const std::string& header) {
    static const RE2 kColumn(
        R"((产品名称?|品名|品种|产品|名称)|(纯度|规格|品级|含量)|(?:((?:19|20)\d\d)年)?(\d{1,2})月份?(?:平均价格?|均价|价格|平均)|(环比|涨跌幅度?|涨幅|变化幅度|变动))");
    re2::StringPiece input = Piece(header), g[6];
    std::size_t from = 0;
    std::optional<int> year;
    const auto titled = YearMonthIn(FoldKey(section_.title));
    const auto issue = YearOf(section_.issue);
    columns_.clear();
    while (from < header.size() && kColumn.Match(input, from, header.size(), RE2::UNANCHORED, g, 6)) {
      from = static_cast<std::size_t>(g[0].data() - header.data()) + g[0].size();
      if (!g[1].empty()) columns_.push_back({Column::kProduct, std::nullopt});
      if (!g[2].empty()) columns_.push_back({Column::kPurity, std::nullopt});
      if (!g[5].empty()) columns_.push_back({Column::kChange, std::nullopt});
      if (g[4].empty()) continue;
      const int month = std::atoi(std::string(g[4]).c_str());
      if (!g[3].empty()) year = std::atoi(std::string(g[3]).c_str());
      const int of_title = titled ? (month <= titled->month ? titled->year : titled->year - 1) : YearForMonth(month, std::nullopt, issue);
      columns_.push_back({Column::kPrice, IsoMonth(year && !g[3].empty() ? *year : of_title, month)});
    }
    return Count(Column::kPrice) >= 1;
  }

  std::size_t Count(Column column) const {
    return static_cast<std::size_t>(
        std::count_if(columns_.begin(), columns_.end(), [&](const HeaderColumn& c) { return c.column == column; }));
  }

  // （单位：公斤） in the caption or the header; the association prints 元/公斤 as 公斤.
  void FindUnit() {
    std::string around;
    for (std::size_t i = header_line_ >= 6 ? header_line_ - 6 : 0; i < first_row_; ++i) {
      if (!lines_[i].blank && lines_[i].end - lines_[i].begin < 400) around += FoldKey(lines_[i].In(text_));
    }
    static const RE2 kUnit(R"(单位[:为]?(?:人民币)?(万元/吨|元/吨|元/公斤|元/千克|元/kg|公斤|千克|kg))");
    std::string unit;
    if (RE2::PartialMatch(around, kUnit, &unit)) {
      unit_printed_ = unit;
      unit_ = unit == "万元/吨" ? "10kCNY/t" : unit == "元/吨" ? "CNY/t" : "CNY/kg";
    } else {
      AddFinding("unit-assumed", "warning", "the table names no unit; 元/公斤 is taken, as in every issue's table",
                 Span{lines_[header_line_].begin, lines_[header_line_].end});
    }
    for (const auto& [column, name] : {std::pair{Column::kPurity, "纯度"}, {Column::kChange, "环比"}}) {
      if (Count(column) == 0) {
        AddFinding("missing-column", "warning", fmt::format("the table has no column {}", name),
                   Span{lines_[header_line_].begin, lines_[header_line_].end});
      }
    }
    std::set<std::string> periods;
    for (const HeaderColumn& column : columns_) {
      if (column.period && !periods.insert(*column.period).second) {
        AddFinding("duplicate-column", "warning", fmt::format("two columns of the table say {}; one of them is misprinted", *column.period),
                   Span{lines_[header_line_].begin, lines_[header_line_].end});
      }
    }
    if (Count(Column::kPrice) < 2) {
      AddFinding("missing-column", "warning", "the table has only one month's prices",
                 Span{lines_[header_line_].begin, lines_[header_line_].end});
    }
  }

  void AddFinding(std::string check, std::string severity, std::string message, Span span, std::optional<std::string> expected = {}) {
    facts_.findings.push_back(FindingAt(section_, std::move(check), std::move(severity), std::move(message), {span}, std::move(expected)));
  }

  // The cells that hold something; an empty one says nothing in a price table.
  std::vector<Cell> FilledCells(const Line& line) const {
    std::vector<Cell> cells = CellsOf(text_, line);
    std::erase_if(cells, [](const Cell& cell) { return cell.folded.empty(); });
    return cells;
  }

  // A row begins at a product's name and takes every cell up to the next name; so rows may lie on one line or on many.
  void ReadRows() {
    std::vector<Cell> cells;
    for (std::size_t i = first_row_; i < lines_.size() && lines_[i].begin < section_.body_span.end; ++i) {
      const Line& line = lines_[i];
      if (line.blank || IsFurnitureLine(section_, line)) continue;
      if (line.end - line.begin > 400) break;
      std::vector<Cell> more = FilledCells(line);
      const std::string all = FoldKey(line.In(text_));
      if (all.find_first_not_of("-:|") == std::string::npos) continue;  // the rule under a pipe table's header
      const bool head = !more.empty() && IsProductName(more.front().folded);
      const bool goes_on = std::all_of(more.begin(), more.end(), [](const Cell& cell) {
        return IsNumber(cell.folded) || IsPercent(cell.folded) ||
               (cell.folded.size() < 40 && (cell.folded.find('%') != std::string::npos || cell.folded == "≥" || cell.folded == "-"));
      });
      if (!head && !goes_on) {
        if (IsHeadingOrHeader(all)) continue;
        break;
      }
      for (Cell& cell : more) cells.push_back(std::move(cell));
    }
    for (std::size_t i = 0; i < cells.size();) {
      if (!IsProductName(cells[i].folded)) {
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      while (end < cells.size() && !IsProductName(cells[end].folded)) ++end;
      rows_.push_back(MakeRow({cells.begin() + static_cast<std::ptrdiff_t>(i), cells.begin() + static_cast<std::ptrdiff_t>(end)}));
      i = end;
    }
  }

  // A category heading or a repeated header between the halves of a table that a page break cut.
  bool IsHeadingOrHeader(const std::string& folded) const {
    if (folded.starts_with("#") || folded.starts_with("表") || folded.starts_with("(续") || folded.starts_with("续表")) return true;
    if (folded.find("纯度") != std::string::npos || folded.find("平均价") != std::string::npos || folded.find("环比") != std::string::npos)
      return true;
    return folded.size() <= 15 && CategoryFromPrinted(folded).has_value();
  }

  // Columns left of the purity take one cell each from the left, columns right of it one each from the right; the purity,
  // which may be printed with spaces, takes what lies between.
  Row MakeRow(const std::vector<Cell>& cells) {
    Row row;
    std::vector<Column> after;
    for (const HeaderColumn& column : columns_) {
      if (column.column != Column::kProduct) after.push_back(column.column);
    }
    row.name = cells.front();
    const auto purity = std::find(after.begin(), after.end(), Column::kPurity);
    const std::size_t left = static_cast<std::size_t>(purity - after.begin());
    const std::size_t right = purity == after.end() ? 0 : static_cast<std::size_t>(after.end() - purity) - 1;
    const std::size_t have = cells.size() - 1;
    if (have < left + right || (purity == after.end() && have != left)) {
      row.damaged = true;
      return row;
    }
    const auto place = [&](Column column, const Cell& cell) {
      if (column == Column::kPrice) row.prices.push_back(cell);
      if (column == Column::kChange) row.change = cell;
    };
    for (std::size_t i = 0; i < left; ++i) place(after[i], cells[1 + i]);
    if (purity != after.end()) {
      row.purity.assign(cells.begin() + 1 + static_cast<std::ptrdiff_t>(left), cells.end() - static_cast<std::ptrdiff_t>(right));
      for (std::size_t i = 0; i < right; ++i) place(after[left + 1 + i], cells[cells.size() - right + i]);
    }
    for (const Cell& price : row.prices) row.damaged = row.damaged || !IsNumber(price.folded);
    if (row.change && !IsPercent(row.change->folded)) row.damaged = true;
    return row;
  }

  // How well a printed row fits a row of the fixed order.
  static int Fit(const Row& row, const TableRow& expected) {
    const std::string& name = row.name.folded;
    int fit = 0;
    const auto printed = ProductFromPrinted(name);
    if (printed == expected.id) fit += 4;
    const auto oxide = [](std::string_view n) { return n.find("氧化") != std::string_view::npos; };
    const auto pair = [](std::string_view n) { return n.find("镨钕") != std::string_view::npos || n.size() >= 12; };
    if (oxide(name) == oxide(expected.printed))
      fit += 1;
    else
      fit -= 3;
    if (pair(name) == pair(expected.printed))
      fit += 1;
    else
      fit -= 2;
    std::string purity;
    for (const Cell& cell : row.purity) purity += cell.folded;
    const bool tagged = purity.find("75%") != std::string::npos || purity.find("80%") != std::string::npos;
    if (!expected.tag.empty())
      fit += purity.find(expected.tag) != std::string::npos ? 4 : tagged ? -1 : -2;
    else if (tagged)
      fit -= 2;
    return fit;
  }

  // Lays the printed rows along the association's fixed order; rows may be missing or doubled. expected[i] is the order's row of
  // rows_[i], -1 for one that fits nowhere.
  std::vector<int> Align() const {
    const auto& order = AssociationTable();
    const std::size_t n = rows_.size(), m = order.size();
    constexpr int kSkipRow = -2, kSkipOrder = -2;
    std::vector<std::vector<int>> best(n + 1, std::vector<int>(m + 1, std::numeric_limits<int>::min() / 2));
    for (std::size_t j = 0; j <= m; ++j) best[0][j] = kSkipOrder * static_cast<int>(j);
    for (std::size_t i = 1; i <= n; ++i) {
      best[i][0] = kSkipRow * static_cast<int>(i);
      for (std::size_t j = 1; j <= m; ++j) {
        best[i][j] =
            std::max({best[i - 1][j - 1] + Fit(rows_[i - 1], order[j - 1]), best[i - 1][j] + kSkipRow, best[i][j - 1] + kSkipOrder});
      }
    }
    std::vector<int> expected(n, -1);
    for (std::size_t i = n, j = m; i > 0 && j > 0;) {
      if (best[i][j] == best[i - 1][j - 1] + Fit(rows_[i - 1], order[j - 1])) {
        expected[i - 1] = static_cast<int>(j - 1);
        --i, --j;
      } else if (best[i][j] == best[i - 1][j] + kSkipRow) {
        --i;
      } else {
        --j;
      }
    }
    return expected;
  }

  void NameRows() {
    const auto& order = AssociationTable();
    const std::vector<int> expected = Align();
    // The order is evidence only where the table is the association's: most rows stand in it under their own names.
    std::size_t agreeing = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      agreeing += expected[i] >= 0 && ProductFromPrinted(rows_[i].name.folded) == order[static_cast<std::size_t>(expected[i])].id;
    }
    const bool in_order = rows_.size() >= 10 && agreeing * 2 >= rows_.size();
    if (in_order && rows_.size() != order.size()) {
      AddFinding("table-rows", "warning", fmt::format("the table has {} rows, not {}", rows_.size(), order.size()),
                 rows_.front().name.span);
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Row& row = rows_[i];
      const auto printed = ProductFromPrinted(row.name.folded);
      std::optional<std::string> product, repaired;
      if (printed) product = std::string(*printed);
      if (in_order && expected[i] >= 0) {
        const TableRow& place = order[static_cast<std::size_t>(expected[i])];
        if (product != place.id) {
          // An exact gap-free order names the row; where rows are missing, only neighbours that stand right do.
          const bool before = i == 0 ? expected[i] == 0 : expected[i - 1] == expected[i] - 1;
          const bool after = i + 1 == rows_.size() ? expected[i] + 1 == static_cast<int>(order.size()) : expected[i + 1] == expected[i] + 1;
          if (rows_.size() == order.size() || (before && after)) {
            product = std::string(place.id);
            repaired =
                fmt::format("printed {}; row {} of the association's fixed order is {}", row.name.folded, expected[i] + 1, place.printed);
            AddFinding("name-repaired", "info", *repaired, row.name.span);
          } else {
            product.reset();
            AddFinding("name-damaged", "warning",
                       fmt::format("printed {}; the row's place does not decide which product it is", row.name.folded), row.name.span);
          }
        }
      } else if (!product) {
        AddFinding("name-damaged", "warning", fmt::format("{} is no known product, and no order decides", row.name.folded), row.name.span);
      }
      AddPrices(row, product, repaired);
    }
  }

  void AddPrices(const Row& row, const std::optional<std::string>& product, const std::optional<std::string>& repaired) {
    if (row.damaged) {
      AddFinding("row-damaged", "warning", fmt::format("the cells of row {} do not fit the header", row.name.folded), row.name.span);
      return;
    }
    CheckChange(row);
    std::vector<const HeaderColumn*> price_columns;
    for (const HeaderColumn& column : columns_) {
      if (column.column == Column::kPrice) price_columns.push_back(&column);
    }
    for (std::size_t i = 0; i < row.prices.size(); ++i) {
      const auto value = Decimal::Parse(row.prices[i].folded);
      if (!value || !price_columns[i]->period) continue;
      Price price;
      price.product = product;
      price.as_printed = WithoutSpace(Raw(row.name.span));
      price.repaired = repaired;
      std::vector<Span> purity;
      for (const Cell& cell : row.purity) {
        price.purity = price.purity.value_or("") + WithoutSpace(Raw(cell.span));
        purity.push_back(cell.span);
      }
      price.statistic = "month_average";
      price.period = *price_columns[i]->period;
      price.value = *value;
      price.value_text = NumberOf(text_, row.prices[i], "value", price.provenance);
      price.unit = unit_;
      price.provenance.Rule("unit", unit_printed_.empty() ? "unit-assumed" : "unit-of-caption: " + unit_printed_);
      price.cny_per_kg = unit_ == "10kCNY/t" ? value->ShiftedBy(1) : unit_ == "CNY/t" ? value->ShiftedBy(-3) : *value;
      price.where = section_.category == Category::kMarket ? "table" : "news";
      // The change belongs to the latest month; the month before is a price of its own.
      if (row.change && i + 1 == row.prices.size()) {
        price.change_pct = Decimal::Parse(row.change->folded.substr(0, row.change->folded.size() - 1));
        price.change_basis = "mom";
        price.provenance.Rule("change_basis", "column-header");
        NumberOf(text_, *row.change, "change_pct", price.provenance);
      }
      price.provenance.Add("as_printed", row.name.span);
      price.provenance.Add("purity", purity);
      if (repaired) price.provenance.Rule("product", "place-in-fixed-order: " + *repaired);
      price.provenance.Rule("statistic", "column-header");
      price.provenance.Rule("period", "column-header");
      price.provenance.Rule("cny_per_kg", fmt::format("unit-conversion: {} {}", price.value_text, unit_));
      facts_.prices.push_back(std::move(price));
    }
  }

  // 环比 = (current - previous) / previous, within 0.011 points: a row that fails has a damaged number, not a damaged name.
  void CheckChange(const Row& row) {
    if (row.prices.size() != 2 || !row.change) return;
    const auto previous = Decimal::Parse(row.prices[0].folded), current = Decimal::Parse(row.prices[1].folded);
    const auto change = Decimal::Parse(row.change->folded.substr(0, row.change->folded.size() - 1));
    if (!previous || !current || !change || previous->mantissa() == 0) return;
    const double expected = 100 * (current->ToDouble() - previous->ToDouble()) / previous->ToDouble();
    if (std::abs(expected - change->ToDouble()) <= 0.011) return;
    AddFinding("row-change", "warning",
               fmt::format("{}: the change does not follow from {} and {}; one of the three numbers is damaged", row.name.folded,
                           row.prices[0].folded, row.prices[1].folded),
               row.change->span, fmt::format("{:.2f}%", expected));
  }

  std::string Raw(Span span) const { return std::string(text_.substr(span.begin, span.size())); }

  const Section& section_;
  std::string_view text_;
  std::vector<Line> lines_;
  std::vector<HeaderColumn> columns_;
  std::size_t header_line_ = 0, first_row_ = 0;
  std::string unit_ = "CNY/kg", unit_printed_;
  std::vector<Row> rows_;
  TableFacts facts_;
};

}  // namespace

TableFacts ReadPriceTable(const Section& section) { return TableReader(section).Read(); }

}  // namespace ytterby
