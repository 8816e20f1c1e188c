#include "consumers/prices/table_join.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/text/utf8.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

// Less than half or more than twice as much: another product's price, not this one's with a damaged digit.
bool IsFar(const Decimal& one, const Decimal& other) {
  const double ratio = one.ToDouble() / std::max(other.ToDouble(), 1e-9);
  return ratio < 0.5 || ratio > 2;
}
std::size_t SignificantDigits(std::string_view number) {
  const std::size_t first = std::min(number.find_first_of("123456789"), number.size());
  return static_cast<std::size_t>(std::count_if(number.begin() + static_cast<std::ptrdiff_t>(first), number.end(),
                                                [](char c) { return c >= '0' && c <= '9'; }));
}
bool IsOxide(std::string_view id) { return id.ends_with("-oxide"); }

}  // namespace

TableJoin JoinTable(Price& price, std::string_view printed, const Prices& table) {
  const Decimal tolerance(5, 2);
  const Price* own = nullptr;
  std::vector<const Price*> equal;
  for (const Price& row : table) {
    if (row.period != price.period || !row.product || !row.cny_per_kg) continue;
    if (row.product == price.product) own = &row;
    if (row.cny_per_kg->Within(*price.cny_per_kg, tolerance)) equal.push_back(&row);
  }
  if (own && own->cny_per_kg->Within(*price.cny_per_kg, tolerance)) {
    return {true, std::nullopt, false};
  }
  std::erase_if(equal, [&](const Price* row) {
    return IsOxide(*row->product) != (printed.find("氧化") != std::string_view::npos);
  });
  // Cheap oxides have similar prices: if only two digits are equal and the product's own row is near, nothing follows.
  const bool far = own && IsFar(*own->cny_per_kg, *price.cny_per_kg);
  const bool evidence = !price.product || far || SignificantDigits(price.value_text) >= 3;
  if (equal.size() == 1 && evidence) {
    price.product = equal.front()->product;
    price.repaired = fmt::format("printed {}; the value is that of the table's row {} ({})", printed,
                                 equal.front()->as_printed, *equal.front()->product);
    price.provenance.Rule("product", fmt::format("numeric-join (one row of that value): {} {} = table row {}",
                                                 price.value_text, price.unit, equal.front()->as_printed));
  } else if (own) {
    return {false, own->cny_per_kg, far};
  }
  return {};
}

bool NamesRealElements(std::string_view printed) {
  bool any = false;
  for (std::size_t at = 0; at < printed.size();) {
    const CodePoint c = DecodeUtf8(printed, at);
    at += c.length;
    if (!IsMetalRadicalCharacter(c.value)) continue;
    any = true;
    if (!IsElementCharacter(c.value) || c.value == U'钷') return false;
  }
  return any;
}

}  // namespace ytterby
