#include "producers/sections/splitter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <iterator>

#include "common/text/dates.hpp"
#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"
#include "producers/sections/category_choice.hpp"
#include "producers/sections/contents.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMaxTitleLines = 4;
constexpr std::size_t kMaxGap = 5;           // lines from one line of a title to the next, blank ones between
constexpr std::size_t kLeastArticle = 240;   // bytes: of an article that ends without a mark
constexpr std::size_t kMinBodyLetters = 24;  // bytes: less than that after the last mark is furniture

// Splits the lines [first, last) of one issue.
class IssueSplitter {
 public:
  IssueSplitter(std::string_view text, const LineTable& table, const Layout& layout, const std::vector<SourceMark>& marks,
                std::size_t first, std::size_t last)
      : text_(text), table_(table), layout_(layout), marks_(marks), first_(first), last_(last) {}

  SplitIssue Split() {
    SplitIssue issue;
    front_ = ReadFront(text_, table_, first_, last_);
    const std::uint32_t begin = BeginOf(first_);
    const std::uint32_t masthead_end = BeginOf(front_.masthead_end), body = BeginOf(front_.body_begin);
    if (masthead_end > begin) issue.masthead = Span{begin, masthead_end};
    if (body > masthead_end) issue.contents = Span{masthead_end, body};
    FindStarts();
    for (std::size_t i = 0; i < starts_.size(); ++i) issue.sections.push_back(MakeSection(i));
    ChooseAllCategories(issue);
    for (SplitSection& section : issue.sections) KeepColumnHeadings(section);
    AddFurnitureBetween(issue);
    CheckWhole(issue);
    return issue;
  }

  const Front& front() const { return front_; }

 private:
  struct Start {
    std::size_t line = 0;
    const SourceMark* closing = nullptr;
    std::size_t end = 0;      // line after the mark
    bool by_heading = false;  // found by contents or page, the mark before it being missing
  };

  std::uint32_t BeginOf(std::size_t line) const {
    return line < table_.lines.size() ? table_.lines[line].begin : static_cast<std::uint32_t>(text_.size());
  }
  bool IsFurniture(std::size_t line) const {
    const LineKind kind = table_.known[line].kind;
    return kind == LineKind::kRunningHeader || kind == LineKind::kPageNumber || kind == LineKind::kCategory || kind == LineKind::kUrl;
  }
  std::size_t NextText(std::size_t line) const {
    while (line < last_ && (table_.known[line].kind == LineKind::kBlank || IsFurniture(line))) ++line;
    return line;
  }

  // An article begins at the body's begin and after every closing mark; where a mark is missing, at a heading of the
  // contents, or at a page top whose running header changes the category.
  void FindStarts() {
    std::vector<Start> closed;
    std::size_t line = NextText(front_.body_begin);
    for (const SourceMark& mark : marks_) {
      if (line >= last_) break;
      if (mark.mark.begin < BeginOf(line)) continue;
      if (mark.mark.end > BeginOf(last_)) break;  // beyond this issue, or across the next one's cover
      const std::size_t end = table_.LineAt(mark.mark.end - 1) + 1;
      // A mark with nothing before it closes nothing.
      if (TextBytes(line, table_.LineAt(mark.mark.begin)) > 0 || closed.empty()) closed.push_back({line, &mark, end});
      line = NextText(end);
    }
    if (line < last_ && HasTitleAndBody(line, closed.empty())) closed.push_back({line, nullptr, last_});
    for (const Start& start : closed) {
      if (const ContentsEntry* entry = MatchesEntry(start.line, TitleEnd(start.line))) found_entries_.push_back(entry->letters);
    }
    // What stands behind the last mark is an article only if it is more than the imprint.
    if (closed.size() > 1 && !closed.back().closing && IsImprint(closed.back().line)) closed.pop_back();
    for (const Start& start : closed) AddStart(start);
  }

  // Editors, address, telephone, copyright.
  bool IsImprint(std::size_t line) const {
    static constexpr std::string_view kImprint[] = {"主办", "主编",   "编辑",  "地址", "电话", "传真",   "邮编",
                                                    "网址", "E-mail", "Email", "声明", "版权", "联系人", "投稿"};
    for (std::size_t i = line, seen = 0; i < last_ && seen < 3; ++i) {
      if (table_.known[i].kind != LineKind::kText) continue;
      ++seen;
      const std::string_view text = table_.lines[i].In(text_);
      for (std::string_view word : kImprint) {
        if (text.substr(0, 90).find(word) != std::string_view::npos) return true;
      }
    }
    return false;
  }

