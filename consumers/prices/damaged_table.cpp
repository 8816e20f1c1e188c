#include "consumers/prices/damaged_table.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/fold.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/row_names.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMostBetween = 12;         // lines between two rows: a page's foot and head
constexpr std::size_t kLongestDamagedRow = 240;  // bytes
constexpr std::size_t kLeastAgreeing = 6;        // rows that show something that fits
constexpr std::size_t kTableRows = std::tuple_size_v<std::remove_cvref_t<decltype(AssociationTable())>>;

// A word of a line, without the rules of the table that were read as marks or letters beside it.
TableCell WordOf(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::string_view kMarks = "|[]'\"~_";
  const auto strip = [&](std::string_view mark, bool front) {
    const std::string_view word = text.substr(begin, end - begin);
    if (word.size() <= mark.size() || !(front ? word.starts_with(mark) : word.ends_with(mark))) return false;
    (front ? begin : end) += front ? mark.size() : -mark.size();
    return true;
  };
  const auto once = [&] {
    for (char mark : kMarks) {
      if (strip(std::string_view(&mark, 1), true) || strip(std::string_view(&mark, 1), false)) return true;
    }
    for (std::string_view mark : {"“", "”", "‘", "’", "｜"}) {
      if (strip(mark, true) || strip(mark, false)) return true;
    }
    return false;
  };
  while (once()) {
  }
  const Span span{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  return {span, FoldKey(text.substr(begin, end - begin))};
}

// Rules of the table are read as marks.
bool HasLetter(std::string_view folded) {
  return std::any_of(folded.begin(), folded.end(),
                     [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                              (c & 0x80) != 0;
                     }) &&
         folded != "—" && folded != "――";
}

// Words are divided by white space and by a rule.
std::vector<TableCell> WordsOfLine(std::string_view text, const Line& line) {
  std::vector<TableCell> words;
  std::size_t begin = line.begin;
  const auto add = [&](std::size_t end) {
    if (end <= begin) return;
    TableCell word = WordOf(text, begin, end);
    if (HasLetter(word.folded)) words.push_back(std::move(word));
  };
  for (std::size_t at = line.begin; at < line.end; ++at) {
    if (text[at] != ' ' && text[at] != '\t' && text[at] != '|') continue;
    add(at);
    begin = at + 1;
  }
  add(line.end);
  return words;
}

bool IsPrice(std::string_view folded) {
  static const RE2 kPrice(R"(\d[\d,]*\.\d{2})");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kPrice);
}
bool IsChangeOf(std::string_view folded) {
  static const RE2 kChange(R"([+-]?\d{1,3}\.\d{1,2}%)");
  return RE2::FullMatch(re2::StringPiece(folded.data(), folded.size()), kChange);
}

// 134.2711.16%: prices have two decimals, so the change begins after them.
bool SplitGlued(std::vector<TableCell>& words) {
  static const RE2 kGlued(R"((\d[\d,]*\.\d{2})([+-]?\d{1,3}\.\d{1,2}%))");
  re2::StringPiece price, change;
  TableCell& last = words.back();
  if (last.span.size() != last.folded.size() || !RE2::FullMatch(last.folded, kGlued, &price, &change)) return false;
  const auto middle = last.span.begin + static_cast<std::uint32_t>(price.size());
  const TableCell after{{middle, last.span.end}, std::string(change)};
  last = {{last.span.begin, middle}, std::string(price)};
  words.push_back(after);
  return true;
}

// The five cells of a row; nullopt for any other line. The words before the prices are an ordinal, if the table has
// them, the name, the purity, which has a percent sign, and perhaps a unit.
std::optional<std::vector<TableCell>> RowOf(std::vector<TableCell> words, std::optional<std::size_t> ordinal) {
  if (words.size() < 2) return std::nullopt;
  if (!IsChangeOf(words.back().folded) && !SplitGlued(words)) return std::nullopt;
  const std::size_t n = words.size();
  if (n < 3 || !IsPrice(words[n - 2].folded) || !IsPrice(words[n - 3].folded)) return std::nullopt;
  std::size_t first = 0;
  if (ordinal) {
    if (words[0].folded != std::to_string(*ordinal)) return std::nullopt;
    first = 1;
  }
  TableCell name, purity;
  for (std::size_t i = first; i + 3 < n; ++i) {
    if (HasWord(words[i].folded, "/")) continue;  // 元/公斤
    if (HasWord(purity.folded, "%")) continue;
    TableCell& cell = HasWord(words[i].folded, "%") ? purity : name;
    cell.span = cell.folded.empty() ? words[i].span : Span{cell.span.begin, words[i].span.end};
    cell.folded += words[i].folded;
  }
  return std::vector<TableCell>{name, purity, words[n - 3], words[n - 2], words[n - 1]};
}

