#include "producers/sections/title_extent.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "common/text/utf8.hpp"
#include "producers/sections/visual_lines.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLeastLetters = 12;     // bytes: four characters
constexpr std::size_t kMostTitleWidth = 150;  // columns of a whole title
constexpr std::size_t kNearlyFull = 7;        // columns that a full line may lack: an indent, or a word moved down
constexpr std::size_t kLongParagraph = 120;   // columns of a line that is a paragraph of prose by itself

// How news begin: with a day, or with words for it.
bool LeadsSentence(std::string_view text) {
  // Every lead begins with a digit or one of these characters.
  constexpr std::u32string_view kFirsts = U"自截从在近日连据今去记本新";
  const char32_t first = text.empty() ? U' ' : DecodeUtf8(text, 0).value;
  if (!(first >= '0' && first <= '9') && kFirsts.find(first) == std::u32string_view::npos) return false;
  static const RE2 kLead(
      R"(^(?:(?:自|截至|截止|从|在)?(?:(?:19|20)\d\d年)?\d{1,2}月\d{1,2}日|近日|日前|近期|近来|连日来|据悉|据了解|据报道|今年以来|去年以来|记者从|本报讯|新华社))");
  return RE2::PartialMatch(text.substr(0, 60), kLead);
}

int OpenBrackets(std::string_view text) {
  int open = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    open += c.value == U'《' || c.value == U'（' || c.value == U'“' || c.value == '(' || c.value == U'〈';
    open -= c.value == U'》' || c.value == U'）' || c.value == U'”' || c.value == ')' || c.value == U'〉';
    at += c.length;
  }
  return open;
}

bool BeginsInLower(std::string_view text) { return !text.empty() && text[0] >= 'a' && text[0] <= 'z'; }
bool IsLatinLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool BeginsInClosing(std::string_view text) {
  if (text.empty()) return false;
  const char32_t c = DecodeUtf8(text, 0).value;
  return c == U'》' || c == U'）' || c == U'”' || c == U'，' || c == U'。' || c == U'、' || c == U'；' || c == U'：';
}

bool EndsWithMark(std::string_view text) {
  for (std::string_view end : {"？", "！", "?", "!"}) {
    if (text.ends_with(end)) return true;
  }
  return false;
}

bool EndsOpen(std::string_view text) {
  for (std::string_view end :
       {"——", "—", "：", "、", "，", "和", "与", "及", "的", "就", "对", "将", "把", "被", "向", "《", "（", "“"}) {
    if (text.ends_with(end)) return true;
  }
  return false;
}

class ExtentScorer {
 public:
  ExtentScorer(const IssueLines& lines, const TitleMeasure& measure, const Front& front, std::size_t line)
      : lines_(lines), measure_(measure), front_(front), visual_(lines, line, measure.spaced) {}

  TitleExtent Best() {
    TitleExtent best;
    constexpr double kNone = -1e9;
    best.score = kNone;
    double next = kNone;
    best.end = visual_[0].end;
    for (std::size_t k = 0; k < kMostTitleLines && visual_.Has(k); ++k) {
      const TitleExtent extent = Score(k);
      next = std::max(next, std::min(best.score, extent.score));
      if (extent.score > best.score) best = extent;
      // No longer title is better than one that ends before a sentence, a row or a heading.
      if (visual_[k].sentence || (k > 0 && (visual_.IsRowAt(k) || visual_.IsHeadingAt(k)))) break;
      if (text_below_ && !part_ && EndsForCertain(k)) break;
    }
    best.only = next == kNone;
    best.margin = best.only ? 0 : best.score - next;
    return best;
  }

 private:
  // Nothing says that the paragraph of the visual line k goes on below: not the paragraphs' ends, nor a full line.
  bool EndsForCertain(std::size_t k) const {
    if (measure_.paragraph_ends && !visual_[k].paragraph_end) return false;
    return measure_.width == 0 || visual_[k].width + kNearlyFull < measure_.width;
  }
  // The title is the visual lines up to k.
  TitleExtent Score(std::size_t k) {
    TitleExtent extent;
    extent.end = visual_[k].end;
    extent_ = &extent;
    Contents(k);
    for (std::size_t i = 0; i <= k; ++i) Inside(i);
    for (std::size_t i = 0; i < k; ++i) Join(i);
    std::size_t width = 0;
    for (std::size_t i = 0; i <= k; ++i) width += visual_[i].width;
    if (width > kMostTitleWidth) Add(TitleCue::kTooLong);
    if (full_) Add(TitleCue::kFullLineInside);  // once: the lines of one text have one width
    if (open_ > 0) Add(TitleCue::kOpenBracket);
    open_ = 0;
    full_ = false;
    if (visual_.Has(k + 1)) Boundary(visual_[k], visual_[k + 1], k + 1);
    return extent;
  }

