// The patents consumer: labelled briefs, and lists of titles.
#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/findings.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/section_text.hpp"
#include "consumers/table_cells.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

enum class Field { kTitle, kDate, kNumber, kInventors, kAbstract, kOther };

struct Label {
  Field field;
  std::size_t begin = 0, end = 0;  // in the folded text, colon included
};

// Does a cell of a table end at `at` of the folded text: is there a bar, or was there a tab before it was folded?
bool EndsCell(const SectionText& section, std::size_t at) {
  const Folded& folded = section.folded();
  if (at == 0 || at >= folded.text.size()) return false;
  if (folded.text[at] == '|') return at + 1 < folded.text.size() && folded.text[at + 1] != '\n';  // the bar at a row's end ends no label
  const std::uint32_t from = folded.EndOf(at - 1), to = folded.source[at];
  return from < to && std::string_view(section.section().text).substr(from, to - from).find('\t') != std::string_view::npos;
}

// The labels of a brief in any order; a label begins a paragraph or follows another field.
std::vector<Label> FindLabels(const SectionText& section) {
  const std::string_view text = section.text();
  static const RE2 kLabel(
      R"((发明名称|专利名称|实用新型名称|名称)|((?:申请)?(?:公开|公布|公告|授权公告)(?:\((?:公告|公开|公布)\))?(?:日期|日))|((?:申请)?(?:公开|公布|公告|授权公告|专利)(?:\((?:公告|公开|公布)\))?号)|((?:发明\(设计\)人|发明人|设计人))|(摘要)|(申请\(专利\)号|申请号|主权项|主权利要求|权利要求|技术领域|说明书|国省代码|法律状态|申请日期|申请日|申请\(专利权\)人|申请人|专利权人|IPC分类号|分类号|代理人|代理机构|地址|优先权))");
  static const RE2 kNextLabel("^\\|?(?:" + kLabel.pattern() + ")");
  std::vector<Label> labels;
  re2::StringPiece input(text.data(), text.size());
  std::size_t from = 0;
  re2::StringPiece groups[7];
  while (from < text.size() && kLabel.Match(input, from, text.size(), RE2::UNANCHORED, groups, 7)) {
    const std::size_t begin = static_cast<std::size_t>(groups[0].data() - text.data());
    std::size_t end = begin + groups[0].size();
    from = end;
    // A label stands at the begin of a paragraph and is followed by a colon (or, for 摘要, stands alone).
    const bool starts = begin == 0 || text[begin - 1] == '\n' || text.substr(0, begin).ends_with("】") ||
                        text.substr(0, begin).ends_with("[") || text.substr(0, begin).ends_with("【") ||
                        text.substr(0, begin).ends_with(";") || text.substr(0, begin).ends_with("。");
    std::string_view rest = text.substr(end);
    const bool closed = rest.starts_with("】") || rest.starts_with("]");
    if (closed) end += rest.starts_with("]") ? 1 : 3;
    // Of a table, whose next cell is the value; in a row of labels alone it is the next label.
    const bool cell = (starts || text[begin - 1] == '|') && EndsCell(section, end) &&
                      !RE2::PartialMatch(re2::StringPiece(text.data() + end, text.size() - end), kNextLabel);
    const bool colon = closed || cell || text.substr(end).starts_with(":");
    if (!starts && !colon) continue;
    if (!colon && !(groups[5].size() > 0 && starts)) continue;
    if (text.substr(end).starts_with(":") || (cell && text[end] == '|')) ++end;
    Field field = Field::kOther;
    if (groups[1].size()) field = Field::kTitle;
    if (groups[2].size()) field = Field::kDate;
    if (groups[3].size()) field = Field::kNumber;
    if (groups[4].size()) field = Field::kInventors;
    if (groups[5].size()) field = Field::kAbstract;
    if (!labels.empty() && labels.back().field == Field::kAbstract && field == Field::kOther && !starts) continue;
    labels.push_back({field, begin, end});
  }
  return labels;
}

