#pragma once

#include <re2/re2.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace ytterby {

// Convert between std::string_view and RE2's view type; neither owns the text.
inline re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }
// Converts matched digits; the pattern must limit them to what an int holds.
inline int ToInt(const re2::StringPiece& piece) { return std::atoi(std::string(piece).c_str()); }

}  // namespace ytterby
