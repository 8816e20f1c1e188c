#pragma once

#include <re2/re2.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace ytterby {

// RE2's own view of a text, and the standard's; neither owns it.
inline re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }
// Of matched digits; few enough for an int by the pattern.
inline int ToInt(const re2::StringPiece& piece) { return std::atoi(std::string(piece).c_str()); }

}  // namespace ytterby
