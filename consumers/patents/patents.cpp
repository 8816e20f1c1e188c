// The patents consumer: labelled briefs, and lists of titles.
#include "consumers/patents/patents.hpp"
#include "consumers/patents/briefs.hpp"
#include "consumers/patents/title_lists.hpp"
#include "consumers/reading/unconfirmed.hpp"

namespace ytterby {

std::vector<Record> NormalisePatents(const Section& section) {
  std::vector<Record> records;
  if (section.category == Category::kPatentBriefs) AddBriefs(section, records);
  if (section.category == Category::kPatentList) AddPatentTitles(section, records);
  FlagUnconfirmed(section, records);
  return records;
}

}  // namespace ytterby
