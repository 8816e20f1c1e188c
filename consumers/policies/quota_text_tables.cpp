#include "consumers/policies/quota_text_tables.hpp"

#include <algorithm>
#include <utility>

#include "common/text/utf8.hpp"
#include "consumers/policies/quota_cells.hpp"

namespace ytterby {
namespace {

// The columns that a header's cells name; narrow cells span several lines: 岩矿型稀土 / （轻稀土）.
std::vector<QuotaColumn> ColumnsOf(const std::vector<TableCell>& cells, std::size_t begin, std::size_t end) {
  std::vector<std::string> heads;
  bool open = false;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string& cell = cells[i].folded;
    if (!heads.empty() && (open || cell.starts_with('('))) {
      heads.back() += cell;
    } else {
      heads.push_back(cell);
    }
    open = std::count(heads.back().begin(), heads.back().end(), '(') >
           std::count(heads.back().begin(), heads.back().end(), ')');
  }
  std::vector<QuotaColumn> columns, below;
  for (const std::string& head : heads) {
    if (!NamesCategory(head)) continue;
    QuotaColumn column{std::string(QuotaCategoryOf(head)), head};
    const bool finer = column.category == "mining-rock" || column.category == "mining-ionic";
    const bool under_mining = finer && std::any_of(columns.begin(), columns.end(),
                                                   [](const QuotaColumn& other) { return other.category == "mining"; });
    (under_mining ? below : columns).push_back(std::move(column));
  }
  if (!below.empty()) {
    const auto mining = std::find_if(columns.begin(), columns.end(),
                                     [](const QuotaColumn& other) { return other.category == "mining"; });
    const auto at = columns.erase(mining);
    columns.insert(at, below.begin(), below.end());
  }
  return columns;
}

struct TextRow {
  QuotaRow row;
  std::vector<std::optional<TableCell>> numbers;  // as printed; nullopt for a mark of an empty cell
};

bool EndsName(std::string_view name) {
  return name.ends_with("公司") || name.ends_with("集团") || name.ends_with("省") || name.ends_with("区") ||
         IsTotal(name);
}

// The cells of a header; a page break prints them again between two rows.
struct HeaderCells {
  std::size_t begin, end;
  bool Again(const std::vector<TableCell>& cells, std::size_t at) const {
    if (at + (end - begin) > cells.size() || end <= begin + 1) return false;
    for (std::size_t i = begin; i < end; ++i) {
      if (cells[i].folded != cells[at + i - begin].folded) return false;
    }
    return true;
  }
};

// Reads rows from `at`, which it moves on: an ordinal, a name in one or more cells, numbers.
std::vector<TextRow> RowsFrom(const Section& section, const std::vector<TableCell>& cells, const HeaderCells& header,
                              std::size_t& at, std::size_t columns) {
  constexpr std::size_t kLongestName = 120, kLongestRest = 30;
  std::vector<TextRow> rows;
  std::int64_t ordinal = 0;
  const auto is_next = [&](std::size_t i) {
    const auto value = Decimal::Parse(cells[i].folded);
    return value && value->scale() == 0 && value->mantissa() == ordinal + 1 && i + 1 < cells.size();
  };
  const auto is_ordinal = [&](std::size_t i) {
    return is_next(i) && !IsNumber(cells[i + 1]) && !IsEmptyMark(cells[i + 1]);
  };
  std::string last;  // the name of the row before
  while (at < cells.size()) {
    if (header.Again(cells, at)) at += header.end - header.begin;
    bool numbered = at < cells.size() && is_ordinal(at);
    if (numbered) {
      ++ordinal;
      ++at;
    }
    // The rest of a name that wraps around its row's figures: …股份有 / 844 / 限公司. A cell with figures of its own is
    // no rest.
    const bool figures =
        at + 1 < cells.size() && (IsNumber(cells[at + 1]) || IsEmptyMark(cells[at + 1])) && !is_ordinal(at + 1);
    if (at < cells.size() && !numbered && !figures && !IsTotal(cells[at].folded) && !rows.empty() && !EndsName(last) &&
        EndsName(last + cells[at].folded) && cells[at].folded.size() <= kLongestRest) {
      rows.back().row.name.push_back(cells[at].span);
      ++at;
      numbered = at < cells.size() && is_ordinal(at);
      if (numbered) {
        ++ordinal;
        ++at;
      }
    }
    TextRow one;
    std::string name;
    while (at < cells.size() && !IsNumber(cells[at]) && !IsEmptyMark(cells[at])) {
      if (NamesCategory(cells[at].folded) && !NamesGroups(cells[at].folded)) return rows;
      // A complete name without figures: its row has none in these columns.
      if (EndsName(name)) {
        one.row.inside = name.starts_with("其中");
        rows.push_back(std::exchange(one, {}));
        name.clear();
      }
      if (HasWord(cells[at].folded, "。") || name.size() > kLongestName) return rows;
      name += cells[at].folded;
      one.row.name.push_back(one.row.name.empty() ? WithoutInside(section.text, cells[at].span) : cells[at].span);
      ++at;
      // An ordinal beside a name of two lines comes after the first.
      if (at + 1 < cells.size() && is_next(at) && IsNumber(cells[at + 1])) {
        ++ordinal;
        ++at;
      }
    }
    const auto begins_next = [&](std::size_t i) { return (numbered || !one.numbers.empty()) && is_ordinal(i); };
    while (at < cells.size() && one.numbers.size() < columns && (IsNumber(cells[at]) || IsEmptyMark(cells[at])) &&
           !begins_next(at)) {
      one.numbers.push_back(IsNumber(cells[at]) ? std::optional<TableCell>(cells[at]) : std::nullopt);
      ++at;
    }
    const bool without_figures = one.numbers.empty() && at < cells.size() && begins_next(at);
    if (name.empty() || (one.numbers.empty() && !without_figures)) return rows;
    one.row.total = IsTotal(name);
    one.row.inside = name.starts_with("其中");
    last = name;
    const bool done =
        one.row.total && std::any_of(rows.begin(), rows.end(), [](const TextRow& row) { return row.row.total; });
    rows.push_back(std::move(one));
    if (done) return rows;
  }
  return rows;
}

// Places the numbers of rows that print fewer numbers than there are columns, in the only way in which every column
// adds up to the total.
class Placing {
 public:
  Placing(std::vector<TextRow>& rows, std::size_t columns) : rows_(rows), columns_(columns) {}

