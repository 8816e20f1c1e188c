// Decides how many lines a title takes. Every possible end is scored by what speaks for it and against it, and the best
// one is taken. A cue that a document does not have (trailing spaces, blank lines, contents) costs nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "producers/sections/contents.hpp"
#include "producers/sections/issue_lines.hpp"

namespace ytterby {

enum class TitleCue : unsigned char {
  kContentsEntry,
  kPartOfEntry,
  kParagraphEnd,
  kNoParagraphEnd,
  kParagraphEndInside,
  kEndMark,
  kBlankBelow,
  kUnmarkedInside,
  kBlankInside,
  kCentred,
  kCentredBelow,
  kHeadingMark,
  kProseBelow,
  kFullLineBelow,
  kSubHeadingBelow,
  kRowBelow,
  kListBelow,
  kRepeatedBelow,
  kNoTextBelow,
  kAnotherLine,
  kAnotherParagraph,
  kSentenceInside,
  kCommaInside,
  kFullLineInside,
  kSubHeadingInside,
  kRowInside,
  kOpenBracket,
  kOpenEnd,
  kCutWord,
  kShortRest,
  kTooLong,
};

inline constexpr std::size_t kTitleCues = 31;

struct TitleCueWeight {
  TitleCue cue;
  const char* name;
  double weight;
  const char* reason;
};

// The weights, in the order of the cues. They are differences of evidence on one scale: about 10 decides alone, about 3
// tips an open case.
const std::array<TitleCueWeight, kTitleCues>& TitleCueWeights();

// Properties of the whole document that say which cues it has.
struct TitleMeasure {
  std::size_t width = 0;        // columns of a full line; 0 where lines are not wrapped
  bool paragraph_ends = false;  // a trailing space marks the end of a paragraph, and nothing else
  bool blank_lines = false;     // blank lines stand between paragraphs, and not between all lines
  bool spaced = false;          // a blank line stands after every line
};

TitleMeasure MeasureTitles(const IssueLines& lines);

struct TitleExtent {
  std::size_t end = 0;  // one past the last line of the title
  double score = 0;
  double margin = 0;              // how much more evidence it has than the next best end
  bool only = false;              // no other end came into question
  std::array<TitleCue, 40> cues;  // what speaks for and against it
  std::size_t cue_count = 0;
};

// The best end of the title that begins at `line`, a line of text.
TitleExtent FindTitleExtent(const IssueLines& lines, const TitleMeasure& measure, const Front& front, std::size_t line);

// 一、…, （一）…, 1. …, or a label of a patent's brief: no title begins or continues like that.
bool IsSubHeading(std::string_view line);

}  // namespace ytterby
