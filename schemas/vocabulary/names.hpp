// Names of series, places, agencies and document kinds: tables and their look-ups.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ytterby {

struct SeriesName {
  std::string_view id;
  std::string_view printed;  // folded
};
// The series whose printed title appears in `folded`, nullopt if none does.
std::optional<std::string_view> SeriesIn(std::string_view folded);
const std::vector<SeriesName>& AllSeries();

// True if a line has a word of the imprint: editors, address, telephone, copyright.
bool HasImprintWord(std::string_view line);
// The same, or a word that identifies a masthead only, because news use it too: who published or hosted something.
bool HasMastheadWord(std::string_view line);

// The province in short form for a place or an agency named in `folded` (江西省人民政府 → 江西, 赣州 → 江西), else
// nullopt.
std::optional<std::string> RegionIn(std::string_view folded);

// The kind of a policy document by the end of its own name (SPEC, rule "kind"); nullopt if the name decides nothing.
std::optional<std::string_view> PolicyKindByName(std::string_view folded_title);

// True for words that head a column of a journal's contents (综述, 研究论文 …).
bool IsJournalColumn(std::string_view folded);

// The company whose list price a sentence gives, by its usual name; nullopt if none is named.
std::optional<std::string_view> SellerIn(std::string_view folded);

// The full name of an issuer: 工信部 is 工业和信息化部, 江西省政府 is 江西省人民政府.
std::string FullIssuer(std::string_view printed);

}  // namespace ytterby
