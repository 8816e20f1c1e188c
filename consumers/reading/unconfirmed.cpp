#include "consumers/reading/unconfirmed.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "common/text/fold.hpp"
#include "consumers/reading/findings.hpp"
#include "schemas/records/provenance_json.hpp"

namespace ytterby {
namespace {

// The fields that carry what was printed, by kind.
std::vector<std::string_view> PrintedFields(RecordKind kind) {
  switch (kind) {
    case RecordKind::kPrice:
      return {"as_printed", "value"};
    case RecordKind::kIndex:
      return {"value", "mean", "high", "high_date", "low", "low_date", "spread", "fluctuation_pct"};
    case RecordKind::kPatent:
      return {"publication_number", "title", "publication_date"};
    case RecordKind::kPatentTitle:
    case RecordKind::kJournalTitle:
      return {"title"};
    case RecordKind::kPolicy:
      return {"title", "document_number"};
    case RecordKind::kQuota:
      return {"group", "tonnes"};
    case RecordKind::kStandard:
      return {"number", "title", "replaces"};
    case RecordKind::kArticle:  // the splitter knows whether the contents repeat its title
    case RecordKind::kFinding:
      break;
  }
  return {};
}

bool StandsTwice(const std::string& text, const std::string& words) {
  const std::size_t first = text.find(words);
  return first != std::string::npos && text.find(words, first + 1) != std::string::npos;
}

}  // namespace

void FlagUnconfirmed(const Section& section, std::vector<Record>& records) {
  if (records.empty() || !section.layout.recognised()) return;
  const std::string letters = FoldLetters(section.text);
  const bool table = std::any_of(records.begin(), records.end(), [](const Record& record) {
    return record.kind == RecordKind::kPrice && record.body.find("\"where\":\"table\"") != std::string::npos;
  });
  constexpr std::size_t kMostSearched = 300;  // of a section's records; each takes a search of the section
  std::vector<Record> findings;
  std::size_t searched = 0;
  for (const Record& record : records) {
    if (record.kind == RecordKind::kPrice && table) continue;
    std::vector<Span> spans;
    bool twice = ++searched <= kMostSearched;
    for (std::string_view field : PrintedFields(record.kind)) {
      std::string printed;
      for (Span span : ReadSpansOf(record.provenance, field)) {
        spans.push_back(span);
        printed += std::string_view(section.text).substr(span.begin, span.size());
      }
      const std::string words = FoldLetters(printed);
      twice = twice && (words.empty() || StandsTwice(letters, words));
    }
    if (spans.empty() || twice) continue;
    findings.push_back(FindingAt(section, "unconfirmed", "info",
                                 "the text was recognised from an image, and nothing else in the section says the same",
                                 spans)
                           .Encode());
  }
  records.insert(records.end(), std::make_move_iterator(findings.begin()), std::make_move_iterator(findings.end()));
}

}  // namespace ytterby
