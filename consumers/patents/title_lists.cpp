#include "consumers/patents/title_lists.hpp"

#include <re2/re2.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"
#include "consumers/reading/section_text.hpp"
#include "consumers/reading/table_cells.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

int NumberBefore(std::string_view line) {
  std::size_t digits = 0;
  while (digits < line.size() && digits < 4 && line[digits] >= '0' && line[digits] <= '9') ++digits;
  return digits == 0 || digits == 4 ? 0 : std::atoi(std::string(line.substr(0, digits)).c_str());
}

// Whether most lines are numbered consecutively.
bool IsNumbered(std::string_view text) {
  std::size_t lines = 0, counted = 0;
  for (std::size_t begin = 0; begin < text.size(); ++lines) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    counted += NumberBefore(text.substr(begin, end - begin)) == static_cast<int>(counted) + 1;
    begin = end + 1;
  }
  return counted >= 3 && counted * 10 >= lines * 6;
}

// A table whose columns are separated by white space: 申请人  专利名称  公布号. Without rows if there is none.
RuledTable SpacedTable(const Section& section) {
  static const RE2 kHead(
      R"(^(?:序号|申请人|专利权人|(?:专利|发明)?名称|(?:公开|公布|公告|申请|专利)号|公布日|公告日|类型)$)");
  RuledTable table;
  if (!HasWord(section.text, "名称")) return table;
  for (TableLine& line : ReadTableLines(section)) {
    if (table.header.empty()) {
      const bool header =
          line.cells.size() > 1 && std::all_of(line.cells.begin(), line.cells.end(),
                                               [](const auto& cell) { return RE2::FullMatch(cell.folded, kHead); });
      if (header) table.header = std::move(line.cells);
    } else if (line.cells.size() == table.header.size()) {
      table.rows.push_back(std::move(line.cells));
    }
  }
  return table;
}

// Reads ruled tables with a column of names. False: there is none.
bool AddTitlesOfTables(const Section& section, std::vector<Record>& records) {
  int ordinal = 0;
  std::vector<RuledTable> tables = ReadRuledTables(section);
  if (tables.empty()) tables.push_back(SpacedTable(section));
  for (const RuledTable& table : tables) {
    std::optional<std::size_t> names;
    for (std::size_t i = 0; i < table.header.size(); ++i) {
      if (!names && table.header[i].folded.find("名称") != std::string::npos) names = i;
    }
    if (!names) continue;
    for (const auto& row : table.rows) {
      if (*names >= row.size() || row[*names].folded.size() < 9) continue;
      PatentTitle record;
      record.ordinal = ordinal++;
      record.title = WordsOf(section.text, row[*names]);
      record.provenance.Add("title", PiecesOf(row[*names]));
      records.push_back(record.Encode());
    }
  }
  return ordinal > 0;
}

}  // namespace

// A title is a paragraph of the list without bullets, numbering and other table cells.
void AddPatentTitles(const Section& section, std::vector<Record>& records) {
  if (AddTitlesOfTables(section, records)) return;
  ReflowOptions options;
  options.join_page_breaks = false;
  options.split_numbered = true;
  const SectionText text(section, options);
  static const RE2 kHead(
      R"(^(?:[-*•●■◎◇◆·]|[①-⑳]|[\[〔【]\d{1,3}[\]〕】]|\(?\d{1,3}[.、)]|\|?\d{1,3}\||\||CN\d{7,9}[A-Z]\d?)+)");
  // Headings of the list's parts, and sentences, are not titles.
  static const RE2 kPart(
      R"(^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]\)).{0,12}(?:专利|公开|授权|公告)$)");
  static const RE2 kHeader(
      R"(^(?:序号|名称|专利名称|发明名称|类型|专利类型|类别|公开号|申请人|申请号|公开\(公告\)号|公开\(公告\)日)+$)");
  // The last column: 实用新型, 发明授权.
  static const RE2 kType(R"(^(.+?)\|?(?:实用新型|外观设计|发明(?:授权|公布|公开|专利)?)(?:专利)?\|?$)");
  static const RE2 kNumber(R"(\|?(CN\d{7,9}[A-Z]\d?)\|?.*$)");
  const bool numbered = IsNumbered(text.text()), typed = HasWord(text.text(), "类型");
  std::size_t begin = 0;
  int ordinal = 0;
  while (begin < text.text().size()) {
    const std::size_t end = text.text().find('\n', begin);
    std::string_view line = text.text().substr(begin, end - begin);
    begin = end + 1;
    re2::StringPiece rest(line.data(), line.size());
    RE2::Consume(&rest, kHead);
    re2::StringPiece number;
    if (HasWord(line, "CN") && RE2::PartialMatch(rest, kNumber, &number) && number.data() > rest.data() + 6) {
      rest = re2::StringPiece(rest.data(), static_cast<std::size_t>(number.data() - rest.data()));
    }
    // In a numbered list, drops a bare number that only a space separates from the title.
    if (numbered && NumberBefore({rest.data(), rest.size()}) == ordinal + 1)
      rest.remove_prefix(std::min(rest.size(), View(rest).find_first_not_of("0123456789")));
    if (typed) RE2::FullMatch(rest, kType, &rest);
    std::string_view title(rest.data(), rest.size());
    while (title.ends_with("|")) title.remove_suffix(1);
    if (title.ends_with("。") || title.ends_with(":") ||
        RE2::FullMatch(re2::StringPiece(line.data(), line.size()), kPart))
      continue;
    if (title.size() < 9 || title.starts_with("#") || title.starts_with("![") || RE2::FullMatch(rest, kHeader))
      continue;
    PatentTitle record;
    record.ordinal = ordinal++;
    record.title = text.Words(title, "title", record.provenance);
    records.push_back(record.Encode());
  }
}

}  // namespace ytterby
