#include "consumers/views/coverage.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/price_changes.hpp"
#include "consumers/prices/price_tokens.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLook = 90;       // bytes before and after a number that decide what it is
constexpr std::size_t kCitation = 240;  // bytes before a document's number to search for a citing word

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLatin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A run of digits in the folded text, with decimal points and thousands separators, without a gap in the source.
struct Token {
  std::size_t begin, end;
};

std::vector<Token> TokensOf(const Folded& folded) {
  std::vector<Token> tokens;
  const std::string_view text = folded.text;
  const auto adjacent = [&](std::size_t at) { return folded.source[at] == folded.EndOf(at - 1); };
  for (std::size_t at = 0; at < text.size();) {
    if (!IsDigit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && adjacent(end)) {
      const bool point = text[end] == '.' && end + 1 < text.size() && IsDigit(text[end + 1]) && adjacent(end + 1);
      const auto digit = [&](std::size_t i) { return i < text.size() && IsDigit(text[i]); };
      const bool thousands = text[end] == ',' && digit(end + 1) && digit(end + 2) && digit(end + 3) && !digit(end + 4);
      const bool inner = point || thousands;
      if (!IsDigit(text[end]) && !inner) break;
      ++end;
    }
    tokens.push_back({at, end});
    at = end;
  }
  return tokens;
}

class Classifier {
 public:
  Classifier(std::string_view source, const Folded& folded, Category category)
      : source_(source), folded_(folded), text_(folded.text), category_(category) {
    of_quotas_ = category != Category::kMarket && (HasWord(text_, "总量控制") || HasWord(text_, "指令性生产计划"));
    of_indices_ = HasWord(text_, "指数");
    FindDocuments();
  }

  // The kind of value that should be in a record; nullopt if the number is left out on purpose.
  std::optional<NumberKind> KindOf(const Token& token) {
    if (const Document* document = DocumentAt(token)) {
      if (document->cited) return std::nullopt;
      return NumberKind::kDocument;
    }
    const std::string_view before =
        text_.substr(token.begin - std::min(token.begin, kLook), std::min(token.begin, kLook));
    const std::string_view after = text_.substr(token.end, kLook);
    const std::string_view number = text_.substr(token.begin, token.end - token.begin);
    const bool traded = category_ == Category::kMarket || category_ == Category::kIndustryNews;
    if (traded && IsPrice(before, after)) {
      const std::size_t comma = LastOf(before, {",", ";", "。"});
      const std::string_view clause = comma == std::string_view::npos ? before : before.substr(comma);
      if (IsChangeAmount(before) || IsReferenceLevel(before) || IsRange(before, after) || NamesUnlistedProduct(clause))
        return std::nullopt;
      return NumberKind::kPrice;
    }
    if (of_indices_ && after.starts_with("%") && IsFromExtreme(token.begin)) return std::nullopt;
    if (IsDateOrOrdinal(before, after, number) || IsName(before, after) || IsPurity(before, after) ||
        IsNumbering(token, before, after))
      return std::nullopt;
    if (category_ == Category::kMarket &&
        (number.find('.') != std::string_view::npos || number.size() >= 3 || after.starts_with("%"))) {
      return NumberKind::kNumber;
    }
    if (of_quotas_ && after.starts_with("吨")) return NumberKind::kNumber;
    return std::nullopt;
  }

  // The span of the document's number that KindOf last found.
  Span SpanOfDocument() const { return folded_.SourceOf(documents_[document_].begin, documents_[document_].end); }

 private:
  struct Document {
    std::size_t begin, end;
    bool cited;
  };

  // The document's number that the token is part of; nullptr if none. Tokens must come in the order of the text.
  const Document* DocumentAt(const Token& token) {
    while (document_ < documents_.size() && documents_[document_].end <= token.begin) ++document_;
    return document_ < documents_.size() && documents_[document_].begin < token.end ? &documents_[document_] : nullptr;
  }

