#include <re2/re2.h>

#include <map>
#include <set>

#include <fmt/format.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/policies/parts.hpp"
#include "consumers/policies/quota_table.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/patterns.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {
namespace {

// The year and batch that a text is about: 2023年第二批. A text that adds up batches has no batch.
struct Scope {
  std::optional<int> year, batch;
};

Scope ScopeIn(std::string_view folded) {
  // 较2022年首批增长18%: another year's or batch's figures are only compared with.
  static const RE2 kYear(R"((?:^|[^较比与])((?:19|20)\d\d)年)");
  static const RE2 kBatch(R"((?:^|[^较比与])第([一二三四五\d])批)");
  static const RE2 kFirst(R"(首批)");
  Scope scope;
  int year = 0;
  std::string batch;
  if (RE2::PartialMatch(Piece(folded), kYear, &year)) scope.year = year;
  if (RE2::PartialMatch(Piece(folded), kBatch, &batch))
    scope.batch = ParseNumeral(batch);
  else if (RE2::PartialMatch(Piece(folded), kFirst))
    scope.batch = 1;
  return scope;
}

// Whether the figures add up batches. 岩矿型A吨，离子型B吨，合计C吨 adds up kinds.
bool IsSum(std::string_view sentence) {
  static const RE2 kBatches(R"((?:^|[^第])[两二三四]批|全年|年度(?:合计|共计|累计))"), kSum(R"((累计|合计|共计))");
  if (RE2::PartialMatch(Piece(sentence), kBatches)) return true;
  re2::StringPiece sum;
  if (!RE2::PartialMatch(Piece(sentence), kSum, &sum)) return false;
  const std::string_view before = sentence.substr(0, static_cast<std::size_t>(sum.data() - sentence.data()));
  return !((HasWord(before, "岩矿型") || HasWord(before, "轻稀土")) &&
           (HasWord(before, "离子型") || HasWord(before, "重稀土")));
}

// 总量控制指标, 总量控制计划, and 指令性生产计划 until 2014.
bool SpeaksOfQuotas(std::string_view folded) {
  return HasWord(folded, "总量控制") || HasWord(folded, "指令性生产计划");
}

std::optional<Decimal> Tonnes(std::string_view number, bool ten_thousands) {
  auto value = Decimal::Parse(number);
  if (value && ten_thousands) value = value->ShiftedBy(4);
  return value;
}

class QuotaReader {
 public:
  QuotaReader(const SectionText& text, std::vector<Finding>& findings) : text_(text), findings_(findings) {}

  std::vector<Quota> Read() {
    section_scope_ = ScopeIn(FoldKey(text_.section().title));
    const std::string_view all = text_.text();
    about_ = false;
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      ReadParagraph(all.substr(begin, end - begin));
      begin = end + 1;
    }
    for (const QuotaTable& table : ReadQuotaTables(text_.section())) ReadTable(table);
    CheckStated();
    return std::move(quotas_);
  }

 private:
  // What a paragraph is about applies to its later sentences, so "开采指标中，岩矿型…" needs no year; in a policy
  // article it applies until the end of the article.
  void ReadParagraph(std::string_view paragraph) {
    const bool policy = text_.section().category == Category::kPolicyRegulation;
    article_ = article_ || SpeaksOfQuotas(text_.title());
    if (!policy) {
      about_ = false;
      scope_ = {};
    }
    for (std::string_view sentence : SentencesOf(paragraph, false)) {
      const auto has = [&](std::string_view word) { return HasWord(sentence, word); };
      if (SpeaksOfQuotas(sentence) &&
          (policy || has("下达") || has("公布") || has("发布") || has("印发") || has("合计")))
        about_ = true;
      article_ = article_ || about_;
      // 2020年第一批指标中，…: what the article is about, in fewer words.
      if (article_ && !about_ && has("批") && has("指标")) about_ = true;
      if (!about_) continue;
      const Scope own = ScopeIn(sentence);
      if (own.year) scope_.year = own.year;
      if (own.batch) scope_.batch = own.batch;
      if (!has("吨")) continue;
      order_.clear();
      if (ReadBatches(sentence)) continue;
      for (std::string_view part : PartsOf(sentence)) {
        Scope part_scope = scope_;
        if (part.data() != sentence.data()) part_scope.batch = ScopeIn(part).batch;
        ReadSentence(part, part_scope);
      }
    }
  }

