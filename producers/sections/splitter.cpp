#include "producers/sections/splitter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"
#include "producers/sections/category_choice.hpp"
#include "producers/sections/contents.hpp"
#include "producers/sections/issue_lines.hpp"
#include "producers/sections/issue_numbers.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/other_texts.hpp"
#include "producers/sections/source_marks.hpp"
#include "producers/sections/titles.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLeastArticle = 240;   // bytes: of an article that ends without a mark
constexpr double kSureMargin = 4.0;          // less than a heading's weight: below it a category may be wrong
constexpr std::size_t kMinBodyLetters = 24;  // bytes: less than this after the last mark is furniture

// Splits the lines [first, last) of one issue.
class IssueSplitter {
 public:
  IssueSplitter(std::string_view text, const LineTable& table, const Layout& layout,
                const std::vector<SourceMark>& marks, std::size_t first, std::size_t last)
      : lines_{text, table, layout, first, last},
        text_(text),
        table_(table),
        marks_(marks),
        last_(last),
        front_(ReadFront(text, table, first, last)),
        titles_(lines_, front_) {
    for (std::size_t i = first; i < last; ++i) {
      const LineKind kind = table.known[i].kind;
      if (kind == LineKind::kRunningHeader || kind == LineKind::kPageNumber) page_lines_.push_back(i);
    }
  }

  SplitIssue Split() {
    SplitIssue issue;
    const std::uint32_t begin = lines_.BeginOf(lines_.first);
    const std::uint32_t masthead_end = lines_.BeginOf(front_.masthead_end), body = lines_.BeginOf(front_.body_begin);
    if (masthead_end > begin) issue.masthead = Span{begin, masthead_end};
    if (body > masthead_end) issue.contents = Span{masthead_end, body};
    FindStarts();
    for (std::size_t i = 0; i < starts_.size(); ++i) issue.sections.push_back(MakeSection(i));
    ChooseAllCategories(issue);
    for (SplitSection& section : issue.sections) KeepColumnHeadings(section);
    if (lines_.layout.recognised()) MarkUnconfirmedTitles(issue);
    AddFurnitureBetween(issue);
    CheckWhole(issue);
    return issue;
  }

  const Front& front() const { return front_; }

 private:
  struct Start {
    std::size_t line = 0;
    const SourceMark* closing = nullptr;
    std::size_t end = 0;  // line after the mark
    SectionBegins begins = SectionBegins::kAfterSourceMark;
    // Found by contents or page, since the mark before it is missing.
    bool by_heading() const {
      return begins == SectionBegins::kContentsEntry || begins == SectionBegins::kCategoryHeading;
    }
  };

  // An article begins at the start of the body and after every closing mark; where a mark is missing, at a title from
  // the contents, or where a category heading changes the category.
  void FindStarts() {
    std::vector<Start> closed;
    std::size_t line = FirstOfArticle(front_.body_begin);
    for (const SourceMark& mark : marks_) {
      if (line >= last_) break;
      if (mark.mark.begin < lines_.BeginOf(line)) continue;
      if (mark.mark.end > lines_.BeginOf(last_)) break;  // beyond this issue, or across the next one's cover
      const std::size_t end = table_.LineAt(mark.mark.end - 1) + 1;
      // A mark with nothing before it closes nothing.
      if (lines_.TextBytes(line, table_.LineAt(mark.mark.begin)) > 0 || closed.empty())
        closed.push_back({line, &mark, end});
      line = FirstOfArticle(end);
    }
    if (line < last_ && HasTitleAndBody(line, closed.empty())) closed.push_back({line, nullptr, last_});
    for (const Start& start : closed) {
      if (const ContentsEntry* entry = titles_.Entry(start.line)) found_entries_.push_back(entry->letters);
    }
    // Text after the last mark is an article only if it is more than the imprint.
    if (closed.size() > 1 && !closed.back().closing && IsImprint(closed.back().line)) closed.pop_back();
    for (const Start& start : closed) AddStart(start);
  }

