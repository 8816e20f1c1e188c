#include "consumers/prices/table_prices.hpp"

#include "common/text/utf8.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>

#include "consumers/prices/row_names.hpp"
#include "consumers/reading/findings.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

using Cell = TableCell;

class TablePrices {
 public:
  TablePrices(const Section& section, std::vector<PriceTable> tables, TableFacts& facts)
      : section_(section), text_(section.text), tables_(std::move(tables)), facts_(facts) {}

  void Add() {
    const std::size_t placed = tables_.size() == 1 ? tables_.front().placed : 0;
    if (placed == 0) DropRepeatedRows();  // the place of every row counts there
    facts_.by_place = placed > 0;
    std::vector<PrintedRow> printed;
    for (const PriceTable& table : tables_) {
      for (const PriceRow& row : table.rows) {
        std::string purity;
        for (const Cell& cell : row.purity) purity += cell.folded;
        printed.push_back({row.name.folded, purity});
      }
    }
    const RowNames names = placed > 0 ? NameByPlace(printed, placed) : NameRows(printed);
    if (names.in_order && printed.size() != AssociationTable().size()) {
      const PriceRow& first = tables_.front().rows.front();
      AddFinding("table-rows", "warning",
                 fmt::format("the table has {} rows, not {}", printed.size(), AssociationTable().size()),
                 first.name.span);
    }
    std::size_t i = 0;
    for (const PriceTable& table : tables_) {
      for (const PriceRow& row : table.rows) {
        const RowName& name = names.rows[i++];
        const Span where = row.name.span.size() > 0 ? row.name.span : FirstOf(row);
        if (name.repaired) AddFinding("name-repaired", "info", *name.repaired, where);
        if (!name.product) AddFinding("name-damaged", "warning", name.doubt, row.name.span);
        if (row.damaged) {
          AddFinding("row-damaged", "warning",
                     fmt::format("the cells of row {} do not fit the header", row.name.folded), row.name.span);
        } else {
          CheckChange(table, row);
          AddPrices(table, row, name);
        }
      }
    }
  }

 private:
  static Span FirstOf(const PriceRow& row) {
    for (const auto& value : row.values) {
      if (value) return value->span;
    }
    return row.name.span;
  }

  static bool SameCells(const PriceRow& one, const PriceRow& other) {
    const auto same = [](const std::optional<Cell>& a, const std::optional<Cell>& b) {
      return a.has_value() == b.has_value() && (!a || a->folded == b->folded);
    };
    return one.name.folded == other.name.folded &&
           std::equal(one.values.begin(), one.values.end(), other.values.begin(), other.values.end(), same);
  }

