// Dates of documents: when they were issued and when they take effect. Text is folded; results are views into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/reading/section_text.hpp"

namespace ytterby {

struct DatePhrase {
  std::string iso;            // day or month, or a year alone
  bool year_only = false;     // only a year is stated, which does not date a document
  bool year_printed = false;  // otherwise the year is inferred from the issue
  std::string_view printed;
};

// The last date in the sentence before `limit`. `from_on`: also accepts a date from which something takes effect (…起).
std::optional<DatePhrase> DateBefore(std::string_view sentence, std::size_t limit,
                                     const std::optional<IssueYear>& issue, bool from_on = false);

// When a document takes effect: a stated date, or the day it is issued (自公布之日起).
struct EffectPhrase {
  std::optional<std::string> iso;  // nullopt: on the day of issue
  bool year_printed = true;
  std::string_view printed;
};
// `issued`: the ISO date of issue, if known; supplies the year of a date without one.
std::optional<EffectPhrase> EffectIn(std::string_view sentence, const std::optional<std::string>& issued,
                                     const std::optional<IssueYear>& issue);

// The ISO form of a paragraph that is only a day, such as a signature's; else nullopt.
std::optional<std::string> DayAlone(std::string_view paragraph);

}  // namespace ytterby
