// Whether a text was recognised from page images by software that writes no mark-up. Such software prints colons and
// semicolons of Chinese text in half width with a space after them ("来源: 新华社"), which nobody types. Its characters
// are guesses, and nothing in the text says how good they are.
#pragma once

#include <string_view>

namespace ytterby {

// Some such marks, more than marks in full width.
bool LooksRecognised(std::string_view text);

}  // namespace ytterby