std::string_view Trim(std::string_view value) {
  // What belongs to the next label's line: its bullet or heading marks.
  while (!value.empty() && std::string_view("\n;-#*|").find(value.back()) != std::string_view::npos) value.remove_suffix(1);
  for (std::string_view bullet : {"◎", "●", "■", "•", "◆", "◇"}) {
    if (value.ends_with(bullet)) value = Trim(value.substr(0, value.size() - bullet.size()));
  }
  while (!value.empty() && value.front() == '\n') value.remove_prefix(1);
  return value;
}

// Names between commas and semicolons; one name a piece.
std::vector<std::string_view> SplitNames(std::string_view value) {
  std::vector<std::string_view> names;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= value.size();) {
    std::size_t length = 0;
    const std::string_view rest = value.substr(at);
    if (at == value.size() || rest[0] == ',' || rest[0] == ';' || rest[0] == '\n')
      length = 1;
    else if (rest.starts_with("、"))
      length = 3;
    if (length == 0) {
      ++at;
      continue;
    }
    if (at > begin) {
      std::string_view name = value.substr(begin, at - begin);
      // 陆怀瑾等: and others.
      constexpr std::string_view kOthers = "等";
      if (at == value.size() && name.size() >= 9 && name.ends_with(kOthers)) name.remove_suffix(kOthers.size());
      names.push_back(name);
    }
    at += length;
    begin = at;
  }
  return names;
}

// One name, or several that only spaces part: 发明人：张三 李四.
std::vector<std::pair<std::string, std::vector<Span>>> NamesOf(const SectionText& text, std::string_view value) {
  std::vector<std::pair<std::string, std::vector<Span>>> names;
  const std::vector<std::string_view> parts = SplitNames(value);
  names.reserve(parts.size());
  for (std::string_view part : parts) {
    std::string words = text.Words(part);
    const bool han = !words.empty() && IsHan(DecodeUtf8(words, 0).value);
    if (!han || words.find(' ') == std::string::npos || part.size() < 15) {
      names.emplace_back(han ? WithoutSpace(words) : words, text.SpansOf(part));
      continue;
    }
    std::size_t used = 0;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      const std::string name = words.substr(at, end - at);
      if (!name.empty() && used + name.size() <= part.size()) {
        names.emplace_back(name, text.SpansOf(part.substr(used, name.size())));
        used += name.size();
      }
      at = end + 1;
    }
  }
  return names;
}

void AddFinding(const Section& section, std::string check, std::string message, const std::vector<Span>& spans,
                std::vector<Record>& records) {
  records.push_back(FindingAt(section, std::move(check), "warning", std::move(message), spans).Encode());
}

void ReadNumber(const SectionText& text, std::string_view value, Patent& patent, std::vector<Record>& records) {
  static const RE2 kNumber(R"((CN[\d]{7,9}([A-Z]\d?)))");
  re2::StringPiece number, kind;
  if (RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), kNumber, &number, &kind)) {
    patent.publication_number = text.Code({number.data(), number.size()}, "publication_number", patent.provenance);
    patent.kind = text.Code({kind.data(), 1}, "kind", patent.provenance);
    // CN, then 1 invention, 2 utility model, 3 design; 9 digits since 2007, 7 before.
    const char type = number[2];
    const std::size_t digits = number.size() - 2 - kind.size();
    const bool agrees = (type == '1' && (kind[0] == 'A' || kind[0] == 'B' || kind[0] == 'C')) ||
                        (type == '2' && (kind[0] == 'U' || kind[0] == 'Y')) || (type == '3' && (kind[0] == 'S' || kind[0] == 'D'));
    if ((digits != 9 && digits != 7) || !agrees) {
      AddFinding(text.section(), "patent-number",
                 "the publication number's length, first digit or kind do not agree: " + patent.publication_number,
                 text.SpansOf({number.data(), number.size()}), records);
    }
  } else {
    AddFinding(text.section(), "patent-number", "no well-formed publication number: " + text.Printed(value), text.SpansOf(value), records);
  }
}