  // The next line of text that may begin an article. After a closing mark, a number alone is a page's, and several
  // cells of numbers are a column that was read after the rest of its table.
  std::size_t FirstOfArticle(std::size_t from) const {
    std::size_t line = lines_.NextText(from);
    while (line < last_ && (IsNumberCell(line) || BeginsColumn(line))) line = lines_.NextText(line + 1);
    return line;
  }

  bool IsNumberCell(std::size_t line) const {
    return TrimSpace(lines_.At(line)).find_first_not_of("0123456789.,%+-/ ") == std::string_view::npos;
  }
  bool BeginsColumn(std::size_t line) const {
    constexpr std::size_t kCells = 4;
    for (std::size_t i = 0; i < kCells; ++i) {
      line = lines_.NextText(line + 1);
      if (line >= last_ || !IsNumberCell(line)) return false;
    }
    return true;
  }

  // Editors, address, telephone, copyright.
  bool IsImprint(std::size_t line) const {
    for (std::size_t i = line, seen = 0; i < last_ && seen < 3; ++i) {
      if (!lines_.IsText(i)) continue;
      ++seen;
      if (HasImprintWord(lines_.At(i).substr(0, 90))) return true;
    }
    return false;
  }

  bool HasSentence(std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i) {
      if (lines_.IsText(i) && lines_.At(i).find("。") != std::string_view::npos) return true;
    }
    return false;
  }

  bool HasTitleAndBody(std::size_t line, bool only) {
    const std::size_t body = titles_.End(line);
    return only ? lines_.TextBytes(line, last_) > 0 : lines_.TextBytes(body, last_) >= kMinBodyLetters;
  }

  void AddStart(const Start& start) {
    std::vector<Start> parts = {{start.line, nullptr, start.end,
                                 starts_.empty() ? SectionBegins::kFirstOfBody : SectionBegins::kAfterSourceMark}};
    SectionBegins why = SectionBegins::kContentsEntry;
    for (std::size_t hidden : HiddenStarts(start.line, start.end, why))
      parts.push_back({hidden, nullptr, start.end, why});
    parts.back().closing = start.closing;
    starts_.insert(starts_.end(), parts.begin(), parts.end());
  }

  std::vector<std::size_t> HiddenStarts(std::size_t line, std::size_t end, SectionBegins& why) {
    std::vector<std::size_t> found;
    const std::size_t body = titles_.End(line);
    if (!front_.entries.empty()) {
      const ContentsEntry* own = titles_.Entry(line);
      std::size_t bytes = 0;  // of text since the last start
      for (std::size_t i = body; i < end; ++i) {
        if (!lines_.IsText(i)) continue;
        const std::size_t before = bytes;
        bytes += lines_.BytesOf(i);
        if (before < kMinBodyLetters || IsFull(i) || !titles_.MayBegin(i) || !titles_.IsPartOfEntry(i)) continue;
        const ContentsEntry* entry = titles_.Entry(i);
        // An entry names one article: if that was found already, this is a mention.
        if (!entry || std::find(found_entries_.begin(), found_entries_.end(), entry->letters) != found_entries_.end())
          continue;
        // Entries are listed in reading order: one before the article's own is a mention (a journal names the paper
        // abstracted earlier).
        if (own ? entry < own : IsListEntry(i)) continue;
        own = entry;
        found.push_back(i);
        found_entries_.push_back(entry->letters);
        bytes = 0;
      }
    }
    if (!found.empty()) return found;
    why = SectionBegins::kCategoryHeading;
    AddStartsByCategory(line, body, end, found);
    return found;
  }

  // Whether a line of wrapped text fills the page, as no title does: three bytes of Chinese are two columns.
  bool IsFull(std::size_t line) const {
    return lines_.layout.hard_wrapped && lines_.BytesOf(line) * 2 >= (lines_.layout.wrap_width + 2) * 3;
  }

  // The category of the last heading of the body above a line.
  std::optional<Category> CategoryBefore(std::size_t line) const {
    auto after = HeadingFrom(line);
    if (after != table_.headings.end() && after->line == line) ++after;  // the line begins a page
    if (after == table_.headings.begin() || std::prev(after)->line < front_.body_begin) return std::nullopt;
    return std::prev(after)->category;
  }

  // Whether no page begins between the text below the last heading above a line and the line itself.
  bool IsSamePage(std::size_t line) const {
    if (table_.known[line].page_top && table_.shows_page_tops) return false;
    // Nothing shows the pages.
    constexpr std::ptrdiff_t kLeastPages = 2;
    if (page_lines_.end() - std::lower_bound(page_lines_.begin(), page_lines_.end(), front_.body_begin) < kLeastPages)
      return false;
    auto heading = HeadingFrom(line);
    if (heading != table_.headings.end() && heading->line == line) return true;
    if (heading == table_.headings.begin()) return false;
    const auto page = std::lower_bound(page_lines_.begin(), page_lines_.end(), line);
    if (page == page_lines_.begin()) return true;
    return *std::prev(page) < lines_.NextText(std::prev(heading)->line);
  }

  // Adds starts where a later category begins, at the top of a page or after a heading, with a title and a text.
  void AddStartsByCategory(std::size_t line, std::size_t body, std::size_t end, std::vector<std::size_t>& found) {
    // Where lines are wrapped, a page's header comes below its first lines and may be the article's own; elsewhere a
    // heading comes above its block, and the last one before the article gives its category.
    std::optional<Category> before;
    if (!lines_.layout.hard_wrapped) before = CategoryBefore(line);
    std::size_t top = 0, bytes = 0;
    for (std::size_t i = body; i < end; ++i) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kText) bytes += lines_.BytesOf(i);
      if (known.page_top && known.kind == LineKind::kText) top = i;
      if (known.kind != LineKind::kCategory) continue;
      if (before && *known.category > *before) {
        const std::size_t next = lines_.NextText(i + 1), after = found.empty() ? body : found.back() + 1;
        // With page tops, the header comes below the first lines of its page; without, above them.
        if (top > body && top >= after && EndsParagraph(top) && titles_.LooksLike(top)) {
          found.push_back(top);
        } else if (!lines_.layout.hard_wrapped && next >= after && next < end && bytes >= kLeastArticle &&
                   EndsParagraph(next) && titles_.LooksLike(next) && !IsSubHeading(WithoutMarks(lines_.At(next))) &&
                   HasSentence(titles_.End(next), end)) {
          found.push_back(next);
        }
      }
      before = known.category;
      top = 0;
    }
  }

  // Whether the text above a line ends there: no article begins within a sentence.
  bool EndsParagraph(std::size_t line) const {
    while (line > lines_.first && !lines_.IsText(line - 1)) --line;
    if (line == lines_.first) return true;
    const std::string_view above = TrimSpace(lines_.At(line - 1));
    for (std::string_view end : {"。", "！", "？", "”", "）", ")", ".", "%", "％", "：", "|", ">"}) {
      if (above.ends_with(end)) return true;
    }
    return !lines_.layout.hard_wrapped || lines_.BytesOf(line - 1) + 12 < lines_.layout.wrap_width * 3 / 2;
  }

  // Whether this is a title in a list of titles (a journal's contents name the paper whose abstract came before).
  bool IsListEntry(std::size_t line) {
    std::size_t next = lines_.NextText(titles_.End(line));
    return next < last_ && lines_.BytesOf(next) < 150 && !front_.entries.empty() &&
           lines_.TextBytes(next, std::min(last_, next + 6)) < 400 && !IsLong(next);
  }
  bool IsLong(std::size_t line) const { return lines_.BytesOf(line) >= 90; }

  SplitSection MakeSection(std::size_t index) {
    const Start& start = starts_[index];
    SplitSection section;
    const std::size_t limit = index + 1 < starts_.size() ? starts_[index + 1].line : last_;
    std::size_t body_line = titles_.End(start.line);
    section.span.begin = lines_.BeginOf(start.line);
    if (start.closing) {
      section.span.end = table_.lines[table_.LineAt(start.closing->mark.end - 1)].next;
      section.source_mark = start.closing->mark;
      section.source_value = Trim(start.closing->value);
    } else {
      std::size_t end = limit;
      while (end > body_line && !lines_.IsText(end - 1)) --end;
      section.span.end = table_.lines[end - 1].next;
      section.notices.push_back({"source-missing", "warning",
                                 "no closing （来源：…） line; the article ends where the next begins",
                                 Span{section.span.begin, lines_.BeginOf(body_line)}});
    }
    if (start.by_heading()) {
      section.notices.push_back(
          {"source-missing", "warning",
           "the article before has no closing （来源：…） line; this one was found by its heading",
           Span{section.span.begin, lines_.BeginOf(body_line)}});
    }
    const std::uint32_t body_end = start.closing ? start.closing->mark.begin : section.span.end;
    for (std::size_t i = start.line; i < body_line && lines_.BeginOf(i) < body_end; ++i) {
      if (!lines_.IsText(i)) continue;
      const std::string_view piece = WithoutMarks(lines_.At(i));
      if (piece.empty()) continue;
      const auto at = static_cast<std::uint32_t>(piece.data() - text_.data());
      section.title.push_back({at, at + static_cast<std::uint32_t>(piece.size())});
    }
    if (section.title.empty()) section.title.push_back({section.span.begin, section.span.begin});
    section.body = {std::min(lines_.BeginOf(body_line), body_end), body_end};
    for (std::size_t i = start.line; i < limit && lines_.BeginOf(i) < section.span.end; ++i) {
      if (lines_.IsFurniture(i)) section.furniture.push_back({table_.lines[i].begin, table_.lines[i].next});
    }
    return section;
  }

  Span Trim(Span span) const {
    const std::string_view trimmed = TrimSpace(text_.substr(span.begin, span.size()));
    const auto at = static_cast<std::uint32_t>(trimmed.data() - text_.data());
    return {at, at + static_cast<std::uint32_t>(trimmed.size())};
  }

  void ChooseAllCategories(SplitIssue& issue) {
    std::vector<CategoryEvidence> evidence(issue.sections.size());
    std::vector<std::string> titles(issue.sections.size());
    std::size_t previous_end = front_.body_begin;
    for (std::size_t i = 0; i < issue.sections.size(); ++i) {
      const SplitSection& section = issue.sections[i];
      CategoryEvidence& article = evidence[i];
      titles[i] = JoinPieces(text_, section.title);
      article.title = titles[i];
      article.body = text_.substr(section.body.begin, section.body.size());
      if (section.source_value)
        article.source = FoldLetters(text_.substr(section.source_value->begin, section.source_value->size()));
      const std::size_t end = table_.LineAt(section.span.end - 1) + 1;
      // Headings in the gap before the article belong to it; the cover's list does not.
      for (auto heading = HeadingFrom(previous_end); heading != table_.headings.end() && heading->line < end;
           ++heading) {
        article.headings.push_back(heading->category);
        if (heading->line <= starts_[i].line && !heading->of_page) article.headed_by = heading->category;
      }
      article.page_before = CategoryBefore(starts_[i].line);
      article.same_page = article.page_before && IsSamePage(starts_[i].line);
      article.paragraphs = CountParagraphs(section, end);
      article.page_top = table_.known[starts_[i].line].page_top || i == 0 || HeadingBefore(starts_[i].line);
      if (const ContentsEntry* entry = titles_.Entry(starts_[i].line, 0.8)) article.contents = entry->category;
      previous_end = end;
    }
    const auto chosen = ChooseCategories(evidence, table_.shows_page_tops);
    for (std::size_t i = 0; i < issue.sections.size(); ++i) {
      SplitSection& section = issue.sections[i];
      section.category = chosen[i].category;
      section.evidence = {starts_[i].begins, titles_.Extent(starts_[i].line), chosen[i]};
      if (chosen[i].margin >= kSureMargin) continue;
      section.notices.push_back(
          {"category-guessed", "info",
           fmt::format("headings, contents and words do not settle the category: {} was chosen over {}",
                       CategoryId(chosen[i].category), CategoryId(chosen[i].next)),
           Span{section.title.front().begin, section.title.back().end}});
    }
  }

  // Recognised text: a title that the contents do not repeat letter for letter may have any character wrong.
  void MarkUnconfirmedTitles(SplitIssue& issue) {
    for (std::size_t i = 0; i < issue.sections.size(); ++i) {
      if (titles_.Entry(starts_[i].line, 1.0)) continue;
      SplitSection& section = issue.sections[i];
      section.notices.push_back({"unconfirmed", "info",
                                 "the text was recognised from an image, and no contents repeat the title",
                                 Span{section.title.front().begin, section.title.back().end}});
    }
  }

  std::vector<CategoryHeading>::const_iterator HeadingFrom(std::size_t line) const {
    return std::lower_bound(table_.headings.begin(), table_.headings.end(), line,
                            [](const CategoryHeading& heading, std::size_t at) { return heading.line < at; });
  }

  bool HeadingBefore(std::size_t line) const {
    for (std::size_t i = line; i-- > lines_.first;) {
      if (lines_.IsFurniture(i)) return true;
      if (table_.known[i].kind != LineKind::kBlank) return false;
    }
    return true;
  }

  std::size_t CountParagraphs(const SplitSection& section, std::size_t end) const {
    std::size_t count = 0;
    for (std::size_t i = table_.LineAt(section.body.begin); i < end && lines_.BeginOf(i) < section.body.end; ++i) {
      if (!lines_.IsText(i)) continue;
      if (!lines_.layout.hard_wrapped ||
          (lines_.layout.trailing_marks ? table_.lines[i].trailing_space
                                        : lines_.BytesOf(i) < lines_.layout.wrap_width)) {
        ++count;
      }
    }
    return count;
  }

  // The name of another category inside an article is no page header: it is a heading in the text (a journal's column).
  void KeepColumnHeadings(SplitSection& section) const {
    std::erase_if(section.furniture, [&](Span span) {
      const std::size_t line = table_.LineAt(span.begin);
      const KnownLine& known = table_.known[line];
      return known.kind == LineKind::kCategory && known.category != section.category && !IsOfPage(line);
    });
  }

  // Whether a category line stands beside a running header or a page number.
  bool IsOfPage(std::size_t line) const {
    const auto is_page = [&](std::size_t i) {
      return table_.known[i].kind == LineKind::kRunningHeader || table_.known[i].kind == LineKind::kPageNumber;
    };
    std::size_t above = line, below = line + 1;
    while (above > lines_.first && lines_.IsBlank(above - 1)) --above;
    while (below < last_ && lines_.IsBlank(below)) ++below;
    return (above > lines_.first && is_page(above - 1)) || (below < last_ && is_page(below));
  }

  void AddFurnitureBetween(SplitIssue& issue) const {
    std::uint32_t at = lines_.BeginOf(front_.body_begin);
    for (const SplitSection& section : issue.sections) {
      if (section.span.begin > at) issue.furniture.push_back({at, section.span.begin});
      at = section.span.end;
    }
    if (lines_.BeginOf(last_) > at) issue.furniture.push_back({at, lines_.BeginOf(last_)});
  }

  // Whole: the last article is closed, and every category of the contents has an article.
  void CheckWhole(SplitIssue& issue) const {
    if (issue.sections.empty()) return;
    SplitSection& last = issue.sections.back();
    if (!last.source_mark) {
      issue.whole = false;
      last.notices.push_back({"cut-off", "warning",
                              "the last article is not closed by （来源：…）; the document may be cut off here",
                              Span{last.span.end, last.span.end}});
    }
    if (front_.body_by_guess) return;
    for (Category category : front_.categories) {
      const bool present = std::any_of(issue.sections.begin(), issue.sections.end(),
                                       [&](const SplitSection& section) { return section.category == category; });
      if (present) continue;
      issue.whole = false;
      last.notices.push_back({"cut-off", "warning",
                              fmt::format("the contents list {}, but no article of it is here",
                                          Categories()[static_cast<std::size_t>(category)].printed),
                              Span{last.span.end, last.span.end}});
    }
  }

  const IssueLines lines_;
  const std::string_view text_;
  const LineTable& table_;
  const std::vector<SourceMark>& marks_;
  const std::size_t last_;
  const Front front_;
  Titles titles_;
  std::vector<std::size_t> page_lines_;  // running headers and page numbers
  std::vector<Start> starts_;
  std::vector<std::string> found_entries_;  // entries of the contents whose articles begin after a closing mark
};

