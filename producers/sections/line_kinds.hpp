// Classifies each line by its role in the layout: running headers, page numbers, category headings, bare URLs.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "common/text/lines.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

// A stamp or a watermark comes again on the pages.
enum class LineKind : unsigned char { kBlank, kText, kRunningHeader, kPageNumber, kCategory, kUrl, kStamp };

struct IssueNumber {
  int year = 0;
  int number = 0;
  bool operator==(const IssueNumber&) const = default;
};

struct KnownLine {
  LineKind kind = LineKind::kText;
  bool page_top = false;             // first line of a page, where the look shows it
  std::optional<Category> category;  // named by a category line or a running header
};

// A category named above a text: by a heading, or by the header or footer of a page.
struct CategoryHeading {
  std::size_t line = 0;  // the first line that it stands for
  Category category = Category::kIndustryNews;
  bool of_page = false;  // beside a running header or a page number
};

struct LineTable {
  std::vector<Line> lines;
  std::vector<KnownLine> known;
  std::map<std::size_t, IssueNumber> issues;  // printed in running headers, by line
  std::vector<CategoryHeading> headings;      // by line
  bool shows_page_tops = false;
  // The line that contains the byte at `offset`.
  std::size_t LineAt(std::uint32_t offset) const;
};

LineTable ClassifyLines(std::string_view text, std::vector<Line> lines, const Layout& layout);

// 第 N 期 with its year, in any of the printed orders; nullopt if the line has none.
std::optional<IssueNumber> IssueNumberIn(std::string_view line);
// The same of a line that may be a masthead's: a sentence, or a reference to another issue (见本刊2023年第12期), prints
// none.
std::optional<IssueNumber> CoverNumberIn(std::string_view line);

// A sign that begins an item of a list or a heading.
bool IsBullet(char32_t c);
// The line without heading marks, bullets, emphasis and surrounding white space.
std::string_view WithoutMarks(std::string_view line);

}  // namespace ytterby