  // False if there is no total, no such way, or more than one.
  bool Solve() {
    constexpr std::size_t kMostRows = 60, kMostColumns = 8;
    if (rows_.size() > kMostRows || columns_ > kMostColumns) return false;
    const auto total = std::find_if(rows_.begin(), rows_.end(), [](const TextRow& row) { return row.row.total; });
    if (total == rows_.end() || total->numbers.size() != columns_) return false;
    left_.clear();
    for (const auto& number : total->numbers) left_.push_back(ValueOf(number));
    for (TextRow& row : rows_) {
      if (row.row.total || row.row.inside) continue;
      if (row.numbers.size() == columns_) {
        for (std::size_t c = 0; c < columns_; ++c) Take(c, ValueOf(row.numbers[c]));
      } else {
        open_.push_back(&row);
      }
    }
    chosen_.resize(open_.size());
    Try(0);
    if (found_ != 1) return false;
    for (std::size_t i = 0; i < open_.size(); ++i) Place(*open_[i], solution_[i]);
    return true;
  }

  static void Place(TextRow& row, const std::vector<std::size_t>& columns) {
    for (std::size_t k = 0; k < columns.size(); ++k) row.row.values[columns[k]] = row.numbers[k];
    row.row.placed_by = "column-sums";
  }

 private:
  // A sum too large for a decimal decides nothing.
  void Take(std::size_t column, const Decimal& value) {
    const auto left = left_[column].Minus(value);
    if (!left) {
      found_ = 2;
      return;
    }
    left_[column] = *left;
  }