  // 第二批…指标A吨，加上…第一批指标B吨，前两批合计C吨: each clause that names a batch or a sum has its own scope.
  static std::vector<std::string_view> PartsOf(std::string_view sentence) {
    static const RE2 kPart(
        R"([,;:]((?:[^,;:]{0,24}?)(?:第[一二三四五\d]批|前?[两二三四]批|累计|全年|合计)[^,;:]{0,30}?\d[\d,.]*万?吨))");
    std::vector<std::string_view> parts;
    if (!HasWord(sentence, "批")) return {sentence};
    re2::StringPiece input = Piece(sentence), part;
    std::size_t begin = 0;
    while (RE2::FindAndConsume(&input, kPart, &part)) {
      const std::size_t at = static_cast<std::size_t>(part.data() - sentence.data());
      // Figures must stand before it as well, else the clause only begins the sentence.
      if (!HasWord(sentence.substr(begin, at - begin), "吨")) {
        // 下达了两批指标：第一批…: the words before say of how many batches the sentence speaks.
        static const RE2 kBatches(R"((?:^|[^第])[两二三四]批)");
        if (RE2::PartialMatch(Piece(sentence.substr(begin, at - begin)), kBatches) && HasWord(View(part), "第"))
          begin = at;
        continue;
      }
      parts.push_back(sentence.substr(begin, at - begin));
      begin = at;
    }
    parts.push_back(sentence.substr(begin));
    return parts;
  }

  // …两批稀土开采、冶炼分离总量控制指标，其中第一批分别为A吨、B吨，第二批分别为C吨、D吨；两批合计分别为E吨、F吨: each
  // batch has its figures in the order in which the kinds were named.
  bool ReadBatches(std::string_view sentence) {
    static const RE2 kBatch(
        R"((?:(?:第([一二三四五\d])批|(首批))|[两二三四]批(?:合计|共计|累计)?|(?:全年)?(?:合计|共计|累计))[^,;。\d、]{0,12}?)"
        R"((?:分别|依次)(?:为|是|达)?((?:\d[\d,.]*万?吨[、和及])+\d[\d,.]*万?吨))");
    re2::StringPiece input = Piece(sentence), g[4];
    std::size_t from = 0, found = 0;
    while (from < sentence.size() && kBatch.Match(input, from, sentence.size(), RE2::UNANCHORED, g, 4)) {
      const std::size_t begin = static_cast<std::size_t>(g[0].data() - sentence.data());
      from = begin + g[0].size();
      if (found == 0) {
        const auto kinds = KindsNamedIn(sentence.substr(0, begin));
        if (!kinds.empty()) kinds_ = kinds;
        if (kinds_.size() < 2) return false;
      }
      std::vector<std::pair<std::string_view, bool>> numbers = FiguresIn(View(g[3]));
      if (numbers.size() != kinds_.size()) return found > 0;
      Scope scope = scope_;
      scope.batch = !g[1].empty() ? ParseNumeral(std::string(g[1])) : !g[2].empty() ? std::optional(1) : std::nullopt;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        Add(scope, !scope.batch, {}, std::string(kinds_[i]), numbers[i].first, numbers[i].second, "narrative");
      ++found;
    }
    return found > 0;
  }

  static std::vector<std::string_view> KindsNamedIn(std::string_view text) {
    static const RE2 kName(R"((岩矿型|离子型|轻稀土|中重稀土|冶炼分离|分离|矿产品|开采))");
    re2::StringPiece input = Piece(text), one;
    std::vector<std::string_view> kinds;
    while (RE2::FindAndConsume(&input, kName, &one)) kinds.push_back(QuotaCategoryOf(View(one)));
    return kinds;
  }

  static std::vector<std::pair<std::string_view, bool>> FiguresIn(std::string_view text) {
    static const RE2 kFigure(R"((\d[\d,]*(?:\.\d+)?)(万)?吨)");
    re2::StringPiece input = Piece(text), number, wide;
    std::vector<std::pair<std::string_view, bool>> numbers;
    while (RE2::FindAndConsume(&input, kFigure, &number, &wide)) numbers.emplace_back(View(number), !wide.empty());
    return numbers;
  }