void ReadDate(const SectionText& text, std::string_view value, Patent& patent, std::vector<Record>& records) {
  static const RE2 kDate(R"((\d{4})[-./年](\d{1,2})[-./月](\d{1,2}))");
  int year = 0, month = 0, day = 0;
  if (RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), kDate, &year, &month, &day)) {
    patent.publication_date = IsoDate(year, month, day);
  }
  if (patent.publication_date) {
    patent.provenance.Add("publication_date", text.SpansOf(value));
  } else {
    AddFinding(text.section(), "patent-date", "no publication date can be read: " + text.Printed(value), text.SpansOf(value), records);
  }
}

// Reads the labels [first, last) as one patent.
void AddBrief(const Section& section, const SectionText& text, const std::vector<Label>& labels, std::size_t first, std::size_t last,
              bool only, std::vector<Record>& records) {
  Patent patent;
  bool has_number = false, has_abstract = false;
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t end = i + 1 < labels.size() ? labels[i + 1].begin : text.text().size();
    std::string_view value = Trim(text.text().substr(labels[i].end, end - labels[i].end));
    while (!value.empty() && (value.ends_with("【") || value.ends_with("["))) value.remove_suffix(value.ends_with("[") ? 1 : 3);
    value = Trim(value);
    if (value.empty()) continue;
    switch (labels[i].field) {
      case Field::kTitle:
        if (!patent.title.empty()) break;
        patent.title = text.Words(value, "title", patent.provenance);
        break;
      case Field::kDate:
        if (!patent.publication_date) ReadDate(text, value, patent, records);
        break;
      case Field::kNumber:
        if (!has_number) ReadNumber(text, value, patent, records);
        has_number = true;
        break;
      case Field::kInventors: {
        std::vector<Span> spans;
        for (auto& [name, where] : NamesOf(text, value)) {
          patent.inventors.push_back(name);
          spans.insert(spans.end(), where.begin(), where.end());
        }
        patent.provenance.Add("inventors", spans);
        break;
      }
      case Field::kAbstract:
        if (has_abstract) break;
        has_abstract = true;
        patent.abstract = text.Words(value, "abstract", patent.provenance);
        break;
      case Field::kOther:
        break;
    }
  }
  if (!has_number && !has_abstract && patent.inventors.empty()) {
    AddFinding(section, "patent-unread", "no labelled fields of a patent were found", TitleSpans(section), records);
    return;
  }
  if (patent.title.empty() && only) {
    patent.title = section.title;
    patent.provenance.Add("title", TitleSpans(section));
  }
  if (!has_number) AddFinding(section, "patent-number", "the brief has no publication number", TitleSpans(section), records);
  patent.source = section.source;
  if (section.source_span) patent.provenance.Add("source", *section.source_span);
  records.push_back(patent.Encode());
}

// A brief, or several under one title: another begins where a label comes again that the one before has.
void AddBriefs(const Section& section, std::vector<Record>& records) {
  const SectionText text(section);
  const std::vector<Label> labels = FindLabels(text);
  std::vector<std::size_t> begins = {0};
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const Field field = labels[i].field;
    if (field != Field::kTitle && field != Field::kNumber) continue;
    const auto same = [&](const Label& label) { return label.field == field; };
    const auto begin = labels.begin() + static_cast<std::ptrdiff_t>(begins.back()), here = labels.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::none_of(begin, here, same)) continue;
    // The other labels between the last abstract and this one belong to the new patent.
    const auto abstract = std::find_if(begin, here, [](const Label& label) { return label.field == Field::kAbstract; });
    if (abstract != here) begins.push_back(std::min(i, static_cast<std::size_t>(abstract - labels.begin()) + 1));
  }
  for (std::size_t k = 0; k < begins.size(); ++k) {
    AddBrief(section, text, labels, begins[k], k + 1 < begins.size() ? begins[k + 1] : labels.size(), begins.size() == 1, records);
  }
}