  void FindDocuments() {
    const bool announced = category_ == Category::kPolicyRegulation || category_ == Category::kIndustryNews;
    const bool patented = category_ == Category::kPatentBriefs || category_ == Category::kPatentList;
    if (!announced && !patented) return;
    static const RE2 kAnnounced(
        R"([〔\[(【](?:19|20)\d\d[〕\])】]第?\d{1,4}号|公告(?:19|20)\d\d年第?\d{1,4}号|\b(?:GB|XB|YS|SJ|HG|)"
        R"(JB)(?:/[TZ])?\d{1,6}(?:\.\d{1,3})?-(?:19|20)\d\d|\b(?:19|20)\d{6}-[TQZ]-\d{3})");
    static const RE2 kPatented(R"(CN\d{7,9}[A-Z])");
    const RE2& pattern = announced ? kAnnounced : kPatented;
    re2::StringPiece found;
    for (std::size_t from = 0; pattern.Match(Piece(text_), from, text_.size(), RE2::UNANCHORED, &found, 1);) {
      const std::size_t begin = static_cast<std::size_t>(found.data() - text_.data());
      from = begin + found.size();
      documents_.push_back({begin, from, announced && IsCited(begin)});
    }
  }

  // 根据《…》（国办发〔2020〕8号）, 代替GB/T 1234-2008: a citing word comes before it in its sentence.
  bool IsCited(std::size_t begin) const {
    std::string_view before = text_.substr(begin - std::min(begin, kCitation), std::min(begin, kCitation));
    const std::size_t sentence = LastOf(before, {"。", ";"});
    if (sentence != std::string_view::npos) before = before.substr(sentence);
    for (std::string_view word :
         {"根据", "按照", "依据", "依照", "贯彻", "落实", "废止", "代替", "替代", "执行", "遵照", "参照", "符合"}) {
      if (HasWord(before, word)) return true;
    }
    return false;
  }

  // 较周期内最高点1000.74点下降了58.60%: an index's distance from its extremes follows from its value.
  bool IsFromExtreme(std::size_t begin) const {
    const std::string_view before = text_.substr(begin - std::min(begin, kLook), std::min(begin, kLook));
    return LastOf(before, {"最高点", "最低点"}) != std::string_view::npos;
  }

  bool IsPrice(std::string_view before, std::string_view after) const {
    static const RE2 kUnit(
        R"(^(?:[-~至到]\d[\d,.]*)?万?(?:元|美元|欧元)(?:人民币)?(?:/|每)(?:公?吨|公斤|千克|kg|t|mt)|^(?:RMB|CNY|USD|yuan)/(?:mt|kg|t))");
    if (RE2::PartialMatch(Piece(after), kUnit)) return true;
    if (of_indices_ && after.starts_with("点") && (after.size() < 4 || !after.substr(3).starts_with("击"))) return true;
    return EndsWithAny(before, {"每公斤", "每吨", "每千克"}) &&
           (after.starts_with("元") || after.starts_with("万元") || after.starts_with("美元"));
  }

  // 40.0-41.0万元/吨: its mean is the price, or a finding reports that there is none.
  static bool IsRange(std::string_view before, std::string_view after) {
    static const RE2 kUpper(R"(\d(?:万?元(?:/吨)?)?[-~至到]$)"), kLower(R"(^(?:万?元(?:/吨)?)?[-~至到]\d)");
    return RE2::PartialMatch(Piece(before), kUpper) || RE2::PartialMatch(Piece(after), kLower);
  }

