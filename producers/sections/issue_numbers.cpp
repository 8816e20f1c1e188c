#include "producers/sections/issue_numbers.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/fold.hpp"

namespace ytterby {
namespace {

// 第 9 期（总第119期） above 2023年9月30日: number and year on separate lines at the front.
std::optional<IssueNumber> NumberOverLines(std::string_view text, const LineTable& table, std::size_t first,
                                           std::size_t last) {
  static const RE2 kNumber(R"((?:^|[^总])第([\d一二三四五六七八九十]{1,6})(?:[-~至][\d]{1,2})?期)"),
      kYear(R"(((?:19|20)\d\d)年)");
  std::string all;
  for (std::size_t i = first, seen = 0; i < last && seen < 12; ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    ++seen;
    if (table.lines[i].end - table.lines[i].begin < 150) all += FoldKey(table.lines[i].In(text)) + "\n";
  }
  std::string number;
  int year = 0;
  if (!RE2::PartialMatch(all, kNumber, &number) || !RE2::PartialMatch(all, kYear, &year)) return std::nullopt;
  const auto n = ParseNumeral(number);
  if (!n || *n < 1 || *n > 99) return std::nullopt;
  return IssueNumber{year, *n};
}

std::optional<IssueNumber> VotedNumber(const LineTable& table, const Front& front, std::size_t first, std::size_t last,
                                       std::vector<Notice>& notices) {
  std::vector<std::pair<IssueNumber, int>> votes;
  if (front.issue) votes.push_back({*front.issue, 1});
  for (auto printed = table.issues.lower_bound(first); printed != table.issues.end() && printed->first < last;
       ++printed) {
    auto known =
        std::find_if(votes.begin(), votes.end(), [&](const auto& vote) { return vote.first == printed->second; });
    if (known == votes.end()) {
      votes.push_back({printed->second, 1});
    } else {
      ++known->second;
    }
  }
  if (votes.empty()) return std::nullopt;
  const auto best =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const IssueNumber chosen = front.issue ? *front.issue : best->first;
  if (votes.size() > 1) {
    notices.push_back(
        {"issue-number", "warning",
         fmt::format("the document prints several issue numbers; {}-{:02d} is taken", chosen.year, chosen.number),
         std::nullopt});
  }
  return chosen;
}

}  // namespace

std::vector<std::size_t> FindIssueStarts(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks) {
  std::vector<std::size_t> starts = {0};
  if (marks.empty()) return starts;
  const std::size_t after = table.LineAt(marks.front().mark.end);
  for (std::size_t i = after; i < table.lines.size(); ++i) {
    if (table.known[i].kind != LineKind::kRunningHeader || i < starts.back() + 20) continue;
    bool number = table.issues.contains(i), contents = false;
    for (std::size_t k = i + 1, seen = 0; k < table.lines.size() && seen < 40; ++k) {
      if (table.known[k].kind == LineKind::kBlank) continue;
      if (table.known[k].kind == LineKind::kPageNumber) break;
      ++seen;
      const std::string_view line = table.lines[k].In(text);
      if (line.size() < 150 && IssueNumberIn(line)) number = true;
      if (line.size() <= 30) {
        const std::string letters = FoldLetters(WithoutMarks(line));
        if (letters == "目录" || letters == "目次") contents = true;
      }
      if (number && contents) break;
    }
    if (number && contents) starts.push_back(i);
  }
  return starts;
}

std::optional<IssueNumber> PrintedNumber(std::string_view text, const LineTable& table, const Front& front,
                                         std::size_t first, std::size_t last, std::vector<Notice>& notices) {
  if (const auto number = VotedNumber(table, front, first, last, notices)) return number;
  return NumberOverLines(text, table, first, last);
}

}  // namespace ytterby
