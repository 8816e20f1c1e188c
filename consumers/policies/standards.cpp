#include <re2/re2.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/text/utf8.hpp"
#include "consumers/policies/parts.hpp"
#include "consumers/policies/standard_lists.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/patterns.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {
namespace {

// GB, GB/T, GB/Z, XB, YS … serial[.part]-year, in folded text.
#define YT_STANDARD "((?:GB|XB|YS|HJ|YB|SJ|JB|HG|DB\\d{2})(?:/?[TZ])?)(\\d{1,6}(?:\\.\\d{1,3})?)-((?:19|20)\\d\\d)"
// Plans of national standards (20231234-T-469), of industry standards (2023-1021T-XB), of editions in other languages
// (W20231234).
#define YT_PLAN "((?:19|20)\\d{6}-(?:[TQZ]|W)-\\d{3}|(?:19|20)\\d\\d-\\d{4}[TQZ]?-(?:XB|YS|SJ|JB|HG|YB)|W\\d{8})"

// XB/T 403-2023: the prefix, a space, serial and year, whatever dashes and spaces are printed.
std::string CanonicalNumber(std::string_view prefix, std::string_view serial, std::string_view year) {
  std::string number(prefix);
  if (number.size() == 3 && number[2] != '/') number.insert(2, "/");  // GBT
  return number + " " + std::string(serial) + "-" + std::string(year);
}

std::optional<std::string> NumberIn(std::string_view folded) {
  static const RE2 kStandard(YT_STANDARD);
  static const RE2 kPlan(YT_PLAN);
  re2::StringPiece prefix, serial, year, plan;
  if (RE2::PartialMatch(Piece(folded), kPlan, &plan)) return std::string(plan);
  if (RE2::PartialMatch(Piece(folded), kStandard, &prefix, &serial, &year))
    return CanonicalNumber(View(prefix), View(serial), View(year));
  return std::nullopt;
}

// Records where a number is printed, and its printed form if that differs from the canonical one in more than white
// space.
void NoteNumber(const SectionText& text, const std::vector<Span>& spans, const std::string& number, FieldName field,
                Provenance& provenance) {
  std::string printed;
  for (Span span : spans)
    printed += WithoutSpace(std::string_view(text.section().text).substr(span.begin, span.size()));
  provenance.Add(field, spans);
  if (printed != WithoutSpace(number)) provenance.Rule(field, "canonical-number: " + printed);
}

std::optional<std::string> RevisionIn(std::string_view folded) {
  if (folded == "制定" || folded == "制订") return "制定";
  if (folded == "修订") return "修订";
  return std::nullopt;
}

// Each number once, as first stated.
struct Standards {
  void Add(Standard standard) {
    if (seen.insert(standard.number).second) all.push_back(std::move(standard));
  }
  std::vector<Standard> all;
  std::set<std::string> seen;
};

// The number alone where a cell has more than it, since another column's words run into it.
std::vector<Span> NumberPieces(const SectionText& text, const TableCell& cell) {
  const std::vector<Span> pieces = PiecesOf(cell);
  for (Span piece : pieces) {
    const std::vector<Span> numbers = StandardNumbersIn(text.section().text, piece);
    if (!numbers.empty()) return {numbers[0]};
  }
  return pieces;
}

// The rest of a row that a page break cuts: neither its first cell nor its number is printed again, and it does not
// stand on the line below, as a heading inside the table does.
bool GoesOn(std::string_view text, const std::vector<TableCell>& above, const std::vector<TableCell>& row,
            std::size_t number, std::size_t title) {
  if (number >= row.size() || title >= row.size()) return false;
  const std::uint32_t from = above[number].span.end, to = row[title].span.begin;
  if (to < from || std::count(text.begin() + from, text.begin() + to, '\n') < 2) return false;
  const auto printed = [&](std::size_t i) { return !row[i].folded.empty() || row[i].from_above; };
  return !printed(0) && !printed(number) && printed(title);
}

// Reads a ruled table whose header names a number and a title; the header's words identify the columns.
void ReadRuled(const SectionText& text, const RuledTable& table, Standards& standards) {
  std::optional<std::size_t> number, title, replaces, revision;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    const std::string& head = table.header[i].folded;
    const auto has = [&](std::string_view word) { return head.find(word) != std::string::npos; };
    const bool revises = has("制修订") || has("制定/修订") || has("制/修订");
    if (revises) revision = i;
    if (has("代替") || has("替代"))
      replaces = replaces.value_or(i);  // two heads may stand over one column, if the other is empty
    else if (revises)
      continue;
    else if (head == "性质")  // of a table that has no column of its own for it
      revision = revision.value_or(i);
    else if ((has("标准") && (has("编号") || has("号"))) || has("计划号") || has("计划编号") || has("项目编号"))
      number = number.value_or(i);
    else if (has("名称") && !has("英文"))
      title = title.value_or(i);
  }
  if (!number || !title) return;
  // A table of editions in other languages repeats standards listed elsewhere.
  if (std::any_of(table.header.begin(), table.header.end(), [](const TableCell& cell) {
        return cell.folded.find("外文") != std::string::npos || cell.folded.find("语种") != std::string::npos;
      }))
    return;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    std::vector<TableCell> row = table.rows[i];
    if (*number >= row.size() || *title >= row.size()) continue;
    const auto found = NumberIn(row[*number].folded);
    if (!found) continue;
    if (i + 1 < table.rows.size() && GoesOn(text.section().text, row, table.rows[i + 1], *number, *title)) {
      const std::vector<Span> more = PiecesOf(table.rows[i + 1][*title]);
      row[*title].rest.insert(row[*title].rest.end(), more.begin(), more.end());
      ++i;
    }
    Standard standard;
    standard.number = *found;
    standard.title = WordsOf(text.section().text, row[*title]);
    NoteNumber(text, NumberPieces(text, row[*number]), *found, "number", standard.provenance);
    standard.provenance.Add("title", PiecesOf(row[*title]));
    if (replaces && *replaces < row.size()) {
      standard.replaces = NumberIn(row[*replaces].folded);
      if (standard.replaces)
        NoteNumber(text, NumberPieces(text, row[*replaces]), *standard.replaces, "replaces", standard.provenance);
    }
    if (revision && *revision < row.size()) {
      standard.revision = RevisionIn(row[*revision].folded);
      if (standard.revision) {
        standard.provenance.Add("revision", row[*revision].span);
        standard.provenance.Rule("revision", "word-of-row");
      }
    }
    standards.Add(std::move(standard));
  }
}

