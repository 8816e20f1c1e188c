#include <re2/re2.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/text/dates.hpp"
#include "consumers/findings.hpp"
#include "consumers/policies/parts.hpp"
#include "consumers/table_cells.hpp"

namespace ytterby {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

// Year and batch that a text is about: 2023年第二批. A text that adds batches up has no batch.
struct Scope {
  std::optional<int> year, batch;
};

Scope ScopeIn(std::string_view folded) {
  static const RE2 kYear(R"(((?:19|20)\d\d)年)");
  static const RE2 kBatch(R"(第([一二三四五\d])批)");
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

bool IsSum(std::string_view sentence) {
  static const RE2 kSum(R"((?:[两二三四]批|全年|累计|前[两二三]批)[^。]{0,12}(?:合计|共计|累计|总计|指标)?|合计)");
  return RE2::PartialMatch(Piece(sentence), kSum);
}

std::string_view CategoryOf(std::string_view word) {
  const auto has = [&](std::string_view part) { return word.find(part) != std::string_view::npos; };
  if (has("分离")) return "separation";
  if (has("离子") || has("中重")) return "mining-ionic";
  if (has("岩矿") || has("轻稀土") || has("矿物型")) return "mining-rock";
  return "mining";
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
    for (const RuledTable& table : ReadRuledTables(text_.section())) ReadTable(table);
    return std::move(quotas_);
  }

 private:
  // What a paragraph is about holds for its later sentences, so that "开采指标中，岩矿型…" needs no year of its own; in an article
  // about quotas it holds to the article's end.
  void ReadParagraph(std::string_view paragraph) {
    const bool policy = text_.section().category == Category::kPolicyRegulation;
    if (!policy) {
      about_ = false;
      scope_ = {};
    }
    for (std::string_view sentence : SentencesOf(paragraph, false)) {
      const auto has = [&](std::string_view word) { return sentence.find(word) != std::string_view::npos; };
      if (has("总量控制") && (policy || has("下达") || has("公布") || has("发布") || has("印发") || has("合计"))) about_ = true;
      if (!about_) continue;
      const Scope own = ScopeIn(sentence);
      if (own.year) scope_.year = own.year;
      if (own.batch) scope_.batch = own.batch;
      if (has("吨")) ReadSentence(sentence, scope_);
    }
  }

  void ReadSentence(std::string_view sentence, const Scope& scope) {
    // Shares of output, forecasts and what a change amounts to are no quotas.
    if (sentence.find("指标") == std::string_view::npos && sentence.find("开采") == std::string_view::npos &&
        sentence.find("分离") == std::string_view::npos && sentence.find("岩矿型") == std::string_view::npos) {
      return;
    }
    static const RE2 kToken(
        R"((岩矿型[^\d,、;()]{0,12}|离子型[^\d,、;()]{0,12}|轻稀土[^\d,、;()]{0,12}|中重稀土[^\d,、;()]{0,12}|冶炼分离[^\d,、;()]{0,12}|(?:矿产品|稀土)?开采[^\d,、;()分]{0,12}|分离[^\d,、;()]{0,8})|)"
        R"(((?:中国|广东省?|厦门|北方|五矿|南方|赣州)[^\d,;。:、]{2,30}?公司)|(\d[\d,]*(?:\.\d+)?)(万)?吨(?:\(?REO\)?)?(/年|以下|以上)?)");
    const bool sum = IsSum(sentence);
    std::vector<std::string> order;  // categories named without a figure yet
    std::optional<std::string> named;
    std::string_view group;
    std::size_t unnamed = 0;
    re2::StringPiece input = Piece(sentence), g[6];
    std::size_t from = 0;
    while (from < sentence.size() && kToken.Match(input, from, sentence.size(), RE2::UNANCHORED, g, 6)) {
      const std::size_t begin = static_cast<std::size_t>(g[0].data() - sentence.data());
      from = begin + g[0].size();
      if (!g[1].empty()) {
        named = std::string(CategoryOf(View(g[1])));
        if (View(g[1]).find("中") == View(g[1]).size() - 3) {  // 开采指标中，…: what follows is inside it
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
      if (before.ends_with("增加") || before.ends_with("减少") || before.ends_with("增长") || before.ends_with("下降") ||
          before.ends_with("超过") || before.ends_with("增加了"))
        continue;
      // Figures without names take them in the order of the sentence (开采, 冶炼分离).
      std::string category;
      if (named) {
        category = *named;
        const bool listed = before.ends_with("、") || before.ends_with("和");
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
  }

  // 255000吨、243850吨: the next thing after this figure is another one.
  static bool NextIsFigure(std::string_view after) {
    static const RE2 kNext(R"(^[、,和]\d[\d,.]*万?吨)");
    return RE2::PartialMatch(Piece(after), kNext);
  }

  void Add(const Scope& scope, bool sum, std::string_view group, const std::string& category, std::string_view number, bool ten_thousands,
           const char* where) {
    const auto year = scope.year ? scope.year : section_scope_.year ? section_scope_.year : IssueYearOnly();
    const auto tonnes = Tonnes(number, ten_thousands);
    if (!year || !tonnes) return;
    Quota quota;
    quota.year = *year;
    quota.batch = sum ? std::nullopt : scope.batch ? scope.batch : section_scope_.batch;
    quota.group = group.empty() ? "total" : text_.Words(group);
    quota.category = category;
    quota.tonnes = *tonnes;
    quota.where = where;
    const bool repeated = std::any_of(quotas_.begin(), quotas_.end(), [&](const Quota& other) {
      return other.year == quota.year && other.batch == quota.batch && other.group == quota.group && other.category == quota.category &&
             other.tonnes == quota.tonnes && other.where == quota.where;
    });
    if (repeated) return;
    if (group.empty()) {
      quota.provenance.Rule("group", "no-group-named");
    } else {
      quota.provenance.Add("group", text_.SpansOf(group));
    }
    if (ten_thousands) quota.provenance.Rule("tonnes", fmt::format("unit-conversion: {}万吨", number));
    if (number.find(',') != std::string_view::npos) quota.provenance.Rule("tonnes", fmt::format("thousands-separators: {}", number));
    text_.Code(number, "tonnes", quota.provenance);
    if (!scope.year) quota.provenance.Rule("year", section_scope_.year ? "year-of-title" : "year-of-issue");
    quotas_.push_back(std::move(quota));
  }

  std::optional<int> IssueYearOnly() const {
    const auto issue = YearOf(text_.section().issue);
    return issue ? std::optional<int>(issue->year) : std::nullopt;
  }

  void ReadTable(const RuledTable& table) {
    std::map<std::size_t, std::string> columns;
    std::optional<std::size_t> group;
    for (std::size_t i = 0; i < table.header.size(); ++i) {
      const std::string& head = table.header[i].folded;
      if (head.find("集团") != std::string::npos || head.find("企业") != std::string::npos || head.find("单位") != std::string::npos ||
          head.find("省") != std::string::npos)
        group = group.value_or(i);
      else if (head.find("岩矿") != std::string::npos || head.find("离子") != std::string::npos || head.find("分离") != std::string::npos ||
               head.find("开采") != std::string::npos || head.find("轻稀土") != std::string::npos ||
               head.find("中重") != std::string::npos || head.find("矿产品") != std::string::npos) {
        columns[i] = std::string(CategoryOf(head));
      }
    }
    if (!group || columns.empty()) return;
    Scope scope = ScopeIn(table.caption);
    if (!scope.year) scope.year = section_scope_.year;
    if (!scope.batch) scope.batch = section_scope_.batch;
    std::map<std::size_t, Decimal> sums, totals;
    std::map<std::size_t, TableCell> total_cells;
    for (const auto& row : table.rows) {
      std::size_t name = *group;
      // A total may stand in the ordinal's column.
      if (name < row.size() && row[name].folded.empty() && !row.empty() && row[0].folded.size() >= 6) name = 0;
      if (name >= row.size() || row[name].folded.empty()) continue;
      std::string_view folded = row[name].folded;
      const bool inside = folded.starts_with("其中");
      const bool total = folded.find("合计") != std::string_view::npos || folded.find("总计") != std::string_view::npos;
      Span group_span = row[name].span;
      if (inside) {
        const Folded name_folded = Fold(std::string_view(text_.section().text).substr(group_span.begin, group_span.size()));
        const std::size_t colon = name_folded.text.find(':');
        const std::size_t begin = colon == std::string::npos ? std::string_view("其中").size() : colon + 1;
        if (begin < name_folded.text.size()) group_span.begin += name_folded.source[begin];
      }
      const std::string printed = WithoutSpace(std::string_view(text_.section().text).substr(group_span.begin, group_span.size()));
      for (const auto& [column, category] : columns) {
        if (column >= row.size()) continue;
        const auto value = Decimal::Parse(row[column].folded);
        if (!value) continue;
        if (total) {
          totals[column] = *value;
          total_cells[column] = row[column];
        } else if (!inside) {
          sums[column] = sums[column] + *value;
        }
        Quota quota;
        if (!scope.year) continue;
        quota.year = *scope.year;
        quota.batch = scope.batch;
        quota.group = total ? "total" : printed;
        quota.category = category;
        quota.tonnes = *value;
        quota.where = "table";
        quota.provenance.Add("group", group_span);
        if (total) quota.provenance.Rule("group", "total-row: " + printed);
        NumberOf(text_.section().text, row[column], "tonnes", quota.provenance);
        quota.provenance.Rule("category", "column-header: " + table.header[column].folded);
        quotas_.push_back(std::move(quota));
      }
    }
    // Groups add up to the total; 其中 rows are inside their parent.
    for (const auto& [column, printed] : totals) {
      if (!sums.count(column) || sums[column] == printed) continue;
      findings_.push_back(FindingAt(text_.section(), "quota-sum", "warning",
                                    fmt::format("{}: the groups do not add up to the total", columns[column]), {total_cells[column].span},
                                    sums[column].ToString()));
    }
  }

  const SectionText& text_;
  std::vector<Finding>& findings_;
  Scope section_scope_;
  bool about_ = false;  // the text read so far speaks of the quotas
  Scope scope_;
  std::vector<Quota> quotas_;
};

}  // namespace

std::vector<Quota> ReadQuotas(const SectionText& text, std::vector<Finding>& findings) {
  const std::string_view all = text.text();
  if (all.find("总量控制") == std::string_view::npos && FoldKey(text.section().title).find("总量控制") == std::string::npos) return {};
  return QuotaReader(text, findings).Read();
}

}  // namespace ytterby
