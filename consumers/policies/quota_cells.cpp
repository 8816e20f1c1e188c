#include "consumers/policies/quota_cells.hpp"

#include <algorithm>
#include <utility>

#include "common/text/utf8.hpp"

namespace ytterby {

bool NamesCategory(std::string_view head) {
  for (std::string_view word : {"岩矿", "离子", "分离", "开采", "轻稀土", "中重", "矿产品"}) {
    if (HasWord(head, word)) return true;
  }
  return false;
}
bool NamesGroups(std::string_view head) {
  for (std::string_view word : {"集团", "企业", "单位", "省", "地区"}) {
    if (HasWord(head, word)) return true;
  }
  return false;
}
bool IsTotal(std::string_view name) { return HasWord(name, "合计") || HasWord(name, "总计"); }
bool IsNumber(const TableCell& cell) { return Decimal::Parse(cell.folded).has_value(); }
bool IsEmptyMark(const TableCell& cell) { return cell.folded == "-" || cell.folded == "--" || cell.folded == "/"; }

Decimal ValueOf(const std::optional<TableCell>& cell) {
  return cell ? Decimal::Parse(cell->folded).value_or(Decimal{}) : Decimal{};
}

Span WithoutInside(std::string_view text, Span span) {
  const Folded folded = Fold(text.substr(span.begin, span.size()));
  constexpr std::string_view kInside = "其中";
  if (!folded.text.starts_with(kInside)) return span;
  const std::size_t colon = folded.text.find(':');
  const std::size_t begin = colon == std::string::npos ? kInside.size() : colon + 1;
  if (begin < folded.text.size()) span.begin += folded.source[begin];
  return span;
}

void AddGrandTotal(const std::vector<TableCell>& cells, QuotaTable& table, QuotaRow row) {
  const auto total = std::find_if(table.rows.begin(), table.rows.end(), [](const QuotaRow& one) { return one.total; });
  if (total == table.rows.end()) return;
  std::optional<Decimal> sum = Decimal();
  std::size_t parts = 0;
  for (std::size_t k = 0; k < table.columns.size(); ++k) {
    if (table.columns[k].category == "mining") return;
    if (table.columns[k].category == "separation" || !total->values[k]) continue;
    ++parts;
    sum = sum ? sum->Plus(ValueOf(total->values[k])) : sum;
  }
  if (parts < 2 || !sum) return;
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const TableCell& cell) {
    return IsNumber(cell) && *Decimal::Parse(cell.folded) == *sum;
  });
  if (found == cells.end()) return;
  table.columns.push_back({"mining", "column-sums"});
  for (QuotaRow& other : table.rows) other.values.resize(table.columns.size());
  row.values.assign(table.columns.size(), std::nullopt);
  row.values.back() = *found;
  row.placed_by = "column-sums";
  table.rows.push_back(std::move(row));
}

std::string_view QuotaCategoryOf(std::string_view folded) {
  if (HasWord(folded, "分离")) return "separation";
  if (HasWord(folded, "离子") || HasWord(folded, "中重")) return "mining-ionic";
  if (HasWord(folded, "岩矿") || HasWord(folded, "轻稀土") || HasWord(folded, "矿物型")) return "mining-rock";
  return "mining";
}

}  // namespace ytterby
