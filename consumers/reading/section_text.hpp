// A section as the normalisers read it: paragraphs, their folded form, and the way back to the printed bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text/reflow.hpp"
#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// Views into the section it was made from, which must outlive it.
class SectionText {
 public:
  explicit SectionText(const Section& section, const ReflowOptions& options = {});

  const Section& section() const { return section_; }
  const std::vector<Paragraph>& paragraphs() const { return paragraphs_; }
  // The folded body, a '\n' after every paragraph.
  const Folded& folded() const { return folded_; }
  std::string_view text() const { return folded_.text; }
  // The folded title.
  std::string_view title() const { return title_.text; }

  // The source spans of a part of text() or title(): several where furniture lies between its lines.
  std::vector<Span> SpansOf(std::string_view part) const;
  // The part of text() made from the section's bytes `span`; empty where none of it was.
  std::string_view FoldedAt(Span span) const;
  // The printed bytes of such a part, white space removed.
  std::string Printed(std::string_view part) const;
  // A number or code in its plain (folded) form. Notes its spans under `field`, and a rule where it is printed in
  // another form (full-width, traditional, with mark-up).
  std::string Code(std::string_view part, FieldName field, Provenance& provenance) const;
  // The printed words of such a part: lines joined as a person reads them.
  std::string Words(std::string_view part) const;
  // The same, noting the spans under `field`.
  std::string Words(std::string_view part, FieldName field, Provenance& provenance) const;

 private:
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

// A month's year: the explicit one nearest, else the latest such month not after the issue.
int YearForMonth(int month, std::optional<int> explicit_year, const std::optional<IssueYear>& issue);

// The first 2023年7月 of a folded text.
struct YearMonth {
  int year = 0;
  int month = 0;
};
std::optional<YearMonth> YearMonthIn(std::string_view folded);

// The sentences of a folded paragraph, by 。 and, where asked, by semicolon. One above 3,000 bytes is cut at a comma,
// so that what looks back and forth within a sentence stays bounded on any input.
std::vector<std::string_view> SentencesOf(std::string_view paragraph, bool semicolons);

// The title's bytes without page furniture between its lines.
std::vector<Span> TitleSpans(const Section& section);

// `text` without white space.
std::string WithoutSpace(std::string_view text);

}  // namespace ytterby
