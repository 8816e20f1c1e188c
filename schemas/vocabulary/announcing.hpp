// The words of announcements: who issues, by which verb, and what only cites. To add a verb or a kind of agency, add a
// line to a table.
#pragma once

#include <string_view>
#include <vector>

namespace ytterby {

// 印发, 发布, 公布 …: verbs whose object is the document that an authority issues, including verbs of adoption.
const std::vector<std::string_view>& IssuingVerbs();
// 审议通过, 通过 …: adoption, which gives no date of issue.
bool IsAdoption(std::string_view verb);
// 根据, 按照 …: what follows is cited, not issued.
const std::vector<std::string_view>& CitingWords();

// Does a folded name end like that of a public authority or a standards body (国务院, …部, …委员会, …协会), optionally
// with a bracket after it?
bool IsAuthority(std::string_view folded_name);

}  // namespace ytterby
