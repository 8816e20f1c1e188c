#include "consumers/reading/section_text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {

SectionText::SectionText(const Section& section, const ReflowOptions& options)
    : section_(section),
      paragraphs_(SplitParagraphs(section.text, section.body_span, section.furniture, section.layout, options)),
      folded_(FoldParagraphs(section.text, paragraphs_)),
      title_(FoldPieces(section.text, TitleSpans(section))) {}

std::vector<Span> SectionText::SpansOf(std::string_view part) const {
  std::vector<Span> spans;
  const std::less_equal<const char*> not_after;
  const bool in_title =
      not_after(title_.text.data(), part.data()) && not_after(part.data(), title_.text.data() + title_.text.size());
  const Folded& folded = in_title ? title_ : folded_;
  const std::size_t begin = static_cast<std::size_t>(part.data() - folded.text.data());
  const std::size_t end = begin + part.size();
  for (std::size_t i = begin; i < end;) {
    const Span character{folded.source[i], folded.EndOf(i)};
    do {
      ++i;
    } while (i < end && folded.source[i] == character.begin && folded.EndOf(i) == character.end);
    if (character.begin == character.end) continue;
    if (spans.empty()) {
      spans.push_back(character);
    } else if (character.begin > spans.back().end) {
      // A gap of white space or mark-up folds away and is part of the span. Any other gap is furniture and is not.
      const std::string_view gap =
          std::string_view(section_.text).substr(spans.back().end, character.begin - spans.back().end);
      if (gap.find_first_not_of(" \t\r\n") == std::string_view::npos || FoldKey(gap).empty()) {
        spans.back().end = character.end;
      } else {
        spans.push_back(character);
      }
    } else if (character.end > spans.back().end) {
      spans.back().end = character.end;
    }
  }
  return spans;
}

std::string_view SectionText::FoldedAt(Span span) const {
  // Excludes the last entry, which marks the end of the source.
  const auto last = folded_.source.begin() + static_cast<std::ptrdiff_t>(folded_.text.size());
  const auto begin = std::lower_bound(folded_.source.begin(), last, span.begin);
  const auto end = std::lower_bound(begin, last, span.end);
  return text().substr(static_cast<std::size_t>(begin - folded_.source.begin()), static_cast<std::size_t>(end - begin));
}

std::string SectionText::Printed(std::string_view part) const { return PrintedOf(SpansOf(part)); }

std::string SectionText::PrintedOf(const std::vector<Span>& spans) const {
  std::string printed;
  for (Span span : spans) printed += WithoutSpace(std::string_view(section_.text).substr(span.begin, span.size()));
  return printed;
}

bool SectionText::PrintedAsIs(std::string_view part) const {
  const std::vector<Span> spans = SpansOf(part);
  return spans.size() == 1 && std::string_view(section_.text).substr(spans[0].begin, spans[0].size()) == part;
}

std::string_view SectionText::WholeNumber(std::string_view number) const {
  const std::string_view all = text();
  const auto digit = [&](std::size_t at) { return at < all.size() && all[at] >= '0' && all[at] <= '9'; };
  std::size_t begin = static_cast<std::size_t>(number.data() - all.data()), end = begin + number.size();
  while (begin >= 2 && all[begin - 1] == ',' && digit(begin - 2)) {
    std::size_t piece = begin - 1;
    while (piece > 0 && digit(piece - 1)) --piece;
    if ((piece > 0 && all[piece - 1] == '.') || !PrintedAsIs(all.substr(begin - 2, 3))) break;
    begin = piece;
  }
  while (number.find('.') == std::string_view::npos && end < all.size() && all[end] == ',' && digit(end + 1) &&
         PrintedAsIs(all.substr(end - 1, 3))) {
    for (++end; digit(end);) ++end;
    if (end < all.size() && all[end] == '.' && digit(end + 1)) {
      for (++end; digit(end);) ++end;
      break;
    }
  }
  return all.substr(begin, end - begin);
}

std::string SectionText::Code(std::string_view part, FieldName field, Provenance& provenance) const {
  const std::vector<Span> spans = SpansOf(part);
  provenance.Add(field, spans);
  const std::string printed = PrintedOf(spans);
  if (printed != part) provenance.Rule(field, "plain-form: " + printed);
  return std::string(part);
}

std::string SectionText::Words(std::string_view part, FieldName field, Provenance& provenance) const {
  const std::vector<Span> spans = SpansOf(part);
  provenance.Add(field, spans);
  return WordsOf(spans);
}

std::string SectionText::Words(std::string_view part) const { return WordsOf(SpansOf(part)); }

