// Decodes bytes to UTF-8 text: finds the character set, and where the text is damaged. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "producers/rejection.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

struct DecodedText {
  std::string text;             // UTF-8 without BOM, line ends kept, U+0000 replaced by U+FFFD
  std::string encoding;         // utf-8, utf-8-bom, gb18030, utf-16le, utf-16be
  std::vector<Notice> notices;  // `decode-damage`, each with its place
};

// A web page gives its text (html_text.hpp): all places are in that. Rejects bytes that are empty, binary, or in no
// known character set.
tl::expected<DecodedText, Rejection> DecodeDocument(std::string_view bytes);

}  // namespace ytterby