  void Try(std::size_t i) {
    if (!Step()) return;
    if (i == open_.size()) {
      if (std::all_of(left_.begin(), left_.end(), [](const Decimal& left) { return left == Decimal{}; })) {
        ++found_;
        solution_ = chosen_;
      }
      return;
    }
    Choose(i, 0, {});
  }
  // False once there are two ways, or too many to try.
  bool Step() {
    constexpr long kMostSteps = 200'000;
    if (++steps_ > kMostSteps) found_ = 2;
    return found_ < 2;
  }
  void Choose(std::size_t i, std::size_t column, std::vector<std::size_t> columns) {
    if (!Step()) return;
    const TextRow& row = *open_[i];
    if (columns.size() == row.numbers.size()) {
      chosen_[i] = columns;
      for (std::size_t k = 0; k < columns.size(); ++k) Take(columns[k], ValueOf(row.numbers[k]));
      const bool fits = std::none_of(left_.begin(), left_.end(), [](const Decimal& left) { return left.negative(); });
      if (fits) Try(i + 1);
      for (std::size_t k = 0; k < columns.size(); ++k) Take(columns[k], -ValueOf(row.numbers[k]));
      return;
    }
    if (columns_ - column < row.numbers.size() - columns.size()) return;
    columns.push_back(column);
    Choose(i, column + 1, columns);
    columns.pop_back();
    Choose(i, column + 1, columns);
  }

  std::vector<TextRow>& rows_;
  std::size_t columns_;
  std::vector<Decimal> left_;
  std::vector<TextRow*> open_;
  std::vector<std::vector<std::size_t>> chosen_, solution_;
  int found_ = 0;
  long steps_ = 0;
};

// Places a 其中 row with a single number in the only column in which its parent has at least as much.
void PlaceInside(TextRow& row, const TextRow& parent) {
  if (row.numbers.size() != 1) return;
  std::vector<std::size_t> possible;
  for (std::size_t c = 0; c < parent.row.values.size(); ++c) {
    if (parent.row.values[c] && !(ValueOf(parent.row.values[c]) < ValueOf(row.numbers[0]))) possible.push_back(c);
  }
  if (possible.size() != 1) return;
  Placing::Place(row, possible);
  row.row.placed_by = "inside-its-parent";
}

// 离子型稀土 / 1705 / 4505 …: a column after the one that the rows begin with, and its numbers from top to bottom. A
// column may have fewer numbers than there are rows.
struct LaterColumn {
  QuotaColumn column;
  std::vector<TableCell> numbers;
};

std::vector<LaterColumn> LaterColumns(const std::vector<TableCell>& cells, std::size_t& at) {
  constexpr std::size_t kLongestHead = 60, kMostHeadCells = 3;
  std::vector<LaterColumn> columns;
  while (at < cells.size()) {
    std::size_t head = at;
    std::string name;
    while (head < cells.size() && head - at < kMostHeadCells && !IsNumber(cells[head]) && !IsEmptyMark(cells[head]))
      name += cells[head++].folded;
    if (name.empty() || name.size() > kLongestHead || !NamesCategory(name) || NamesGroups(name)) break;
    LaterColumn one{{std::string(QuotaCategoryOf(name)), name}, {}};
    for (; head < cells.size() && (IsNumber(cells[head]) || IsEmptyMark(cells[head])); ++head)
      one.numbers.push_back(cells[head]);
    if (one.numbers.size() < 2) break;
    columns.push_back(std::move(one));
    at = head;
  }
  return columns;
}

// Gives the numbers of a column with empty cells to the rows whose mining is the sum of rock-type and ionic mining, in
// the order of both; false if that does not come out even.
bool PlaceParts(std::vector<TextRow>& rows, std::size_t given, std::size_t mining, std::size_t open,
                const LaterColumn& column) {
  if (std::any_of(column.numbers.begin(), column.numbers.end(), &IsEmptyMark)) return false;
  std::size_t next = 0;
  std::vector<std::optional<TableCell>> placed(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto left = ValueOf(rows[i].row.values[mining]).Minus(ValueOf(rows[i].row.values[given]));
    if (!left || *left == Decimal{}) continue;
    if (next >= column.numbers.size() || !(*left == ValueOf(column.numbers[next]))) return false;
    placed[i] = column.numbers[next++];
  }
  if (next != column.numbers.size()) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].row.values[open] = placed[i];
    if (placed[i]) rows[i].row.placed_by = "row-sums";
  }
  return true;
}