// An issue that occurs twice in the document becomes one: its sections follow each other, its second front is
// furniture.
void AddIssue(SplitIssue issue, SplitDocument& document) {
  const auto known = std::find_if(document.issues.begin(), document.issues.end(),
                                  [&](const SplitIssue& other) { return other.issue == issue.issue; });
  if (known == document.issues.end()) {
    document.issues.push_back(std::move(issue));
    return;
  }
  document.notices.push_back({"issue-twice", "warning",
                              fmt::format("issue {} stands in the document twice", issue.issue.label), std::nullopt});
  known->whole = known->whole && issue.whole;
  for (const auto& front : {issue.masthead, issue.contents}) {
    if (front) known->furniture.push_back(*front);
  }
  known->furniture.insert(known->furniture.end(), issue.furniture.begin(), issue.furniture.end());
  std::move(issue.sections.begin(), issue.sections.end(), std::back_inserter(known->sections));
}

}  // namespace

tl::expected<SplitDocument, Rejection> SplitText(std::string_view text, const SplitOptions& options) {
  if (auto refused = RefuseMarkup(text)) return tl::unexpected<Rejection>(std::move(*refused));
  std::vector<Line> lines = SplitLines(text);
  SplitDocument document;
  document.layout = MeasureLayout(text, lines);
  const LineTable table = ClassifyLines(text, std::move(lines), document.layout);
  const std::vector<SourceMark> marks = FindSourceMarks(text, table.lines);
  if (auto refused = RefuseOtherText(text, table, marks)) return tl::unexpected<Rejection>(std::move(*refused));
  const std::vector<std::size_t> starts = FindIssueStarts(text, table, marks);
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const std::size_t first = starts[k], last = k + 1 < starts.size() ? starts[k + 1] : table.lines.size();
    IssueSplitter splitter(text, table, document.layout, marks, first, last);
    SplitIssue issue = splitter.Split();
    const auto number = PrintedNumber(text, table, splitter.front(), first, last, document.notices);
    issue.issue.series = AllSeries().front().id;
    if (options.issue_label && starts.size() == 1) {
      issue.issue.label = *options.issue_label;
      const std::string printed =
          number ? fmt::format("{:04d}-{:02d}", number->year, number->number) : issue.issue.label;
      if (printed != issue.issue.label) {
        document.notices.push_back(
            {"issue-number", "warning",
             fmt::format("the document prints {}; {} was given from outside", printed, issue.issue.label),
             std::nullopt});
      }
    } else if (number) {
      issue.issue.label = fmt::format("{:04d}-{:02d}", number->year, number->number);
    } else {
      return tl::unexpected<Rejection>(
          {RejectReason::kNoIssue, "no issue number (第 N 期) is readable; give one with --issue YYYY-NN"});
    }
    AddIssue(std::move(issue), document);
  }
  const bool any = std::any_of(document.issues.begin(), document.issues.end(),
                               [](const SplitIssue& issue) { return !issue.sections.empty(); });
  if (!any) return tl::unexpected<Rejection>({RejectReason::kNoBulletin, "the series title was found, but no article"});
  return document;
}

Section MakeSection(const SplitIssue& issue, int ordinal, const Layout& layout, std::string_view text) {
  const SplitSection& part = issue.sections[static_cast<std::size_t>(ordinal)];
  const auto relative = [&](Span span) { return Span{span.begin - part.span.begin, span.end - part.span.begin}; };
  Section section;
  section.issue = issue.issue;
  section.ordinal = ordinal;
  section.category = part.category;
  section.layout = layout;
  section.document_span = part.span;
  for (Span span : part.furniture) section.furniture.push_back(relative(span));
  section.title = JoinPieces(text, part.title);
  section.title_span = relative({part.title.front().begin, part.title.back().end});
  section.body_span = relative(part.body);
  if (part.source_value) {
    section.source = JoinPieces(text, {*part.source_value});
    std::erase_if(*section.source, [](char c) { return c == '\n' || c == '\r'; });
    section.source_span = relative(*part.source_value);
  }
  section.notices = part.notices;
  for (Notice& notice : section.notices) {
    if (notice.span) notice.span = relative(*notice.span);
  }
  section.text = text.substr(part.span.begin, part.span.size());
  return section;
}

}  // namespace ytterby
