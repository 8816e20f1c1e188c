// Bytes to UTF-8 text: which character set, and where it is damaged. Pure.
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

// Rejects what is empty, binary, or in no character set we know.
tl::expected<DecodedText, Rejection> DecodeDocument(std::string_view bytes);

}  // namespace ytterby