// The table of rows with one column and of the columns that follow; nullopt if none follows. A column with a number for
// every row is placed by its order. Of another one only the total is certain, where it is the sum of the other numbers,
// unless the rows' sums place all of them.
std::optional<QuotaTable> WithLaterColumns(std::vector<TextRow> rows, QuotaTable table,
                                           const std::vector<TableCell>& cells, std::size_t& at) {
  const std::vector<LaterColumn> later = LaterColumns(cells, at);
  // More numbers than rows: a row was not seen.
  const bool more =
      std::any_of(later.begin(), later.end(), [&](const LaterColumn& one) { return one.numbers.size() > rows.size(); });
  if (later.empty() || more || rows.size() < 2 || !rows.back().row.total) return std::nullopt;
  std::size_t sums = 0;  // the column whose rows are sums
  for (const LaterColumn& one : later) {
    table.columns.push_back(one.column);
    if (one.column.category == "mining" && one.numbers.size() == rows.size()) sums = table.columns.size() - 1;
  }
  for (TextRow& row : rows) {
    row.row.values.assign(table.columns.size(), std::nullopt);
    if (!row.numbers.empty()) row.row.values[0] = row.numbers[0];
  }
  bool certain = true;
  for (std::size_t k = 0; k < later.size(); ++k) {
    if (later[k].numbers.size() != rows.size()) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (IsNumber(later[k].numbers[i])) rows[i].row.values[k + 1] = later[k].numbers[i];
    }
  }
  for (std::size_t k = 0; k < later.size(); ++k) {
    if (later[k].numbers.size() == rows.size()) continue;
    const bool part = later[k].column.category.starts_with("mining-") &&
                      table.columns[0].category.starts_with("mining-") &&
                      later[k].column.category != table.columns[0].category;
    if (part && sums > 0 && PlaceParts(rows, 0, sums, k + 1, later[k])) continue;
    certain = false;
    std::optional<Decimal> sum = Decimal();
    for (std::size_t i = 0; i + 1 < later[k].numbers.size(); ++i)
      sum = sum ? sum->Plus(ValueOf(later[k].numbers[i])) : sum;
    if (sum && *sum == ValueOf(later[k].numbers.back())) rows.back().row.values[k + 1] = later[k].numbers.back();
  }
  for (TextRow& row : rows) {
    if (!certain && !row.row.total) table.undecided.push_back(row.row);
    table.rows.push_back(std::move(row.row));
  }
  return table;
}

// A piece of a sentence alone on a line of narrow text: 7660 吨、冶炼分离 29470 吨；… It is neither a table's header
// nor a name.
bool IsProse(const TableCell& cell) {
  const bool bracket = HasWord(cell.folded, "(") || HasWord(cell.folded, ")");  // 矿产品(折稀土氧化物,吨)
  return (HasWord(cell.folded, ",") && !bracket) || HasWord(cell.folded, ";") || HasWord(cell.folded, "。") ||
         cell.folded.starts_with("吨、");
}

}  // namespace

