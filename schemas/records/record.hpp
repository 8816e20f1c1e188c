// Records: normalised facts. Each kind is a struct (kinds.hpp); a Record is its stored, encoded form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_writer.hpp"
#include "common/text/span.hpp"

namespace ytterby {

// Stored as numbers in the rows. Do not renumber; add at the end.
enum class RecordKind {
  kArticle = 1,
  kPrice = 2,
  kIndex = 3,
  kPatent = 4,
  kPatentTitle = 5,
  kPolicy = 6,
  kQuota = 7,
  kStandard = 8,
  kJournalTitle = 9,
  kFinding = 10,
};

// The kind's name in `export`: sections, prices, indices, patents, patent-titles, policies, quotas, standards,
// journal-titles, findings.
std::string_view ExportName(RecordKind kind);
std::optional<RecordKind> KindFromExportName(std::string_view name);
const std::vector<RecordKind>& AllRecordKinds();

struct Record {
  RecordKind kind = RecordKind::kFinding;
  std::uint32_t first_span = 0;  // where in the section the fact begins; orders the records of a section
  std::string natural_key;       // identifies the same fact in another edition; with kind and issue, the record id
  std::string body;              // JSON object: the exported fields, without issue and id
  std::string provenance;        // JSON members `"spans":{…},"rules":{…}`
};

// The name of a record's field: always a literal, so the view never dangles.
class FieldName {
 public:
  consteval FieldName(const char* name) : name_(name) {}
  std::string_view view() const { return name_; }

 private:
  std::string_view name_;
};

// Where the values of a record come from: byte spans in the section's text for a printed value, a rule for an inferred
// one. A field with spans and no rule is printed there: its bytes, joined, are the value except for white space and
// mark-up. For a field with both, the rule made the value from those bytes.
class Provenance {
 public:
  void Add(FieldName field, Span span);
  void Add(FieldName field, const std::vector<Span>& spans);
  // `rule` is the rule's name and, after a colon, what it was applied to. A field keeps its first rule.
  void Rule(FieldName field, std::string_view rule);
  // `"spans":{…},"rules":{…}`
  std::string Json() const;
  // Empty for a field without spans.
  std::vector<Span> SpansOf(std::string_view field) const;
  // The first byte that any field names; `otherwise` if there is none.
  std::uint32_t First(std::uint32_t otherwise) const;

 private:
  std::vector<std::pair<std::string_view, Span>> spans_;  // spans of one field are adjacent
  std::vector<std::pair<std::string_view, std::string>> rules_;
};

// `span` without the ranges of `holes` (ascending, whole lines): the pieces of a printed value that page furniture
// interrupts.
std::vector<Span> Without(Span span, const std::vector<Span>& holes);

// Joins the parts of a natural key so that no two lists of parts give the same text.
std::string NaturalKey(const std::vector<std::string>& parts);

}  // namespace ytterby