  void ReadSentence(std::string_view sentence, const Scope& scope) {
    // Shares of output, forecasts and amounts of change are not quotas.
    if (order_.empty() && !HasWord(sentence, "指标") && !HasWord(sentence, "开采") && !HasWord(sentence, "分离") &&
        !HasWord(sentence, "岩矿型") && !HasWord(sentence, "矿产品")) {
      return;
    }
    static const RE2 kToken(
        R"((岩矿型[^\d,、;()]{0,12}|离子型[^\d,、;()]{0,12}|轻稀土[^\d,、;()]{0,12}|中重稀土[^\d,、;()]{0,12}|)"
        R"(冶炼分离[^\d,、;()]{0,12}|(?:矿产品|稀土)?开采[^\d,、;()分]{0,12}|(?:稀土)?矿产品(?:指标|计划)?为?|分离[^\d,、;()]{0,8})|)"
        R"(((?:中国|广东省?|厦门|北方|五矿|南方|赣州)[^\d,;。:、的]{2,30}?公司|(?:北方|南方|五矿|中铝|广东(?:省)?|赣州)稀土(?:集团)?|)"
        R"(中国稀土集团|厦门钨业|中国铝业|盛和资源)|(\d[\d,]*(?:\.\d+)?)(万)?吨(?:\(?REO\)?)?(/年|以下|以上)?)");
    const bool sum = IsSum(sentence);
    if (ReadFiguresFirst(sentence, scope, sum)) return;
    std::vector<std::string> order = order_;  // categories named without a figure yet
    std::optional<std::string> named;
    std::string_view group;
    std::size_t unnamed = 0;
    re2::StringPiece input = Piece(sentence), g[6];
    std::size_t from = 0;
    while (from < sentence.size() && kToken.Match(input, from, sentence.size(), RE2::UNANCHORED, g, 6)) {
      const std::size_t begin = static_cast<std::size_t>(g[0].data() - sentence.data());
      from = begin + g[0].size();
      // 矿产品 is about a quota if the figure follows directly; output and trade of ore products have a word in
      // between.
      if (HasWord(View(g[1]), "矿产品") && !HasWord(View(g[1]), "开采") &&
          (from >= sentence.size() || sentence[from] < '0' || sentence[from] > '9')) {
        continue;
      }
      if (!g[1].empty()) {
        // 其中岩矿型、离子型…: new names after the figures of the former ones.
        if (unnamed > 0) order.clear();
        unnamed = 0;
        named = std::string(QuotaCategoryOf(View(g[1])));
        if (View(g[1]).find("中") == View(g[1]).size() - 3) {  // 开采指标中，…: what follows is part of it
          named.reset();
          continue;
        }
        if (std::find(order.begin(), order.end(), *named) == order.end()) order.push_back(*named);
        continue;
      }
      if (!g[2].empty()) {
        group = View(g[2]);
        named.reset();
        continue;
      }
      if (!g[5].empty()) continue;  // 2000吨/年以下: a capacity
      const std::string_view before = sentence.substr(0, begin);
      // l46132吨, 1388O3吨: part of a number with a letter in it.
      if (!before.empty() &&
          ((before.back() >= 'a' && before.back() <= 'z') || (before.back() >= 'A' && before.back() <= 'Z'))) {
        AddFinding("number-damaged", fmt::format("{} follows a letter; it gives no quota", View(g[3])),
                   text_.SpansOf(View(g[3])));
        named.reset();
        order.clear();
        continue;
      }
      if (EndsWithAny(before, {"增加", "减少", "增长", "下降", "超过", "增加了", "减少了", "多出", "高出", "多", "少",
                               "增", "减"}))
        continue;
      // Figures without a category take the named categories in the sentence's order (开采, 冶炼分离).
      std::string category;
      if (named) {
        category = *named;
        const bool listed = EndsWithAny(before, {"、", "和", "及", "与", ";"});
        // 开采、冶炼分离指标分别为146132吨、…: the second figure cannot be read, and the first may be either's.
        if (!listed && unnamed == 0 && order.size() > 1 && SaysEach(before) && !NextIsFigure(sentence.substr(from))) {
          AddFinding("quota-undecided", "the sentence names several kinds of quota and has one figure that can be read",
                     text_.SpansOf(View(g[3])));
          // Whose the sentence's other figures are is not known either.
          named.reset();
          order.clear();
          continue;
        }
        if (listed || (order.size() > 1 && unnamed == 0 && NextIsFigure(sentence.substr(from)))) {
          category = unnamed < order.size() ? order[unnamed] : *named;
          ++unnamed;
        } else {
          named.reset();
          unnamed = 0;
        }
      } else if (unnamed < order.size()) {
        category = order[unnamed++];
      } else {
        continue;
      }
      Add(scope, sum, group, category, View(g[3]), !g[4].empty(), "narrative");
    }
    order_ = order;
  }