// Drops the columns that may follow a title: whether recommended, made or revised, a date, the next row's ordinal.
std::string_view WithoutOtherColumns(std::string_view title, std::optional<std::string>& revision) {
  for (std::string_view word : {"制定", "修订"}) {
    const std::size_t at = title.find(word);
    if (at == std::string_view::npos || at == 0) continue;
    revision = std::string(word);
    title = title.substr(0, at);
  }
  static const RE2 kDate(R"(((?:19|20)\d\d-\d{1,2}-(?:\d{1,2})?.*)$)");
  re2::StringPiece date;
  if (RE2::PartialMatch(Piece(title), kDate, &date))
    title = title.substr(0, static_cast<std::size_t>(date.data() - title.data()));
  while (!title.empty() && title.back() >= '0' && title.back() <= '9') title.remove_suffix(1);
  for (std::string_view word : {"推荐性", "强制性", "指导性", "推荐", "强制", "指导"}) {
    if (title.size() > word.size() + 6 && title.ends_with(word)) title.remove_suffix(word.size());
  }
  return title;
}

bool IsPlan(std::string_view number) { return number[0] == 'W' || (number[0] >= '0' && number[0] <= '9'); }

// A table of plans names standards only as those to be replaced; GB/T 4137-2022 replaces GB/T 4137-2015.
bool IsEarlierOf(std::string_view earlier, std::string_view number) {
  if (IsPlan(earlier)) return false;
  if (IsPlan(number)) return true;
  const std::size_t a = earlier.rfind('-'), b = number.rfind('-');
  return earlier.substr(0, a) == number.substr(0, b) && earlier.substr(a) < number.substr(b);
}

// Where the table ends after its last number: before the first paragraph that is a sentence.
std::size_t EndOfTable(std::string_view cells, const std::vector<bool>& cell_begins, std::size_t from) {
  for (std::size_t begin = from; begin < cells.size();) {
    std::size_t end = begin + 1;
    while (end < cells.size() && !cell_begins[end]) ++end;
    const std::string_view cell = cells.substr(begin, end - begin);
    const bool body =
        HasWord(cell, "本文件") || HasWord(cell, "本标准") || HasWord(cell, "本部分") || HasWord(cell, "本规范");
    if (cell_begins[begin] && cell.ends_with("。") && !body) return begin;
    begin = end;
  }
  return cells.size();
}