int NumberBefore(std::string_view line) {
  std::size_t digits = 0;
  while (digits < line.size() && digits < 4 && line[digits] >= '0' && line[digits] <= '9') ++digits;
  return digits == 0 || digits == 4 ? 0 : std::atoi(std::string(line.substr(0, digits)).c_str());
}

// Most lines begin with the number that follows the one before.
bool IsNumbered(std::string_view text) {
  std::size_t lines = 0, counted = 0;
  for (std::size_t begin = 0; begin < text.size(); ++lines) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    counted += NumberBefore(text.substr(begin, end - begin)) == static_cast<int>(counted) + 1;
    begin = end + 1;
  }
  return counted >= 3 && counted * 10 >= lines * 6;
}

// A ruled table with a column of names. False: there is none.
bool AddTitlesOfTables(const Section& section, std::vector<Record>& records) {
  int ordinal = 0;
  for (const RuledTable& table : ReadRuledTables(section)) {
    std::optional<std::size_t> names;
    for (std::size_t i = 0; i < table.header.size(); ++i) {
      if (!names && table.header[i].folded.find("名称") != std::string::npos) names = i;
    }
    if (!names) continue;
    for (const auto& row : table.rows) {
      if (*names >= row.size() || row[*names].folded.size() < 9) continue;
      PatentTitle record;
      record.ordinal = ordinal++;
      record.title = section.text.substr(row[*names].span.begin, row[*names].span.size());
      record.provenance.Add("title", row[*names].span);
      records.push_back(record.Encode());
    }
  }
  return ordinal > 0;
}

// A paragraph of the list without bullets, numbering and table cells.
void AddTitles(const Section& section, std::vector<Record>& records) {
  if (AddTitlesOfTables(section, records)) return;
  ReflowOptions options;
  options.join_page_breaks = false;
  const SectionText text(section, options);
  static const RE2 kHead(R"(^(?:[-*•●■◎◇◆·]|[①-⑳]|\[\d{1,3}\]|\(?\d{1,3}[.、)]|\|?\d{1,3}\||\||CN\d{7,9}[A-Z]\d?)+)");
  // Headings of the list's parts, and sentences, are no titles.
  static const RE2 kPart(R"(^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]\)).{0,12}(?:专利|公开|授权|公告)$)");
  static const RE2 kHeader(R"(^(?:序号|名称|专利名称|发明名称|公开号|申请人|申请号|公开\(公告\)号|公开\(公告\)日)+$)");
  static const RE2 kNumber(R"(\|?(CN\d{7,9}[A-Z]\d?)\|?.*$)");
  const bool numbered = IsNumbered(text.text());
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
    // A bare number before the title, with nothing but a space between, where the lines are numbered.
    if (numbered && NumberBefore({rest.data(), rest.size()}) == ordinal + 1) rest.remove_prefix(std::to_string(ordinal + 1).size());
    std::string_view title(rest.data(), rest.size());
    while (title.ends_with("|")) title.remove_suffix(1);
    if (title.ends_with("。") || title.ends_with(":") || RE2::FullMatch(re2::StringPiece(line.data(), line.size()), kPart)) continue;
    if (title.size() < 9 || title.starts_with("#") || title.starts_with("![") || RE2::FullMatch(rest, kHeader)) continue;
    PatentTitle record;
    record.ordinal = ordinal++;
    record.title = text.Words(title, "title", record.provenance);
    records.push_back(record.Encode());
  }
}

}  // namespace

std::vector<Record> NormalisePatents(const Section& section) {
  std::vector<Record> records;
  if (section.category == Category::kPatentBriefs) AddBriefs(section, records);
  if (section.category == Category::kPatentList) AddTitles(section, records);
  return records;
}

}  // namespace ytterby