  // 105504吨、124773吨，分别为…开采和冶炼分离总量控制指标: the figures come first, in the order of the names.
  bool ReadFiguresFirst(std::string_view sentence, const Scope& scope, bool sum) {
    static const RE2 kFigures(R"(((?:\d[\d,.]*万?吨[、和及])+\d[\d,.]*万?吨),?(?:分别|依次)(?:为|是|系)([^。;]*)$)");
    re2::StringPiece figures, names;
    if (!RE2::PartialMatch(Piece(sentence), kFigures, &figures, &names)) return false;
    const std::vector<std::string_view> kinds = KindsNamedIn(View(names));
    const std::vector<std::pair<std::string_view, bool>> numbers = FiguresIn(View(figures));
    if (kinds.size() != numbers.size()) return false;
    for (std::size_t i = 0; i < kinds.size(); ++i)
      Add(scope, sum, {}, std::string(kinds[i]), numbers[i].first, numbers[i].second, "narrative");
    return true;
  }

  static bool SaysEach(std::string_view before) {
    return before.ends_with("分别为") || before.ends_with("分别是") || before.ends_with("分别达");
  }

  // 255000吨、243850吨: another figure follows this one directly.
  static bool NextIsFigure(std::string_view after) {
    static const RE2 kNext(R"(^(?:[、,和及与;]|以及)\d[\d,.]*万?吨)");
    return RE2::PartialMatch(Piece(after), kNext);
  }

  void Add(const Scope& scope, bool sum, std::string_view group, const std::string& category, std::string_view number,
           bool ten_thousands, const char* where) {
    const auto year = scope.year ? scope.year : section_scope_.year ? section_scope_.year : IssueYearOnly();
    const auto tonnes = Tonnes(number, ten_thousands);
    if (!year) return;
    if (!tonnes) {
      AddFinding("number-damaged", fmt::format("{} is not read as a number; it gives no quota", number),
                 text_.SpansOf(number));
      return;
    }
    Quota quota;
    quota.year = *year;
    quota.batch = sum ? std::nullopt : scope.batch ? scope.batch : section_scope_.batch;
    quota.group = group.empty() ? "total" : text_.Words(group);
    quota.category = category;
    quota.tonnes = *tonnes;
    quota.where = where;
    const bool repeated = !seen_.insert(KeyOf(quota, category, where) + quota.tonnes.ToString()).second;
    if (repeated) return;
    if (group.empty()) {
      quota.provenance.Rule("group", "no-group-named");
    } else {
      quota.provenance.Add("group", text_.SpansOf(group));
    }
    if (ten_thousands) quota.provenance.Rule("tonnes", fmt::format("unit-conversion: {}万吨", number));
    if (number.find(',') != std::string_view::npos)
      quota.provenance.Rule("tonnes", fmt::format("thousands-separators: {}", number));
    text_.Code(number, "tonnes", quota.provenance);
    if (!scope.year) quota.provenance.Rule("year", section_scope_.year ? "year-of-title" : "year-of-issue");
    quotas_.push_back(std::move(quota));
  }

  std::optional<int> IssueYearOnly() const {
    const auto issue = YearOf(text_.section().issue);
    return issue ? std::optional<int>(issue->year) : std::nullopt;
  }

  void ReadTable(const QuotaTable& table) {
    Scope scope = ScopeIn(table.caption);
    if (!scope.year) scope.year = section_scope_.year;
    if (!scope.year) scope.year = scope_.year;
    if (!scope.batch) scope.batch = section_scope_.batch;
    if (!scope.year) return;
    for (const QuotaRow& row : table.rows) {
      for (std::size_t column = 0; column < table.columns.size(); ++column) {
        if (row.values[column]) AddCell(table, row, column, scope);
      }
    }
    for (const QuotaRow& row : table.undecided) {
      AddFinding("quota-undecided",
                 "the row prints fewer numbers than the table has columns, and nothing decides which they are",
                 row.name);
    }
    CheckSums(table);
    CheckInside(table);
  }

  void AddCell(const QuotaTable& table, const QuotaRow& row, std::size_t column, const Scope& scope) {
    Quota quota;
    std::string printed;
    for (Span span : row.name)
      printed += WithoutSpace(std::string_view(text_.section().text).substr(span.begin, span.size()));
    quota.year = *scope.year;
    quota.batch = scope.batch;
    quota.group = row.total ? "total" : printed;
    quota.category = table.columns[column].category;
    quota.where = "table";
    quota.provenance.Add("group", row.name);
    if (row.total) quota.provenance.Rule("group", "total-row: " + printed);
    const auto tonnes = Decimal::Parse(NumberOf(text_.section().text, *row.values[column], "tonnes", quota.provenance));
    if (!tonnes) {
      AddFinding("number-damaged", fmt::format("{}: {} is not read as a number", printed, row.values[column]->folded),
                 {row.values[column]->span});
      return;
    }
    quota.tonnes = *tonnes;
    std::string rule = "column-header: " + table.columns[column].header;
    if (!row.placed_by.empty()) rule = row.placed_by + ", " + rule;
    quota.provenance.Rule("category", rule);
    quotas_.push_back(std::move(quota));
  }

