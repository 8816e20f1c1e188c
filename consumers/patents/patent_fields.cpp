#include "consumers/patents/patent_fields.hpp"

#include <re2/re2.h>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/reading/findings.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

// Splits names at commas and semicolons, one name per piece.
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

// One name, or several separated only by spaces: 发明人：张三 李四.
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
  static const RE2 kNumber(R"((CN\d{7,9}([A-Z]\d?))(?:CN|[^A-Za-z\d]|$))");
  re2::StringPiece number, kind;
  if (RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), kNumber, &number, &kind)) {
    patent.publication_number = text.Code({number.data(), number.size()}, "publication_number", patent.provenance);
    patent.kind = text.Code({kind.data(), 1}, "kind", patent.provenance);
    // CN, then 1 invention, 2 utility model, 3 design; 9 digits since 2007, 7 before.
    const char type = number[2];
    const std::size_t digits = number.size() - 2 - kind.size();
    const bool agrees = (type == '1' && (kind[0] == 'A' || kind[0] == 'B' || kind[0] == 'C')) ||
                        (type == '2' && (kind[0] == 'U' || kind[0] == 'Y')) ||
                        (type == '3' && (kind[0] == 'S' || kind[0] == 'D'));
    if ((digits != 9 && digits != 7) || !agrees) {
      AddFinding(text.section(), "patent-number",
                 "the publication number's length, first digit or kind do not agree: " + patent.publication_number,
                 text.SpansOf({number.data(), number.size()}), records);
    }
  } else {
    AddFinding(text.section(), "patent-number", "no well-formed publication number: " + text.Printed(value),
               text.SpansOf(value), records);
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
    AddFinding(text.section(), "patent-date", "no publication date can be read: " + text.Printed(value),
               text.SpansOf(value), records);
  }
}

}  // namespace

void AddPatent(const SectionText& text, const std::vector<PatentValue>& values, bool title_stands_above,
               std::vector<Record>& records) {
  const Section& section = text.section();
  Patent patent;
  bool has_number = false, has_abstract = false;
  for (const auto& [field, value] : values) {
    switch (field) {
      case PatentField::kTitle:
        if (patent.title.empty()) patent.title = text.Words(value, "title", patent.provenance);
        break;
      case PatentField::kDate:
        if (!patent.publication_date) ReadDate(text, value, patent, records);
        break;
      case PatentField::kNumber:
        if (!has_number) ReadNumber(text, value, patent, records);
        has_number = true;
        break;
      case PatentField::kInventors: {
        std::vector<Span> spans;
        for (auto& [name, where] : NamesOf(text, value)) {
          patent.inventors.push_back(name);
          spans.insert(spans.end(), where.begin(), where.end());
        }
        patent.provenance.Add("inventors", spans);
        break;
      }
      case PatentField::kAbstract:
        if (!has_abstract) patent.abstract = text.Words(value, "abstract", patent.provenance);
        has_abstract = true;
        break;
      case PatentField::kOther:
        break;
    }
  }
  if (!has_number && !has_abstract && patent.inventors.empty()) {
    AddFinding(section, "patent-unread", "no labelled fields of a patent were found", TitleSpans(section), records);
    return;
  }
  if (patent.title.empty() && title_stands_above) {
    patent.title = section.title;
    patent.provenance.Add("title", TitleSpans(section));
  }
  if (!has_number)
    AddFinding(section, "patent-number", "the brief has no publication number", TitleSpans(section), records);
  patent.source = section.source;
  if (section.source_span) patent.provenance.Add("source", *section.source_span);
  records.push_back(patent.Encode());
}

}  // namespace ytterby
