#include "schemas/vocabulary/products.hpp"

#include <algorithm>

namespace ytterby {
namespace {

constexpr ProductName kProducts[] = {
    {"氧化镧", "lanthanum-oxide"},
    {"氧化铈", "cerium-oxide"},
    {"氧化镨", "praseodymium-oxide"},
    {"氧化钕", "neodymium-oxide"},
    {"金属钕", "neodymium-metal"},
    {"钕金属", "neodymium-metal"},
    {"氧化钐", "samarium-oxide"},
    {"氧化铕", "europium-oxide"},
    {"氧化钆", "gadolinium-oxide"},
    {"钆铁", "gadolinium-iron"},
    {"钆铁合金", "gadolinium-iron"},
    {"氧化铽", "terbium-oxide"},
    {"金属铽", "terbium-metal"},
    {"铽金属", "terbium-metal"},
    {"氧化镝", "dysprosium-oxide"},
    {"镝铁", "dysprosium-iron"},
    {"镝铁合金", "dysprosium-iron"},
    {"氧化钬", "holmium-oxide"},
    {"钬铁", "holmium-iron"},
    {"钬铁合金", "holmium-iron"},
    {"氧化铒", "erbium-oxide"},
    {"氧化镱", "ytterbium-oxide"},
    {"氧化镥", "lutetium-oxide"},
    {"氧化钇", "yttrium-oxide"},
    {"氧化镨钕", "praseodymium-neodymium-oxide"},
    {"镨钕氧化物", "praseodymium-neodymium-oxide"},
    {"镨钕金属", "praseodymium-neodymium-metal"},
    {"金属镨钕", "praseodymium-neodymium-metal"},
    {"镨钕合金", "praseodymium-neodymium-metal"},
    {"金属镨", "praseodymium-metal"},
    {"镨金属", "praseodymium-metal"},
    {"中钇富铕矿", "medium-yttrium-europium-rich-ore"},
    {"稀土精矿", "rare-earth-concentrate"},
    {"氧化钪", "scandium-oxide"},
    {"氧化铥", "thulium-oxide"},
};

}  // namespace

const std::vector<ProductName>& ProductNames() {
  static const std::vector<ProductName> names = [] {
    std::vector<ProductName> sorted(std::begin(kProducts), std::end(kProducts));
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const ProductName& a, const ProductName& b) { return a.printed.size() > b.printed.size(); });
    return sorted;
  }();
  return names;
}

std::optional<std::string_view> ProductFromPrinted(std::string_view folded) {
  for (const ProductName& name : kProducts) {
    if (name.printed == folded) return name.id;
  }
  return std::nullopt;
}

const std::vector<std::string_view>& ProductIds() {
  static const std::vector<std::string_view> ids = [] {
    std::vector<std::string_view> all;
    for (const ProductName& name : ProductNames()) all.push_back(name.id);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  return ids;
}

bool IsProductId(std::string_view id) { return std::binary_search(ProductIds().begin(), ProductIds().end(), id); }

const std::vector<std::string_view>& OtherProducts() {
  static const std::vector<std::string_view> products = {"钕铁硼",   "钐钴",   "碳酸稀土", "氯化稀土", "氟碳铈精矿",
                                                         "氟碳铈矿", "独居石", "磷钇矿",   "镧铈",     "废料"};
  return products;
}

bool NamesOtherMetal(std::string_view folded) {
  for (std::string_view metal : {"铜", "铝", "银", "锌", "镁", "锂", "钢", "钙", "钠", "钾", "钛",    "钒",
                                 "钨", "钼", "锡", "铅", "锰", "铬", "钴", "锆", "铪", "铌", "铁合金"}) {
    if (folded.find(metal) != std::string_view::npos) return !ProductFromPrinted(folded);
  }
  return false;
}

const std::array<TableRow, 21>& AssociationTable() {
  static constexpr std::array<TableRow, 21> kRows = {{
      {"氧化镧", "lanthanum-oxide", ""},
      {"氧化铈", "cerium-oxide", ""},
      {"氧化镨", "praseodymium-oxide", ""},
      {"氧化钕", "neodymium-oxide", ""},
      {"金属钕", "neodymium-metal", ""},
      {"氧化钐", "samarium-oxide", ""},
      {"氧化铕", "europium-oxide", ""},
      {"氧化钆", "gadolinium-oxide", ""},
      {"钆铁", "gadolinium-iron", "Gd75%"},
      {"氧化铽", "terbium-oxide", ""},
      {"金属铽", "terbium-metal", ""},
      {"氧化镝", "dysprosium-oxide", ""},
      {"镝铁", "dysprosium-iron", "Dy80%"},
      {"氧化钬", "holmium-oxide", ""},
      {"钬铁", "holmium-iron", "Ho80%"},
      {"氧化铒", "erbium-oxide", ""},
      {"氧化镱", "ytterbium-oxide", ""},
      {"氧化镥", "lutetium-oxide", ""},
      {"氧化钇", "yttrium-oxide", ""},
      {"氧化镨钕", "praseodymium-neodymium-oxide", "Nd2O375%"},
      {"镨钕金属", "praseodymium-neodymium-metal", "Nd75%"},
  }};
  return kRows;
}

const std::array<NarrativeRow, 16>& NarrativeOrder() {
  static constexpr std::array<NarrativeRow, 16> kRows = {{
      {"中钇富铕矿", "medium-yttrium-europium-rich-ore", ""},
      {"氧化镨钕", "praseodymium-neodymium-oxide", ""},
      {"金属镨钕", "praseodymium-neodymium-metal", ""},
      {"氧化钕", "neodymium-oxide", ""},
      {"金属钕", "neodymium-metal", ""},
      {"氧化镨", "praseodymium-oxide", ""},
      {"氧化镧", "lanthanum-oxide", "99.9%"},
      {"氧化铕", "europium-oxide", "99.99%"},
      {"氧化镝", "dysprosium-oxide", ""},
      {"镝铁", "dysprosium-iron", ""},
      {"氧化铽", "terbium-oxide", "99.99%"},
      {"金属铽", "terbium-metal", ""},
      {"氧化钬", "holmium-oxide", ""},
      {"钬铁", "holmium-iron", ""},
      {"氧化钇", "yttrium-oxide", "99.999%"},
      {"氧化铒", "erbium-oxide", ""},
  }};
  return kRows;
}

bool IsElementCharacter(char32_t c) {
  static constexpr std::u32string_view kElements = U"钪钇镧铈镨钕钷钐铕钆铽镝钬铒铥镱镥";
  return kElements.find(c) != std::u32string_view::npos;
}

bool IsMetalRadicalCharacter(char32_t c) {
  // The characters U+9485 (钅) to U+9576 (镶) have the simplified radical 钅; the excluded ones are common words.
  return c >= 0x9485 && c <= 0x9576 && c != U'铁' && c != U'钨' && c != U'铜' && c != U'铝' && c != U'银';
}

}  // namespace ytterby
