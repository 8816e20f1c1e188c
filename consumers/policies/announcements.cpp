// Documents that an authority issued. A statement has a subject (the issuer), an issuing verb, and an object (the document);
// a document that is only cited, proposed or repealed is none.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "common/text/utf8.hpp"
#include "consumers/policies/document_dates.hpp"
#include "consumers/policies/document_names.hpp"
#include "consumers/policies/document_numbers.hpp"
#include "consumers/policies/issuers.hpp"
#include "consumers/policies/letterhead.hpp"
#include "consumers/policies/parts.hpp"
#include "schemas/vocabulary/announcing.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }
bool Has(std::string_view text, std::string_view word) { return HasWord(text, word); }

struct Issued {
  std::string_view subject, verb;
  std::size_t verb_at = 0;
  bool authority = false;  // the subject names or means a public authority
};

// The document is the subject: 《X》自10月1日起施行, 《X》由Y发布.
struct Passive {
  std::string_view verb, issuer;
};

bool TakesEffect(std::string_view verb) { return verb == "施行" || verb == "实施" || verb == "生效"; }

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

  // ---- issuing -------------------------------------------------------------------------------------------------------------

  // The last issuing verb before `limit`: of two that end together the longer, of two in a row (发布公告) the first.
  static std::optional<std::pair<std::size_t, std::string_view>> LastVerb(std::string_view before) {
    std::optional<std::pair<std::size_t, std::string_view>> last;
    for (std::string_view verb : IssuingVerbs()) {
      const std::size_t at = FindLastWord(before, verb);
      if (at == std::string_view::npos) continue;
      const bool later = !last || at > last->first + last->second.size() - 1;
      const bool longer = last && at + verb.size() == last->first + last->second.size() && verb.size() > last->second.size();
      if (later || longer || (last && at > last->first)) last = {at, verb};
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

  // The issuing that governs the mention: the last verb before it, with nothing but its object's attributes between.
  std::optional<Issued> IssuedBefore(std::string_view sentence, const Mention& mention) const {
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
    if (Has(between, "批准")) return std::nullopt;
    std::string_view subject = ClauseBefore(before, verb->first);
    const bool attribute = between == "的" || between.ends_with("发布的") || between == "实施的";
    for (std::string_view citing : CitingWords()) {
      if (Has(between, citing) || (attribute && Has(subject, citing))) return std::nullopt;
    }
    if (attribute && mention.quota) return std::nullopt;
    if (!SpeaksOfAuthority(subject)) subject = SubjectOfClauseBefore(before, subject);
    return Issued{subject, verb->second, verb->first, SpeaksOfAuthority(subject)};
  }

  // X签署国务院令，公布《Y》: a clause without a subject has that of the clause before it.
  static std::string_view SubjectOfClauseBefore(std::string_view before, std::string_view subject) {
    static const RE2 kEmpty(R"(^(?:正式|联合|并|并且|同时|一并|对外|决定|现予|予以)*$)");
    if (!RE2::FullMatch(Piece(subject), kEmpty)) return subject;
    const std::size_t comma = static_cast<std::size_t>(subject.data() - before.data());
    if (comma == 0) return subject;
    const std::string_view clause = ClauseBefore(before, comma - 1);
    static const RE2 kVerb(R"((签署|发布|召开|下发|印发|公布|制定|修订|出台))");
    re2::StringPiece verb;
    if (!RE2::PartialMatch(Piece(clause), kVerb, &verb)) return subject;
    std::string_view earlier = clause.substr(0, static_cast<std::size_t>(verb.data() - clause.data()));
    // 国务院总理李强签署: the office speaks for its body.
    static const RE2 kOffice(R"((国务院)总理\p{Han}{2,4}$)");
    re2::StringPiece body;
    if (RE2::PartialMatch(Piece(earlier), kOffice, &body)) earlier = View(body);
    return SpeaksOfAuthority(earlier) ? earlier : subject;
  }

  // 《X》发布, 《X》正式施行, 《X》等两项国家标准，将于7月1日实施: the document is the subject.
  static std::optional<Passive> PassiveAfter(std::string_view sentence, const Mention& mention) {
    static const RE2 kAfter(
        R"(^(?:[、和及与]?《[^》]*》)*(?:\([^)]*\))*(?:等)?(?:[\d一二三四五六七八九十两]+(?:项|个))?(?:的)?(?:(?:团体|行业|国家|地方|企业|推荐性|强制性)+标准)?,?(?:已经|已|将|正式|日前|近日|今日|也|自[^,。]{2,24}?起|[自于][^,。]{2,24}?日|于[^,。]{2,24}?|由([^,。]{2,60}?))*(发布|公布|印发|出台|施行|实施|生效|颁布))");
    re2::StringPiece issuer, verb;
    const std::string_view after = sentence.substr(mention.end);
    if (!RE2::PartialMatch(Piece(after), kAfter, &issuer, &verb)) return std::nullopt;
    Passive passive{View(verb), {}};
    if (!issuer.empty()) passive.issuer = View(issuer);
    return passive;
  }

  bool IsRecent(const DatePhrase& date) const { return !issue_ || std::atoi(date.iso.c_str()) >= issue_->year - 1; }

  // ---- records -------------------------------------------------------------------------------------------------------------

  Policy Begin(std::string_view name) const {
    const std::string_view title = OwnName(name);
    Policy policy;
    policy.title = text_.Words(title, "title", policy.provenance);
    return policy;
  }

  void SetIssuers(const std::vector<std::string_view>& names, Policy& policy) const {
    std::vector<Span> spans;
    std::vector<std::string_view> apart;
    for (std::string_view name : names) SplitAtSpaces(name, apart);
    for (std::string_view name : apart) {
      if (!IsAuthority(name)) continue;
      const std::string printed = text_.Words(name);
      // A name in radicals or full width is known by its plain form.
      const std::string full = FullIssuer(name);
      policy.issuers.push_back(full == name ? printed : full);
      if (policy.issuers.back() != printed) policy.provenance.Rule("issuers", "full-name: " + printed);
      const auto where = text_.SpansOf(name);
      spans.insert(spans.end(), where.begin(), where.end());
    }
    policy.provenance.Add("issuers", spans);
  }

  // 工业和信息化部 自然资源部: names that only spaces part.
  void SplitAtSpaces(std::string_view name, std::vector<std::string_view>& names) const {
    const std::string printed = text_.Words(name);
    std::vector<std::string_view> parts;
    std::size_t used = 0;
    for (std::size_t at = 0; at < printed.size();) {
      const std::size_t end = std::min(printed.find_first_of(" \t", at), printed.size());
      const std::size_t size = FoldKey(std::string_view(printed).substr(at, end - at)).size();
      if (used + size > name.size()) break;
      if (size > 0) parts.push_back(name.substr(used, size));
      used += size;
      at = end + 1;
    }
    if (parts.size() > 1 && used == name.size() && std::all_of(parts.begin(), parts.end(), &IsAuthority)) {
      names.insert(names.end(), parts.begin(), parts.end());
    } else {
      names.push_back(name);
    }
  }

  void SetNumber(const std::optional<DocumentNumber>& number, Policy& policy) const {
    if (!number || policy.document_number) return;
    policy.document_number = number->standard_form;
    policy.provenance.Add("document_number", text_.SpansOf(number->printed));
    const std::string printed = text_.Printed(number->printed);
    if (printed != number->standard_form) policy.provenance.Rule("document_number", "standard-form: " + printed);
  }

  void SetIssued(const std::optional<DatePhrase>& date, std::string_view verb, Policy& policy) const {
    if (!date || date->year_only || IsAdoption(verb) || policy.issued) return;
    policy.issued = date->iso;
    policy.provenance.Add("issued", text_.SpansOf(date->printed));
    policy.provenance.Rule("issued", fmt::format("{}: {}", date->year_printed ? "iso-date" : "iso-date-year-of-issue", date->printed));
  }

  void SetEffective(std::string_view sentence, Policy& policy) const {
    if (policy.effective) return;
    const auto effect = EffectIn(sentence, policy.issued, issue_);
    if (!effect) return;
    if (effect->iso) {
      policy.effective = effect->iso;
      policy.provenance.Rule("effective",
                             fmt::format("{}: {}", effect->year_printed ? "iso-date" : "iso-date-year-of-issue", effect->printed));
    } else if (policy.issued && policy.issued->size() == 10) {
      policy.effective = policy.issued;
      policy.provenance.Rule("effective", fmt::format("day-of-promulgation: {}", effect->printed));
    }
    if (policy.effective) policy.provenance.Add("effective", text_.SpansOf(effect->printed));
  }

  // `around`: what stands right before and after the name.
  void Finish(Policy policy, std::string_view after_title, std::string_view before_title = {}) {
    const std::string folded = FoldKey(policy.title);
    const auto kind = PolicyKindByName(folded);
    policy.kind = kind                                                                                        ? std::string(*kind)
                  : Has(policy.document_number.value_or(""), "公告") && policy.title == text_.section().title ? "notice"
                                                                                                              : "other";
    static const RE2 kCalledStandard(
        R"(^(?:[、和及与]?《[^》]*》)*(?:\([^)]*\))*(?:等)?(?:[\d一二三四五六七八九十两]+(?:项|个))?(?:的)?(?:团体|行业|国家|地方|企业|国际|推荐性|强制性)*标准)");
    static const RE2 kStandardBefore(R"((?:团体|行业|国家|地方|企业)标准$)");
    if (RE2::PartialMatch(Piece(after_title), kCalledStandard) || RE2::PartialMatch(Piece(before_title), kStandardBefore) ||
        (Has(folded, "标准") && Has(folded, "报批公示"))) {
      policy.kind = "standard";
      policy.provenance.Rule("kind", "called-a-standard");
    }
    policy.region = "national";
    if (auto region = RegionIn(folded)) {
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
    if (!seen_.insert(FoldLetters(policy.title)).second) return;
    policies_.push_back(std::move(policy));
  }

  static bool IsProposed(std::string_view sentence, const Mention& mention) {
    const std::string_view after = sentence.substr(mention.end, 45);
    if (Has(mention.title, "征求意见") || Has(mention.title, "草案")) return true;
    if (Has(after, "征求意见") || Has(after, "草案")) return true;
    // 《A》自公布之日起施行，《B》同时废止: what is repealed is the document named last before it.
    const std::string_view rest = sentence.substr(mention.end);
    if (Has(rest.substr(0, rest.find("《")), "废止")) return true;
    const std::string_view before = sentence.substr(0, mention.begin);
    for (std::string_view word : {"拟", "将于", "计划出台", "将出台", "将发布", "即将"}) {
      if (before.ends_with(word) || Has(ClauseBefore(before, before.size()), word)) return true;
    }
    return false;
  }

  Policy FromIssued(std::string_view sentence, const Mention& mention, const Issued& issued) const {
    Policy policy = Begin(mention.title);
    SetIssuers(IssuersOf(issued.subject), policy);
    SetIssued(DateBefore(sentence, issued.verb_at, issue_), issued.verb, policy);
    SetNumber(DocumentNumberIn(sentence.substr(issued.verb == "公告" ? 0 : issued.verb_at)), policy);
    if (!policy.document_number && Has(sentence.substr(0, mention.begin), "公告")) SetNumber(DocumentNumberIn(sentence), policy);
    SetEffective(sentence, policy);
    return policy;
  }

  // ---- the policy section: every article is one document ---------------------------------------------------------------------

  void ReadPolicyArticle() {
    const Letterhead letterhead = ReadLetterhead(text_);
    if (ReadReprint(letterhead)) return;
    const bool names_itself = OwnName(text_.title()).data() != text_.title().data() || IsNoticeTitle(text_.title());
    if (!(letterhead.any() && names_itself) && ReadStatement(letterhead)) return;
    ReadHeadline(letterhead);
  }

  // X关于…的通知: a headline that is the document's own name.
  static bool IsNoticeTitle(std::string_view title) {
    static const RE2 kNotice(R"(关于.{6,}的(?:通知|公告|通告|意见|决定|批复|公示|函)(?:\([^)]*\))?$)");
    return RE2::PartialMatch(Piece(title), kNotice);
  }

  void AddLetterhead(const Letterhead& letterhead, Policy& policy) const {
    if (policy.issuers.empty()) SetIssuers(letterhead.issuers, policy);
    SetNumber(letterhead.number, policy);
    if (!policy.issued && letterhead.issued) {
      policy.issued = letterhead.issued;
      policy.provenance.Add("issued", text_.SpansOf(letterhead.issued_printed));
      policy.provenance.Rule("issued", fmt::format("signature: {}", letterhead.issued_printed));
    }
  }

  // What the whole text says of its own effect: 本条例自2024年10月1日起施行.
  void AddOwnEffect(Policy& policy) const {
    static const RE2 kOwn(
        R"((?:^|[,、])(?:本(?:条例|法|规定|办法|公告|通知|意见|决定|目录|标准|规范|方案|细则|条|令)|该(?:条例|法|规定|办法|公告|通知|标准))?[^《》]{0,24}(?:施行|实施|执行|生效))");
    ForEachSentence([&](std::string_view sentence) {
      const bool speaks = Has(sentence, "施行") || Has(sentence, "实施") || Has(sentence, "执行") || Has(sentence, "生效");
      if (!policy.effective && speaks && RE2::PartialMatch(Piece(sentence), kOwn)) SetEffective(sentence, policy);
      return policy.effective.has_value();
    });
  }

  // 现将《X》印发给你们: the article reprints the document; its letterhead names the issuer.
  bool ReadReprint(const Letterhead& letterhead) {
    static const RE2 kReprint(R"((?:现将|^)《([^》]+)》(?:已经[^。]{2,40}?同意,?现)?(?:印发|下达|发布)(?:给你们|你们))");
    static const RE2 kHead(R"(([\p{Han}]{4,30}?)关于印发)");
    re2::StringPiece title, head;
    bool found = false;
    const std::string_view all = text_.text();
    if (!Has(all, "现将《") && !Has(all, "你们")) return false;
    ForEachSentence(
        [&](std::string_view sentence) { return found = Has(sentence, "你们") && RE2::PartialMatch(Piece(sentence), kReprint, &title); });
    static const RE2 kAnywhere(R"(现将《([^》]+)》印发)");
    if (!found && !RE2::PartialMatch(Piece(all), kAnywhere, &title)) return false;
    Policy policy = Begin(View(title));
    if (RE2::PartialMatch(Piece(text_.text()), kHead, &head)) SetIssuers({View(head)}, policy);
    ForEachSentence([&](std::string_view sentence) {
      if (!Has(sentence, "根据") && Has(sentence, "号") && sentence.size() <= 90) SetNumber(DocumentNumberIn(sentence), policy);
      return policy.document_number.has_value();
    });
    AddLetterhead(letterhead, policy);
    Finish(std::move(policy), "");
    return true;
  }

  bool ReadStatement(const Letterhead& letterhead) {
    bool done = false;
    ForEachSentence([&](std::string_view sentence) {
      for (const Mention& mention : MentionsIn(sentence)) {
        if (IsProposed(sentence, mention)) continue;
        const auto issued = IssuedBefore(sentence, mention);
        if (!issued || !issued->authority) continue;
        Policy policy = FromIssued(sentence, mention, *issued);
        AddLetterhead(letterhead, policy);
        AddOwnEffect(policy);
        Finish(std::move(policy), sentence.substr(mention.end));
        return done = true;
      }
      return false;
    });
    return done;
  }

  // The headline without its "issuer：" prefix is the document, or the 《》 it names; issuer, date and number come from the letterhead,
  // else from the first sentence that states an issuing or an adoption.
  void ReadHeadline(const Letterhead& letterhead) {
    std::string_view name = text_.title();
    if (const std::size_t colon = name.find(':'); colon <= 45 && colon + 1 < name.size()) name.remove_prefix(colon + 1);
    static const RE2 kNamed(R"(^《([^》]+)》(?:全文|正式|公布|发布|印发|出台|施行|解读|来了|[(].*)*$)");
    re2::StringPiece own;
    if (RE2::FullMatch(Piece(name), kNamed, &own)) name = View(own);
    Policy policy = Begin(name);
    if (letterhead.any()) AddLetterhead(letterhead, policy);
    std::size_t looked = 0;
    ForEachSentence([&](std::string_view sentence) {
      if (++looked > 6) return true;
      for (std::string_view verb : IssuingVerbs()) {
        const std::size_t at = sentence.find(verb);
        if (at == std::string_view::npos) continue;
        std::string_view subject = ClauseBefore(sentence, at);
        if (!SpeaksOfAuthority(subject)) subject = SubjectOfClauseBefore(sentence.substr(0, at), subject);
        if (!SpeaksOfAuthority(subject)) continue;
        const auto cites = [&](std::string_view citing) { return Has(sentence.substr(0, at), citing); };
        if (std::any_of(CitingWords().begin(), CitingWords().end(), cites)) continue;
        if (policy.issuers.empty()) SetIssuers(IssuersOf(subject), policy);
        SetIssued(DateBefore(sentence, at, issue_), verb, policy);
        SetNumber(DocumentNumberIn(sentence), policy);
        SetEffective(sentence, policy);
        return true;
      }
      return false;
    });
    AddOwnEffect(policy);
    Finish(std::move(policy), "");
  }

  // ---- news: every document that counts --------------------------------------------------------------------------------------

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

  // Of a company or an award, no public document.
  static bool IsHonours(std::string_view title) {
    while (title.ends_with(')')) title = title.substr(0, std::min(title.rfind('('), title.size() - 1));
    return title.ends_with("名单");
  }

  void ReadNews() {
    const bool reprint = ReadReprint({});
    ForEachSentence([&](std::string_view sentence) {
      if (!Has(sentence, "《") && !Has(sentence, "总量控制指标") && !Has(sentence, "关于") && !Has(sentence, "”")) return false;
      for (const Mention& mention : MentionsIn(sentence)) {
        if (IsProposed(sentence, mention) || IsHonours(mention.title)) continue;
        const bool subject = IsSubject(mention.title);
        if (reprint && subject) continue;
        const auto issued = IssuedBefore(sentence, mention);
        if (issued && (issued->authority || (subject && !mention.quota))) {
          OnIssued(sentence, mention, *issued, subject);
        } else if (const auto passive = PassiveAfter(sentence, mention)) {
          const auto cites = [&](std::string_view citing) { return sentence.substr(0, mention.begin).ends_with(citing); };
          if (std::any_of(CitingWords().begin(), CitingWords().end(), cites)) return false;
          OnPassive(sentence, mention, *passive, subject);
        }
      }
      return false;
    });
  }

  // Issued by an authority, dated no earlier than the year before the issue or 日前/近日, or else the article's own subject.
  bool Counts(std::string_view sentence, const std::optional<DatePhrase>& date, bool subject) const {
    if (date && !IsRecent(*date)) return false;
    return date || subject || Has(sentence, "日前") || Has(sentence, "近日");
  }

  void OnIssued(std::string_view sentence, const Mention& mention, const Issued& issued, bool subject) {
    if (!Counts(sentence, DateBefore(sentence, mention.begin, issue_), subject)) return;
    Finish(FromIssued(sentence, mention, issued), sentence.substr(mention.end), sentence.substr(0, mention.begin));
  }

  void OnPassive(std::string_view sentence, const Mention& mention, const Passive& passive, bool subject) {
    const auto date = DateBefore(sentence, sentence.size(), issue_, true);
    if (!Counts(sentence, date, subject)) return;
    Policy policy = Begin(mention.title);
    if (!passive.issuer.empty()) SetIssuers(IssuersOf(passive.issuer), policy);
    if (!TakesEffect(passive.verb)) {
      const std::size_t verb_end = static_cast<std::size_t>(passive.verb.data() - sentence.data());
      SetIssued(DateBefore(sentence, verb_end, issue_), passive.verb, policy);
    }
    SetNumber(DocumentNumberIn(sentence.substr(mention.end)), policy);
    SetEffective(sentence, policy);
    if (TakesEffect(passive.verb) && !policy.effective && date && !date->year_only && date->iso.size() == 10) {
      policy.effective = date->iso;
      policy.provenance.Add("effective", text_.SpansOf(date->printed));
      policy.provenance.Rule("effective", fmt::format("iso-date: {}", date->printed));
    }
    Finish(std::move(policy), sentence.substr(mention.end));
  }

  const SectionText& text_;
  std::optional<IssueYear> issue_;
  std::vector<Policy> policies_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Policy> ReadAnnouncements(const SectionText& text) { return AnnouncementReader(text).Read(); }

}  // namespace ytterby
