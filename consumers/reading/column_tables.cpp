#include "consumers/reading/column_tables.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "common/text/utf8.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLeastRows = 2, kMostRows = 200, kMostColumns = 8;

enum class CellType { kWords, kNumber, kChange, kPurity, kUnit, kEmpty };

CellType TypeOf(const std::string& folded) {
  static const RE2 kNumber(R"(^\d[\d,]*(?:\.\d+)?(?:[-~]\d[\d,]*(?:\.\d+)?)?$)");
  static const RE2 kChange(R"(^[↑↓▲▼+-]?\d+(?:\.\d+)?%[↑↓▲▼]?$|^[↑↓▲▼+-]\d+(?:\.\d+)?$|^持平$)");
  static const RE2 kUnit(R"(^(?:万?元|美元)/(?:吨|公斤|千克|kg|KG)$)");
  if (RE2::FullMatch(folded, kUnit)) return CellType::kUnit;
  if (folded == "-" || folded == "--" || folded == "/") return CellType::kEmpty;
  if (RE2::FullMatch(folded, kNumber)) return CellType::kNumber;
  if (folded.starts_with("≥") || folded.starts_with(">") || folded.starts_with("±")) return CellType::kPurity;
  if (RE2::FullMatch(folded, kChange)) return CellType::kChange;
  return CellType::kWords;
}

bool HeadsNames(const std::string& folded) {
  static const RE2 kHead("^(?:" + std::string(kProductColumnNames) + ")$");
  return RE2::FullMatch(folded, kHead);
}

bool IsHead(const std::string& folded) {
  static const RE2 kHead(
      R"(纯度|规格|品级|单位|均价|平均|价格|报价|最高|最低|环比|同比|涨跌|涨幅|跌幅|幅度|月初|月末|上月|本月|挂牌|价$|\d月$)");
  return folded.size() <= 60 && RE2::PartialMatch(folded, kHead);
}
bool HeadsChange(const std::string& folded) {
  return HasWord(folded, "环比") || HasWord(folded, "同比") || HasWord(folded, "涨") || HasWord(folded, "跌") ||
         HasWord(folded, "幅");
}
bool HeadsPurity(const std::string& folded) {
  return HasWord(folded, "纯度") || HasWord(folded, "规格") || HasWord(folded, "品级");
}

class ColumnTable {
 public:
  ColumnTable(const std::vector<TableLine>& lines, std::size_t begin) : lines_(lines), at_(begin) {}

  // The table that begins here; `end` is the line after it.
  bool Read() {
    if (lines_[at_].ruled || lines_[at_].cells.size() != 1 || !HeadsNames(lines_[at_].cells[0].folded)) return false;
    header_.push_back(lines_[at_].cells[0]);
    ++at_;
    ReadNames();
    if (names_.size() < 2 * kLeastRows && !std::all_of(names_.begin(), names_.end(), [](const TableCell& name) {
          return ProductFromPrinted(name.folded).has_value();
        })) {
      return false;
    }
    if (names_.size() < kLeastRows || names_.size() > kMostRows) return false;
    for (const TableCell& name : names_) rows_.push_back({name});
    while (header_.size() < kMostColumns && ReadGroup()) {
    }
    return header_.size() > 1;
  }

  std::size_t end() const { return at_; }
  void AddTo(std::vector<TableLine>& out) const {
    out.push_back({header_[0].span, true, header_});
    for (const auto& row : rows_) out.push_back({row[0].span, true, row});
  }

 private:
  void ReadNames() {
    for (; at_ < lines_.size() && lines_[at_].cells.size() == 1 && !lines_[at_].ruled; ++at_) {
      const TableCell& cell = lines_[at_].cells[0];
      if (TypeOf(cell.folded) != CellType::kWords || IsHead(cell.folded) || cell.folded.size() > 45) return;
      // 氧化镨 / 钕: one name in a narrow column.
      if (!names_.empty() && !ProductFromPrinted(cell.folded) &&
          ProductFromPrinted(names_.back().folded + cell.folded)) {
        names_.back().folded += cell.folded;
        names_.back().span.end = cell.span.end;
      } else {
        names_.push_back(cell);
      }
    }
  }

