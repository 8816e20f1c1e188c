// Products: canonical ids, every name they are printed under, and the association's fixed orders. To add a product or a
// synonym, add a line to the table in products.cpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ytterby {

struct ProductName {
  std::string_view printed;  // folded form, simplified characters
  std::string_view id;       // canonical, SPEC
};

// Every printed name, longest first, so that the first match at a place is the right one.
const std::vector<ProductName>& ProductNames();
std::optional<std::string_view> ProductFromPrinted(std::string_view folded);
// The canonical ids, sorted.
const std::vector<std::string_view>& ProductIds();
bool IsProductId(std::string_view id);

// Traded goods without their own records: 钕铁硼, 独居石 …. If one begins with another, the order matters.
const std::vector<std::string_view>& OtherProducts();
// Does the name (氧化铟, 铜合金) contain a metal that is traded under such names and is not a rare earth? No listed
// product does.
bool NamesOtherMetal(std::string_view folded);

// A row of the association's monthly table, the same 21 in every issue.
struct TableRow {
  std::string_view printed;
  std::string_view id;
  std::string_view tag;  // what the purity column adds for this row (Gd75%, Dy80%, Ho80%, Nd75%, Nd2O375%), else empty
};
const std::array<TableRow, 21>& AssociationTable();

// The association's sentences of monthly averages, in their fixed order.
struct NarrativeRow {
  std::string_view printed;
  std::string_view id;
  std::string_view purity;  // printed with the name in the sentence, else empty
};
const std::array<NarrativeRow, 16>& NarrativeOrder();

// The seventeen elements' characters, and the other characters with the metal radical that OCR puts in their place.
bool IsElementCharacter(char32_t c);
bool IsMetalRadicalCharacter(char32_t c);

// What tables call their column of products: an RE2 alternative without a group.
inline constexpr std::string_view kProductColumnNames =
    "稀土品种|稀土产品|商品名称?|产品名称?|品名|品种|产品|商品|名称";

}  // namespace ytterby
