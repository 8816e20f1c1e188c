// Dates of documents: when issued, from when in force. Text is folded; results are views into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/reading/section_text.hpp"

namespace ytterby {

struct DatePhrase {
  std::string iso;            // day or month, or a year alone
  bool year_only = false;     // stated as a year alone, which dates no document
  bool year_printed = false;  // otherwise the year is inferred from the issue
  std::string_view printed;
};

// The last date of the sentence before `limit`. `from_on`: also one that something takes effect from (…起).
std::optional<DatePhrase> DateBefore(std::string_view sentence, std::size_t limit,
                                     const std::optional<IssueYear>& issue, bool from_on = false);

// When a document takes effect: a date of its own, or the day it is issued (自公布之日起).
struct EffectPhrase {
  std::optional<std::string> iso;  // nullopt: with its issue
  bool year_printed = true;
  std::string_view printed;
};
// `issued`: ISO, where known; gives the year of a date without one.
std::optional<EffectPhrase> EffectIn(std::string_view sentence, const std::optional<std::string>& issued,
                                     const std::optional<IssueYear>& issue);

// A paragraph that is a day and nothing else (a signature's): its ISO form.
std::optional<std::string> DayAlone(std::string_view paragraph);

}  // namespace ytterby
