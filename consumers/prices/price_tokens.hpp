// The tokens of a price sentence: products, times, prices, changes. narrative.cpp decides what they mean together.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

enum class PriceTokenKind {
  kProduct,       // 99.5%的氧化镨, 镝铁合金, 中钇富铕矿
  kOtherProduct,  // 钕铁硼, 独居石: traded, but without price records
  kDay,           // 2023年7月5日
  kMonthEnd,      // 7月末, 月底
  kMonthOpen,     // 7月初, 月初
  kBareDay,       // 截至25日
  kSpan,          // 1-6月, 上半年: more than a month
  kMonth,         // 2023年7月
  kQuarter,       // 2024年第一季度
  kPrice,         // 40.76、50.52万元/吨, 58-60万元/吨, 每公斤850元
  kPercent,       // -3.5%
  kUnchanged,     // 持平
};

// Views into the sentence; fields that a kind does not have are empty.
struct PriceToken {
  PriceTokenKind kind = PriceTokenKind::kUnchanged;
  std::size_t begin = 0, end = 0;    // in the sentence
  std::string_view product, purity;  // kProduct; the purity before the name or in brackets after it
  std::string_view year;             // of a day, a month or a quarter
  int month = 0, day = 0;            // 0 where not printed
  std::string_view quarter;          // 一, 1
  std::string_view earlier;          // kPrice: numbers before the last that share its unit, 40.76、
  std::string_view number;           // of a price or a percentage
  std::string_view range_end;        // the second number of a range
  std::string unit;                  // 万元/吨; 元/公斤 for 每公斤850元
};

// The tokens of a folded sentence from left to right. The sentence must outlive it.
class PriceTokens {
 public:
  // `damaged_names`: the text was recognised, so that 氧化 or 金属 with any characters before 均价 is taken for a name.
  explicit PriceTokens(std::string_view sentence, bool damaged_names = false)
      : sentence_(sentence), damaged_names_(damaged_names) {}
  std::optional<PriceToken> Next();

 private:
  // The next match of one pattern, kept while tokens that begin earlier are taken.
  struct Cursor {
    bool searched = false;
    std::array<std::string_view, 16> groups;  // [0] is the match; its data() is null if there is none
  };
  static constexpr std::size_t kPatterns = 4;

  const Cursor& Search(std::size_t pattern);

  std::string_view sentence_;
  const bool damaged_names_;
  std::size_t from_ = 0;
  std::array<Cursor, kPatterns> cursors_;
};

// 268万元/吨和270万元/吨之间: the text after the first of two prices between which the level lies. `upper` is empty for
// 268-270万元/吨之间.
struct BetweenTail {
  std::string_view upper;
};
std::optional<BetweenTail> BetweenTailOf(std::string_view after_price);

// Whether the product named last in a clause has no price records (钕铁硼, 独居石) or is not listed.
bool NamesUnlistedProduct(std::string_view clause);

struct PriceUnit {
  std::string_view printed;
  std::string_view name;     // CNY/kg, CNY/t, 10kCNY/t, USD/kg, USD/t, 10kUSD/t
  std::optional<int> shift;  // to CNY/kg, as a power of ten; nullopt for foreign currency
};
PriceUnit PriceUnitOf(std::string_view printed);

}  // namespace ytterby