bool IsHeader(const std::string& folded) {
  static const RE2 kHeader(R"(^(?:序号)?\W{0,4}产?品(?:名|种)?.*月平?均价.*月平?均价)");
  return folded.size() <= kLongestDamagedRow && RE2::PartialMatch(folded, kHeader);
}

// The tag of an alloy or of a purity by element, whatever its letters were read as.
int TagOf(std::string_view purity) {
  static const RE2 kTag(R"([A-Za-z,][A-Za-z0-9,.]{0,6}?(75|80)%)");
  int tag = 0;
  RE2::PartialMatch(re2::StringPiece(purity.data(), purity.size()), kTag, &tag);
  return tag;
}

// How a row speaks for its place: 1 for it, -1 against it, 0 not at all.
int Speaks(const std::vector<TableCell>& row, const TableRow& expected) {
  const std::string &name = row[0].folded, &purity = row[1].folded;
  const auto product = ProductOf(name);
  if (product == expected.id) return 1;
  const int tag = TagOf(purity);
  const int expected_tag = expected.tag.empty() ? 0 : HasWord(expected.tag, "80%") ? 80 : 75;
  if (tag != 0) return tag == expected_tag ? 1 : -1;
  if (HasWord(purity, "99.999")) return expected.id == "yttrium-oxide" ? 1 : -1;
  if (product) return -1;
  const bool oxide = HasWord(expected.printed, "氧化");
  if (name.starts_with("氧化")) return oxide ? 1 : -1;
  if (name.starts_with("金属")) return expected.id.ends_with("-metal") ? 1 : -1;
  if (name.ends_with("铁")) return expected.id.ends_with("-iron") ? 1 : -1;
  return 0;
}

}  // namespace

std::optional<DamagedTable> FindDamagedTable(const Section& section) {
  if (!HasWord(section.text, "均价")) return std::nullopt;
  DamagedTable table;
  std::size_t between = 0;
  bool ordinals = false;
  for (const Line& line : SplitLines(section.text)) {
    if (line.blank || line.begin < section.body_span.begin || line.begin >= section.body_span.end ||
        IsFurnitureLine(section, line))
      continue;
    const std::string_view raw = line.In(section.text);
    const std::string folded = raw.size() <= kLongestDamagedRow ? FoldKey(raw) : std::string();
    if (IsHeader(folded)) {
      if (table.head.empty()) {
        table.header = {line.begin, line.end};
        table.head = WordsOfLine(section.text, line);
        ordinals = folded.starts_with("序号");
      }
      between = 0;
      continue;
    }
    if (table.head.empty()) continue;
    auto row = folded.empty() ? std::nullopt
                              : RowOf(WordsOfLine(section.text, line),
                                      ordinals ? std::optional(table.rows.size() + 1) : std::nullopt);
    if (row) {
      table.rows.push_back(std::move(*row));
      between = 0;
    } else if (++between > kMostBetween) {
      break;
    }
  }
  if (table.rows.size() != kTableRows) return std::nullopt;
  for (std::size_t i = 0; i < kTableRows; ++i) {
    const int speaks = Speaks(table.rows[i], AssociationTable()[i]);
    if (speaks < 0) return std::nullopt;
    table.agreeing += static_cast<std::size_t>(speaks);
  }
  if (table.agreeing < kLeastAgreeing && !ordinals) return std::nullopt;
  if (ordinals) table.agreeing = kTableRows;  // each row's own number
  return table;
}

}  // namespace ytterby
