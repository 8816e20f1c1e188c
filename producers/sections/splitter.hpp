// Splits a decoded document into its sections. Pure: text in, ranges out. Start here for everything about layout.
//
// Every byte of the text is in exactly one range: a section, the masthead, the contents, or furniture between them.
// Furniture inside a section is a second layer within its span.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text/lines.hpp"
#include "producers/rejection.hpp"
#include "producers/sections/category_choice.hpp"
#include "producers/sections/title_extent.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

// Raise it with any change to the splitter's output for any input; the golden digest over the samples guards it.
inline constexpr int kSplitterVersion = 5;

// Why an article begins where it does.
enum class SectionBegins { kFirstOfBody, kAfterSourceMark, kContentsEntry, kCategoryHeading };

// Why a section is what it is; `ytterby explain --section` prints it.
struct SectionEvidence {
  SectionBegins begins = SectionBegins::kFirstOfBody;
  TitleExtent title;
  CategoryChoice category;
};

struct SplitSection {
  Span span;                // in the document, like all spans here
  std::vector<Span> title;  // pieces, one per line
  Span body;
  std::optional<Span> source_mark;   // the whole bracket
  std::optional<Span> source_value;  // the text in it
  std::vector<Span> furniture;       // whole lines inside `span`
  Category category = Category::kIndustryNews;
  std::vector<Notice> notices;
  SectionEvidence evidence;
};

struct SplitIssue {
  IssueId issue;
  bool whole = true;
  std::optional<Span> masthead, contents;
  std::vector<SplitSection> sections;
  std::vector<Span> furniture;  // between the sections
};

struct SplitDocument {
  Layout layout;
  std::vector<SplitIssue> issues;
  std::vector<Notice> notices;
};

struct SplitOptions {
  std::optional<std::string> issue_label;  // given from outside, where the text has none (or to override it)
};

tl::expected<SplitDocument, Rejection> SplitText(std::string_view text, const SplitOptions& options = {});

// The section that is event number `ordinal` of its issue, without its ids. Offsets count from the section's beginning.
Section MakeSection(const SplitIssue& issue, int ordinal, const Layout& layout, std::string_view text);

}  // namespace ytterby
