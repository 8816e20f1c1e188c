// Documents that an authority issued. A statement has a subject (the issuer), an issuing verb, and an object (the document);
// a document that is only cited, proposed or repealed is none.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/policies/parts.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }
bool Has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

constexpr std::array<std::string_view, 12> kVerbs = {"印发", "发布", "公布",     "下达",     "出台", "颁布",
                                                     "签署", "公示", "审议通过", "表决通过", "通过", "公告"};
constexpr std::array<std::string_view, 14> kCiting = {"根据", "按照", "依据", "依照", "为贯彻", "贯彻", "落实",
                                                      "遵照", "参照", "参考", "对照", "结合",   "列入", "纳入"};

bool IsPassing(std::string_view verb) { return Has(verb, "通过"); }

struct DatePhrase {
  std::string iso;  // day or month
  bool year_only = false;
  std::string_view printed;
};

// A document as the text names it.
struct Mention {
  std::string_view title;          // without 《》
  std::size_t begin = 0, end = 0;  // in the sentence, marks included
  bool quota = false;
};

struct Issued {
  std::vector<std::string_view> issuers;
  std::string_view verb;
  std::size_t verb_at = 0;
};

class AnnouncementReader {
 public:
  explicit AnnouncementReader(const SectionText& text) : text_(text), issue_(YearOf(text.section().issue)) {}

  std::vector<Policy> Read() {
    if (text_.section().category == Category::kPolicyRegulation) {
      ReadPolicyArticle();
    } else {
      ReadNews();
    }
    return std::move(policies_);
  }

 private:
  // ---- sentences -----------------------------------------------------------------------------------------------------------

