// An article that reprints a document: number, issuer and date stand in lines of their own, above and below its text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/policies/document_numbers.hpp"
#include "consumers/reading/section_text.hpp"

namespace ytterby {

struct Letterhead {
  std::optional<DocumentNumber> number;   // a line that is a document's number, or an order's name over its number
  std::vector<std::string_view> issuers;  // lines that are authorities, or the head of the title before 关于
  std::optional<std::string> issued;      // ISO, of a line that is a day (a signature's)
  std::string_view issued_printed;
  bool any() const { return number || issued; }
};

Letterhead ReadLetterhead(const SectionText& text);

}  // namespace ytterby