  bool HasSentence(std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i) {
      if (table_.known[i].kind == LineKind::kText && table_.lines[i].In(text_).find("。") != std::string_view::npos) return true;
    }
    return false;
  }

  std::size_t TextBytes(std::size_t from, std::size_t to) const {
    std::size_t bytes = 0;
    for (std::size_t i = from; i < to; ++i) {
      if (table_.known[i].kind == LineKind::kText) bytes += table_.lines[i].end - table_.lines[i].begin;
    }
    return bytes;
  }

  bool HasTitleAndBody(std::size_t line, bool only) const {
    const std::size_t body = TitleEnd(line);
    return only ? TextBytes(line, last_) > 0 : TextBytes(body, last_) >= kMinBodyLetters;
  }

  void AddStart(const Start& start) {
    std::vector<Start> parts = {{start.line, nullptr, start.end, false}};
    for (std::size_t hidden : HiddenStarts(start.line, start.end)) parts.push_back({hidden, nullptr, start.end, true});
    parts.back().closing = start.closing;
    starts_.insert(starts_.end(), parts.begin(), parts.end());
  }

  std::vector<std::size_t> HiddenStarts(std::size_t line, std::size_t end) {
    std::vector<std::size_t> found;
    const std::size_t body = TitleEnd(line);
    if (!front_.entries.empty()) {
      const ContentsEntry* own = MatchesEntry(line, body);
      std::size_t bytes = 0;  // of text since the last start
      for (std::size_t i = body; i < end; ++i) {
        if (table_.known[i].kind != LineKind::kText) continue;
        const std::size_t before = bytes;
        bytes += table_.lines[i].end - table_.lines[i].begin;
        if (before < kMinBodyLetters || !MayBeTitle(i)) continue;
        const ContentsEntry* entry = MatchesEntry(i, TitleEnd(i));
        // An entry names one article: one that was found already stands here as a mention.
        if (!entry || std::find(found_entries_.begin(), found_entries_.end(), entry->letters) != found_entries_.end()) continue;
        // Entries are listed in reading order: one before the article's own is a mention (a journal names the paper abstracted before).
        if (own ? entry < own : IsListEntry(i)) continue;
        own = entry;
        found.push_back(i);
        found_entries_.push_back(entry->letters);
        bytes = 0;
      }
    }
    if (found.empty()) AddStartsByCategory(line, body, end, found);
    return found;
  }

  // A change to a later category, at the top of a page or in a heading of its own, with a title and a text behind it.
  void AddStartsByCategory(std::size_t line, std::size_t body, std::size_t end, std::vector<std::size_t>& found) const {
    // Where lines are wrapped, a page's header stands below its first lines and may be the article's own; elsewhere a heading stands over
    // its block, and the last one before the article is its category.
    std::optional<Category> before;
    for (std::size_t i = line; !layout_.hard_wrapped && i-- > front_.body_begin && !before;) before = table_.known[i].category;
    std::size_t top = 0, bytes = 0;
    for (std::size_t i = body; i < end; ++i) {
      const KnownLine& known = table_.known[i];
      if (known.kind == LineKind::kText) bytes += table_.lines[i].end - table_.lines[i].begin;
      if (known.page_top && known.kind == LineKind::kText && LooksLikeTitle(i)) top = i;
      if (known.kind != LineKind::kCategory) continue;
      if (before && *known.category > *before) {
        const std::size_t next = NextText(i + 1), after = found.empty() ? body : found.back() + 1;
        // With page tops the header stands below the first lines of its page; without them over them.
        if (top > body && top >= after) {
          found.push_back(top);
        } else if (!layout_.hard_wrapped && next >= after && next < end && bytes >= kLeastArticle && LooksLikeTitle(next) &&
                   !IsSubHeading(WithoutMarks(table_.lines[next].In(text_))) && HasSentence(TitleEnd(next), end)) {
          found.push_back(next);
        }
      }
      before = known.category;
      top = 0;
    }
  }

  // 一、…, （一）…, 1. …, or a label of a patent's brief: no title begins so, and none goes on so.
  static bool IsSubHeading(std::string_view line) {
    static const RE2 kHead(
        R"(^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、]|[^,。]{2,12}:|【|图\d|表\d))");
    return RE2::PartialMatch(FoldKey(line.substr(0, 90)), kHead);
  }

  // Not too long, no sentence, and an entry of the contents begins or ends with the same character.
  bool MayBeTitle(std::size_t line) const {
    const std::string_view text = WithoutMarks(table_.lines[line].In(text_));
    if (text.size() < 12 || text.size() > 200 || text.ends_with("。")) return false;
    std::string letters = FoldLetters(text.substr(0, 12));
    letters.resize(std::min<std::size_t>(letters.size(), 3));
    return std::any_of(front_.entries.begin(), front_.entries.end(), [&](const ContentsEntry& entry) {
      return entry.letters.starts_with(letters) || (text.size() >= 3 && entry.letters.ends_with(text.substr(text.size() - 3)));
    });
  }

  // A title standing in a list of titles (a journal's contents names the paper whose abstract stands before).
  bool IsListEntry(std::size_t line) const {
    std::size_t next = NextText(TitleEnd(line));
    return next < last_ && table_.lines[next].end - table_.lines[next].begin < 150 && !front_.entries.empty() &&
           TextBytes(next, std::min(last_, next + 6)) < 400 && !IsLong(next);
  }
  bool IsLong(std::size_t line) const { return table_.lines[line].end - table_.lines[line].begin >= 90; }

  bool LooksLikeTitle(std::size_t line) const {
    const std::size_t end = TitleEnd(line);
    if (end > line + 2 * kMaxTitleLines) return false;
    const std::string_view last = TrimSpace(table_.lines[end - 1].In(text_));
    const char32_t c = LastCodePoint(last);
    return c != U'。' && c != U'，' && c != U'；' && c != U'、' && DisplayWidth(last) <= 72;
  }

  std::string Letters(std::size_t from, std::size_t to) const {
    std::string letters;
    for (std::size_t i = from; i < to; ++i) {
      if (table_.known[i].kind == LineKind::kText) letters += FoldLetters(WithoutMarks(table_.lines[i].In(text_)));
    }
    return letters;
  }

  const ContentsEntry* MatchesEntry(std::size_t from, std::size_t to, double least = 0.9) const {
    const std::string letters = Letters(from, to);
    if (letters.size() < 12) return nullptr;
    const ContentsEntry* best = nullptr;
    double most = least;
    CharacterPairs pairs;
    for (const ContentsEntry& entry : front_.entries) {
      if (entry.letters == letters) return &entry;
      if (entry.letters.size() > 2 * letters.size() || letters.size() > 2 * entry.letters.size()) continue;
      if (pairs.empty()) pairs = PairsOf(letters);
      const double likeness = Likeness(entry.pairs, pairs);
      if (likeness >= most) {
        most = likeness;
        best = &entry;
      }
    }
    return best;
  }

  // One past the last line of the title that begins at `line`: the first paragraph, over as many lines as it takes.
  std::size_t TitleEnd(std::size_t line) const {
    std::size_t end = line + 1;
    if (layout_.hard_wrapped && layout_.trailing_marks) {
      std::size_t lines = 1;
      std::size_t last_line = line;
      while (!table_.lines[last_line].trailing_space && lines < kMaxTitleLines) {
        const std::size_t next = NextText(end);
        if (next >= last_ || next - FurnitureBetween(last_line, next) > last_line + kMaxGap) break;
        last_line = next;
        end = next + 1;
        ++lines;
      }
      if (table_.lines[last_line].trailing_space) return end;
      return line + 1;  // no mark within reach: the marks are gone here, so the first line stands alone
    }
    // Without marks: as many lines as make an entry of the contents; else a wrapped title goes on while its line is full.
    std::size_t to = end, longest = 0;
    for (std::size_t lines = 1; lines <= 3 && to <= last_ && !front_.entries.empty() && !IsLongLine(line); ++lines) {
      const std::string letters = Letters(line, to);
      for (const ContentsEntry& entry : front_.entries) {
        if (entry.letters == letters && letters.size() >= 12) longest = to;
      }
      const std::size_t next = NextText(to);
      if (next >= last_ || IsLongLine(next)) break;
      to = next + 1;
    }
    if (longest > 0) return longest;
    if (!layout_.hard_wrapped) return end;
    std::size_t full = line;
    for (std::size_t lines = 1; lines < kMaxTitleLines; ++lines) {
      if (DisplayWidth(TrimSpace(table_.lines[full].In(text_))) < kTitleWrap) break;
      const std::size_t next = NextText(end);
      if (next >= last_ || next > full + 2) break;
      const std::string_view going_on = TrimSpace(table_.lines[next].In(text_));
      const std::size_t width = DisplayWidth(going_on);
      if (width > kTitleWrap + 8 || LastCodePoint(going_on) == U'。' || IsSubHeading(going_on)) break;
      full = next;
      end = next + 1;
      if (width < kTitleWrap) break;
    }
    return end;
  }
  // Lines of page furniture, with the blank ones around them, between two lines of text.
  std::size_t FurnitureBetween(std::size_t from, std::size_t to) const {
    std::size_t count = 0;
    for (std::size_t i = from + 1; i < to; ++i) count += IsFurniture(i) ? 2 : 0;
    return std::min(count, to - from);
  }
  bool IsLongLine(std::size_t line) const { return table_.lines[line].end - table_.lines[line].begin > 150; }

  // Columns of a full title line: titles are set larger than text and wrap at about 23 to 26 characters.
  static constexpr std::size_t kTitleWrap = 44;

  SplitSection MakeSection(std::size_t index) {
    const Start& start = starts_[index];
    SplitSection section;
    const std::size_t limit = index + 1 < starts_.size() ? starts_[index + 1].line : last_;
    std::size_t body_line = TitleEnd(start.line);
    section.span.begin = BeginOf(start.line);
    if (start.closing) {
      section.span.end = table_.lines[table_.LineAt(start.closing->mark.end - 1)].next;
      section.source_mark = start.closing->mark;
      section.source_value = Trim(start.closing->value);
    } else {
      std::size_t end = limit;
      while (end > body_line && (table_.known[end - 1].kind == LineKind::kBlank || IsFurniture(end - 1))) --end;
      section.span.end = table_.lines[end - 1].next;
      section.notices.push_back({"source-missing", "warning", "no closing （来源：…） line; the article ends where the next begins",
                                 Span{section.span.begin, BeginOf(body_line)}});
    }
    if (start.by_heading) {
      section.notices.push_back({"source-missing", "warning",
                                 "the article before has no closing （来源：…） line; this one was found by its heading",
                                 Span{section.span.begin, BeginOf(body_line)}});
    }
    const std::uint32_t body_end = start.closing ? start.closing->mark.begin : section.span.end;
    for (std::size_t i = start.line; i < body_line && BeginOf(i) < body_end; ++i) {
      if (table_.known[i].kind != LineKind::kText) continue;
      const std::string_view piece = WithoutMarks(table_.lines[i].In(text_));
      if (piece.empty()) continue;
      const auto at = static_cast<std::uint32_t>(piece.data() - text_.data());
      section.title.push_back({at, at + static_cast<std::uint32_t>(piece.size())});
    }
    if (section.title.empty()) section.title.push_back({section.span.begin, section.span.begin});
    section.body = {std::min(BeginOf(body_line), body_end), body_end};
    for (std::size_t i = start.line; i < limit && BeginOf(i) < section.span.end; ++i) {
      if (IsFurniture(i)) section.furniture.push_back({table_.lines[i].begin, table_.lines[i].next});
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
      if (section.source_value) article.source = text_.substr(section.source_value->begin, section.source_value->size());
      const std::size_t end = table_.LineAt(section.span.end - 1) + 1;
      // Headings in the gap before the article are over it; the cover's list is not.
      for (std::size_t line = previous_end; line < end; ++line) {
        if (table_.known[line].kind == LineKind::kCategory) article.headings.push_back(*table_.known[line].category);
      }
      for (std::size_t line = starts_[i].line; line-- > previous_end;) {
        if (table_.known[line].kind == LineKind::kCategory)
          article.headed_by = article.headed_by ? article.headed_by : table_.known[line].category;
      }
      for (std::size_t line = starts_[i].line; line-- > front_.body_begin && !article.page_before;)
        article.page_before = table_.known[line].category;
      article.paragraphs = CountParagraphs(section, end);
      article.page_top = table_.known[starts_[i].line].page_top || i == 0 || HeadingBefore(starts_[i].line);
      const std::size_t title_end = TitleEnd(starts_[i].line);
      if (const ContentsEntry* entry = MatchesEntry(starts_[i].line, title_end, 0.8)) article.contents = entry->category;
      previous_end = end;
    }
    const auto chosen = ChooseCategories(evidence, table_.shows_page_tops);
    for (std::size_t i = 0; i < issue.sections.size(); ++i) issue.sections[i].category = chosen[i];
  }

  bool HeadingBefore(std::size_t line) const {
    for (std::size_t i = line; i-- > first_;) {
      if (IsFurniture(i)) return true;
      if (table_.known[i].kind != LineKind::kBlank) return false;
    }
    return true;
  }

  std::size_t CountParagraphs(const SplitSection& section, std::size_t end) const {
    std::size_t count = 0;
    for (std::size_t i = table_.LineAt(section.body.begin); i < end && BeginOf(i) < section.body.end; ++i) {
      if (table_.known[i].kind != LineKind::kText) continue;
      if (!layout_.hard_wrapped ||
          (layout_.trailing_marks ? table_.lines[i].trailing_space : table_.lines[i].end - table_.lines[i].begin < layout_.wrap_width)) {
        ++count;
      }
    }
    return count;
  }

  // The name of another category inside an article is not over a page: it is a heading of the text (a journal's column).
  void KeepColumnHeadings(SplitSection& section) const {
    std::erase_if(section.furniture, [&](Span span) {
      const KnownLine& known = table_.known[table_.LineAt(span.begin)];
      return known.kind == LineKind::kCategory && known.category != section.category;
    });
  }

  void AddFurnitureBetween(SplitIssue& issue) const {
    std::uint32_t at = BeginOf(front_.body_begin);
    for (const SplitSection& section : issue.sections) {
      if (section.span.begin > at) issue.furniture.push_back({at, section.span.begin});
      at = section.span.end;
    }
    if (BeginOf(last_) > at) issue.furniture.push_back({at, BeginOf(last_)});
  }

  // Whole: the last article is closed, and every category of the contents has an article.
  void CheckWhole(SplitIssue& issue) const {
    if (issue.sections.empty()) return;
    SplitSection& last = issue.sections.back();
    if (!last.source_mark) {
      issue.whole = false;
      last.notices.push_back({"cut-off", "warning", "the last article is not closed by （来源：…）; the document may be cut off here",
                              Span{last.span.end, last.span.end}});
    }
    if (front_.body_by_guess) return;
    for (Category category : front_.categories) {
      const bool present = std::any_of(issue.sections.begin(), issue.sections.end(),
                                       [&](const SplitSection& section) { return section.category == category; });
      if (present) continue;
      issue.whole = false;
      last.notices.push_back(
          {"cut-off", "warning",
           fmt::format("the contents list {}, but no article of it is here", Categories()[static_cast<std::size_t>(category)].printed),
           Span{last.span.end, last.span.end}});
    }
  }

  std::string_view text_;
  const LineTable& table_;
  const Layout& layout_;
  const std::vector<SourceMark>& marks_;
  std::size_t first_, last_;
  Front front_;
  std::vector<Start> starts_;
  std::vector<std::string> found_entries_;  // entries of the contents whose articles begin after a closing mark
};

