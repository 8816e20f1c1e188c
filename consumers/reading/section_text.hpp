// A section as the normalisers read it: paragraphs, their folded form, and the mapping back to the printed bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text/reflow.hpp"
#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// Refers to the section it was made from, which must outlive it.
class SectionText {
 public:
  explicit SectionText(const Section& section, const ReflowOptions& options = {});

  const Section& section() const { return section_; }
  const std::vector<Paragraph>& paragraphs() const { return paragraphs_; }
  // The folded body, with a '\n' after every paragraph.
  const Folded& folded() const { return folded_; }
  std::string_view text() const { return folded_.text; }
  // The folded title.
  std::string_view title() const { return title_.text; }

  // The source spans of a part of text() or title(): several if furniture separates its lines.
  std::vector<Span> SpansOf(std::string_view part) const;
  // The part of text() that comes from the section's bytes `span`; empty if none does.
  std::string_view FoldedAt(Span span) const;
  // The printed bytes of a part of text() or title(), without white space.
  std::string Printed(std::string_view part) const;
  // The number that `number`, a part of text(), is printed in: with the digits that commas join to it, if they are
  // printed at half width and without space. 2345 of 1,2345 gives 1,2345. A number with decimals ends at a comma: 37.38
  // and 46.00 of 37.38,46.00 give themselves.
  std::string_view WholeNumber(std::string_view number) const;
  // A number or code in its plain (folded) form. Records its spans under `field`, and a rule if it is printed in
  // another form (full-width, traditional, with mark-up).
  std::string Code(std::string_view part, FieldName field, Provenance& provenance) const;
  // The printed words of a part of text() or title(), with lines joined as a person reads them.
  std::string Words(std::string_view part) const;
  // As above, and records the spans under `field`.
  std::string Words(std::string_view part, FieldName field, Provenance& provenance) const;

 private:
  bool PrintedAsIs(std::string_view part) const;
  std::string PrintedOf(const std::vector<Span>& spans) const;
  std::string WordsOf(const std::vector<Span>& spans) const;

  const Section& section_;
  std::vector<Paragraph> paragraphs_;
  Folded folded_, title_;
};

// Year and number of a numbered issue's label; nullopt for any other label.
struct IssueYear {
  int year = 0;
  int number = 0;
};
std::optional<IssueYear> YearOf(const IssueId& issue);

// The year of a month: the explicit year, else the year of the latest such month not after the issue; 0 if neither is
// known.
int YearForMonth(int month, std::optional<int> explicit_year, const std::optional<IssueYear>& issue);

// The first year and month in a folded text, such as 2023年7月.
struct YearMonth {
  int year = 0;
  int month = 0;
};
std::optional<YearMonth> YearMonthIn(std::string_view folded);

// The month and the day that a folded title names. A year that it does not print is YearForMonth's. The day is as
// printed: it may not exist (2月30日).
struct TitleDates {
  struct Day {
    int year = 0, month = 0, day = 0;
  };
  std::optional<YearMonth> month;
  std::optional<Day> day;
};
TitleDates TitleDatesIn(std::string_view folded, const std::optional<IssueYear>& issue);

// Splits a folded paragraph into sentences at 。 and, if asked, at semicolons. A sentence above 3,000 bytes is cut, at
// a comma if possible, so that searches within a sentence stay bounded on any input.
std::vector<std::string_view> SentencesOf(std::string_view paragraph, bool semicolons);

// The title's bytes without page furniture between its lines.
std::vector<Span> TitleSpans(const Section& section);

// `text` without white space.
std::string WithoutSpace(std::string_view text);

}  // namespace ytterby
