// How deep a page's mark-up nests, for parsers that need a stack for it.
#pragma once

#include <cstddef>
#include <string_view>

namespace ytterby {

// Deeper pages are not parsed: gumbo frees its tree recursively, and takes time by the square of the depth.
inline constexpr std::size_t kDeepestHtml = 500;

// The most elements that are open at once, at least as many as an HTML parser would nest; those that such a parser
// closes by itself (p, li, td, …) and those without an end do not count. Linear.
std::size_t HtmlDepth(std::string_view html);

}  // namespace ytterby