  void Add(TitleCue cue) {
    extent_->score += TitleCueWeights()[static_cast<std::size_t>(cue)].weight;
    if (extent_->cue_count < extent_->cues.size()) extent_->cues[extent_->cue_count++] = cue;
  }

  // The letters of the visual lines up to k.
  const std::string& LettersTo(std::size_t k) {
    for (; letters_of_ <= k; ++letters_of_) {
      for (std::size_t i = visual_[letters_of_].first; i < visual_[letters_of_].end; ++i)
        letters_ += FoldLetters(WithoutMarks(lines_.At(i).substr(0, kMostBytes)));
    }
    return letters_;
  }

  void Contents(std::size_t k) {
    // Once no entry goes on after the lines so far, none equals more of them.
    if (k > 0 && !goes_on_ && letters_.size() >= kLeastLetters) return;
    part_ = goes_on_ = false;
    if (LettersTo(k).size() < kLeastLetters) return;
    bool equal = false;
    for (const ContentsEntry& entry : front_.entries) {
      equal = equal || entry.letters == letters_;
      goes_on_ = goes_on_ || (entry.letters.size() > letters_.size() && entry.letters.starts_with(letters_));
    }
    part_ = goes_on_ && !equal;
    if (equal) Add(TitleCue::kContentsEntry);
    if (part_) Add(TitleCue::kPartOfEntry);
  }

  // What a line says about being part of a title.
  void Inside(std::size_t i) {
    const VisualLine& line = visual_[i];
    open_ += OpenBrackets(line.text);
    if (line.sentence) Add(TitleCue::kSentenceInside);
    if (line.comma) Add(TitleCue::kCommaInside);
    full_ = full_ || (measure_.width > 0 && line.width + 3 >= measure_.width);
    if (i == 0) return;
    Add(measure_.width > 0 ? TitleCue::kAnotherLine : TitleCue::kAnotherParagraph);
    if (visual_.IsHeadingAt(i)) Add(TitleCue::kSubHeadingInside);
    if (visual_.IsRowAt(i)) Add(TitleCue::kRowInside);
  }

  // What stands between two lines of a title.
  void Join(std::size_t i) {
    if (measure_.paragraph_ends && visual_[i].paragraph_end) Add(TitleCue::kParagraphEndInside);
    if (measure_.blank_lines && visual_[i + 1].blank_above && !visual_[i + 1].page_break_above)
      Add(TitleCue::kBlankInside);
    if (visual_[i].marks > 0 && visual_[i + 1].marks == 0) Add(TitleCue::kUnmarkedInside);
  }

  // What the last line of the title and the first one below it say.
  void Boundary(const VisualLine& last, const VisualLine& below, std::size_t at) {
    if (measure_.paragraph_ends) Add(last.paragraph_end ? TitleCue::kParagraphEnd : TitleCue::kNoParagraphEnd);
    if (measure_.blank_lines && below.blank_above && !below.page_break_above) Add(TitleCue::kBlankBelow);
    if (last.indent >= below.indent + 4) Add(TitleCue::kCentred);
    if (below.indent >= 8 && below.indent + 8 >= visual_[0].indent) Add(TitleCue::kCentredBelow);
    if (visual_[0].marks > 0 && below.marks == 0) Add(TitleCue::kHeadingMark);
    const bool row = visual_.IsRowAt(at), heading = visual_.IsHeadingAt(at);
    if (row) Add(TitleCue::kRowBelow);
    if (heading) Add(TitleCue::kSubHeadingBelow);
    const bool full = measure_.width > 0 && below.width + kNearlyFull >= measure_.width;
    const bool prose = IsProse(at), list = !full && IsList(at);
    if (list) Add(TitleCue::kListBelow);
    if (below.text.substr(0, 3) == visual_[0].text.substr(0, 3) && LettersTo(at - 1).size() >= kLeastLetters &&
        FoldLetters(below.text) == letters_)
      Add(TitleCue::kRepeatedBelow);
    if (prose) Add(TitleCue::kProseBelow);
    if (full) Add(TitleCue::kFullLineBelow);
    text_below_ = prose && (full || measure_.width == 0);
    if (!row && !heading && !list && !prose && !full) Add(TitleCue::kNoTextBelow);
    const bool cut =
        !below.text.empty() && !last.text.empty() && IsLatinLetter(LastByte(last)) && BeginsInLower(below.text);
    if (cut || BeginsInClosing(below.text)) Add(TitleCue::kCutWord);
    if (EndsOpen(LastText(last))) Add(TitleCue::kOpenEnd);
    if (EndsWithMark(LastText(last))) Add(TitleCue::kEndMark);
    if (!row && !heading && below.width <= 8 && BeginsInHan(below.text) && !list) Add(TitleCue::kShortRest);
  }

