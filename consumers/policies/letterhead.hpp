// An article that reprints a document: number, issuer and date are on separate lines above and below its text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/policies/document_numbers.hpp"
#include "consumers/reading/section_text.hpp"

namespace ytterby {

struct Letterhead {
  std::optional<DocumentNumber> number;   // a line that is a document's number, or an order's name above its number
  std::vector<std::string_view> issuers;  // lines that name authorities, or the title up to 关于
  std::optional<std::string> issued;      // ISO, from a line that is only a day (a signature's)
  std::string_view issued_printed;
  bool any() const { return number || issued; }
};

Letterhead ReadLetterhead(const SectionText& text);

}  // namespace ytterby