std::string SectionText::WordsOf(const std::vector<Span>& spans) const {
  std::vector<Span> lines;
  for (Span span : spans) {
    std::uint32_t at = span.begin;
    while (at < span.end) {
      const std::string_view rest = std::string_view(section_.text).substr(at, span.end - at);
      const std::string_view line = TrimSpace(rest.substr(0, rest.find('\n')));
      if (!line.empty()) {
        const auto begin = static_cast<std::uint32_t>(line.data() - section_.text.data());
        lines.push_back({begin, begin + static_cast<std::uint32_t>(line.size())});
      }
      at += static_cast<std::uint32_t>(std::min(rest.find('\n'), rest.size())) + 1;
    }
  }
  return JoinPieces(section_.text, lines);
}

std::optional<IssueYear> YearOf(const IssueId& issue) {
  static const RE2 kLabel(R"((\d{4})-(\d{1,2}))");
  IssueYear found;
  if (!RE2::FullMatch(issue.label, kLabel, &found.year, &found.number)) return std::nullopt;
  return found;
}

int YearForMonth(int month, std::optional<int> explicit_year, const std::optional<IssueYear>& issue) {
  if (explicit_year) return *explicit_year;
  if (!issue) return 0;
  return month <= issue->number || issue->number > 12 ? issue->year : issue->year - 1;
}

std::optional<YearMonth> YearMonthIn(std::string_view folded) {
  static const RE2 kYearMonth(R"(((?:19|20)\d\d)年(\d{1,2})月)");
  YearMonth found;
  if (!RE2::PartialMatch(re2::StringPiece(folded.data(), folded.size()), kYearMonth, &found.year, &found.month))
    return std::nullopt;
  if (found.month < 1 || found.month > 12) return std::nullopt;
  return found;
}

TitleDates TitleDatesIn(std::string_view folded, const std::optional<IssueYear>& issue) {
  static const RE2 kMonth(R"((\d{1,2})月)"), kDay(R"((?:((?:19|20)\d\d)年)?(\d{1,2})月(\d{1,2})日)");
  const re2::StringPiece title(folded.data(), folded.size());
  TitleDates dates{YearMonthIn(folded), {}};
  YearMonth month;
  if (!dates.month && RE2::PartialMatch(title, kMonth, &month.month) && month.month >= 1 && month.month <= 12) {
    month.year = YearForMonth(month.month, std::nullopt, issue);
    if (month.year != 0) dates.month = month;
  }
  // 五月稀土市场综述
  static const RE2 kNumeral(R"((?:^|[^一二三四五六七八九十前近第\d])([一二三四五六七八九]|十[一二]?)月)");
  std::string numeral;
  if (!dates.month && RE2::PartialMatch(title, kNumeral, &numeral)) {
    month.month = ParseNumeral(numeral).value_or(0);
    month.year = YearForMonth(month.month, std::nullopt, issue);
    if (month.month >= 1 && month.year != 0) dates.month = month;
  }
  TitleDates::Day day;
  std::string year;
  if (RE2::PartialMatch(title, kDay, &year, &day.month, &day.day)) {
    day.year = YearForMonth(day.month, year.empty() ? std::nullopt : std::optional<int>(std::stoi(year)), issue);
    dates.day = day;
  }
  return dates;
}

std::vector<std::string_view> SentencesOf(std::string_view paragraph, bool semicolons) {
  constexpr std::size_t kMost = 3000;
  std::vector<std::string_view> sentences;
  while (!paragraph.empty()) {
    // Looks for marks only within the longest sentence, so that each byte is read a few times however long the
    // paragraph.
    const std::string_view near = paragraph.substr(0, kMost + 3);
    std::size_t stop = FindWord(near, "。"), skip = 3;
    if (semicolons && near.substr(0, stop).find(';') != std::string_view::npos) {
      stop = near.find(';');
      skip = 1;
    }
    if (stop == std::string_view::npos) {
      stop = paragraph.size();
      skip = 0;
    }
    if (stop > kMost) {
      std::size_t cut = paragraph.substr(0, kMost).rfind(',');
      if (cut == std::string_view::npos || cut < kMost / 2) {
        cut = kMost;
        while (cut > 0 && (static_cast<unsigned char>(paragraph[cut]) & 0xC0) == 0x80) --cut;
      }
      stop = cut;
      skip = 0;
    }
    if (stop > 0) sentences.push_back(paragraph.substr(0, stop));
    paragraph.remove_prefix(stop + skip);
  }
  return sentences;
}

std::vector<Span> TitleSpans(const Section& section) { return Without(section.title_span, section.furniture); }

std::string WithoutSpace(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    if (!IsSpace(c.value)) out.append(text, at, c.length);
    at += c.length;
  }
  return out;
}

}  // namespace ytterby
