#include "consumers/prices/narrative_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

// The form of a name. Damage does not change it, since the words around the element survive: a damaged oxide is still
// an oxide.
enum class Form { kOxide, kMetal, kAlloy, kOther };
Form FormOf(std::string_view printed) {
  if (printed.starts_with("氧化") || printed.ends_with("氧化物")) return Form::kOxide;
  if (printed.starts_with("金属") || printed.ends_with("金属")) return Form::kMetal;
  if (printed.ends_with("铁") || printed.ends_with("合金")) return Form::kAlloy;
  return Form::kOther;
}

std::optional<std::size_t> PlaceOf(const std::optional<std::string>& product) {
  const auto& order = NarrativeOrder();
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (product == order[i].id) return i;
  }
  return std::nullopt;
}

}  // namespace

void NameByOrder(const Section& section, const std::vector<NarrativeName>& sequence, Prices& prices,
                 std::vector<Finding>& findings) {
  constexpr std::size_t kLeast = 5;  // right names needed to take the sequence for the association's
  const auto& order = NarrativeOrder();
  std::vector<std::optional<std::size_t>> places;
  for (const NarrativeName& name : sequence) places.push_back(PlaceOf(prices[name.price].product));
  std::size_t right = 0;
  bool ascending = true;
  std::optional<std::size_t> last;
  for (const auto& place : places) {
    if (!place) continue;
    ++right;
    ascending = ascending && (!last || *last < *place);
    last = place;
  }
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    Price& price = prices[sequence[i].price];
    if (price.product) continue;
    const auto fits = [&](std::size_t place) { return FormOf(sequence[i].printed) == FormOf(order[place].printed); };
    std::optional<std::size_t> place;
    std::string why;
    // A purity that only one product of this form prints (99.999%氧化钇).
    if (!sequence[i].purity.empty()) {
      for (std::size_t k = 0; k < order.size(); ++k) {
        if (order[k].purity != sequence[i].purity || !fits(k)) continue;
        const auto same = [&](const NarrativeRow& row) { return row.purity == order[k].purity; };
        if (std::count_if(order.begin(), order.end(), same) == 1) {
          place = k;
          why = "purity " + sequence[i].purity;
        }
      }
    }
    if (!place && ascending && right >= kLeast) {
      const std::size_t before = i > 0 && places[i - 1] ? *places[i - 1] : order.size();
      const bool first = i == 0, end = i + 1 == sequence.size();
      const std::size_t after = !end && places[i + 1] ? *places[i + 1] : order.size();
      if (before + 1 < order.size() && !first &&
          ((end && before + 2 == order.size()) || (!end && after == before + 2)) && fits(before + 1)) {
        place = before + 1;
        why = "its neighbours leave one place";
      } else if (first && after == 1 && fits(0)) {
        place = 0;
        why = "it stands before the second";
      }
    }
    if (!place || std::find(places.begin(), places.end(), place) != places.end()) continue;
    places[i] = place;
    const NarrativeRow& row = order[*place];
    price.product = std::string(row.id);
    if (price.product != ProductFromPrinted(sequence[i].printed)) {
      price.repaired = fmt::format("printed {}; place {} of the association's order of sentences is {}",
                                   sequence[i].printed, *place + 1, row.printed);
    }
    price.provenance.Rule("product", fmt::format("place-in-narrative-order ({}): {}", why, row.printed));
  }
  for (const NarrativeName& name : sequence) {
    const Price& price = prices[name.price];
    const auto spans = price.provenance.SpansOf("as_printed");
    if (!price.product) {
      findings.push_back(
          FindingAt(section, "name-damaged", "warning",
                    fmt::format("{} {}, and nothing in the section decides which is meant", name.printed,
                                name.contradicted ? "has quite another price in the table" : "is no known product"),
                    spans));
    } else if (price.repaired) {
      findings.push_back(FindingAt(section, "name-repaired", "info", *price.repaired, spans));
    }
  }
}

}  // namespace ytterby