  static bool IsDateOrOrdinal(std::string_view before, std::string_view after, std::string_view number) {
    static const RE2 kRange(R"(^[-~至/](?:20)?\d{1,2}(?:年|月|日|号))"), kDay(R"(^[-/.]\d{1,2}[-/.]\d{1,2})");
    static const RE2 kInDate(R"((?:19|20)\d\d[-/.年](?:\d{1,2}[-/.月])?$)");
    if (StartsWithAny(after, {"年", "月", "日", "号", "时", "分钟", "季度", "周", "届", "期", "岁", "世纪", "#", ":"}))
      return true;
    const bool year = number.size() == 4 && (number.starts_with("19") || number.starts_with("20"));
    if (year && RE2::PartialMatch(Piece(after), kDay)) return true;
    if (RE2::PartialMatch(Piece(after), kRange) || RE2::PartialMatch(Piece(before), kInDate)) return true;
    if (EndsWithAny(before, {"第", "图", "表", "附件", "附录", "式", "表:", "No.", "NO.", "vol.", "Vol."})) return true;
    // A bare year.
    return year && !StartsWithAny(after, {"吨", "元", "万", "亿", ".", "%"});
  }

  // ≥99.9%, a product's purity.
  static bool IsPurity(std::string_view before, std::string_view after) {
    return after.starts_with("%") && EndsWithAny(before, {"≥", ">", "±"});
  }

  // Nd2O3, 5N, G20, N52SH: part of a name or a formula.
  static bool IsName(std::string_view before, std::string_view after) {
    if (!before.empty() && (IsLatin(before.back()) || before.back() == '/' || before.back() == '_')) return true;
    return !after.empty() && IsLatin(after.front());
  }

  // 1. …, (2)…, 3、… at the start of a line, [4] in brackets.
  bool IsNumbering(const Token& token, std::string_view before, std::string_view after) const {
    const std::size_t gap = token.begin == 0 ? 0 : folded_.EndOf(token.begin - 1);
    const bool first =
        token.begin == 0 || source_.substr(gap, folded_.source[token.begin] - gap).find('\n') != std::string_view::npos;
    if (first && StartsWithAny(after, {".", "、", ")", "）"})) return true;
    return !before.empty() &&
           ((before.back() == '(' && after.starts_with(")")) || (before.back() == '[' && after.starts_with("]")));
  }

  const std::string_view source_;
  const Folded& folded_;
  const std::string_view text_;
  const Category category_;
  bool of_quotas_ = false, of_indices_ = false;
  std::vector<Document> documents_;  // in the order of the text
  std::size_t document_ = 0;         // the first that does not end before the current token
};

}  // namespace

std::string_view NumberKindName(NumberKind kind) {
  static constexpr std::array<std::string_view, 3> kNames = {"price-like", "document-like", "number-like"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Decimal> Coverage::Share() const {
  if (bytes == 0) return std::nullopt;
  return Decimal(static_cast<std::int64_t>((bytes - unread_bytes) * 1000 / bytes), 3);
}

Coverage MeasureCoverage(std::string_view text, Category category, const std::vector<Span>& parts,
                         std::vector<Span> read) {
  std::sort(read.begin(), read.end(), [](Span a, Span b) { return a.begin < b.begin; });
  // The furthest end among the spans up to each one, so that one lookup tells whether any of them reaches a number.
  std::vector<std::uint32_t> reach;
  for (Span span : read) reach.push_back(std::max(reach.empty() ? 0 : reach.back(), span.end));
  const auto is_read = [&](Span number) {
    const auto behind =
        std::partition_point(read.begin(), read.end(), [&](Span span) { return span.begin < number.end; });
    return behind != read.begin() && reach[static_cast<std::size_t>(behind - read.begin()) - 1] > number.begin;
  };
  const Folded folded = FoldPieces(text, parts);
  Classifier classifier(text, folded, category);
  Coverage coverage;
  for (const Token& token : TokensOf(folded)) {
    const Span span = folded.SourceOf(token.begin, token.end);
    coverage.bytes += span.size();
    const auto kind = classifier.KindOf(token);
    if (!kind || is_read(span)) continue;
    coverage.unread_bytes += span.size();
    // All digits of one document's number count as one miss.
    const Span whole = *kind == NumberKind::kDocument ? classifier.SpanOfDocument() : span;
    if (coverage.unread.empty() || !(coverage.unread.back().span == whole))
      coverage.unread.push_back({*kind, whole, 0});
    coverage.unread.back().bytes += span.size();
  }
  return coverage;
}

}  // namespace ytterby