// A table as text, whose cells follow each other and may be broken anywhere: number, title, content, perhaps the number
// it replaces. The cells are joined, since a paragraph break may stand inside a number; `at` leads back.
struct CellStream {
  std::string cells;
  std::vector<std::uint32_t> at;  // of each byte of `cells` its place in the folded text, and that text's end
  std::vector<bool> cell_begins;  // which bytes of `cells` began a paragraph
};

CellStream JoinCells(std::string_view all, std::size_t begin) {
  CellStream stream;
  stream.cells.reserve(all.size() - begin);
  stream.at.reserve(all.size() - begin + 1);
  stream.cell_begins.reserve(all.size() - begin);
  bool fresh = true;
  for (std::size_t i = begin; i < all.size(); ++i) {
    if (all[i] == '\n') {
      fresh = true;
      continue;
    }
    stream.cells += all[i];
    stream.at.push_back(static_cast<std::uint32_t>(i));
    stream.cell_begins.push_back(fresh);
    fresh = false;
  }
  stream.at.push_back(static_cast<std::uint32_t>(all.size()));
  return stream;
}

class StreamReader {
 public:
  StreamReader(const SectionText& text, std::size_t begin, Standards& standards)
      : text_(text), stream_(JoinCells(text.text(), begin)), cells_(stream_.cells), standards_(standards) {}

  void Read() {
    FindNumbers();
    for (std::size_t i = 0; i < found_.size();) i = ReadRow(i);
  }

 private:
  struct Found {
    std::size_t begin, end;
    std::string number;
  };

  void FindNumbers() {
    static const RE2 kNumber(YT_STANDARD "|" YT_PLAN);
    re2::StringPiece input = Piece(cells_), g[5];
    std::size_t from = 0;
    while (from < cells_.size() && kNumber.Match(input, from, cells_.size(), RE2::UNANCHORED, g, 5)) {
      const std::size_t start = static_cast<std::size_t>(g[0].data() - cells_.data());
      from = start + g[0].size();
      found_.push_back(
          {start, from, g[4].empty() ? CanonicalNumber(View(g[1]), View(g[2]), View(g[3])) : std::string(g[4])});
    }
  }

  // Reads the row that number `i` begins; returns the next number to read.
  std::size_t ReadRow(std::size_t i) {
    static const RE2 kBody(R"((本文件|本标准|本部分|本规范))");
    const Found& own = found_[i];
    const std::size_t limit =
        i + 1 < found_.size() ? found_[i + 1].begin : EndOfTable(cells_, stream_.cell_begins, own.end);
    const std::string_view rest = cells_.substr(own.end, limit - own.end);
    re2::StringPiece body;
    std::size_t title_end = rest.size();
    if (RE2::PartialMatch(Piece(rest), kBody, &body)) title_end = static_cast<std::size_t>(body.data() - rest.data());
    std::string_view title = rest.substr(0, title_end);
    const bool by_content = title_end < rest.size();
    std::optional<std::string> revision;
    if (!by_content) title = WithoutOtherColumns(title, revision);
    // A number followed by almost nothing is the one that its row's standard replaces.
    if (title.size() < 6) {
      ReplaceEarlier(own);
      return i + 1;
    }
    Standard standard;
    standard.number = own.number;
    standard.title = text_.Words(Source(own.end, own.end + title.size()));
    standard.revision = revision;
    NoteNumber(text_, SpansOf(own), own.number, "number", standard.provenance);
    if (revision) standard.provenance.Rule("revision", "word-of-row");
    standard.provenance.Add("title", text_.SpansOf(Source(own.end, own.end + title.size())));
    const bool replaces = i + 1 < found_.size() && IsReplaced(i + 1, own.number, by_content);
    if (replaces) {
      standard.replaces = found_[i + 1].number;
      NoteNumber(text_, SpansOf(found_[i + 1]), found_[i + 1].number, "replaces", standard.provenance);
    }
    standards_.Add(std::move(standard));
    return i + (replaces ? 2 : 1);
  }