// Covers in mid-text begin another issue: the series title, an issue number and the contents close together, after an
// article has been closed.
std::vector<std::size_t> FindIssueStarts(std::string_view text, const LineTable& table, const std::vector<SourceMark>& marks) {
  std::vector<std::size_t> starts = {0};
  if (marks.empty()) return starts;
  const std::size_t after = table.LineAt(marks.front().mark.end);
  for (std::size_t i = after; i < table.lines.size(); ++i) {
    if (table.known[i].kind != LineKind::kRunningHeader || i < starts.back() + 20) continue;
    bool number = table.known[i].issue.has_value(), contents = false;
    for (std::size_t k = i + 1, seen = 0; k < table.lines.size() && seen < 40; ++k) {
      if (table.known[k].kind == LineKind::kBlank) continue;
      if (table.known[k].kind == LineKind::kPageNumber) break;
      ++seen;
      const std::string_view line = table.lines[k].In(text);
      if (line.size() < 150 && IssueNumberIn(line)) number = true;
      if (line.size() <= 30) {
        const std::string letters = FoldLetters(WithoutMarks(line));
        if (letters == "目录" || letters == "目次") contents = true;
      }
      if (number && contents) break;
    }
    if (number && contents) starts.push_back(i);
  }
  return starts;
}

// An issue that stands in the document twice is one: its sections follow each other, its second front is furniture.
void AddIssue(SplitIssue issue, SplitDocument& document) {
  const auto known =
      std::find_if(document.issues.begin(), document.issues.end(), [&](const SplitIssue& other) { return other.issue == issue.issue; });
  if (known == document.issues.end()) {
    document.issues.push_back(std::move(issue));
    return;
  }
  document.notices.push_back(
      {"issue-twice", "warning", fmt::format("issue {} stands in the document twice", issue.issue.label), std::nullopt});
  known->whole = known->whole && issue.whole;
  for (const auto& front : {issue.masthead, issue.contents}) {
    if (front) known->furniture.push_back(*front);
  }
  known->furniture.insert(known->furniture.end(), issue.furniture.begin(), issue.furniture.end());
  std::move(issue.sections.begin(), issue.sections.end(), std::back_inserter(known->sections));
}

