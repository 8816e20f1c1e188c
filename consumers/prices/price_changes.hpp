// What a change is measured against, and which way it goes, by the words around it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// mom, qoq, yoy or month_to_date by the last such word; "" for any other basis, nullopt for none. `price` is the one
// that changed, nullptr where it is not known yet: a month that is named is compared with its period.
std::optional<std::string> ChangeBasisIn(std::string_view words, const Price* price);

// The clause that a change ends, of the sentence up to it.
std::string_view ClauseOfChange(std::string_view before);
// The basis of a change: in its own clause, else in what was said since the price (较上月下降3.1万元/吨，降幅3.3%),
// which begins at `since_price` of the sentence. `before` is the sentence up to the change; nullopt where none that a
// record may have is named.
std::optional<std::string> BasisOfChange(std::string_view before, std::size_t since_price, const Price* price);
// Sets the change, or the second one on the year's basis, with its spans in `text` and the rule of its sign; one that
// is set stays.
void SetChange(const SectionText& text, Price& price, Decimal change, const std::string& basis,
               std::string_view printed);

// 环比、同比分别上涨1.9%、22.4%: one basis after the other. `before` is the sentence up to the change; nullopt where it
// names no two.
std::optional<std::string> BasisInTurn(std::string_view before);

// 上涨2500元/吨, REO每增减1%价格增减417元/吨: do the words before a number make it an amount, not a level?
bool IsChangeAmount(std::string_view before);

// 较4月份的均价751.0, 由上月的53.20下降至…, 去年同期为585: do the words before a number make it the level that a change
// is measured against, and no statement of its own? The level of the month's first day is one.
bool IsReferenceLevel(std::string_view before);

enum class Direction { kNone, kUp, kDown };
// By the last word of rising or falling.
Direction DirectionIn(std::string_view words);

}  // namespace ytterby
