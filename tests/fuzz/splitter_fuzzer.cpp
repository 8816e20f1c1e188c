// Any text is either tiled by the splitter's ranges or rejected.
#include <algorithm>
#include <cstdlib>

#include "producers/documents/decode.hpp"
#include "producers/sections/splitter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ytterby;
  const auto decoded = DecodeDocument({reinterpret_cast<const char*>(data), size});
  if (!decoded) return 0;
  SplitOptions options;
  options.issue_label = "2024-01";
  const auto split = SplitText(decoded->text, options);
  if (!split) return 0;
  std::vector<Span> ranges;
  for (const SplitIssue& issue : split->issues) {
    if (issue.masthead) ranges.push_back(*issue.masthead);
    if (issue.contents) ranges.push_back(*issue.contents);
    for (const SplitSection& section : issue.sections) ranges.push_back(section.span);
    ranges.insert(ranges.end(), issue.furniture.begin(), issue.furniture.end());
  }
  std::sort(ranges.begin(), ranges.end(), [](Span a, Span b) { return a.begin < b.begin; });
  std::uint32_t at = 0;
  for (Span range : ranges) {
    if (range.begin != at || range.end < range.begin) std::abort();
    at = range.end;
  }
  if (at != decoded->text.size()) std::abort();
  return 0;
}
