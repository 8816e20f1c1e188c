#include "consumers/policies/issuers.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/announcing.hpp"

namespace ytterby {
namespace {

#define YT_DATED R"((?:(?:19|20)\d\d年)?\d{1,2}月\d{1,2}日)"

// Drops what may come before the names.
std::string_view WithoutLead(std::string_view subject) {
  static const RE2 kLead(
      R"(^(?:[●◆◎■•○◇▲★▶·*#-]|)" YT_DATED
      R"((?:下午|上午|,)?|(?:(?:19|20)\d\d年)?\d{1,2}月(?:初|底|中旬|上旬|下旬|份)?|(?:19|20)\d\d年|日前|近日|近期|此前|随后|当日|同日|)"
      R"(当天|今年|去年|据悉|获悉|其中|已?经|已?由|为此|同时|另外|此外|又|昨日|今日|月初|月底|(?:中华人民共和国)?第?[\d一二三四五六七八九十]+届|)"
      R"([\d一二三四五六七八九十]+[.、])+)");
  re2::StringPiece rest = Piece(subject);
  RE2::Consume(&rest, kLead);
  return View(rest);
}

// Drops what may come between the names and the verb.
std::string_view WithoutTail(std::string_view subject) {
  static const RE2 kTail(
      R"(((?:第[\d一二三四五六七八九十]+(?:届|次)[^,]*|常务会议|委务会议|部务会议|会议|联合|共同|正式|批准|批复|日前|近日|首次|再次|共|已经|已|又|制定并|)"
      R"(研究制定并|修订并|起草并|修订|修改|制定|统一|分别|组织|对外|在官网|官网|官方网站|网站|于?)" YT_DATED
      R"(|[两二三四五六七八九十\d]+(?:个)?(?:部门|部委|单位)|等|了|近期|今日|昨日)+)$)");
  re2::StringPiece tail;
  if (RE2::PartialMatch(Piece(subject), kTail, &tail))
    return subject.substr(0, static_cast<std::size_t>(tail.data() - subject.data()));
  return subject;
}

}  // namespace

std::string_view ClauseBefore(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  for (std::size_t begin = before.size(); begin > 0; --begin) {
    const char c = before[begin - 1];
    const std::string_view until = before.substr(0, begin);
    if (c == ',' || c == ':' || c == ';' || c == '!' || c == '?' || until.ends_with("》") || until.ends_with("”")) {
      return before.substr(begin);
    }
  }
  return before;
}

std::vector<std::string_view> IssuersOf(std::string_view subject) {
  struct Separator {
    std::string_view printed;
    bool part_of_names;  // 和 is part of 工业和信息化部: it is a separator only after a complete name
  };
  static constexpr std::array<Separator, 7> kSeparators = {
      {{"、", false}, {"会同", false}, {"联合", false}, {"以及", false}, {"和", true}, {"与", true}, {"及", true}}};
  std::vector<std::string_view> names;
  std::string_view left = WithoutTail(WithoutLead(subject));
  std::size_t from = 0;
  while (!left.empty()) {
    std::size_t cut = left.size(), skip = 0;
    for (const Separator& separator : kSeparators) {
      const std::size_t at = left.find(separator.printed, from);
      if (at == std::string_view::npos || at >= cut || at == 0) continue;
      cut = at;
      skip = separator.printed.size();
      if (separator.part_of_names && !IsAuthority(left.substr(0, at))) skip = 0;
    }
    if (cut < left.size() && skip == 0) {
      from = cut + 3;  // part of a name: continue after it
      continue;
    }
    if (cut > 0) names.push_back(left.substr(0, cut));
    left.remove_prefix(std::min(left.size(), cut + skip));
    from = 0;
  }
  return names;
}

bool SpeaksOfAuthority(std::string_view subject) {
  static const RE2 kSeveral(R"([两二三四五六七八九十\d]+(?:个)?(?:部门|部委))");
  if (RE2::PartialMatch(Piece(subject), kSeveral)) return true;
  const auto names = IssuersOf(subject);
  return std::any_of(names.begin(), names.end(), &IsAuthority);
}

}  // namespace ytterby
