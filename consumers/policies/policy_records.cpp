#include "consumers/policies/policy_records.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"
#include "consumers/policies/document_names.hpp"
#include "consumers/policies/issuers.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/announcing.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {

Policy PolicyRecords::Begin(std::string_view name) const {
  const std::string_view title = OwnName(name);
  Policy policy;
  policy.title = text_.Words(title, "title", policy.provenance);
  return policy;
}

void PolicyRecords::SetIssuers(const std::vector<std::string_view>& names, Policy& policy) const {
  std::vector<Span> spans;
  std::vector<std::string_view> apart;
  for (std::string_view name : names) SplitAtSpaces(name, apart);
  for (std::string_view name : apart) {
    if (!IsAuthority(name)) continue;
    const std::string printed = text_.Words(name);
    // A name printed in radicals or full width is looked up by its plain form.
    const std::string full = FullIssuer(name);
    policy.issuers.push_back(full == name ? printed : full);
    if (policy.issuers.back() != printed) policy.provenance.Rule("issuers", "full-name: " + printed);
    const auto where = text_.SpansOf(name);
    spans.insert(spans.end(), where.begin(), where.end());
  }
  policy.provenance.Add("issuers", spans);
}

// 工业和信息化部 自然资源部: names separated only by spaces.
void PolicyRecords::SplitAtSpaces(std::string_view name, std::vector<std::string_view>& names) const {
  const std::string printed = text_.Words(name);
  std::vector<std::string_view> parts;
  std::size_t used = 0;
  for (std::size_t at = 0; at < printed.size();) {
    const std::size_t end = std::min(printed.find_first_of(" \t", at), printed.size());
    const std::size_t size = FoldKey(std::string_view(printed).substr(at, end - at)).size();
    if (used + size > name.size()) break;
    if (size > 0) parts.push_back(name.substr(used, size));
    used += size;
    at = end + 1;
  }
  if (parts.size() > 1 && used == name.size() && std::all_of(parts.begin(), parts.end(), &IsAuthority)) {
    names.insert(names.end(), parts.begin(), parts.end());
  } else {
    names.push_back(name);
  }
}

void PolicyRecords::SetNumber(const std::optional<DocumentNumber>& number, Policy& policy) const {
  if (!number || policy.document_number) return;
  policy.document_number = number->standard_form;
  policy.provenance.Add("document_number", text_.SpansOf(number->printed));
  const std::string printed = text_.Printed(number->printed);
  if (printed != number->standard_form) policy.provenance.Rule("document_number", "standard-form: " + printed);
}

void PolicyRecords::SetIssued(const std::optional<DatePhrase>& date, std::string_view verb, Policy& policy) const {
  if (!date || date->year_only || IsAdoption(verb) || policy.issued) return;
  policy.issued = date->iso;
  policy.provenance.Add("issued", text_.SpansOf(date->printed));
  policy.provenance.Rule(
      "issued", fmt::format("{}: {}", date->year_printed ? "iso-date" : "iso-date-year-of-issue", date->printed));
}

void PolicyRecords::SetEffective(std::string_view sentence, Policy& policy) const {
  if (policy.effective) return;
  const auto effect = EffectIn(sentence, policy.issued, issue_);
  if (!effect) return;
  if (effect->iso) {
    policy.effective = effect->iso;
    policy.provenance.Rule(
        "effective",
        fmt::format("{}: {}", effect->year_printed ? "iso-date" : "iso-date-year-of-issue", effect->printed));
  } else if (policy.issued && policy.issued->size() == 10) {
    policy.effective = policy.issued;
    policy.provenance.Rule("effective", fmt::format("day-of-promulgation: {}", effect->printed));
  }
  if (policy.effective) policy.provenance.Add("effective", text_.SpansOf(effect->printed));
}

void PolicyRecords::Finish(Policy policy, std::string_view after_title, std::string_view before_title) {
  const std::string folded = FoldKey(policy.title);
  const auto kind = PolicyKindByName(folded);
  policy.kind = kind ? std::string(*kind)
                : HasWord(policy.document_number.value_or(""), "公告") && policy.title == text_.section().title
                    ? "notice"
                    : "other";
  static const RE2 kCalledStandard(
      R"(^(?:[、和及与]?《[^》]*》)*(?:\([^)]*\))*(?:等)?(?:[\d一二三四五六七八九十两]+(?:项|个))?(?:的)?(?:团体|行业|国家|地方|企业|国际|推荐性|强制性)*标准)");
  static const RE2 kStandardBefore(R"((?:团体|行业|国家|地方|企业)标准$)");
  if (RE2::PartialMatch(Piece(after_title), kCalledStandard) ||
      RE2::PartialMatch(Piece(before_title), kStandardBefore) ||
      (HasWord(folded, "标准") && HasWord(folded, "报批公示"))) {
    policy.kind = "standard";
    policy.provenance.Rule("kind", "called-a-standard");
  }
  policy.region = "national";
  if (auto region = RegionIn(folded)) {
    policy.region = *region;
  } else {
    for (const std::string& issuer : policy.issuers) {
      if (auto of_issuer = RegionIn(FoldKey(issuer))) {
        policy.region = *of_issuer;
        break;
      }
    }
  }
  policy.provenance.Rule("region",
                         policy.region == "national" ? "no-province-named" : "place-named-in-title-or-issuer");
  policy.article_title = text_.section().title;
  policy.provenance.Add("article_title", TitleSpans(text_.section()));
  if (!seen_.insert(FoldLetters(policy.title)).second) return;
  policies_.push_back(std::move(policy));
}

}  // namespace ytterby
