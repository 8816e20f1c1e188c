// The text of a fetched page, in UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace ytterby {

// The character set is taken from the byte order mark, else from the Content-Type header, else from the mark-up's own
// words; the bytes overrule a set that they are not in, as servers often name the wrong one. What cannot be decoded
// becomes U+FFFD.
std::string PageText(std::string_view bytes, std::string_view content_type);

}  // namespace ytterby
