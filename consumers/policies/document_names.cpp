#include "consumers/policies/document_names.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kOpen = "《", kClose = "》";
constexpr std::size_t kLeastBare = 33, kMostBare = 360;  // bytes of a name without these marks

// The end of the name that opens at `open`, including its closing mark; npos if it is never closed.
std::size_t CloseOf(std::string_view sentence, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < sentence.size();) {
    if (sentence.compare(at, kOpen.size(), kOpen) == 0) {
      ++depth;
      at += kOpen.size();
    } else if (sentence.compare(at, kClose.size(), kClose) == 0) {
      at += kClose.size();
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

// Adds what `pattern` captures where no mention has been found yet.
void AddMatches(std::string_view sentence, const RE2& pattern, bool quota, std::vector<Mention>& mentions) {
  re2::StringPiece groups[2];
  std::size_t from = 0;
  while (from < sentence.size() && pattern.Match(Piece(sentence), from, sentence.size(), RE2::UNANCHORED, groups, 2)) {
    const std::size_t begin = static_cast<std::size_t>(groups[0].data() - sentence.data()),
                      end = begin + groups[0].size();
    from = std::max(end, from + 1);
    const bool taken = std::any_of(mentions.begin(), mentions.end(),
                                   [&](const Mention& mention) { return mention.begin < end && begin < mention.end; });
    const std::string_view title = View(groups[1]);
    if (!quota && (title.size() < kLeastBare || title.size() > kMostBare)) continue;
    if (!taken && (quota || PolicyKindByName(title))) mentions.push_back({title, begin, end, quota});
  }
}

// What stands between the marks; with the words around it where these are a notice's name: 关于印发《X》的通知.
Mention NamedBetween(std::string_view sentence, std::size_t open, std::size_t close) {
  const Mention named{sentence.substr(open + kOpen.size(), close - open - kOpen.size() - kClose.size()), open, close,
                      false};
  static const RE2 kBefore(R"((关于(?:联合)?(?:印发|发布|下达|下发|公布))$)");
  static const RE2 kAfter(R"(^(的(?:通知|公告|函)(?:\([^)]*\))?))");
  re2::StringPiece about, notice;
  if (!HasWord(sentence.substr(close, 6), "的") ||
      !RE2::PartialMatch(Piece(sentence.substr(0, open)), kBefore, &about) ||
      !RE2::PartialMatch(Piece(sentence.substr(close)), kAfter, &notice))
    return named;
  const std::size_t begin = open - about.size(), end = close + notice.size();
  return {sentence.substr(begin, end - begin), begin, end, false};
}

}  // namespace

std::vector<Mention> MentionsIn(std::string_view sentence) {
  std::vector<Mention> mentions;
  for (std::size_t open = FindWord(sentence, kOpen); open != std::string_view::npos;) {
    const std::size_t close = CloseOf(sentence, open);
    if (close == std::string_view::npos) break;
    mentions.push_back(NamedBetween(sentence, open, close));
    open = FindWord(sentence, kOpen, close);
  }
  // A name may itself have a word in marks: “十四五”.
  static const RE2 kQuoted(R"(“([^”“《》。,;]*(?:“[^”“《》。,;]*”[^”“《》。,;]*)*)”)");
  static const RE2 kBare(R"((关于[^,。;:《》“”]*(?:“[^,。;:《》“”]*”[^,。;:《》“”]*)*的(?:通知|意见|公告|通告|公示)))");
  static const RE2 kQuota(R"(((?:第[一二三四五六\d]批)?稀土[^,。;《》()]{0,36}总量控制指标))");
  if (HasWord(sentence, "”")) AddMatches(sentence, kQuoted, false, mentions);
  if (HasWord(sentence, "关于") && HasWord(sentence, "的")) AddMatches(sentence, kBare, false, mentions);
  if (mentions.empty() && HasWord(sentence, "总量控制指标")) AddMatches(sentence, kQuota, true, mentions);
  std::sort(mentions.begin(), mentions.end(), [](const Mention& a, const Mention& b) { return a.begin < b.begin; });
  return mentions;
}

bool IsKindAlone(std::string_view name) {
  static const RE2 kKind(
      R"((?:文件|通知|意见|指导意见|实施意见|若干意见|方案|实施方案|行动方案|计划|行动计划|规划|办法|管理办法|暂行办法|规定|管理规定|条例|公告|)"
      R"(目录|指导目录|清单|指南|标准|规范|决定|细则|措施|若干措施|政策|政策措施|法)(?:\([^)]*\))?)");
  return RE2::FullMatch(Piece(name), kKind);
}

std::string_view OwnName(std::string_view name) {
  static const RE2 kAbout(
      R"(^(?:[^《〈]{0,90}?)关于(?:联合)?(?:印发|发布|下达|下发|公布)(.{6,})的(?:通知|公告|函)(?:\([^)]*\))?$)");
  re2::StringPiece own;
  if (!RE2::FullMatch(Piece(name), kAbout, &own)) return name;
  std::string_view inner = View(own);
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"〈", "〉"}, {"《", "》"}, {"<", ">"}}) {
    if (inner.starts_with(open) && inner.ends_with(close)) {
      inner = inner.substr(open.size(), inner.size() - open.size() - close.size());
    }
  }
  // What the notice publishes is no document of its own: a list of names, a price, a result.
  if (inner.ends_with("名单") || (HasWord(name, "公告") && !PolicyKindByName(inner))) return name;
  return inner;
}

}  // namespace ytterby
