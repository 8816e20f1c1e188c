// The policies consumer: announcements, quotas and standards from policy articles, announcements, quotas and tables of
// standards from news.
#include "consumers/policies/policies.hpp"
#include "common/text/utf8.hpp"
#include "consumers/policies/parts.hpp"
#include "consumers/reading/encoding.hpp"
#include "consumers/reading/unconfirmed.hpp"

namespace ytterby {

std::vector<Record> NormalisePolicies(const Section& section) {
  const std::string_view raw = section.text;
  const auto has = [&](std::string_view word) { return HasWord(raw, word); };
  const bool policy = section.category == Category::kPolicyRegulation;
  // News without a document's name, a quota or a standard yields nothing. This looks only for single characters, since
  // a line break may split any word.
  const bool standards = has("标准") || has("標準");
  if (!policy && !standards && !has("《") && !has("关") && !(has("控") && (has("标") || has("標")))) return {};

  const SectionText text(section);
  std::vector<Finding> findings;
  std::vector<Record> records;
  EncodeInto(ReadAnnouncements(text), records);
  if (has("吨") || has("噸")) {
    EncodeInto(ReadQuotas(text, findings), records);
  }
  if (standards) {
    EncodeInto(ReadStandards(text, findings), records);
  }
  FlagUnconfirmed(section, records);
  EncodeInto(std::move(findings), records);
  return records;
}

}  // namespace ytterby
