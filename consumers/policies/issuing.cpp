#include "consumers/policies/issuing.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/text/utf8.hpp"
#include "consumers/policies/issuers.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/announcing.hpp"

namespace ytterby {
namespace {

// The last issuing verb in `before`, with its position: the longer of two that end together, the first of two in a row
// (发布公告).
std::optional<std::pair<std::size_t, std::string_view>> LastVerb(std::string_view before) {
  std::optional<std::pair<std::size_t, std::string_view>> last;
  for (std::string_view verb : IssuingVerbs()) {
    const std::size_t at = FindLastWord(before, verb);
    if (at == std::string_view::npos) continue;
    const std::size_t end = at + verb.size(), last_end = last ? last->first + last->second.size() : 0;
    if (end > last_end || (end == last_end && verb.size() > last->second.size())) last = {at, verb};
  }
  if (last && last->second == "公告") {
    for (std::string_view verb : IssuingVerbs()) {
      const std::string_view front = before.substr(0, last->first);
      for (std::string_view joint : {"", "联合", "了"}) {
        const std::string ending = std::string(verb) + std::string(joint);
        if (verb != "公告" && front.ends_with(ending)) return std::pair{last->first - ending.size(), verb};
      }
    }
  }
  return last;
}

}  // namespace

std::optional<Issued> IssuedByItself(std::string_view sentence, const Mention& mention) {
  static const RE2 kAbout(R"(^关于(?:联合)?(印发|发布|下达|下发|公布))");
  re2::StringPiece verb;
  if (!RE2::PartialMatch(Piece(sentence.substr(mention.begin)), kAbout, &verb)) return std::nullopt;
  const std::string_view subject = ClauseBefore(sentence, mention.begin);
  static const RE2 kReceives(R"((收到|接到|转发|获悉|印发|发布))");
  if (RE2::PartialMatch(Piece(subject), kReceives) || !SpeaksOfAuthority(subject)) return std::nullopt;
  const auto cites = [&](std::string_view citing) { return HasWord(subject, citing); };
  if (std::any_of(CitingWords().begin(), CitingWords().end(), cites)) return std::nullopt;
  return Issued{subject, View(verb), static_cast<std::size_t>(verb.data() - sentence.data()), true};
}

std::optional<Issued> IssuedBefore(std::string_view sentence, const Mention& mention) {
  const std::string_view before = sentence.substr(0, mention.begin);
  const auto verb = LastVerb(before);
  if (!verb) return std::nullopt;
  const std::string_view between = before.substr(verb->first + verb->second.size());
  if (between.size() > 120) return std::nullopt;
  // 《A》、《B》: a list shares its verb.
  static const RE2 kList(R"(^[了的]?(?:[^,]{0,90})$|^[^,]{0,30}《[^》]*》(?:[、和及与]《[^》]*》)*[、和及与]$)");
  static const RE2 kNumberOnly(R"(^(?:第?\(?(?:19|20)\d\d(?:年|\)|年\))第?\d{1,4}号|\(?第?\d{1,4}号\)?)?[:,]?$)");
  if (verb->second == "公告" ? !RE2::FullMatch(Piece(between), kNumberOnly) : !RE2::FullMatch(Piece(between), kList)) {
    return std::nullopt;
  }
  // 发布…公告，批准《A》等3项: the announcement is the document, not what it approves.
  if (HasWord(between, "批准")) return std::nullopt;
  std::string_view subject = ClauseBefore(before, verb->first);
  const bool attribute = between == "的" || between.ends_with("发布的") || between == "实施的";
  for (std::string_view citing : CitingWords()) {
    if (HasWord(between, citing) || (attribute && HasWord(subject, citing))) return std::nullopt;
  }
  if (attribute && mention.quota) return std::nullopt;
  // 财政部以财建〔2021〕21号文印发: the number stands before the verb.
  static const RE2 kByNumber(R"(^(.*)以[^以,]{2,30}号文?件?(?:形式)?$)");
  re2::StringPiece bodies;
  if (RE2::FullMatch(Piece(subject), kByNumber, &bodies)) subject = View(bodies);
  if (!SpeaksOfAuthority(subject)) subject = SubjectOfClauseBefore(before, subject);
  return Issued{subject, verb->second, verb->first, SpeaksOfAuthority(subject)};
}

std::string_view SubjectOfClauseBefore(std::string_view before, std::string_view subject) {
  static const RE2 kEmpty(R"(^(?:正式|联合|并|并且|同时|一并|对外|决定|现予|予以)*$)");
  if (!RE2::FullMatch(Piece(subject), kEmpty)) return subject;
  const std::size_t comma = static_cast<std::size_t>(subject.data() - before.data());
  if (comma == 0) return subject;
  const std::string_view clause = ClauseBefore(before, comma - 1);
  static const RE2 kVerb(R"((签署|发布|召开|下发|印发|公布|制定|修订|出台))");
  re2::StringPiece verb;
  if (!RE2::PartialMatch(Piece(clause), kVerb, &verb)) return subject;
  std::string_view earlier = clause.substr(0, static_cast<std::size_t>(verb.data() - clause.data()));
  // 国务院总理李强签署: the office acts for its body.
  static const RE2 kOffice(R"((国务院)总理\p{Han}{2,4}$)");
  re2::StringPiece body;
  if (RE2::PartialMatch(Piece(earlier), kOffice, &body)) earlier = View(body);
  return SpeaksOfAuthority(earlier) ? earlier : subject;
}

std::optional<Passive> PassiveAfter(std::string_view sentence, const Mention& mention) {
  static const RE2 kAfter(
      R"(^(?:[、和及与]?《[^》]*》)*(?:\([^)]*\))*(?:等)?(?:[\d一二三四五六七八九十两]+(?:项|个))?(?:的)?(?:(?:团体|行业|国家|地方|企业|)"
      R"(推荐性|强制性)+标准)?,?(?:已经|已|将|正式|日前|近日|今日|也|自[^,。]{2,24}?起|[自于][^,。]{2,24}?日|于[^,。]{2,24}?|)"
      R"(由([^,。]{2,60}?))*(发布|公布|印发|出台|施行|实施|生效|颁布))");
  re2::StringPiece issuer, verb;
  const std::string_view after = sentence.substr(mention.end);
  if (!RE2::PartialMatch(Piece(after), kAfter, &issuer, &verb)) return std::nullopt;
  Passive passive{View(verb), {}};
  if (!issuer.empty()) passive.issuer = View(issuer);
  return passive;
}

}  // namespace ytterby