  std::string_view LastText(const VisualLine& line) const {
    return TrimSpace(lines_.At(line.end - 1).substr(0, kMostBytes));
  }
  char LastByte(const VisualLine& line) const {
    const std::string_view text = LastText(line);
    return text.empty() ? ' ' : text.back();
  }

  // Sentences: with their punctuation in this line, or lines of one width of which one has it.
  bool IsProse(std::size_t at) {
    const VisualLine& line = visual_[at];
    if (line.sentence || line.width >= kLongParagraph || LeadsSentence(line.text)) return true;
    // Sentences whose punctuation comes in the lines below.
    if (measure_.width > 0 && line.width + kNearlyFull >= measure_.width && visual_.Has(at + 1) &&
        (visual_[at + 1].sentence || visual_[at + 1].comma))
      return true;
    // A title may have a comma too; sentences fill their lines.
    if (line.comma && line.width * 10 >= measure_.width * 7) return true;
    if (visual_.Has(at + 1) && BeginsInClosing(visual_[at + 1].text)) return visual_[at + 1].comma;
    bool sentence = line.comma;
    std::size_t narrow = line.width + 4, wide = line.width;  // the first line is indented
    std::size_t seen = 0;
    for (std::size_t i = at + 1; seen < 2 && visual_.Has(i); ++i, ++seen) {
      sentence = sentence || visual_[i].sentence || visual_[i].comma;
      narrow = std::min(narrow, visual_[i].width);
      wide = std::max(wide, visual_[i].width);
    }
    return seen == 2 && sentence && wide <= narrow + 6;
  }

  bool IsList(std::size_t at) {
    for (std::size_t i = at; i < at + kListLines; ++i) {
      if (!visual_.Has(i)) return false;
      const VisualLine& line = visual_[i];
      if (line.sentence || line.width >= kLongParagraph || BeginsInClosing(line.text) ||
          (measure_.width > 0 && line.width + kNearlyFull >= measure_.width))
        return false;
      if (BeginsInLower(line.text) && IsLatinLetter(LastByte(visual_[i - 1]))) return false;
    }
    return visual_.IsRowAt(at) || !visual_.IsRowAt(at + 1);  // the list begins at the first item
  }

  const IssueLines& lines_;
  const TitleMeasure& measure_;
  const Front& front_;
  VisualLines visual_;
  std::string letters_;  // of the first `letters_of_` lines
  std::size_t letters_of_ = 0;
  int open_ = 0;             // brackets
  bool full_ = false;        // a line fills the page
  bool part_ = false;        // the lines so far are the beginning of an entry of the contents, and no whole entry
  bool goes_on_ = false;     // an entry begins with the lines so far and goes on
  bool text_below_ = false;  // the next line begins a text for certain
  TitleExtent* extent_ = nullptr;
};

}  // namespace

const std::array<TitleCueWeight, kTitleCues>& TitleCueWeights() {
  using enum TitleCue;
  static constexpr std::array<TitleCueWeight, kTitleCues> weights = {{
      {kContentsEntry, "contents-entry", 10, "the lines are an entry of the contents, letter for letter"},
      {kPartOfEntry, "part-of-entry", -4, "an entry of the contents goes on where these lines end"},
      {kParagraphEnd, "paragraph-end", 3, "a trailing space ends the paragraph here"},
      {kNoParagraphEnd, "no-paragraph-end", -7, "paragraphs end in a trailing space, and there is none here"},
      {kParagraphEndInside, "paragraph-end-inside", -2, "a paragraph ends between two lines of the title"},
      {kEndMark, "end-mark", 4, "the last line ends with a question or exclamation mark"},
      {kBlankBelow, "blank-below", 2, "a blank line separates paragraphs here"},
      {kUnmarkedInside, "unmarked-inside", -6, "one line is marked as a heading and the next is not"},
      {kBlankInside, "blank-inside", -3, "a blank line stands between two lines of the title"},
      {kCentred, "centred", 3, "titles are centred, and the next line begins further left"},
      {kCentredBelow, "centred-below", -4, "the next line is centred as well"},
      {kHeadingMark, "heading-mark", 2, "the title is marked as a heading, and the next line is not"},
      {kProseBelow, "prose-below", 4, "the next line begins a text of sentences"},
      {kFullLineBelow, "full-line-below", 3, "the next line fills the page; titles are set larger and wrap earlier"},
      {kSubHeadingBelow, "sub-heading-below", 5, "the next line is a numbered heading inside the article"},
      {kRowBelow, "row-below", 5, "the next line is a label, a table's row, a picture or an item of a list"},
      {kListBelow, "list-below", 5, "short lines without a sentence follow: a list of titles or a table"},
      {kRepeatedBelow, "repeated-below", 15, "the next line says the title again"},
      {kNoTextBelow, "no-text-below", -2, "neither sentences nor a list begin below"},
      {kAnotherLine, "another-line", -1, "most titles are short"},
      {kAnotherParagraph, "another-paragraph", -5, "lines are not wrapped, so a title is one line"},
      {kSentenceInside, "sentence-inside", -9, "titles do not end sentences"},
      {kCommaInside, "comma-inside", -1, "commas are rare in titles"},
      {kFullLineInside, "full-line-inside", -4, "titles are set larger and wrap before the page's width"},
      {kSubHeadingInside, "sub-heading-inside", -7, "a title does not go on with a number or a label"},
      {kRowInside, "row-inside", -9, "a title does not go on with a row, a picture or an item"},
      {kOpenBracket, "open-bracket", -5, "a bracket that the title opens is not closed"},
      {kOpenEnd, "open-end", -4, "the last word wants another one"},
      {kCutWord, "cut-word", -6, "the next line begins within a word or with a closing mark"},
      {kShortRest, "short-rest", -5, "the next line is too short for a paragraph: the rest of a wrapped title"},
      {kTooLong, "too-long", -6, "no title is that long"},
  }};
  return weights;
}

