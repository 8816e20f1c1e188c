// Makes policy records: each field with its spans and rules, each document once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/policies/document_dates.hpp"
#include "consumers/policies/document_numbers.hpp"
#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// All views are into the section's folded text. A field that is already set stays.
class PolicyRecords {
 public:
  PolicyRecords(const SectionText& text, const std::optional<IssueYear>& issue) : text_(text), issue_(issue) {}

  // Starts a record of the document with this name.
  Policy Begin(std::string_view name) const;
  void SetIssuers(const std::vector<std::string_view>& names, Policy& policy) const;
  void SetNumber(const std::optional<DocumentNumber>& number, Policy& policy) const;
  // `verb`: the date of an adoption is not taken as the date of issue.
  void SetIssued(const std::optional<DatePhrase>& date, std::string_view verb, Policy& policy) const;
  // From what the sentence says about taking effect.
  void SetEffective(std::string_view sentence, Policy& policy) const;
  // Adds the policy with its kind and region, unless a document of that name was added before. `after_title` and
  // `before_title` are the text right after and before the name.
  void Finish(Policy policy, std::string_view after_title, std::string_view before_title = {});

  std::vector<Policy> Take() { return std::move(policies_); }

 private:
  void SplitAtSpaces(std::string_view name, std::vector<std::string_view>& names) const;

  const SectionText& text_;
  const std::optional<IssueYear>& issue_;
  std::vector<Policy> policies_;
  std::set<std::string> seen_;
};

}  // namespace ytterby
