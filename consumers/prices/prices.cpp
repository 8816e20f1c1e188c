// The prices consumer: table first, then sentences, since the table decides damaged product names in the narrative.
#include "consumers/prices/prices.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/reading/encoding.hpp"
#include "consumers/reading/unconfirmed.hpp"

namespace ytterby {

std::vector<Record> NormalisePrices(const Section& section) {
  // Most news articles state no price: checking first for what every price (元/吨, 每公斤…元) or index sentence
  // contains saves the rest of the work. It looks only for single characters, since a line break may split any word.
  const std::string_view raw = section.text;
  const auto has = [&](std::string_view word) { return HasWord(raw, word); };
  if (section.category != Category::kMarket && !has("每") && !has("/") && !has("／") &&
      !(has("指") && (has("点") || has("點"))))
    return {};

  const SectionText text(section);
  TableFacts table;
  if (section.category == Category::kMarket) table = ReadPriceTable(section);
  Prices prices;
  std::vector<PriceIndex> indices;
  std::vector<Finding> findings = std::move(table.findings);
  ReadIndices(text, indices, findings);
  ReadNarrative(text, table, prices, findings);

  std::vector<Record> records;
  EncodeInto(std::move(indices), records);
  EncodeInto(std::move(prices), records);
  EncodeInto(std::move(table.prices), records);
  FlagUnconfirmed(section, records);
  EncodeInto(std::move(findings), records);
  return records;
}

}  // namespace ytterby
