#include "consumers/policies/document_names.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kOpen = "《", kClose = "》";
constexpr std::size_t kMark = 3;                         // bytes of each of these and of “ and ”
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

// Adds `title`, the words between `begin` and `end`, if it may name a document and no mention has been found there yet.
void AddBare(std::string_view title, std::size_t begin, std::size_t end, std::vector<Mention>& mentions) {
  if (title.size() < kLeastBare || title.size() > kMostBare) return;
  const bool taken = std::any_of(mentions.begin(), mentions.end(),
                                 [&](const Mention& mention) { return mention.begin < end && begin < mention.end; });
  if (!taken && PolicyKindByName(title)) mentions.push_back({title, begin, end, false});
}

// The end of the quotation that opens at `open`, including its closing mark; npos if it is never closed or has what no
// name has. It may itself have words in marks: “十四五”.
std::size_t QuotationEnd(std::string_view sentence, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < sentence.size(); ++at) {
    if (sentence[at] == ',' || sentence[at] == ';') return std::string_view::npos;
    if (static_cast<unsigned char>(sentence[at]) != 0xE2 && static_cast<unsigned char>(sentence[at]) != 0xE3) continue;
    const std::string_view mark = sentence.substr(at, kMark);  // these begin with the bytes E2 and E3
    if (mark == "《" || mark == "》" || mark == "。") return std::string_view::npos;
    if (mark == "“" && ++depth > 2) return std::string_view::npos;
    if (mark == "”" && --depth == 0) return at + kMark;
  }
  return std::string_view::npos;
}

// “关于…的意见”: names in quotation marks.
void AddQuoted(std::string_view sentence, std::vector<Mention>& mentions) {
  for (std::size_t open = FindWord(sentence, "“"); open != std::string_view::npos;) {
    const std::size_t end = QuotationEnd(sentence, open);
    if (end == std::string_view::npos) {
      open = FindWord(sentence, "“", open + kMark);
      continue;
    }
    AddBare(sentence.substr(open + kMark, end - open - 2 * kMark), open, end, mentions);
    open = FindWord(sentence, "“", end);
  }
}

// Adds what `pattern` captures: what AddBare takes, or quotas' totals without a document's name.
void AddMatches(std::string_view sentence, const RE2& pattern, bool quota, std::vector<Mention>& mentions) {
  re2::StringPiece groups[2];
  std::size_t from = 0;
  while (from < sentence.size() && pattern.Match(Piece(sentence), from, sentence.size(), RE2::UNANCHORED, groups, 2)) {
    const std::size_t begin = static_cast<std::size_t>(groups[0].data() - sentence.data()),
                      end = begin + groups[0].size();
    from = std::max(end, from + 1);
    if (quota) {
      mentions.push_back({View(groups[1]), begin, end, true});
    } else {
      AddBare(View(groups[1]), begin, end, mentions);
    }
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
  static const RE2 kBare(R"((关于[^,。;:《》“”]*(?:“[^,。;:《》“”]*”[^,。;:《》“”]*)*的(?:通知|意见|公告|通告|公示)))");
  static const RE2 kQuota(R"(((?:第[一二三四五六\d]批)?稀土[^,。;《》()]{0,36}总量控制指标))");
  AddQuoted(sentence, mentions);
  if (HasWord(sentence, "关于") && HasAnyWord(sentence, {"的通知", "的意见", "的公告", "的通告", "的公示"}))
    AddMatches(sentence, kBare, false, mentions);
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