  template <class Visit>
  void ForEachSentence(Visit visit) const {
    const std::string_view all = text_.text();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      const std::string_view paragraph = all.substr(begin, end - begin);
      begin = end + 1;
      // A heading is no mention.
      if (paragraph.starts_with("#") || (paragraph.size() < 150 && !Has(paragraph, "。") && !Has(paragraph, ":") && !Has(paragraph, ";")))
        continue;
      for (std::string_view sentence : SentencesOf(paragraph, true)) {
        if (visit(sentence)) return;
      }
    }
  }

  static std::vector<Mention> MentionsIn(std::string_view sentence) {
    std::vector<Mention> mentions;
    for (std::size_t open = sentence.find("《"); open != std::string_view::npos;) {
      const std::size_t close = sentence.find("》", open);
      if (close == std::string_view::npos) break;
      mentions.push_back({sentence.substr(open + 3, close - open - 3), open, close + 3, false});
      open = sentence.find("《", close);
    }
    static const RE2 kQuota(R"(((?:第[一二三四五六\d]批)?稀土[^,。;《》()]{0,36}总量控制指标))");
    re2::StringPiece quota;
    if (mentions.empty() && RE2::PartialMatch(Piece(sentence), kQuota, &quota)) {
      const std::size_t begin = static_cast<std::size_t>(quota.data() - sentence.data());
      mentions.push_back({View(quota), begin, begin + quota.size(), true});
    }
    return mentions;
  }

  // ---- issuing -------------------------------------------------------------------------------------------------------------

  // The issuing verb that governs the mention: the last before it, with nothing but its object's attributes between.
  std::optional<Issued> IssuedBefore(std::string_view sentence, const Mention& mention) const {
    const std::string_view before = sentence.substr(0, mention.begin);
    std::size_t at = std::string_view::npos;
    std::string_view verb;
    for (std::string_view candidate : kVerbs) {
      const std::size_t found = before.rfind(candidate);
      if (found == std::string_view::npos) continue;
      if (at == std::string_view::npos || found > at || (found == at && candidate.size() > verb.size()) ||
          (found + candidate.size() == at + verb.size() && candidate.size() > verb.size())) {
        at = found;
        verb = candidate;
      }
    }
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view between = before.substr(at + verb.size());
    // 《A》、《B》: a list shares its verb.
    static const RE2 kList(R"(^[了的]?(?:[^,]{0,90})$|^[^,]{0,30}《[^》]*》(?:[、和及与]《[^》]*》)*[、和及与]$)");
    if (!RE2::FullMatch(Piece(between), kList) && !(verb == "公告" && between.size() < 60)) return std::nullopt;
    if (between.size() > 120) return std::nullopt;
    const std::string_view clause = ClauseBefore(before, at);
    const bool attribute = between == "的" || between.ends_with("发布的") || between == "实施的";
    for (std::string_view citing : kCiting) {
      if (Has(between, citing) || (attribute && Has(clause, citing))) return std::nullopt;
    }
    if (attribute && mention.quota) return std::nullopt;
    return Issued{IssuersOf(clause), verb, at};
  }

  static std::string_view ClauseBefore(std::string_view text, std::size_t at) {
    std::size_t begin = 0;
    for (std::string_view mark : {",", ":", "!", "?", "》"}) {
      const std::size_t found = text.substr(0, at).rfind(mark);
      if (found != std::string_view::npos) begin = std::max(begin, found + mark.size());
    }
    return text.substr(begin, at - begin);
  }

  // 《X》发布, 《X》正式施行: the document is the subject.
  static std::optional<std::string_view> VerbAfter(std::string_view sentence, const Mention& mention) {
    static const RE2 kAfter(
        R"(^(?:\([^)]*\))*(?:已经|已|正式|日前|近日|于[^,。]{2,24}?|由[^,。]{2,60}?)*(发布|公布|印发|出台|施行|实施|生效|颁布))");
    re2::StringPiece verb;
    if (!RE2::PartialMatch(Piece(sentence.substr(mention.end)), kAfter, &verb)) return std::nullopt;
    return View(verb);
  }

  // Names of authorities in a subject; dates, adverbs and meetings are no part of them.
  std::vector<std::string_view> IssuersOf(std::string_view subject) const {
    static const RE2 kLead(
        R"(^(?:(?:(?:19|20)\d\d年)?(?:\d{1,2}月)?(?:\d{1,2}日)?(?:下午|上午)?|(?:19|20)\d\d年|日前|近日|近期|此前|随后|当日|同日|当天|今年|去年|据悉|其中|经|由|为此|同时|另外|此外|又|昨日|今日|月初|月底|[\d一二三四五六七八九十]+[.、])+)");
    static const RE2 kTail(
        R"((?:第[\d一二三四五六七八九十]+(?:届|次)[^,]*|常务会议|委务会议|部务会议|会议|联合|共同|正式|批准|批复|日前|近日|首次|再次|共|已|又|制定并|研究制定并|修订并|制定|统一|分别|对外|在官网|官网|网站|于(?:(?:19|20)\d\d年)?\d{1,2}月\d{1,2}日|三部门|两部门|[二两三四五六七八九十\d]+部门|等|了)+$)");
    static const RE2 kTerm(R"(^第[\d一二三四五六七八九十]+届)");
    re2::StringPiece rest = Piece(subject);
    RE2::Consume(&rest, kLead);
    RE2::Consume(&rest, kTerm);
    re2::StringPiece tail;
    static const RE2 kTailAt("(" + kTail.pattern() + ")");
    if (RE2::PartialMatch(rest, kTailAt, &tail)) rest = re2::StringPiece(rest.data(), static_cast<std::size_t>(tail.data() - rest.data()));
    std::vector<std::string_view> names;
    std::string_view left = View(rest);
    while (!left.empty()) {
      std::size_t cut = left.size(), skip = 0;
      for (std::string_view separator : {"、", "和", "与", "及", "会同", "联合"}) {
        const std::size_t at = left.find(separator);
        // 和 and 与 are parts of names too (国家发展和改革委员会, 工业和信息化部).
        if (at == std::string_view::npos || at >= cut || at == 0) continue;
        if (separator == "和" &&
            (left.substr(0, at).ends_with("工业") || left.substr(0, at).ends_with("发展") || left.substr(0, at).ends_with("资源") ||
             left.substr(0, at).ends_with("住房") || left.substr(0, at).ends_with("人力资源"))) {
          continue;
        }
        cut = at;
        skip = separator.size();
      }
      const std::string_view name = left.substr(0, cut);
      if (!name.empty()) names.push_back(name);
      left.remove_prefix(std::min(left.size(), cut + std::max<std::size_t>(skip, 1)));
      if (cut == left.size() && skip == 0) break;
    }
    return names;
  }

  static bool IsAuthority(std::string_view name) {
    if (name.size() < 6 || name.size() > 75) return false;
    for (std::string_view company : {"公司", "集团", "大学", "企业", "工厂", "研究院", "银行"}) {
      if (Has(name, company)) return false;
    }
    for (std::string_view end : {"国务院", "部",   "委", "委员会", "局",     "厅",   "署",   "政府", "办公室", "办公厅", "协会", "学会",
                                 "大会",   "中央", "司", "标准委", "常委会", "总局", "海关", "联盟", "议会",   "院",     "组"}) {
      if (name.ends_with(end)) return true;
    }
    return false;
  }

  // ---- dates ---------------------------------------------------------------------------------------------------------------

  // The last date before `limit`; a date that something takes effect from is none.
  std::optional<DatePhrase> DateBefore(std::string_view sentence, std::size_t limit) const {
    static const RE2 kDate(R"((?:((?:19|20)\d\d)年)?(?:(\d{1,2})月(?:(\d{1,2})日)?)?(起)?)");
    std::optional<DatePhrase> last;
    re2::StringPiece input = Piece(sentence.substr(0, limit)), g[5];
    std::size_t from = 0;
    while (from < limit && kDate.Match(input, from, limit, RE2::UNANCHORED, g, 5)) {
      const std::size_t begin = static_cast<std::size_t>(g[0].data() - sentence.data());
      if (g[0].empty()) {
        from = begin + 1;
        continue;
      }
      from = begin + g[0].size();
      if (!g[4].empty() || (g[1].empty() && g[2].empty())) continue;
      const auto number = [](const re2::StringPiece& piece) { return std::atoi(std::string(piece).c_str()); };
      if (g[2].empty()) {
        if (sentence.substr(from).starts_with("本)") || sentence.substr(from).starts_with("度")) continue;
        if (!last || last->year_only) last = DatePhrase{std::string(g[1]), true, View(g[0])};
        continue;
      }
      const int month = number(g[2]);
      const int year =
          YearForMonth(month,
                       g[1].empty() ? (last && last->year_only ? std::optional<int>(std::atoi(last->iso.c_str())) : std::nullopt)
                                    : std::optional<int>(number(g[1])),
                       issue_);
      const auto iso = g[3].empty() ? IsoMonth(year, month) : IsoDate(year, month, number(g[3]));
      if (iso) last = DatePhrase{*iso, false, View(g[0])};
    }
    return last;
  }

  bool IsRecent(const DatePhrase& date) const { return !issue_ || std::atoi(date.iso.c_str()) >= issue_->year - 1; }

  // ---- records -------------------------------------------------------------------------------------------------------------

  std::optional<std::string> DocumentNumber(std::string_view sentence, std::string_view& printed) const {
    static const RE2 kBracketed(R"(([\p{Han}]{1,14})[〔\[(【]((?:19|20)\d\d)[〕\])】]第?(\d{1,4})号)");
    static const RE2 kNotice(R"(([\p{Han}、]{2,60}公告)((?:19|20)\d\d)年第(\d{1,4})号)");
    static const RE2 kNoticePlain(R"(([\p{Han}、]{2,60}公告)第?\(?((?:19|20)\d\d)年?\)?第?(\d{1,4})号)");
    static const RE2 kOrder(R"(([\p{Han}]{2,24}令)(?:\(?(?:19|20)\d\d\)?年?)?(第[\d一二三四五六七八九十百]{1,6}号))");
    re2::StringPiece name, year, number;
    if (RE2::PartialMatch(Piece(sentence), kBracketed, &name, &year, &number)) {
      printed = {name.data(), static_cast<std::size_t>(number.data() + number.size() + 3 - name.data())};
      return std::string(name) + "〔" + std::string(year) + "〕" + std::string(number) + "号";
    }
    if (RE2::PartialMatch(Piece(sentence), kNotice, &name, &year, &number) ||
        RE2::PartialMatch(Piece(sentence), kNoticePlain, &name, &year, &number)) {
      printed = {name.data(), static_cast<std::size_t>(number.data() + number.size() + 3 - name.data())};
      std::string_view bodies = View(name);
      return std::string(bodies) + std::string(year) + "年第" + std::string(number) + "号";
    }
    if (RE2::PartialMatch(Piece(sentence), kOrder, &name, &number)) {
      printed = {name.data(), static_cast<std::size_t>(number.data() + number.size() - name.data())};
      return std::string(name) + std::string(number);
    }
    return std::nullopt;
  }

  void NoteNumber(std::string_view printed, Policy& policy) const {
    if (!policy.document_number) return;
    policy.provenance.Add("document_number", text_.SpansOf(printed));
    const std::string as_printed = text_.Printed(printed);
    if (as_printed != *policy.document_number) policy.provenance.Rule("document_number", "standard-form: " + as_printed);
  }

  void SetEffective(std::string_view sentence, Policy& policy) const {
    static const RE2 kFrom(R"(自((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日(?:起)?(?:正式)?(?:施行|实施|执行|生效))");
    static const RE2 kAtOnce(R"((自(?:公布|发布|印发|公告)之日起(?:正式)?(?:施行|实施|执行|生效)))");
    int month = 0, day = 0;
    re2::StringPiece year, at_once;
    if (RE2::PartialMatch(Piece(sentence), kFrom, &year, &month, &day)) {
      policy.effective = IsoDate(std::atoi(std::string(year).c_str()), month, day);
      if (policy.effective) {
        const std::string_view from = sentence.substr(static_cast<std::size_t>(year.data() - sentence.data()));
        const std::string_view printed = from.substr(0, from.find("日") + std::string_view("日").size());
        policy.provenance.Add("effective", text_.SpansOf(printed));
        policy.provenance.Rule("effective", fmt::format("iso-date: {}", printed));
      }
    } else if (RE2::PartialMatch(Piece(sentence), kAtOnce, &at_once) && policy.issued && policy.issued->size() == 10) {
      policy.effective = policy.issued;
      policy.provenance.Rule("effective", fmt::format("day-of-promulgation: {}", View(at_once)));
    }
  }

  void AddIssuers(const std::vector<std::string_view>& names, Policy& policy) const {
    std::vector<Span> spans;
    for (std::string_view name : names) {
      if (!IsAuthority(name)) continue;
      const std::string printed = text_.Words(name);
      policy.issuers.push_back(FullIssuer(printed));
      if (policy.issuers.back() != printed) policy.provenance.Rule("issuers", "full-name: " + printed);
      const auto where = text_.SpansOf(name);
      spans.insert(spans.end(), where.begin(), where.end());
    }
    policy.provenance.Add("issuers", spans);
  }

  void SetIssued(const std::optional<DatePhrase>& date, std::string_view verb, Policy& policy) const {
    if (!date || date->year_only || IsPassing(verb)) return;
    policy.issued = date->iso;
    policy.provenance.Add("issued", text_.SpansOf(date->printed));
    policy.provenance.Rule("issued",
                           fmt::format("{}: {}", Has(date->printed, "年") ? "iso-date" : "iso-date-with-year-of-issue", date->printed));
  }

  void Finish(Policy policy, std::string_view after_title, std::string_view folded_title) {
    const auto kind = PolicyKindByName(folded_title);
    policy.kind = kind ? std::string(*kind) : Has(policy.document_number.value_or(""), "公告") ? "notice" : "other";
    static const RE2 kCalledStandard(R"(^(?:等)?(?:[\d一二三四五六七八九十]+项)?(?:的)?(?:团体|行业|国家|地方|企业|国际)?标准)");
    if (RE2::PartialMatch(Piece(after_title), kCalledStandard) || (Has(folded_title, "标准") && Has(folded_title, "报批公示")))
      policy.kind = "standard";
    policy.region = "national";
    if (auto region = RegionIn(folded_title)) {
      policy.region = *region;
    } else {
      for (const std::string& issuer : policy.issuers) {
        if (auto of_issuer = RegionIn(FoldKey(issuer))) {
          policy.region = *of_issuer;
          break;
        }
      }
    }
    policy.provenance.Rule("region", policy.region == "national" ? "no-province-named" : "place-named-in-title-or-issuer");
    policy.article_title = text_.section().title;
    policy.provenance.Add("article_title", TitleSpans(text_.section()));
    const std::string key = FoldLetters(policy.title);
    if (!seen_.insert(key).second) return;
    policies_.push_back(std::move(policy));
  }

  Policy Begin(const Mention& mention) const {
    Policy policy;
    const std::string_view title = OwnName(mention.title);
    policy.title = text_.Words(title);
    policy.provenance.Add("title", text_.SpansOf(title));
    return policy;
  }

  // 关于印发X的通知 is about X.
  static std::string_view OwnName(std::string_view folded) {
    for (std::string_view front : {"关于印发", "关于发布", "关于下达"}) {
      constexpr std::string_view kEnd = "的通知";
      if (folded.starts_with(front) && folded.ends_with(kEnd)) {
        folded = folded.substr(front.size(), folded.size() - front.size() - kEnd.size());
        if (folded.starts_with("〈") && folded.ends_with("〉")) folded = folded.substr(3, folded.size() - 6);
        if (folded.starts_with("《") && folded.ends_with("》")) folded = folded.substr(3, folded.size() - 6);
      }
    }
    return folded;
  }

  static bool IsProposed(std::string_view sentence, const Mention& mention) {
    const std::string_view after = sentence.substr(mention.end, 45);
    if (Has(mention.title, "征求意见") || Has(mention.title, "草案")) return true;
    if (Has(after, "征求意见") || Has(after, "草案") || Has(sentence.substr(mention.end), "同时废止") || Has(after, "废止")) return true;
    const std::string_view before = sentence.substr(0, mention.begin);
    for (std::string_view word : {"拟", "将于", "计划出台", "将出台", "将发布", "即将"}) {
      if (before.ends_with(word) || Has(ClauseBefore(before, before.size()), word)) return true;
    }
    return false;
  }

  // 现将《X》印发给你们: the article reprints the document; its letterhead names the issuer.
  bool ReadReprint() {
    const std::string_view all = text_.text();
    static const RE2 kReprint(R"(现将《([^》]+)》印发)");
    static const RE2 kHead(R"(([\p{Han}]{4,30}?)关于印发)");
    re2::StringPiece title, head;
    if (!RE2::PartialMatch(Piece(all), kReprint, &title)) return false;
    Policy policy;
    policy.title = text_.Words(View(title));
    policy.provenance.Add("title", text_.SpansOf(View(title)));
    if (RE2::PartialMatch(Piece(all), kHead, &head)) AddIssuers({View(head)}, policy);
    ForEachSentence([&](std::string_view sentence) {
      std::string_view printed;
      if (policy.document_number || Has(sentence, "根据") || !Has(sentence, "号")) return false;
      if (sentence.size() > 90) return false;
      policy.document_number = DocumentNumber(sentence, printed);
      NoteNumber(printed, policy);
      return false;
    });
    Finish(std::move(policy), "", View(title));
    return true;
  }

  std::optional<Policy> FromMention(std::string_view sentence, const Mention& mention, const Issued& issued) const {
    Policy policy = Begin(mention);
    AddIssuers(issued.issuers, policy);
    SetIssued(DateBefore(sentence, issued.verb_at), issued.verb, policy);
    std::string_view printed;
    policy.document_number =
        DocumentNumber(sentence.substr(issued.verb == "公告" ? 0 : std::min(issued.verb_at, sentence.size())), printed);
    if (!policy.document_number && issued.verb == "公告") policy.document_number = DocumentNumber(sentence, printed);
    NoteNumber(printed, policy);
    SetEffective(sentence, policy);
    return policy;
  }

  void ReadPolicyArticle() {
    bool done = ReadReprint();
    if (!done) {
      ForEachSentence([&](std::string_view sentence) {
        for (const Mention& mention : MentionsIn(sentence)) {
          if (IsProposed(sentence, mention)) continue;
          auto issued = IssuedBefore(sentence, mention);
          if (!issued) continue;
          const bool authority = std::any_of(issued->issuers.begin(), issued->issuers.end(), &IsAuthority);
          if (!authority) continue;
          auto policy = FromMention(sentence, mention, *issued);
          Finish(std::move(*policy), sentence.substr(mention.end), mention.title);
          done = true;
          return true;
        }
        return false;
      });
    }
    if (!done) ReadHeadline();
  }

  // The headline without its "issuer：" prefix is the document; issuer, date and number come from the first sentence that states
  // an issuing.
  void ReadHeadline() {
    Policy policy;
    std::string_view folded = text_.title();
    if (const std::size_t colon = folded.find(':'); colon <= 45 && colon + 1 < folded.size()) folded.remove_prefix(colon + 1);
    folded = OwnName(folded);
    policy.title = text_.Words(folded);
    policy.provenance.Add("title", text_.SpansOf(folded));
    std::size_t looked = 0;
    ForEachSentence([&](std::string_view sentence) {
      if (++looked > 6) return true;
      for (std::string_view verb : kVerbs) {
        const std::size_t at = sentence.find(verb);
        if (at == std::string_view::npos) continue;
        const auto names = IssuersOf(ClauseBefore(sentence, at));
        if (names.empty() || !std::any_of(names.begin(), names.end(), &IsAuthority)) continue;
        bool cited = false;
        for (std::string_view citing : kCiting) cited = cited || Has(sentence.substr(0, at), citing);
        if (cited) continue;
        AddIssuers(names, policy);
        SetIssued(DateBefore(sentence, at), verb, policy);
        std::string_view printed;
        policy.document_number = DocumentNumber(sentence, printed);
        NoteNumber(printed, policy);
        SetEffective(sentence, policy);
        return true;
      }
      return false;
    });
    Finish(std::move(policy), "", folded);
  }

  // The document is what the article is about: its name and the headline share a run of eight characters.
  bool IsSubject(std::string_view title) const {
    const std::string name = FoldLetters(title), headline = FoldLetters(text_.section().title);
    constexpr std::size_t kRun = 24;
    if (name.size() < 18) return false;
    const std::size_t run = std::min(kRun, name.size());
    for (std::size_t at = 0; at + run <= name.size(); at += 3) {
      if (headline.find(name.substr(at, run)) != std::string::npos) return true;
    }
    return false;
  }

  void ReadNews() {
    const bool reprint = ReadReprint();
    ForEachSentence([&](std::string_view sentence) {
      if (!Has(sentence, "《") && !Has(sentence, "总量控制指标")) return false;
      for (const Mention& mention : MentionsIn(sentence)) {
        if (IsProposed(sentence, mention)) continue;
        auto issued = IssuedBefore(sentence, mention);
        const auto after = issued ? std::nullopt : VerbAfter(sentence, mention);
        if (!issued && !after) continue;
        const bool authority = issued && std::any_of(issued->issuers.begin(), issued->issuers.end(), &IsAuthority);
        const bool subject = IsSubject(mention.title);
        if (issued && !authority && !(subject && !mention.quota)) continue;
        const auto date = DateBefore(sentence, issued ? mention.begin : sentence.size());
        const bool recent_word = Has(sentence, "日前") || Has(sentence, "近日");
        const bool dated = date ? IsRecent(*date) : recent_word;
        if (date && !IsRecent(*date)) continue;
        if (!dated && !subject) continue;
        if (reprint && subject) continue;
        if (issued) {
          auto policy = FromMention(sentence, mention, *issued);
          Finish(std::move(*policy), sentence.substr(mention.end), mention.title);
        } else {
          for (std::string_view citing : kCiting) {
            if (sentence.substr(0, mention.begin).ends_with(citing)) return false;
          }
          Policy policy = Begin(mention);
          SetIssued(date, *after, policy);
          if (*after == "施行" || *after == "实施" || *after == "生效") {
            policy.effective = policy.issued;
            policy.issued.reset();
          }
          std::string_view printed;
          policy.document_number = DocumentNumber(sentence.substr(mention.end), printed);
          NoteNumber(printed, policy);
          SetEffective(sentence, policy);
          Finish(std::move(policy), sentence.substr(mention.end), mention.title);
        }
      }
      return false;
    });
  }

  const SectionText& text_;
  std::optional<IssueYear> issue_;
  std::vector<Policy> policies_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Policy> ReadAnnouncements(const SectionText& text) { return AnnouncementReader(text).Read(); }

}  // namespace ytterby