  // A row repeated directly below itself, as at the top of a page, is one row.
  void DropRepeatedRows() {
    const PriceRow* previous = nullptr;
    for (PriceTable& table : tables_) {
      std::vector<PriceRow> kept;
      kept.reserve(table.rows.size());
      for (PriceRow& row : table.rows) {
        if (previous && SameCells(*previous, row)) {
          AddFinding("row-twice", "info",
                     fmt::format("row {} stands twice with the same numbers; it is read once", row.name.folded),
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

  // The price column with the latest period; of equal periods, the last column.
  static std::size_t CurrentColumn(const PriceTable& table) {
    std::size_t current = table.columns.size();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column != PriceColumn::kPrice) continue;
      if (current == table.columns.size() || table.columns[i].period >= table.columns[current].period) current = i;
    }
    return current;
  }
  static std::optional<std::size_t> ColumnOf(const PriceTable& table, PriceColumn column) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].column == column) return i;
    }
    return std::nullopt;
  }

  // The price column that the changes belong to. A change over the month (月涨跌幅) is that of the month's last price.
  static std::size_t ChangedColumn(const PriceTable& table) {
    const auto change = ColumnOf(table, PriceColumn::kMom);
    if (change && (HasWord(table.columns[*change].folded, "月涨") || HasWord(table.columns[*change].folded, "月跌"))) {
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].column == PriceColumn::kPrice && table.columns[i].statistic == "month_close") return i;
      }
    }
    return CurrentColumn(table);
  }

  void AddPrices(const PriceTable& table, const PriceRow& row, const RowName& name) {
    const std::size_t changed = ChangedColumn(table);
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
      if (!value) {
        AddFinding("number-damaged", "warning",
                   fmt::format("{}: {} is not read as a number", row.name.folded, row.values[i]->folded),
                   row.values[i]->span);
        continue;
      }
      price.value = *value;
      std::string unit = header.unit.empty() ? table.unit : PriceUnitNamed(header.unit);
      std::string unit_printed = header.unit.empty() ? table.unit_printed : header.unit;
      if (const auto of_row = ColumnOf(table, PriceColumn::kUnit); of_row && row.values[*of_row]) {
        unit_printed = row.values[*of_row]->folded;
        unit = PriceUnitNamed(unit_printed);
      }
      price.unit = unit;
      price.provenance.Rule("unit", unit_printed.empty() ? "unit-assumed" : "unit-of-table: " + unit_printed);
      price.cny_per_kg = unit == "10kCNY/t" ? value->ShiftedBy(1) : unit == "CNY/t" ? value->ShiftedBy(-3) : *value;
      price.provenance.Rule("cny_per_kg", fmt::format("unit-conversion: {} {}", price.value_text, unit));
      price.where = section_.category == Category::kMarket ? "table" : "news";
      // The change belongs to the latest month; the previous month is a separate price.
      if (i == changed) AddChanges(table, row, price);
      price.provenance.Rule("statistic", "column-header: " + header.folded);
      price.provenance.Rule("period", "column-header: " + header.folded);
      facts_.prices.push_back(std::move(price));
    }
  }

  void SetPrinted(const PriceRow& row, Price& price) const {
    // 氧化镧（La2O3）: the formula in brackets is not part of the name.
    Span name = row.name.span;
    const Folded folded = Fold(Raw(name));
    if (const std::size_t bracket = folded.text.find('('); bracket != std::string::npos && bracket > 0) {
      name.end = name.begin + folded.EndOf(bracket - 1);
    }
    price.as_printed = WithoutSpace(Raw(name));
    price.provenance.Add("as_printed", Without(name, section_.furniture));
    std::vector<Span> purity;
    for (const Cell& cell : row.purity) {
      for (Span piece : PiecesOf(cell)) {
        price.purity = price.purity.value_or("") + WithoutSpace(Raw(piece));
        purity.push_back(piece);
      }
    }
    price.provenance.Add("purity", purity);
  }

  void AddChanges(const PriceTable& table, const PriceRow& row, Price& price) const {
    const auto mom = ColumnOf(table, PriceColumn::kMom), yoy = ColumnOf(table, PriceColumn::kYoy);
    const auto read = [&](std::optional<std::size_t> column, FieldName field) -> std::optional<Decimal> {
      if (!column || !row.values[*column]) return std::nullopt;
      return ReadChange(*row.values[*column], field, price.provenance);
    };
    if (price.statistic == "spot") return;  // a daily table says only in its text which day it compares with
    price.change_pct = read(mom, "change_pct");
    if (price.change_pct) {
      price.change_basis =
          price.statistic == "month_average" || price.statistic == "list_price" ? "mom" : "month_to_date";
      price.change_yoy_pct = read(yoy, "change_yoy_pct");
    } else if ((price.change_pct = read(yoy, "change_pct"))) {
      price.change_basis = "yoy";
    }
    if (price.change_basis) price.provenance.Rule("change_basis", "column-header");
  }

  // -10.82%, ↓10.82: an arrow gives the sign.
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

  // 环比 = (current - previous) / previous, within 0.011 points: a row that fails has a damaged number, not a damaged
  // name.
  void CheckChange(const PriceTable& table, const PriceRow& row) {
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
    const auto before = Decimal::Parse(row.values[*previous]->folded),
               now = Decimal::Parse(row.values[current]->folded);
    const auto change = ReadChange(*row.values[*mom], "change_pct", unused);
    if (!before || !now || !change || before->mantissa() == 0) return;
    const double expected = 100 * (now->ToDouble() - before->ToDouble()) / before->ToDouble();
    if (std::abs(expected - change->ToDouble()) <= 0.011) return;
    AddFinding("row-change", "warning",
               fmt::format("{}: the change does not follow from {} and {}; one of the three numbers is damaged",
                           row.name.folded, row.values[*previous]->folded, row.values[current]->folded),
               table.placed > 0
                   ? std::vector{row.values[*previous]->span, row.values[current]->span, row.values[*mom]->span}
                   : std::vector{row.values[*mom]->span},
               fmt::format("{:.2f}%", expected));
  }

  void AddFinding(std::string check, std::string severity, std::string message, Span span) {
    AddFinding(std::move(check), std::move(severity), std::move(message), std::vector{span}, std::nullopt);
  }
  void AddFinding(std::string check, std::string severity, std::string message, const std::vector<Span>& spans,
                  std::optional<std::string> expected) {
    std::vector<Span> places;
    for (Span span : spans) {
      const std::vector<Span> pieces = Without(span, section_.furniture);
      places.insert(places.end(), pieces.begin(), pieces.end());
    }
    facts_.findings.push_back(
        FindingAt(section_, std::move(check), std::move(severity), std::move(message), places, std::move(expected)));
  }
  std::string Raw(Span span) const { return std::string(text_.substr(span.begin, span.size())); }

  const Section& section_;
  std::string_view text_;
  std::vector<PriceTable> tables_;
  TableFacts& facts_;
};

}  // namespace

std::string PriceUnitNamed(std::string_view printed) {
  return printed == "万元/吨" ? "10kCNY/t" : printed == "元/吨" ? "CNY/t" : "CNY/kg";
}

void AddTablePrices(const Section& section, std::vector<PriceTable> tables, TableFacts& facts) {
  TablePrices(section, std::move(tables), facts).Add();
}

}  // namespace ytterby
