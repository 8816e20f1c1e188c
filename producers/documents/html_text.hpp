// A web page as the text that the splitter reads best: headings, paragraphs, lists, tables. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ytterby {

// Raised when the same page gives another text.
inline constexpr int kHtmlTextVersion = 1;

// Whether the text is a whole HTML page: it begins with a document type or <html>, <head> or <body>. Mark-up inside a
// text (tables in Markdown) makes no page of it.
bool IsHtmlPage(std::string_view text);

// The article, if the page marks one (<article>, <main>), else the body without navigation, footers and forms. A
// heading begins with # signs, a paragraph or list item has its own lines, white space is collapsed as browsers do, and
// none is left between Chinese characters where the source breaks a line. A table with data becomes rows of |, or
// remains mark-up where cells span others; one that only lays out the page gives its cells' paragraphs. Empty for a
// page that nests deeper than kDeepestHtml.
std::string TextOfHtml(std::string_view html);

}  // namespace ytterby
