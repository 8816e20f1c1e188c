#include "consumers/articles/journals.hpp"

#include <re2/re2.h>

#include "common/text/utf8.hpp"
#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

// The printed title without list marks and numbering; no spans if nothing is left.
std::vector<Span> TitlePieces(const Section& section, const Paragraph& paragraph) {
  std::vector<Span> pieces = paragraph.pieces;
  std::string_view first = std::string_view(section.text).substr(pieces[0].begin, pieces[0].size());
  const std::size_t before = first.size();
  for (bool again = true; again && !first.empty();) {
    again = false;
    const CodePoint c = DecodeUtf8(first, 0);
    if (c.value == U'◎' || c.value == U'●' || c.value == U'■' || c.value == U'•' || c.value == U'◇' ||
        c.value == U'◆' || ((c.value == '-' || c.value == '*') && first.size() > 1 && first[1] == ' ')) {
      first = TrimSpace(first.substr(c.length));
      again = true;
    }
  }
  // "12. title", "12、title", "(12) title"
  std::size_t digits = 0;
  while (digits < first.size() && first[digits] >= '0' && first[digits] <= '9') ++digits;
  if (digits > 0 && digits <= 2) {
    const std::string_view rest = first.substr(digits);
    if (rest.starts_with("、"))
      first = TrimSpace(rest.substr(3));
    else if (rest.starts_with("．"))
      first = TrimSpace(rest.substr(3));
    else if (rest.starts_with(". ") ||
             (rest.starts_with(".") && rest.size() > 1 && !(rest[1] >= '0' && rest[1] <= '9')))
      first = TrimSpace(rest.substr(1));
  }
  // "[1] title", "(1) title", "1 title"
  static const RE2 kNumbered(R"(^(?:\[\d{1,3}\]|[(（]\d{1,3}[)）]|\d{1,3}[ \t]+)\s*)");
  re2::StringPiece rest_of_line(first.data(), first.size());
  if (RE2::Consume(&rest_of_line, kNumbered)) first = {rest_of_line.data(), rest_of_line.size()};
  pieces[0].begin += static_cast<std::uint32_t>(before - first.size());
  if (first.empty()) pieces.erase(pieces.begin());
  if (pieces.empty()) return pieces;
  // "…… 17", "....(17)": leaders and a page number after the title.
  static const RE2 kPage(R"(((?:[.·…⋯．]{2,}|\t|\s{3,})[\s.·…⋯．]*[(（]?\d{1,4}(?:-\d{1,4})?[)）]?)$)");
  const std::string_view last = std::string_view(section.text).substr(pieces.back().begin, pieces.back().size());
  re2::StringPiece page;
  if (RE2::PartialMatch(re2::StringPiece(last.data(), last.size()), kPage, &page) && page.size() < last.size()) {
    pieces.back().end -= static_cast<std::uint32_t>(page.size());
    const std::string_view kept = TrimSpace(last.substr(0, last.size() - page.size()));
    pieces.back().end = pieces.back().begin + static_cast<std::uint32_t>(kept.data() + kept.size() - last.data());
  }
  return pieces;
}

}  // namespace

void AddJournalTitles(const Section& section, std::vector<Record>& records) {
  ReflowOptions options;
  options.join_page_breaks = false;
  options.split_numbered = true;
  int ordinal = 0;
  for (const Paragraph& paragraph :
       SplitParagraphs(section.text, section.body_span, section.furniture, section.layout, options)) {
    const std::string_view line =
        std::string_view(section.text).substr(paragraph.begin(), paragraph.end() - paragraph.begin());
    if (line[0] == '#' || line.starts_with("![") || line.find_first_not_of("-_ ") == std::string_view::npos) continue;
    const std::vector<Span> pieces = TitlePieces(section, paragraph);
    if (pieces.empty()) continue;
    JournalTitle title;
    title.title = JoinPieces(section.text, pieces);
    std::string folded = FoldKey(title.title);
    for (std::string_view mark : {"【", "】", "[", "]", "·"}) {
      for (std::size_t at = folded.find(mark); at != std::string::npos; at = folded.find(mark))
        folded.erase(at, mark.size());
    }
    if (IsJournalColumn(folded) || FoldLetters(folded).empty()) continue;
    title.ordinal = ordinal++;
    title.journal = section.title;
    title.provenance.Add("journal", TitleSpans(section));
    title.provenance.Add("title", pieces);
    Record record = title.Encode();
    record.first_span = pieces.front().begin;
    records.push_back(std::move(record));
  }
}

}  // namespace ytterby