  // Heads, and then the cells of their columns.
  bool ReadGroup() {
    std::vector<TableCell> heads, values;
    std::size_t at = at_;
    for (; at < lines_.size() && !lines_[at].ruled; ++at) {
      bool fits = true;
      for (const TableCell& cell : lines_[at].cells) {
        if (TypeOf(cell.folded) == CellType::kWords) {
          fits = fits && values.empty() && (IsHead(cell.folded) || !heads.empty()) && cell.folded.size() <= 60 &&
                 !HasWord(cell.folded, "。");
          if (fits) AddHead(heads, cell);
        } else {
          fits = fits && !heads.empty();
          if (fits) AddValue(values, cell);
        }
      }
      if (!fits) break;
    }
    const std::size_t rows = names_.size();
    if (heads.empty() || values.empty() || values.size() % rows != 0) return false;
    const std::size_t columns = values.size() / rows;
    if (columns > kMostColumns) return false;
    if (columns > 1 && !InRows(values, columns)) values = Transposed(values, columns);
    AddColumns(heads, values, columns);
    at_ = at;
    return true;
  }

  static void AddHead(std::vector<TableCell>& heads, const TableCell& cell) {
    // 2024年4月平均 2024年5月平均 / 价 / 价: the rest of a narrow head.
    const bool rest = !IsHead(cell.folded) || cell.folded == "价格" || cell.folded == "均价";
    if (rest) {
      for (TableCell& head : heads) {
        if (HasWord(head.folded, "价") || HeadsChange(head.folded) || HeadsPurity(head.folded)) continue;
        head.folded += cell.folded;
        return;
      }
      if (!heads.empty() && !IsHead(cell.folded)) {
        heads.back().folded += cell.folded;
        return;
      }
    }
    heads.push_back(cell);
  }

  // ±2% belongs to the purity before it.
  static void AddValue(std::vector<TableCell>& values, const TableCell& cell) {
    constexpr std::size_t kReach = 5;  // cells of the row that may come in between
    if (cell.folded.starts_with("±")) {
      for (std::size_t i = values.size(); i-- > 0 && values.size() - i <= kReach;) {
        if (TypeOf(values[i].folded) != CellType::kPurity) continue;
        values[i].folded += cell.folded;
        values[i].rest.push_back(cell.span);
        return;
      }
    } else {
      values.push_back(cell);
    }
  }

  // Whether the cells come row by row: then each column has one type, and neighbouring numbers of a row are closer.
  static bool InRows(const std::vector<TableCell>& values, std::size_t columns) {
    return Disorder(values, columns) <= Disorder(Transposed(values, columns), columns);
  }
  static double Disorder(const std::vector<TableCell>& values, std::size_t columns) {
    constexpr double kOtherType = 10;
    double disorder = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const CellType type = TypeOf(values[i].folded);
      if (i >= columns && type != TypeOf(values[i - columns].folded)) disorder += kOtherType;
      if (i % columns > 0 && type == CellType::kNumber && TypeOf(values[i - 1].folded) == CellType::kNumber) {
        disorder += std::min(kOtherType, std::abs(std::log(Number(values[i]) / Number(values[i - 1]))));
      }
    }
    return disorder;
  }
  static double Number(const TableCell& cell) { return std::max(1e-6, std::atof(cell.folded.c_str())); }

  static std::vector<TableCell> Transposed(const std::vector<TableCell>& values, std::size_t columns) {
    const std::size_t rows = values.size() / columns;
    std::vector<TableCell> turned;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) turned.push_back(values[column * rows + row]);
    }
    return turned;
  }

  // Each column takes the next head of its type.
  void AddColumns(std::vector<TableCell>& heads, const std::vector<TableCell>& values, std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column) {
      bool purity = false, change = false, unit = false;
      for (std::size_t row = 0; row < names_.size(); ++row) {
        const CellType type = TypeOf(values[row * columns + column].folded);
        purity = purity || type == CellType::kPurity;
        change = change || type == CellType::kChange;
        unit = unit || type == CellType::kUnit;
      }
      const auto head = std::find_if(heads.begin(), heads.end(), [&](const TableCell& one) {
        return HeadsPurity(one.folded) == purity && HasWord(one.folded, "单位") == unit &&
               (purity || !change || HeadsChange(one.folded));
      });
      header_.push_back(head == heads.end() ? TableCell{} : *head);
      if (head != heads.end()) heads.erase(head);
      for (std::size_t row = 0; row < names_.size(); ++row) rows_[row].push_back(values[row * columns + column]);
    }
  }

  const std::vector<TableLine>& lines_;
  std::size_t at_;
  std::vector<TableCell> header_, names_;
  std::vector<std::vector<TableCell>> rows_;
};

// A table with a row a day or a month and a column a product: 日期, the products, and for each day as many numbers; or
// 日期, the days, and for each product as many numbers. Its cells may stand in any arrangement of lines.
class DayTable {
 public:
  DayTable(const std::vector<TableLine>& lines, std::size_t begin) : lines_(lines), line_(begin) {}

