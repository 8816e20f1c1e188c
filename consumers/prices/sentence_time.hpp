// Which time the prices of a text are for, as its title and its sentences name it from left to right.
#pragma once

#include <optional>
#include <string_view>

#include "consumers/prices/price_tokens.hpp"
#include "consumers/reading/section_text.hpp"

namespace ytterby {

// kSpan: more than a month, which gives no price; kMonthOpen: the month's first day.
struct TimePhrase {
  enum class Kind { kNone, kMonth, kMonthOpen, kMonthEnd, kDay, kQuarter, kSpan } kind = Kind::kNone;
  int year = 0, month = 0, day = 0, quarter = 0;  // 0 where the kind has none
};

// Fed with the time tokens of one sentence after another. What was named last applies to the prices that follow in the
// sentence; a day, a month's end or a quarter also to the later sentences of its paragraph that name no time.
class SentenceTime {
 public:
  SentenceTime(std::string_view folded_title, const std::optional<IssueYear>& issue);

  void BeginParagraph() { inherited_ = {}; }
  void BeginSentence() { time_ = {}; }
  void EndSentence();
  void OnToken(const PriceToken& token);
  // A sentence without prices names this month.
  void OnOtherMonth(const YearMonth& month) { last_month_ = month; }

  // The time of a price that is printed here. kNone: neither the sentence, its paragraph nor a day in the title says.
  TimePhrase Here() const;
  // The month of a price at this time: its own, else the title's, else the month that was named last; 0 in both fields
  // if there is none.
  YearMonth MonthOf(const TimePhrase& time) const;
  bool KnowsMonth() const { return titled_ || last_month_.month != 0; }

 private:
  void OnDay(std::string_view year, int month, int day);
  void OnMonthEdge(TimePhrase::Kind kind, int month);
  void OnMonth(std::string_view year, int month);
  void OnQuarter(std::string_view year, std::string_view quarter);
  int YearFor(std::string_view year, int month) const;

  std::optional<IssueYear> issue_;
  std::optional<YearMonth> titled_;
  std::optional<TimePhrase> titled_day_;
  TimePhrase time_, inherited_;
  YearMonth last_month_;
};

}  // namespace ytterby
