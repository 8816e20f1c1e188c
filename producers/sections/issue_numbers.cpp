#include "producers/sections/issue_numbers.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/fold.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kCoverLines = 12;  // of text

// 第 9 期（总第119期） above 2023年9月30日: number and year on separate lines at the front. The year is that of the
// nearest line with a 年; if it cannot be read, no other line's is taken.
std::optional<IssueNumber> NumberOverLines(std::string_view text, const LineTable& table, std::size_t first,
                                           std::size_t last) {
  static const RE2 kNumber(R"((?:^|[^总])第([\d一二三四五六七八九十]{1,6})(?:[-~至][\d]{1,2})?期)"),
      kYear(R"((?:^|[^0-9A-Za-z])((?:19|20)\d\d)年)");
  std::vector<std::string> lines;
  for (std::size_t i = first, seen = 0; i < last && seen < kCoverLines; ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    ++seen;
    const std::string_view line = table.lines[i].In(text);
    const bool cites = IssueNumberIn(line) && !CoverNumberIn(line);
    if (line.size() < 150 && !cites) lines.push_back(FoldKey(line));
  }
  std::string number;
  const auto numbered = std::find_if(lines.begin(), lines.end(),
                                     [&](const auto& line) { return RE2::PartialMatch(line, kNumber, &number); });
  if (numbered == lines.end()) return std::nullopt;
  const auto n = ParseNumeral(number);
  if (!n || *n < 1 || *n > 99) return std::nullopt;
  const std::ptrdiff_t at = numbered - lines.begin();
  for (std::ptrdiff_t distance = 0; distance < std::ssize(lines); ++distance) {
    for (const std::ptrdiff_t near : {at + distance, at - distance}) {
      if (near < 0 || near >= std::ssize(lines) || lines[near].find("年") == std::string::npos) continue;
      int year = 0;
      if (!RE2::PartialMatch(lines[near], kYear, &year)) return std::nullopt;
      return IssueNumber{year, *n};
    }
  }
  return std::nullopt;
}

// 2O24年第1期, 年第1期: the number that the cover prints after a year that is not one. nullopt if the first number is
// printed wholly.
std::optional<int> NumberOfDamagedYear(std::string_view text, const LineTable& table, std::size_t first,
                                       std::size_t last) {
  static const RE2 kNumber(R"(年(?:\d{1,2}月)?[,(]?第([\d一二三四五六七八九十]{1,6})期)");
  for (std::size_t i = first, seen = 0; i < last && seen < kCoverLines; ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    ++seen;
    const std::string_view line = table.lines[i].In(text);
    if (line.size() >= 150) continue;
    if (IssueNumberIn(line)) return std::nullopt;
    std::string number;
    if (RE2::PartialMatch(FoldKey(line), kNumber, &number)) return ParseNumeral(number);
  }
  return std::nullopt;
}

using Votes = std::vector<std::pair<IssueNumber, int>>;

// The numbers that the front and the running headers print wholly, with how often.
Votes PrintedNumbers(const LineTable& table, const Front& front, std::size_t first, std::size_t last) {
  Votes votes;
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
  return votes;
}

IssueNumber MostFrequent(const Votes& votes) {
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
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
  Votes votes = PrintedNumbers(table, front, first, last);
  if (const auto number = NumberOfDamagedYear(text, table, first, last)) {
    std::erase_if(votes, [&](const auto& vote) { return vote.first.number != *number; });
    if (votes.empty()) return std::nullopt;
    const IssueNumber chosen = MostFrequent(votes);
    notices.push_back(
        {"issue-number", "warning",
         fmt::format("the year on the cover cannot be read; {}-{:02d} is taken, which {} print", chosen.year,
                     chosen.number, votes.size() > 1 ? "most of the other places" : "the other places"),
         std::nullopt});
    return chosen;
  }
  if (votes.empty()) return NumberOverLines(text, table, first, last);
  const IssueNumber chosen = front.issue ? *front.issue : MostFrequent(votes);
  if (votes.size() > 1) {
    notices.push_back(
        {"issue-number", "warning",
         fmt::format("the document prints several issue numbers; {}-{:02d} is taken", chosen.year, chosen.number),
         std::nullopt});
  }
  return chosen;
}

}  // namespace ytterby