  // Groups add up to the total; 其中 rows are part of their parent.
  void CheckSums(const QuotaTable& table) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      std::optional<Decimal> sum = Decimal();
      const bool parts = std::any_of(table.rows.begin(), table.rows.end(), [&](const QuotaRow& row) {
        return !row.total && !row.inside && row.values[column];
      });
      if (!parts) continue;  // a total over several columns
      for (const QuotaRow& row : table.rows) {
        const auto value = row.values[column] ? Decimal::Parse(row.values[column]->folded) : std::nullopt;
        if (!value || row.inside) continue;
        if (!row.total) {
          sum = sum ? sum->Plus(*value) : sum;
        } else if (!sum || !(*sum == *value)) {
          AddFinding("quota-sum",
                     fmt::format("{}: the groups do not add up to the total", table.columns[column].category),
                     {row.values[column]->span}, sum ? std::optional(sum->ToString()) : std::nullopt);
        }
      }
    }
  }

  // 其中 rows are part of the row above them and may not exceed it.
  void CheckInside(const QuotaTable& table) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      std::optional<Decimal> left;  // what is left of the parent's value
      for (const QuotaRow& row : table.rows) {
        const auto value = row.values[column] ? Decimal::Parse(row.values[column]->folded) : std::nullopt;
        if (!row.inside) {
          left = value;
        } else if (left && value) {
          left = left->Minus(*value);
          if (left && !left->negative()) continue;
          AddFinding("quota-inside",
                     fmt::format("{}: the rows inside a group are more than the group", table.columns[column].category),
                     {row.values[column]->span});
          left.reset();
        }
      }
    }
  }

  static std::string KeyOf(const Quota& quota, std::string_view category, std::string_view where) {
    return NaturalKey({std::to_string(quota.year), std::to_string(quota.batch.value_or(0)), quota.group,
                       std::string(category), std::string(where)});
  }

  // Within one year, batch and group, rock-type and ionic mining must add up to mining, and the table and the sentences
  // must agree.
  void CheckStated() {
    std::map<std::string, const Quota*> stated;  // the first of each
    for (const Quota& quota : quotas_) stated.emplace(KeyOf(quota, quota.category, quota.where), &quota);
    const auto find = [&](const Quota& like, std::string_view category, std::string_view where) -> const Quota* {
      const auto found = stated.find(KeyOf(like, category, where));
      return found == stated.end() ? nullptr : found->second;
    };
    for (const Quota& quota : quotas_) {
      if (quota.category == "mining") {
        const Quota* rock = find(quota, "mining-rock", quota.where);
        const Quota* ionic = find(quota, "mining-ionic", quota.where);
        const auto sum = rock && ionic ? rock->tonnes.Plus(ionic->tonnes) : std::optional(quota.tonnes);
        if (!sum || !(*sum == quota.tonnes)) {
          AddFinding("quota-parts",
                     fmt::format("{}: rock-type and ionic mining do not add up to the mining", quota.group),
                     quota.provenance.SpansOf("tonnes"), sum ? std::optional(sum->ToString()) : std::nullopt);
        }
      }
      if (quota.where != "narrative") continue;
      const Quota* row = find(quota, quota.category, "table");
      if (row && !(row->tonnes == quota.tonnes)) {
        AddFinding("quota-table",
                   fmt::format("{}, {}: the sentence's figure is not the table's", quota.group, quota.category),
                   quota.provenance.SpansOf("tonnes"), row->tonnes.ToString());
      }
    }
  }

  void AddFinding(std::string check, std::string message, const std::vector<Span>& spans,
                  std::optional<std::string> expected = {}) {
    findings_.push_back(
        FindingAt(text_.section(), std::move(check), "warning", std::move(message), spans, std::move(expected)));
  }

  const SectionText& text_;
  std::vector<Finding>& findings_;
  Scope section_scope_;
  bool about_ = false;                   // the text read so far is about quotas
  bool article_ = false;                 // and so is the article
  std::vector<std::string_view> kinds_;  // that batches share, in order
  std::vector<std::string> order_;       // the categories that the sentence has named, in order
  Scope scope_;
  std::vector<Quota> quotas_;
  std::set<std::string> seen_;  // keys and figures of the quotas that sentences state
};

}  // namespace

std::vector<Quota> ReadQuotas(const SectionText& text, std::vector<Finding>& findings) {
  if (!SpeaksOfQuotas(text.text()) && !SpeaksOfQuotas(text.title())) return {};
  return QuotaReader(text, findings).Read();
}

}  // namespace ytterby