  // A number by itself that an earlier row's standard replaces, printed after all rows.
  void ReplaceEarlier(const Found& earlier) {
    constexpr std::size_t kMostStandards = 500;
    if (standards_.all.size() > kMostStandards) return;
    for (Standard& standard : standards_.all) {
      if (standard.replaces || !IsEarlierOf(earlier.number, standard.number) || IsPlan(standard.number)) continue;
      standard.replaces = earlier.number;
      NoteNumber(text_, SpansOf(earlier), earlier.number, "replaces", standard.provenance);
    }
  }

  // Whether the row of `number` prints found_[next] as the number that it replaces.
  bool IsReplaced(std::size_t next, const std::string& number, bool by_content) const {
    const Found& one = found_[next];
    const bool last = next + 1 >= found_.size();
    const std::string_view tail = cells_.substr(one.end, (last ? cells_.size() : found_[next + 1].begin) - one.end);
    // …XB/T403-2012 2 XB/T631-2023: only the next row's ordinal follows the replaced number.
    if (tail.size() <= 3 && tail.find_first_not_of("0123456789") == std::string_view::npos) return true;
    if (IsEarlierOf(one.number, number)) return true;
    return last && stream_.cell_begins[one.end < cells_.size() ? one.end : one.begin] &&
           tail.find("本文件") == std::string_view::npos && by_content;
  }

  std::string_view Source(std::size_t from, std::size_t to) const {
    const auto& at = stream_.at;
    return text_.text().substr(at[from], at[to - 1] + 1 - at[from]);
  }

  std::vector<Span> SpansOf(const Found& one) const { return text_.SpansOf(Source(one.begin, one.end)); }

  const SectionText& text_;
  const CellStream stream_;
  const std::string_view cells_;
  Standards& standards_;
  std::vector<Found> found_;
};

void ReadList(const SectionText& text, Standards& standards, std::vector<Finding>& findings) {
  const std::string_view all = text.section().text;
  const StandardList list = ReadStandardList(text.section());
  for (const StandardRow& row : list.rows) {
    Standard standard;
    const auto number = NumberIn(FoldKey(JoinPieces(all, row.number)));
    if (!number) continue;
    standard.number = *number;
    NoteNumber(text, row.number, *number, "number", standard.provenance);
    standard.title = JoinPieces(all, row.title);
    standard.provenance.Add("title", row.title);
    if (!row.replaces.empty()) {
      standard.replaces = NumberIn(FoldKey(JoinPieces(all, row.replaces)));
      if (standard.replaces) NoteNumber(text, row.replaces, *standard.replaces, "replaces", standard.provenance);
    }
    if (!row.revision.empty()) {
      standard.revision = RevisionIn(FoldKey(JoinPieces(all, row.revision)));
      standard.provenance.Add("revision", row.revision);
      standard.provenance.Rule("revision", "word-of-row");
    }
    standards.Add(std::move(standard));
  }
  if (!list.unread.empty()) {
    findings.push_back(
        FindingAt(text.section(), "standards-unread", "warning",
                  fmt::format("the titles of {} numbers cannot be told apart; they give no record", list.unread.size()),
                  list.unread));
  }
}

void ReadStream(const SectionText& text, Standards& standards) {
  // 标准编号, 计划号, 序号 标准: a head ends with 号, perhaps broken into two lines; only what is around one is looked
  // at.
  static const RE2 kHead(R"(((?:标准|计划|项目)(?:\n)?编号|标准(?:\n)?号|计划(?:\n)?号|序(?:\n)?号(?:\n)?标准))");
  constexpr std::string_view kNumber = "号";
  constexpr std::size_t kBefore = 13, kAfter = 10;
  const std::string_view all = text.text();
  for (std::size_t at = FindWord(all, kNumber); at != std::string_view::npos;
       at = FindWord(all, kNumber, at + kNumber.size())) {
    const std::size_t begin = at - std::min(at, kBefore);
    re2::StringPiece head;
    if (!RE2::PartialMatch(Piece(all.substr(begin, at + kAfter - begin)), kHead, &head)) continue;
    StreamReader(text, static_cast<std::size_t>(head.data() - all.data()), standards).Read();
    return;
  }
}

}  // namespace

std::vector<Standard> ReadStandards(const SectionText& text, std::vector<Finding>& findings) {
  Standards standards;
  for (const RuledTable& table : ReadRuledTables(text.section())) ReadRuled(text, table, standards);
  if (standards.all.empty()) ReadList(text, standards, findings);
  if (standards.all.empty()) ReadStream(text, standards);
  return std::move(standards.all);
}

}  // namespace ytterby
