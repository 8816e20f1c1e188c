// One struct per kind of record, with the fields of the export contract; every struct encodes itself to a Record. A
// field that the bulletin does not state is nullopt, never a guess.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/decimal.hpp"
#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

struct Article {
  int ordinal = 0;
  std::string category, title;
  std::optional<std::string> source;
  std::string body;
  std::string text;    // the raw slice, so that anyone can check every span of the section's records
  Span document_span;  // where it is in the decoded document
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Price {
  std::optional<std::string> product;  // canonical id; null when the name is damaged and nothing decides
  std::string as_printed;
  std::optional<std::string> purity;
  std::string statistic;  // month_average | month_open | month_close | spot | list_price
  std::string period;     // 2024-01, 2024-01-31, 2023-Q3
  Decimal value;          // as printed, in `unit`
  std::string value_text;
  std::string unit;                   // CNY/kg | CNY/t | 10kCNY/t | USD/kg …
  std::optional<Decimal> cny_per_kg;  // 1 万元/吨 = 10 CNY/kg; null for foreign currency
  std::optional<Decimal> change_pct;
  std::optional<std::string> change_basis;  // mom | qoq | yoy | month_to_date
  std::optional<Decimal> change_yoy_pct;
  std::string where;                    // table | narrative | news
  std::optional<std::string> repaired;  // why the product differs from what is printed
  std::optional<std::string> seller;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

// Not a vector: a dense text has very many prices, and none is moved while the text is read.
using Prices = std::deque<Price>;

struct PriceIndex {
  std::string index;  // acrei | sunsirs
  std::string where;  // market | news
  std::optional<std::string> period;
  std::optional<Decimal> mean, high, low, spread, fluctuation_pct;
  std::optional<std::string> high_date, low_date;
  std::optional<std::string> date;
  std::optional<Decimal> value;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Patent {
  std::string title, publication_number;
  std::optional<std::string> kind, publication_date;
  std::vector<std::string> inventors;
  std::string abstract;
  std::optional<std::string> source;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct PatentTitle {
  int ordinal = 0;
  std::string title;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Policy {
  std::string title;
  std::vector<std::string> issuers;
  std::optional<std::string> document_number;
  std::string kind;
  std::optional<std::string> issued, effective;
  std::string region;
  std::string article_title;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Quota {
  int year = 0;
  std::optional<int> batch;
  std::string group, category;
  Decimal tonnes;
  std::string where;  // table | narrative
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Standard {
  std::string number, title;
  std::optional<std::string> replaces, revision;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct JournalTitle {
  int ordinal = 0;
  std::string journal, title;
  Provenance provenance;
  Record Encode();  // completes `provenance`
};

struct Finding {
  std::string check;     // stable name
  std::string severity;  // info | warning | error
  std::string message;
  std::string concerns;  // natural key of the record it concerns, or the section's title
  std::optional<std::string> expected, printed;
  Provenance provenance;
  std::uint32_t at = 0;
  Record Encode();  // completes `provenance`
};

Finding FindingFrom(const Notice& notice, std::string_view concerns);

}  // namespace ytterby