// Mark-up of a web page is not the text that a reader sees.
bool IsHtml(std::string_view text) {
  const std::string_view head = TrimSpace(text.substr(0, 2000));
  if (!head.starts_with('<')) return false;
  for (std::string_view tag : {"<html", "<HTML", "<!DOCTYPE", "<!doctype", "<p>", "<div", "<body", "<?xml"}) {
    if (head.find(tag) != std::string_view::npos) return true;
  }
  return false;
}

bool ContainsSeries(std::string_view text, const LineTable& table) {
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (table.known[i].kind == LineKind::kRunningHeader && SeriesIn(FoldKey(table.lines[i].In(text)))) return true;
  }
  return text.find("离子型稀土信息简报") != std::string_view::npos;
}

// Without its title a bulletin is known by its closing lines and by what it writes about.
bool IsRareEarthTrade(std::string_view text, const std::vector<SourceMark>& marks) {
  std::size_t named = 0;
  for (std::size_t at = text.find("稀土"); at != std::string_view::npos; at = text.find("稀土", at + 1)) ++named;
  return marks.size() >= 2 && named >= marks.size();
}

// Chinese text, though names, formulas and whole references in Latin letters may stand in it. A program or a log that quotes a bulletin
// has more than three letters to a character. Tags of a table (<td>) are no text.
bool IsChinese(std::string_view text) {
  const auto letter = [](char byte) {
    const auto lower = static_cast<unsigned char>(static_cast<unsigned char>(byte) | 0x20);
    return lower >= 'a' && lower <= 'z';
  };
  std::size_t letters = 0, characters = 0;
  for (const char byte : text) {
    const auto b = static_cast<unsigned char>(byte);
    letters += letter(byte);
    characters += b >= 0xE3 && b <= 0xE9;  // lead bytes of U+3000 to U+9FFF
  }
  if (characters * 3 >= letters) return true;
  bool tag = false;
  for (const char byte : text) {
    if (byte == '<' || byte == '>' || byte == '\n') tag = byte == '<';
    letters -= tag && letter(byte);
  }
  return characters * 3 >= letters;
}