std::optional<QuotaTable> QuotaTableByRows(const Section& section, const std::vector<TableCell>& cells,
                                           std::size_t& at) {
  constexpr std::size_t kLongestHeader = 16;
  const std::size_t begin = at;
  std::size_t end = begin;
  while (end < cells.size() && end - begin < kLongestHeader && !IsNumber(cells[end])) ++end;
  at = begin + 1;
  if (end == cells.size() || end - begin >= kLongestHeader) return std::nullopt;
  const bool ordinal = cells[end].folded == "1" && end + 1 < cells.size() && !IsNumber(cells[end + 1]);
  std::size_t first = ordinal ? end : end - 1;
  // Names without figures before the first that has one.
  while (!ordinal && first > begin + 1 && EndsName(cells[first - 1].folded) && !NamesCategory(cells[first - 1].folded))
    --first;
  if (std::any_of(cells.begin() + begin, cells.begin() + first, IsProse)) return std::nullopt;
  QuotaTable table;
  table.columns = ColumnsOf(cells, begin, first);
  if (table.columns.empty() || first <= begin + 1) return std::nullopt;
  std::size_t next = first;
  std::vector<TextRow> rows = RowsFrom(section, cells, {begin, first}, next, table.columns.size());
  if (table.columns.size() == 1) {
    if (auto by_column = WithLaterColumns(rows, table, cells, next)) {
      at = next;
      return by_column;
    }
  }
  // Where most names have no figures, these were printed elsewhere, and those that follow a name need not be its own.
  const auto without = std::count_if(rows.begin(), rows.end(), [](const TextRow& row) { return row.numbers.empty(); });
  if (rows.size() > 2 && without * 2 > std::ssize(rows)) {
    for (TextRow& row : rows) table.undecided.push_back(std::move(row.row));
    return table;
  }
  std::erase_if(rows, [](const TextRow& row) { return row.numbers.empty(); });
  if (rows.size() < 2) return std::nullopt;
  std::optional<TextRow> grand;  // 总计 below 合计
  if (rows.back().row.total && rows.size() > 2 &&
      std::any_of(rows.begin(), rows.end() - 1, [](const TextRow& row) { return row.row.total; })) {
    grand = std::move(rows.back());
    rows.pop_back();
  }
  bool short_rows = false;
  for (TextRow& row : rows) {
    row.row.values.assign(table.columns.size(), std::nullopt);
    if (row.numbers.size() == table.columns.size()) {
      row.row.values = row.numbers;
    } else {
      short_rows = true;
    }
  }
  if (short_rows) Placing(rows, table.columns.size()).Solve();
  const TextRow* parent = nullptr;
  for (TextRow& row : rows) {
    const bool empty =
        std::none_of(row.row.values.begin(), row.row.values.end(), [](const auto& value) { return value.has_value(); });
    if (row.row.inside && empty && parent) PlaceInside(row, *parent);
    if (!row.row.inside) parent = &row;
    const bool placed =
        std::any_of(row.row.values.begin(), row.row.values.end(), [](const auto& value) { return value.has_value(); });
    (placed ? table.rows : table.undecided).push_back(row.row);
  }
  if (grand) {
    std::vector<TableCell> numbers;
    for (const auto& number : grand->numbers) {
      if (number) numbers.push_back(*number);
    }
    AddGrandTotal(numbers, table, grand->row);
  }
  return table;
}

std::optional<QuotaTable> QuotaTableByColumns(const std::vector<TableCell>& cells, std::size_t& at) {
  constexpr std::size_t kMostNames = 60, kLongestName = 90;
  std::size_t next = at + 1;
  std::vector<QuotaRow> rows;
  const auto is_header = [&](const TableCell& cell) { return NamesCategory(cell.folded) && !NamesGroups(cell.folded); };
  for (; next < cells.size() && !is_header(cells[next]); ++next) {
    const std::string& name = cells[next].folded;
    if (IsNumber(cells[next]) || IsEmptyMark(cells[next]) || IsProse(cells[next]) || name.size() > kLongestName ||
        rows.size() == kMostNames)
      return std::nullopt;
    QuotaRow row;
    row.name = {cells[next].span};
    row.total = IsTotal(name);
    rows.push_back(std::move(row));
  }
  if (rows.size() < 3 || !rows.back().total) return std::nullopt;
  QuotaTable table;
  while (next + rows.size() < cells.size() && is_header(cells[next])) {
    const std::string& header = cells[next].folded;
    table.columns.push_back({std::string(QuotaCategoryOf(header)), header});
    ++next;
    for (QuotaRow& row : rows) {
      if (!IsNumber(cells[next]) && !IsEmptyMark(cells[next])) return std::nullopt;
      row.values.push_back(IsNumber(cells[next]) ? std::optional(cells[next]) : std::nullopt);
      ++next;
    }
    if (next < cells.size() && (IsNumber(cells[next]) || IsEmptyMark(cells[next]))) return std::nullopt;
  }
  if (table.columns.empty()) return std::nullopt;
  table.rows = std::move(rows);
  at = next;
  return table;
}

bool MayBeginQuotaHeader(const TableCell& one) {
  const std::string& cell = one.folded;
  return cell.size() <= 60 && (cell == "序号" || (NamesCategory(cell) && HasWord(cell, "(折")) ||
                               (NamesGroups(cell) && !NamesCategory(cell) && !HasWord(cell, ":")));
}

}  // namespace ytterby
