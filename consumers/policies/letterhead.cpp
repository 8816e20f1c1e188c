#include "consumers/policies/letterhead.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "consumers/policies/document_dates.hpp"
#include "consumers/policies/issuers.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/announcing.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLongestLine = 150;  // bytes: lines of a letterhead are short

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Whether a line consists of names only, one after the other: 工业和信息化部自然资源部.
bool IsNames(std::string_view line) {
  if (line.size() > kLongestLine || line.find("。") != std::string_view::npos ||
      line.find(':') != std::string_view::npos)
    return false;
  const auto names = IssuersOf(line);
  return !names.empty() && std::all_of(names.begin(), names.end(), &IsAuthority);
}

// A number that is the whole line, perhaps in brackets.
std::optional<DocumentNumber> NumberAlone(std::string_view line) {
  if (line.size() > kLongestLine) return std::nullopt;
  while (line.starts_with('#') || line.starts_with('(')) line.remove_prefix(1);
  while (line.ends_with(')') && line.find('(') == std::string_view::npos) line.remove_suffix(1);
  auto number = DocumentNumberIn(line);
  if (!number || number->printed.size() != line.size()) return std::nullopt;
  return number;
}

// 中华人民共和国国务院令 above 第785号, 国家标准公告 above 2023年第20号. Both lines are in one text, so they have one
// span.
std::optional<DocumentNumber> NumberOfTwoLines(std::string_view first, std::string_view second) {
  static const RE2 kHead(R"(^#*([\p{Han}、]{2,40}(?:令|公告))$)");
  static const RE2 kNumber(R"(^#*\(?((?:(?:19|20)\d\d年)?第[\d一二三四五六七八九十百]{1,6}号)\)?$)");
  re2::StringPiece head, number;
  if (first.size() > kLongestLine || second.size() > 60) return std::nullopt;
  if (!RE2::FullMatch(Piece(first), kHead, &head) || !RE2::FullMatch(Piece(second), kNumber, &number))
    return std::nullopt;
  return DocumentNumber{std::string(head) + std::string(number),
                        {head.data(), static_cast<std::size_t>(number.data() + number.size() - head.data())}};
}

}  // namespace

Letterhead ReadLetterhead(const SectionText& text) {
  Letterhead letterhead;
  const std::vector<std::string_view> lines = LinesOf(text.text());
  // X关于…的通知: the title names the issuer.
  static const RE2 kHead(R"(^([^:《]{3,60}?)关于)");
  re2::StringPiece head;
  if (RE2::PartialMatch(Piece(text.title()), kHead, &head) && SpeaksOfAuthority(View(head)))
    letterhead.issuers = IssuersOf(View(head));
  // 商务部 海关总署公告2025年第18号 at the start of the title.
  if (const auto number = DocumentNumberIn(text.title()); number && number->printed.data() == text.title().data()) {
    letterhead.number = number;
    static const RE2 kBodies(R"(^(.+?)公告)");
    re2::StringPiece bodies;
    if (RE2::PartialMatch(Piece(text.title()), kBodies, &bodies)) letterhead.issuers = IssuersOf(View(bodies));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!letterhead.number) letterhead.number = NumberAlone(lines[i]);
    if (!letterhead.number && i + 1 < lines.size()) letterhead.number = NumberOfTwoLines(lines[i], lines[i + 1]);
    if (letterhead.issued) continue;
    static const RE2 kSigner(R"(^(?:总理|主席|主任|省长|市长)\p{Han}{2,4}(.*)$)");
    std::string_view line = lines[i];
    re2::StringPiece day;
    if (line.size() < kLongestLine && RE2::FullMatch(Piece(line), kSigner, &day)) line = View(day);
    letterhead.issued = DayAlone(line);
    if (!letterhead.issued) continue;
    letterhead.issued_printed = line;
    if (!letterhead.issuers.empty()) continue;
    // The signature: names in the lines directly above the day.
    std::size_t first = i;
    while (first > 0 && i - first < 6 && IsNames(lines[first - 1])) --first;
    for (std::size_t k = first; k < i; ++k) {
      const auto names = IssuersOf(lines[k]);
      letterhead.issuers.insert(letterhead.issuers.end(), names.begin(), names.end());
    }
  }
  return letterhead;
}

}  // namespace ytterby
