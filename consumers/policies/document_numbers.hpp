// Document numbers: 发文字号 (GB/T 9704-2012 §7.2.5), and the numbers of announcements and orders with the issuing
// bodies before them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

struct DocumentNumber {
  std::string standard_form;  // with brackets 〔〕, whatever is printed
  std::string_view printed;   // in the folded text
};

// The first document number of a folded sentence. For a 公告 or 令, the bodies printed immediately before it are part
// of the number.
std::optional<DocumentNumber> DocumentNumberIn(std::string_view sentence);

}  // namespace ytterby