// 第 9 期（总第119期） over 2023年9月30日: number and year in lines of their own at the front.
std::optional<IssueNumber> NumberOverLines(std::string_view text, const LineTable& table, std::size_t first, std::size_t last) {
  static const RE2 kNumber(R"((?:^|[^总])第([\d一二三四五六七八九十]{1,6})(?:[-~至][\d]{1,2})?期)"), kYear(R"(((?:19|20)\d\d)年)");
  std::string all;
  for (std::size_t i = first, seen = 0; i < last && seen < 12; ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    ++seen;
    if (table.lines[i].end - table.lines[i].begin < 150) all += FoldKey(table.lines[i].In(text)) + "\n";
  }
  std::string number;
  int year = 0;
  if (!RE2::PartialMatch(all, kNumber, &number) || !RE2::PartialMatch(all, kYear, &year)) return std::nullopt;
  const auto n = ParseNumeral(number);
  if (!n || *n < 1 || *n > 99) return std::nullopt;
  return IssueNumber{year, *n};
}

std::optional<IssueNumber> PrintedNumber(const LineTable& table, const Front& front, std::size_t first, std::size_t last,
                                         std::vector<Notice>& notices) {
  std::vector<std::pair<IssueNumber, int>> votes;
  if (front.issue) votes.push_back({*front.issue, 1});
  for (std::size_t i = first; i < last; ++i) {
    if (!table.known[i].issue) continue;
    auto known = std::find_if(votes.begin(), votes.end(), [&](const auto& vote) { return vote.first == *table.known[i].issue; });
    if (known == votes.end()) {
      votes.push_back({*table.known[i].issue, 1});
    } else {
      ++known->second;
    }
  }
  if (votes.empty()) return std::nullopt;
  const auto best = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const IssueNumber chosen = front.issue ? *front.issue : best->first;
  if (votes.size() > 1) {
    notices.push_back({"issue-number", "warning",
                       fmt::format("the document prints several issue numbers; {}-{:02d} is taken", chosen.year, chosen.number),
                       std::nullopt});
  }
  return chosen;
}

}  // namespace