TitleMeasure MeasureTitles(const IssueLines& lines) {
  constexpr std::size_t kNear = 5, kShort = 12;
  TitleMeasure measure;
  if (!lines.layout.hard_wrapped) return measure;
  measure.width = lines.layout.wrap_width;
  std::size_t ends = 0, marked_ends = 0, full = 0, spaced_full = 0, blanks = 0;
  // Every fourth line is enough to measure a long text.
  const std::size_t step = lines.last - lines.first > 400 ? 4 : 1;
  std::size_t seen = 0;
  for (std::size_t i = lines.first; i < lines.last; ++i) {
    if (lines.IsBlank(i)) ++blanks;
    if (!lines.IsText(i) || ++seen % step != 0) continue;
    const std::string_view text = TrimSpace(lines.At(i));
    if (text.size() > kMostBytes) continue;
    const bool sentence = text.ends_with("。") || text.ends_with("."), space = lines.table.lines[i].trailing_space;
    const std::size_t width = text.size() * 2 / 3;  // of Chinese text
    if (sentence && width + kShort < measure.width) {
      ++ends;
      marked_ends += space;
    } else if (!sentence && width + kNear >= measure.width && width <= measure.width + kNear) {
      ++full;
      spaced_full += i + 1 < lines.last && lines.IsBlank(i + 1);
    }
  }
  measure.paragraph_ends = lines.layout.trailing_marks && (ends < 3 || marked_ends * 10 >= ends * 7);
  measure.spaced = full > 0 && spaced_full * 10 >= full * 9;
  measure.blank_lines = blanks * 30 >= lines.last - lines.first && spaced_full * 10 <= full;
  return measure;
}

TitleExtent FindTitleExtent(const IssueLines& lines, const TitleMeasure& measure, const Front& front,
                            std::size_t line) {
  return ExtentScorer(lines, measure, front, line).Best();
}

bool IsSubHeading(std::string_view line) {
  for (std::string_view word : {"概述", "概况", "综述", "前言", "引言", "导语", "导读", "编者按", "市场概述",
                                "市场概况", "市场综述", "行情概述", "总体情况", "总体概述"}) {
    if (line == word) return true;
  }
  // A label has a colon; any other heading begins with a number, a bracket, 图 or 表.
  const char32_t first = line.empty() ? U' ' : DecodeUtf8(line, 0).value;
  if (IsHan(first) && std::u32string_view(U"一二三四五六七八九十图表圖").find(first) == std::u32string_view::npos) {
    const std::string_view head = line.substr(0, 48);
    if (!HasWord(head, "：") && head.find(':') == std::string_view::npos) return false;
  }
  static const RE2 kHead(
      R"(^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、](?:\D|$)|[\p{Han}()]{2,12}:|【|图\d|表\d))");
  const std::string folded = FoldKey(line.substr(0, 90));
  if (!RE2::PartialMatch(folded, kHead)) return false;
  // 国防科工局：对… goes on with a title that begins with its bodies.
  static const RE2 kBody(R"(^[\p{Han}()]{1,11}(?:部|委|局|厅|署|办|院|政府|协会|公司|集团|大学):.)");
  return !RE2::PartialMatch(folded, kBody);
}

}  // namespace ytterby
