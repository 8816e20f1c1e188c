#include "consumers/articles/journals.hpp"

#include "common/text/utf8.hpp"
#include "consumers/section_text.hpp"
#include "schemas/records/kinds.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

// The printed title without list marks and numbering; an empty span when nothing is left.
std::vector<Span> TitlePieces(const Section& section, const Paragraph& paragraph) {
  std::vector<Span> pieces = paragraph.pieces;
  std::string_view first = std::string_view(section.text).substr(pieces[0].begin, pieces[0].size());
  const std::size_t before = first.size();
  for (bool again = true; again && !first.empty();) {
    again = false;
    const CodePoint c = DecodeUtf8(first, 0);
    if (c.value == U'◎' || c.value == U'●' || c.value == U'■' || c.value == U'•' || c.value == U'◇' || c.value == U'◆' ||
        ((c.value == '-' || c.value == '*') && first.size() > 1 && first[1] == ' ')) {
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
    else if (rest.starts_with(". ") || (rest.starts_with(".") && rest.size() > 1 && !(rest[1] >= '0' && rest[1] <= '9')))
      first = TrimSpace(rest.substr(1));
  }
  pieces[0].begin += static_cast<std::uint32_t>(before - first.size());
  if (first.empty()) pieces.erase(pieces.begin());
  return pieces;
}

}  // namespace

void AddJournalTitles(const Section& section, std::vector<Record>& records) {
  ReflowOptions options;
  options.join_page_breaks = false;
  int ordinal = 0;
  for (const Paragraph& paragraph : SplitParagraphs(section.text, section.body_span, section.furniture, section.layout, options)) {
    const std::string_view line = std::string_view(section.text).substr(paragraph.begin(), paragraph.end() - paragraph.begin());
    if (line[0] == '#' || line.starts_with("![") || line.find_first_not_of("-_ ") == std::string_view::npos) continue;
    const std::vector<Span> pieces = TitlePieces(section, paragraph);
    if (pieces.empty()) continue;
    JournalTitle title;
    title.title = JoinPieces(section.text, pieces);
    std::string folded = FoldKey(title.title);
    for (std::string_view mark : {"【", "】", "[", "]", "·"}) {
      for (std::size_t at = folded.find(mark); at != std::string::npos; at = folded.find(mark)) folded.erase(at, mark.size());
    }
    if (IsJournalColumn(folded)) continue;
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