const char* RejectName(RejectReason reason) {
  switch (reason) {
    case RejectReason::kEmpty:
      return "empty";
    case RejectReason::kBinary:
      return "binary";
    case RejectReason::kUnknownEncoding:
      return "unknown-encoding";
    case RejectReason::kTooLarge:
      return "too-large";
    case RejectReason::kNoBulletin:
      return "no-bulletin";
    case RejectReason::kNoIssue:
      return "no-issue-number";
    case RejectReason::kUnreadable:
      return "unreadable";
    case RejectReason::kVanished:
      return "vanished";
  }
  return "";
}

tl::expected<SplitDocument, Rejection> SplitText(std::string_view text, const SplitOptions& options) {
  if (IsHtml(text)) {
    return tl::unexpected<Rejection>({RejectReason::kNoBulletin, "a web page's mark-up, not its text; feed the text"});
  }
  std::vector<Line> lines = SplitLines(text);
  SplitDocument document;
  document.layout = MeasureLayout(text, lines);
  const LineTable table = ClassifyLines(text, std::move(lines), document.layout);
  const std::vector<SourceMark> marks = FindSourceMarks(text);
  const bool series = ContainsSeries(text, table);
  if (!series && !IsRareEarthTrade(text, marks)) {
    return tl::unexpected<Rejection>({RejectReason::kNoBulletin,
                                      "neither the series title nor closing （来源：…） lines of "
                                      "a rare-earth bulletin were found"});
  }
  if (!IsChinese(text)) {
    return tl::unexpected<Rejection>({RejectReason::kNoBulletin, "a bulletin is quoted in it, but most of it is not Chinese text"});
  }
  const std::vector<std::size_t> starts = FindIssueStarts(text, table, marks);
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const std::size_t first = starts[k], last = k + 1 < starts.size() ? starts[k + 1] : table.lines.size();
    IssueSplitter splitter(text, table, document.layout, marks, first, last);
    SplitIssue issue = splitter.Split();
    auto number = PrintedNumber(table, splitter.front(), first, last, document.notices);
    if (!number) number = NumberOverLines(text, table, first, last);
    issue.issue.series = AllSeries().front().id;
    if (options.issue_label && starts.size() == 1) {
      issue.issue.label = *options.issue_label;
      const std::string printed = number ? fmt::format("{:04d}-{:02d}", number->year, number->number) : issue.issue.label;
      if (printed != issue.issue.label) {
        document.notices.push_back({"issue-number", "warning",
                                    fmt::format("the document prints {}; {} was given from outside", printed, issue.issue.label),
                                    std::nullopt});
      }
    } else if (number) {
      issue.issue.label = fmt::format("{:04d}-{:02d}", number->year, number->number);
    } else {
      return tl::unexpected<Rejection>({RejectReason::kNoIssue, "no issue number (第 N 期) is readable; give one with --issue YYYY-NN"});
    }
    AddIssue(std::move(issue), document);
  }
  const bool any =
      std::any_of(document.issues.begin(), document.issues.end(), [](const SplitIssue& issue) { return !issue.sections.empty(); });
  if (!any) return tl::unexpected<Rejection>({RejectReason::kNoBulletin, "the series title is there, but no article"});
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
