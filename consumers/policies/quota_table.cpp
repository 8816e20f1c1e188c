#include "consumers/policies/quota_table.hpp"

#include <algorithm>
#include <utility>

#include "common/text/utf8.hpp"
#include "consumers/policies/quota_cells.hpp"
#include "consumers/policies/quota_text_tables.hpp"

namespace ytterby {
namespace {

// A total over several columns: of rock-type and ionic mining.
void AddJoinedTotal(const std::vector<TableCell>& cells, std::size_t begin, std::size_t end, QuotaTable& table,
                    QuotaRow row) {
  const bool mining = end - begin > 1 && std::all_of(cells.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                                                     cells.begin() + static_cast<std::ptrdiff_t>(end),
                                                     [](const TableCell& cell) { return cell.from_left; });
  if (!mining) return;
  table.columns.push_back({"mining", table.columns.empty() ? "" : table.columns.front().header});
  for (QuotaRow& other : table.rows) other.values.resize(table.columns.size());
  row.values.assign(table.columns.size(), std::nullopt);
  row.values.back() = cells[begin];
  row.placed_by = "columns-joined";
  table.rows.push_back(std::move(row));
}

std::optional<QuotaTable> FromRuled(const Section& section, const RuledTable& ruled) {
  QuotaTable table;
  table.caption = ruled.caption;
  std::optional<std::size_t> group;
  std::vector<std::pair<std::size_t, QuotaColumn>> columns;
  // 矿产品 above 岩矿型 and 离子型: the second header row names the columns more precisely.
  const bool two = !ruled.rows.empty() && std::none_of(ruled.rows[0].begin(), ruled.rows[0].end(), &IsNumber) &&
                   std::any_of(ruled.rows[0].begin(), ruled.rows[0].end(),
                               [](const TableCell& cell) { return NamesCategory(cell.folded); });
  const std::size_t width = std::max(ruled.header.size(), two ? ruled.rows[0].size() : 0);
  for (std::size_t i = 0; i < width; ++i) {
    std::string head = i < ruled.header.size() ? ruled.header[i].folded : "";
    if (two && i < ruled.rows[0].size() && NamesCategory(ruled.rows[0][i].folded)) head = ruled.rows[0][i].folded;
    // Heads of two columns over one: which figures are whose cannot be known.
    if (HasWord(head, "岩矿") && HasWord(head, "离子")) return std::nullopt;
    if (!group && NamesGroups(head) && !NamesCategory(head)) {
      group = i;
    } else if (NamesCategory(head)) {
      columns.push_back({i, {std::string(QuotaCategoryOf(head)), head}});
    }
  }
  if (!group || columns.empty()) return std::nullopt;
  for (const auto& [index, column] : columns) table.columns.push_back(column);
  bool totals = false;
  for (std::size_t r = two ? 1 : 0; r < ruled.rows.size(); ++r) {
    const auto& cells = ruled.rows[r];
    std::size_t name = *group;
    // A total's name may be in the ordinal's column.
    if (name < cells.size() && cells[name].folded.empty() && cells[0].folded.size() >= 6) name = 0;
    if (name >= cells.size() || cells[name].folded.empty()) continue;
    QuotaRow row;
    row.inside = cells[name].folded.starts_with("其中");
    row.total = IsTotal(cells[name].folded);
    row.name = PiecesOf(cells[name]);
    row.name[0] = WithoutInside(section.text, row.name[0]);
    row.values.assign(table.columns.size(), std::nullopt);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      const std::size_t index = columns[k].first;
      if (index >= cells.size() || !IsNumber(cells[index])) continue;
      std::size_t end = index + 1;
      while (end < cells.size() && cells[end].from_left) ++end;
      // One figure for two groups.
      if (cells[index].from_above && !row.total && !table.rows.empty()) {
        table.rows.back().values[k].reset();
        table.undecided.push_back(table.rows.back());
        table.undecided.push_back(row);
        continue;
      }
      if (end > index + 1 || cells[index].from_left) {
        if (row.total && !cells[index].from_left) AddJoinedTotal(cells, index, end, table, row);
        continue;
      }
      // 总计 below 合计 repeats the columns that it does not join.
      if (!row.total || !totals) row.values[k] = cells[index];
    }
    if (row.total && totals) AddGrandTotal(cells, table, row);
    row.values.resize(table.columns.size());
    totals = totals || row.total;
    table.rows.push_back(std::move(row));
  }
  return table;
}

// All cells of the body's lines, one after the other.
std::vector<TableCell> Stream(const Section& section) {
  std::vector<TableCell> cells;
  for (const Line& line : SplitLines(section.text)) {
    if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
        IsFurnitureLine(section, line))
      continue;
    if (IsRuled(line.In(section.text))) continue;
    for (TableCell& cell : CellsOf(section.text, line)) cells.push_back(std::move(cell));
  }
  return cells;
}

}  // namespace

std::vector<QuotaTable> ReadQuotaTables(const Section& section) {
  std::vector<QuotaTable> tables;
  for (const RuledTable& ruled : ReadRuledTables(section)) {
    if (auto table = FromRuled(section, ruled)) tables.push_back(std::move(*table));
  }
  if (!tables.empty()) return tables;
  const std::vector<TableCell> cells = Stream(section);
  for (std::size_t at = 0; at < cells.size();) {
    if (!MayBeginQuotaHeader(cells[at])) {
      ++at;
      continue;
    }
    if (auto table = QuotaTableByColumns(cells, at)) {
      tables.push_back(std::move(*table));
      break;
    }
    if (auto table = QuotaTableByRows(section, cells, at)) {
      tables.push_back(std::move(*table));
      break;
    }
  }
  return tables;
}

}  // namespace ytterby
