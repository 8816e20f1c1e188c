#include "consumers/prices/sentence_time.hpp"

#include <re2/re2.h>

#include <fmt/format.h>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {

using Kind = TimePhrase::Kind;

std::optional<IssueYear> ReportYearOf(const Section& section) {
  auto issue = YearOf(section.issue);
  if (!issue || issue->number >= 12) return issue;
  static const RE2 kDated(R"(^(?:\d{1,2}[-—~至]{1,2})?(\d{1,2})月[^。\n]{0,24}价)");
  const std::string_view text = section.text;
  const std::string year = fmt::format("{}年", issue->year);
  for (std::size_t at = FindWord(text, year); at != std::string_view::npos; at = FindWord(text, year, at)) {
    at += year.size();
    constexpr std::size_t kReach = 120;  // bytes that the pattern can span
    int month = 0;
    if (RE2::PartialMatch(Piece(text.substr(at, kReach)), kDated, &month) && month > issue->number && month <= 12) {
      issue->number = 12;
      break;
    }
  }
  return issue;
}

SentenceTime::SentenceTime(std::string_view folded_title, const std::optional<IssueYear>& issue) : issue_(issue) {
  const TitleDates dates = TitleDatesIn(folded_title, issue);
  titled_ = dates.month;
  if (dates.day) titled_day_ = {Kind::kDay, dates.day->year, dates.day->month, dates.day->day, 0};
}

void SentenceTime::EndSentence() {
  if (time_.kind == Kind::kDay || time_.kind == Kind::kMonthEnd || time_.kind == Kind::kQuarter) inherited_ = time_;
}

void SentenceTime::OnToken(const PriceToken& token) {
  switch (token.kind) {
    case PriceTokenKind::kBareDay:
      if (KnowsMonth()) OnDay({}, MonthOf({}).month, token.day);
      return;
    case PriceTokenKind::kDay:
      return OnDay(token.year, token.month, token.day);
    case PriceTokenKind::kMonthEnd:
      return OnMonthEdge(Kind::kMonthEnd, token.month);
    case PriceTokenKind::kMonthOpen:
      return OnMonthEdge(Kind::kMonthOpen, token.month);
    case PriceTokenKind::kMonth:
      return OnMonth(token.year, token.month);
    case PriceTokenKind::kQuarter:
      return OnQuarter(token.year, token.quarter);
    default:
      time_ = {Kind::kSpan, 0, 0, 0, 0};
  }
}

TimePhrase SentenceTime::Here() const {
  const TimePhrase time = time_.kind == Kind::kNone ? inherited_ : time_;
  return time.kind == Kind::kNone && titled_day_ ? *titled_day_ : time;
}

YearMonth SentenceTime::MonthOf(const TimePhrase& time) const {
  if (time.month != 0) return {time.year, time.month};
  return titled_ ? *titled_ : last_month_;
}

void SentenceTime::OnDay(std::string_view year, int month, int day) {
  if (time_.kind == Kind::kQuarter) return;  // 第一季度…，公司1月9日公告: the price is for the quarter
  time_ = {Kind::kDay, YearFor(year, month), month, day, 0};
}

void SentenceTime::OnMonthEdge(Kind kind, int month) {
  if (month == 0)
    month = time_.month ? time_.month : last_month_.month ? last_month_.month : titled_ ? titled_->month : 0;
  time_ = {kind, YearFor({}, month), month, 0, 0};
}

void SentenceTime::OnMonth(std::string_view year, int month) {
  if (month < 1 || month > 12) return;
  last_month_ = {YearFor(year, month), month};
  // 11月涨幅为…: the month of a change, not the time of the next price.
  if (time_.kind == Kind::kNone || time_.kind == Kind::kMonth || time_.kind == Kind::kSpan)
    time_ = {Kind::kMonth, last_month_.year, month, 0, 0};
}

void SentenceTime::OnQuarter(std::string_view year, std::string_view quarter) {
  const int number = ParseNumeral(quarter).value_or(0);
  int in = year.empty() ? 0 : ToInt(year);
  if (in == 0 && issue_) {
    // A quarter's price is announced before or at its start: takes the quarter nearest to the issue.
    in = issue_->year;
    const int first_month = number * 3 - 2;
    if (first_month - issue_->number > 6) in = issue_->year - 1;
    if (issue_->number - first_month > 8) in = issue_->year + 1;
  }
  time_ = {Kind::kQuarter, in, 0, 0, number};
}

int SentenceTime::YearFor(std::string_view year, int month) const {
  if (!year.empty()) return ToInt(year);
  if (titled_) return month <= titled_->month ? titled_->year : titled_->year - 1;
  return YearForMonth(month, std::nullopt, issue_);
}

}  // namespace ytterby
