// Issuers: the names of authorities in the subject of an issuing verb. Text is folded; results are views into it.
#pragma once

#include <string_view>
#include <vector>

namespace ytterby {

// The clause that ends at `at`, from the last punctuation before it.
std::string_view ClauseBefore(std::string_view text, std::size_t at);

// The names in a subject, without dates, adverbs and meetings: 2月22日，江西省人民政府办公厅联合 →
// 江西省人民政府办公厅. They need not all be authorities.
std::vector<std::string_view> IssuersOf(std::string_view subject);

// Whether the subject names an authority or refers to several (三部门).
bool SpeaksOfAuthority(std::string_view subject);

}  // namespace ytterby