  bool Read() {
    const TableCell* head = Cell();
    if (!head || !HeadsDays(head->folded)) return false;
    header_.push_back({head->span, "产品"});
    if (Next(); Cell() && IsDay(Cell()->folded)) return ReadColumns();
    for (; Cell() && ProductFromPrinted(Cell()->folded); Next()) products_.push_back(*Cell());
    if (products_.size() < 2 || products_.size() > kMostColumns) return false;
    for (const TableCell& product : products_) rows_.push_back({product});
    while (header_.size() < kMostRows && ReadDay()) {
    }
    return header_.size() > 2;
  }

  std::size_t end() const { return end_; }
  void AddTo(std::vector<TableLine>& out) const {
    out.push_back({header_[0].span, true, header_});
    for (const auto& row : rows_) out.push_back({row[0].span, true, row});
  }

 private:
  static bool HeadsDays(const std::string& folded) {
    return folded == "日期" || folded == "月份" || folded == "时间" || folded == "交易日" || folded == "月度";
  }
  static bool IsDay(const std::string& folded) {
    static const RE2 kDay(R"(^(?:(?:19|20)\d\d年)?\d{1,2}月份?(?:\d{1,2}日)?$)");
    return RE2::FullMatch(folded, kDay);
  }

  const TableCell* Cell() const {
    return line_ < lines_.size() && cell_ < lines_[line_].cells.size() ? &lines_[line_].cells[cell_] : nullptr;
  }
  void Next() {
    if (++cell_ < lines_[line_].cells.size()) return;
    cell_ = 0;
    ++line_;
  }

  // All days, and then each product with a number for every day.
  bool ReadColumns() {
    for (; Cell() && IsDay(Cell()->folded) && header_.size() <= kMostRows; Next()) header_.push_back(*Cell());
    const std::size_t days = header_.size() - 1;
    while (Cell() && rows_.size() < kMostRows && ProductFromPrinted(Cell()->folded)) {
      std::vector<TableCell> row{*Cell()};
      for (Next(); Cell() && row.size() <= days; Next()) {
        const CellType type = TypeOf(Cell()->folded);
        if (type != CellType::kNumber && type != CellType::kEmpty) break;
        row.push_back(*Cell());
      }
      if (row.size() != days + 1) return false;
      rows_.push_back(std::move(row));
      end_ = cell_ == 0 ? line_ : line_ + 1;
    }
    return days >= kLeastRows && rows_.size() >= kLeastRows;
  }

  bool ReadDay() {
    // The header comes again on another page.
    if (Cell() && HeadsDays(Cell()->folded)) {
      for (Next(); Cell() && ProductFromPrinted(Cell()->folded);) Next();
    }
    if (!Cell() || !IsDay(Cell()->folded)) return false;
    const TableCell day = *Cell();
    std::vector<TableCell> numbers;
    for (Next(); Cell() && numbers.size() < products_.size(); Next()) {
      const CellType type = TypeOf(Cell()->folded);
      if (type != CellType::kNumber && type != CellType::kEmpty) return false;
      numbers.push_back(*Cell());
    }
    if (numbers.size() < products_.size()) return false;
    header_.push_back(day);
    for (std::size_t i = 0; i < numbers.size(); ++i) rows_[i].push_back(numbers[i]);
    end_ = cell_ == 0 ? line_ : line_ + 1;
    return true;
  }

  const std::vector<TableLine>& lines_;
  std::size_t line_, cell_ = 0, end_ = 0;
  std::vector<TableCell> header_, products_;
  std::vector<std::vector<TableCell>> rows_;
};

}  // namespace

std::vector<TableLine> RowsOfColumnTables(std::vector<TableLine> lines) {
  // Most sections have no such table: their lines are only moved where one was found above.
  std::vector<TableLine> out;
  std::size_t kept = 0;  // lines already in `out`
  for (std::size_t at = 0; at < lines.size();) {
    ColumnTable columns(lines, at);
    DayTable days(lines, at);
    const bool in_columns = columns.Read();
    if (!in_columns && !days.Read()) {
      ++at;
      continue;
    }
    std::move(lines.begin() + static_cast<std::ptrdiff_t>(kept), lines.begin() + static_cast<std::ptrdiff_t>(at),
              std::back_inserter(out));
    in_columns ? columns.AddTo(out) : days.AddTo(out);
    at = kept = in_columns ? columns.end() : days.end();
  }
  if (kept == 0) return lines;
  std::move(lines.begin() + static_cast<std::ptrdiff_t>(kept), lines.end(), std::back_inserter(out));
  return out;
}

}  // namespace ytterby
