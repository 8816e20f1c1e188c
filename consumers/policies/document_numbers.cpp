#include "consumers/policies/document_numbers.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {
namespace {

// Drops the words before a number that are not part of it: verbs, prepositions, adverbs.
std::string_view WithoutWordsBefore(std::string_view name) {
  std::size_t begin = 0;
  for (std::string_view word : {"发布", "公布", "印发", "签署", "联合", "日前", "近日", "根据", "按照", "依据", "文号",
                                "文件", "通知", "以", "的", "为", "按", "据", "见"}) {
    const std::size_t at = name.rfind(word);
    if (at != std::string_view::npos) begin = std::max(begin, at + word.size());
  }
  return name.substr(begin);
}

}  // namespace

std::optional<DocumentNumber> DocumentNumberIn(std::string_view sentence) {
  static const RE2 kBracketed(R"(([\p{Han}]{1,14})[〔\[(【]((?:19|20)\d\d)[〕\])】]第?(\d{1,4})号)");
  static const RE2 kNotice(R"(([\p{Han}、]{0,60}公告)第?\(?((?:19|20)\d\d)(?:年|\)|年\))第?(\d{1,4})号)");
  static const RE2 kOrder(
      R"(([\p{Han}]{2,24}(?:、[\p{Han}]{2,24}){0,3}令)(?:\(?(?:19|20)\d\d\)?年?)?(第[\d一二三四五六七八九十百]{1,6}号))");
  constexpr std::string_view kEnd = "号";
  if (!HasWord(sentence, kEnd)) return std::nullopt;
  const auto until = [&](std::string_view name, const re2::StringPiece& last, std::size_t more) {
    return std::string_view(name.data(), static_cast<std::size_t>(last.data() + last.size() + more - name.data()));
  };
  re2::StringPiece name, year, number;
  const bool bracket =
      HasWord(sentence, "(") || HasWord(sentence, "〔") || HasWord(sentence, "[") || HasWord(sentence, "【");
  if (bracket && RE2::PartialMatch(Piece(sentence), kBracketed, &name, &year, &number)) {
    const std::string_view agency = WithoutWordsBefore(View(name));
    if (!agency.empty()) {
      return DocumentNumber{
          std::string(agency) + "〔" + std::string(year) + "〕" + std::string(number) + std::string(kEnd),
          until(agency, number, kEnd.size())};
    }
  }
  if (HasWord(sentence, "公告") && RE2::PartialMatch(Piece(sentence), kNotice, &name, &year, &number)) {
    const std::string_view bodies = WithoutWordsBefore(View(name));
    return DocumentNumber{std::string(bodies) + std::string(year) + "年第" + std::string(number) + std::string(kEnd),
                          until(bodies, number, kEnd.size())};
  }
  if (HasWord(sentence, "令") && RE2::PartialMatch(Piece(sentence), kOrder, &name, &number)) {
    const std::string_view body = WithoutWordsBefore(View(name));
    return DocumentNumber{std::string(body) + std::string(number), until(body, number, 0)};
  }
  return std::nullopt;
}

}  // namespace ytterby
