// What the rules miss: a section's numbers that are in no record and that no rule accounts for.
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
  kNumber,    // a figure where figures become records: in a market article, or a quota's tonnes
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
  // The share of the numbers that was read: 0 to 1, three places; nullopt for a text without numbers.
  std::optional<Decimal> Share() const;
};

// `text` is the section's text, `parts` the spans of its title and body without furniture (ascending), `read` the spans
// of all records and findings about it, in any order. A number counts as read if a span touches it. These are left out
// on purpose and are not misses: dates, ordinals (第N条, 图1), paragraph numbering, names and formulas with Latin
// letters, numbers of cited documents (根据…〔2020〕8号), and quantities that no record keeps.
Coverage MeasureCoverage(std::string_view text, Category category, const std::vector<Span>& parts,
                         std::vector<Span> read);

}  // namespace ytterby
