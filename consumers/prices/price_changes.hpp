// What a change is measured against, and its direction, from the words around it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// mom, qoq, yoy or month_to_date, from the last such word; "" for any other basis, nullopt for none. `price` is the
// price that changed, nullptr if it is not known yet: a named month is compared with its period.
std::optional<std::string> ChangeBasisIn(std::string_view words, const Price* price);

// The clause that ends with a change. `before` is the sentence up to the change.
std::string_view ClauseOfChange(std::string_view before);
// The basis of a change: from its own clause, else from the words since the price (较上月下降3.1万元/吨，降幅3.3%),
// which begin at `since_price` in the sentence. `before` is the sentence up to the change. nullopt if it names no basis
// that a record may have.
std::optional<std::string> BasisOfChange(std::string_view before, std::size_t since_price, const Price* price);
// Sets the change, or the second change if that has the basis yoy, with its spans in `text` and the rule of its sign. A
// change that is already set stays.
void SetChange(const SectionText& text, Price& price, Decimal change, const std::string& basis,
               std::string_view printed);

// 环比、同比分别上涨1.9%、22.4%: the bases in turn. `before` is the sentence up to the change. nullopt if it does not
// name two.
std::optional<std::string> BasisInTurn(std::string_view before);

// 上涨2500元/吨, REO每增减1%价格增减417元/吨: whether the words before a number make it an amount, not a level.
bool IsChangeAmount(std::string_view before);

// 较4月份的均价751.0, 由上月的53.20下降至…, 去年同期为585: whether the words before a number make it the level that a
// change is measured against, not a price stated in its own right. The level of the month's first day is stated in its
// own right.
bool IsReferenceLevel(std::string_view before);

enum class Direction { kNone, kUp, kDown };
// From the last word for rising or falling.
Direction DirectionIn(std::string_view words);

}  // namespace ytterby
