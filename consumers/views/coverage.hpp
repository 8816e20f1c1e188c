// What the rules miss: the numbers of a section that are in no record and for which no rule says why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/decimal.hpp"
#include "common/text/fold.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

enum class NumberKind {
  kPrice,     // a number with a price's unit, or an index's points
  kDocument,  // 〔2023〕12号, GB/T 1234-2020, CN115298137A
  kNumber,    // a figure where figures are records: of a market article, tonnes of a quota
};
std::string_view NumberKindName(NumberKind kind);  // price-like, document-like, number-like

struct UnreadNumber {
  NumberKind kind;
  Span span;              // bytes of the section's text
  std::size_t bytes = 0;  // of its digits
};

struct Coverage {
  std::size_t bytes = 0;         // of all numbers in the text
  std::size_t unread_bytes = 0;  // of those that are in `unread`
  std::vector<UnreadNumber> unread;
  // 0 to 1, three places; nullopt for a text without numbers.
  std::optional<Decimal> Share() const;
};

// `text` is the section's, `parts` the spans of its title and body without furniture (ascending), `read` the spans of
// all records and findings about it, in any order. A number counts as read where a span touches it. Left out on
// purpose, and so no miss: dates, ordinals (第N条, 图1), numbering of paragraphs, names and formulas with Latin
// letters, numbers of cited documents (根据…〔2020〕8号), and quantities of which we keep no records.
Coverage MeasureCoverage(std::string_view text, Category category, const std::vector<Span>& parts,
                         std::vector<Span> read);

}  // namespace ytterby
