#include "consumers/prices/row_names.hpp"
#include "common/text/utf8.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <limits>

namespace ytterby {
namespace {

constexpr int kSkip = -2;  // a row that has no place, or a place that has no row

std::string_view WithoutFormula(std::string_view name) { return name.substr(0, name.find('(')); }

// The traits of a row that decide where it fits.
struct RowTraits {
  explicit RowTraits(const PrintedRow& printed) : RowTraits(WithoutFormula(printed.name)) {
    purity = printed.purity;
    tagged = HasWord(purity, "75%") || HasWord(purity, "80%");
  }
  explicit RowTraits(std::string_view name)
      : product(ProductOf(name).value_or("")),
        oxide(HasWord(name, "氧化")),
        pair(name.size() >= 12 || HasWord(name, "镨钕")) {}

  std::string_view product, purity;
  bool oxide, pair, tagged = false;
};

// How well a printed row fits a row of the fixed order.
int Fit(const RowTraits& row, const TableRow& expected, const RowTraits& expected_traits) {
  int fit = row.product == expected.id ? 4 : 0;
  fit += row.oxide == expected_traits.oxide ? 1 : -3;
  fit += row.pair == expected_traits.pair ? 1 : -2;
  if (!expected.tag.empty()) {
    fit += HasWord(row.purity, expected.tag) ? 4 : row.tagged ? -1 : -2;
  } else if (row.tagged) {
    fit -= 2;
  }
  return fit;
}

// Aligns the printed rows with the order; rows may be missing or repeated. Returns the place of each row, -1 for a row
// that fits nowhere.
std::vector<int> Align(const std::vector<PrintedRow>& rows) {
  const auto& order = AssociationTable();
  static const std::vector<RowTraits> order_traits = [&] {
    std::vector<RowTraits> traits;
    for (const TableRow& row : order) traits.emplace_back(row.printed);
    return traits;
  }();
  const std::size_t n = rows.size(), m = order.size();
  const std::vector<RowTraits> traits(rows.begin(), rows.end());
  const auto fit = [&](std::size_t row, std::size_t place) {
    return Fit(traits[row], order[place], order_traits[place]);
  };
  std::vector<std::vector<int>> best(n + 1, std::vector<int>(m + 1, std::numeric_limits<int>::min() / 2));
  for (std::size_t j = 0; j <= m; ++j) best[0][j] = kSkip * static_cast<int>(j);
  for (std::size_t i = 1; i <= n; ++i) {
    best[i][0] = kSkip * static_cast<int>(i);
    for (std::size_t j = 1; j <= m; ++j) {
      best[i][j] = std::max({best[i - 1][j - 1] + fit(i - 1, j - 1), best[i - 1][j] + kSkip, best[i][j - 1] + kSkip});
    }
  }
  std::vector<int> places(n, -1);
  for (std::size_t i = n, j = m; i > 0 && j > 0;) {
    if (best[i][j] == best[i - 1][j - 1] + fit(i - 1, j - 1)) {
      places[i - 1] = static_cast<int>(j - 1);
      --i, --j;
    } else if (best[i][j] == best[i - 1][j] + kSkip) {
      --i;
    } else {
      --j;
    }
  }
  return places;
}

// The one alloy whose tag the purity prints; nullptr for none.
const TableRow* ByTag(const PrintedRow& row) {
  for (const TableRow& one : AssociationTable()) {
    if (one.id.ends_with("-iron") && HasWord(row.purity, one.tag) && !HasWord(row.name, "氧化")) return &one;
  }
  return nullptr;
}

// Marks the rows between two right rows (or the table's ends) that have as many places between them as rows: no row is
// missing there, so each place is certain.
std::vector<bool> Filled(const std::vector<PrintedRow>& rows, const std::vector<int>& places) {
  const auto& order = AssociationTable();
  std::vector<bool> filled(rows.size(), false);
  std::ptrdiff_t last = -1;
  int last_place = -1;
  const auto close = [&](std::ptrdiff_t row, int place) {
    if (place - last_place == row - last) std::fill(filled.begin() + last + 1, filled.begin() + row, true);
    last = row;
    last_place = place;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (places[i] < 0) continue;
    const std::string_view id = order[static_cast<std::size_t>(places[i])].id;
    const TableRow* tagged = ByTag(rows[i]);
    if (ProductOf(rows[i].name) == id || (tagged && tagged->id == id)) close(static_cast<std::ptrdiff_t>(i), places[i]);
  }
  close(static_cast<std::ptrdiff_t>(rows.size()), static_cast<int>(order.size()));
  return filled;
}

}  // namespace

bool IsProductName(std::string_view folded) {
  static const RE2 kName(R"(^(?:\d+[.、]?)?(?:氧化|金属)?([\x{9485}-\x{9576}]{1,2})(?:铁合金|铁|金属|合金|氧化物)?$)");
  const std::string_view name = WithoutFormula(folded);
  if (ProductFromPrinted(name)) return true;
  if (name.size() < 6 || name.size() > 21) return false;
  if (!RE2::FullMatch(re2::StringPiece(name.data(), name.size()), kName)) return false;
  return HasWord(name, "氧化") || HasWord(name, "金属") || HasWord(name, "铁") || HasWord(name, "合金");
}

std::optional<std::string_view> ProductOf(std::string_view folded) {
  return ProductFromPrinted(WithoutFormula(folded));
}

RowNames NameRows(const std::vector<PrintedRow>& rows) {
  const auto& order = AssociationTable();
  const std::vector<int> places = Align(rows);
  RowNames names;
  std::size_t agreeing = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    agreeing += places[i] >= 0 && ProductOf(rows[i].name) == order[static_cast<std::size_t>(places[i])].id;
  // The order is evidence only if the table is the association's: at least half of the rows are in it under their own
  // names.
  names.in_order = rows.size() >= 10 && agreeing * 2 >= rows.size();
  const std::vector<bool> filled = Filled(rows, places);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const PrintedRow& row = rows[i];
    RowName name;
    if (const auto printed = ProductOf(row.name)) name.product = std::string(*printed);
    const TableRow* tagged = ByTag(row);
    const TableRow* place = names.in_order && places[i] >= 0 ? &order[static_cast<std::size_t>(places[i])] : nullptr;
    const bool contradicted = (place && name.product != place->id) || (tagged && name.product != tagged->id);
    if (contradicted) {
      const bool exact = rows.size() == order.size();
      if (place && (exact || filled[i]) && (!tagged || tagged->id == place->id)) {
        name.product = std::string(place->id);
        name.repaired = fmt::format("printed {}; row {} of the association's fixed order is {}", row.name,
                                    places[i] + 1, place->printed);
        name.rule = fmt::format("place-in-fixed-order ({}{}): row {} is {}",
                                exact ? "all rows there" : "as many rows as places between the right ones",
                                tagged ? ", alloy tag agrees" : "", places[i] + 1, place->printed);
      } else if (tagged && (!place || tagged->id == place->id || !exact)) {
        name.product = std::string(tagged->id);
        name.repaired = fmt::format("printed {}; the tag {} is that of {}", row.name, tagged->tag, tagged->printed);
        name.rule = fmt::format("alloy-tag (only alloy of that tag): {} is {}", tagged->tag, tagged->printed);
      } else {
        name.product.reset();
        name.doubt = fmt::format("printed {}; the row's place does not decide which product it is", row.name);
      }
    } else if (!name.product) {
      name.doubt = fmt::format("{} is no known product, and no order decides", row.name);
    }
    names.rows.push_back(std::move(name));
  }
  return names;
}

RowNames NameByPlace(const std::vector<PrintedRow>& rows, std::size_t agreeing) {
  const auto& order = AssociationTable();
  RowNames names;
  names.in_order = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowName name;
    name.product = std::string(order[i].id);
    if (ProductOf(rows[i].name) != order[i].id) {
      name.repaired = fmt::format("printed {}; row {} of the association's fixed order is {}",
                                  rows[i].name.empty() ? "nothing legible" : rows[i].name, i + 1, order[i].printed);
      name.rule = fmt::format(
          "place-in-fixed-order (all {} rows there, {} of them legible in part, none elsewhere): "
          "row {} is {}",
          rows.size(), agreeing, i + 1, order[i].printed);
    }
    names.rows.push_back(std::move(name));
  }
  return names;
}

}  // namespace ytterby
