// Documents that an authority issued. A statement has a subject (the issuer), an issuing verb, and an object (the
// document); a document that is only cited, proposed or repealed does not count.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <span>

#include "common/text/utf8.hpp"
#include "consumers/policies/document_dates.hpp"
#include "consumers/policies/document_names.hpp"
#include "consumers/policies/document_numbers.hpp"
#include "consumers/policies/issuers.hpp"
#include "consumers/policies/issuing.hpp"
#include "consumers/policies/letterhead.hpp"
#include "consumers/policies/parts.hpp"
#include "consumers/policies/policy_records.hpp"
#include "consumers/reading/patterns.hpp"
#include "consumers/reading/table_cells.hpp"
#include "schemas/vocabulary/announcing.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

// A sentence without any of these mentions no document.
constexpr std::string_view kMentionWords[] = {"《", "总量控制指标", "关于", "”"};

bool TakesEffect(std::string_view verb) { return verb == "施行" || verb == "实施" || verb == "生效"; }

// Where any of several words comes next in a text. Places are asked for in order, so each word is searched for once.
class WordsAhead {
 public:
  WordsAhead(std::string_view text, std::span<const std::string_view> words) : text_(text) {
    for (std::string_view word : words) words_.push_back({word, FindWord(text, word)});
  }

  // The first place not before `from` where one of the words begins; npos if there is none.
  std::size_t Next(std::size_t from) {
    std::size_t next = std::string_view::npos;
    for (Word& word : words_) {
      if (word.at < from) word.at = FindWord(text_, word.word, from);
      next = std::min(next, word.at);
    }
    return next;
  }

 private:
  struct Word {
    std::string_view word;
    std::size_t at;
  };
  const std::string_view text_;
  std::vector<Word> words_;
};

class AnnouncementReader {
 public:
  explicit AnnouncementReader(const SectionText& text)
      : text_(text), issue_(YearSpokenOf(text)), records_(text_, issue_), short_forms_(ShortFormsIn(text.text())) {}

  std::vector<Policy> Read() {
    ReadLabelled();
    ReadTables();
    if (text_.section().category == Category::kPolicyRegulation) {
      ReadPolicyArticle();
    } else {
      ReadNews();
    }
    return records_.Take();
  }

 private:
  // ---- sentences

  // Visits the sentences in order until `visit` says true.
  template <class Visit>
  void ForEachSentence(Visit visit) const {
    ForEachSentence(std::span<const std::string_view>(), visit);
  }

  // As above, only those that have any of `words`, if there are words. Paragraphs without them cost one search.
  template <class Visit>
  void ForEachSentence(std::span<const std::string_view> words, Visit visit) const {
    const std::string_view all = text_.text();
    WordsAhead ahead(all, words);
    for (std::size_t begin = 0; begin < all.size();) {
      if (words.size() > 0) {
        const std::size_t next = ahead.Next(begin);
        if (next == std::string_view::npos) return;
        const std::size_t line = all.rfind('\n', next);
        if (line != std::string_view::npos) begin = std::max(begin, line + 1);
      }
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      const std::string_view paragraph = all.substr(begin, end - begin);
      begin = end + 1;
      // A heading is not a mention.
      if (paragraph.starts_with("#") ||
          (paragraph.size() < 150 && !HasWord(paragraph, "。") && !HasWord(paragraph, ":") && !HasWord(paragraph, ";")))
        continue;
      for (std::string_view sentence : SentencesOf(paragraph, true)) {
        const auto at = static_cast<std::size_t>(sentence.data() - all.data());
        if (words.size() > 0 && ahead.Next(at) >= at + sentence.size()) continue;
        if (visit(sentence)) return;
      }
    }
  }

  bool IsRecent(const DatePhrase& date) const { return !issue_ || std::atoi(date.iso.c_str()) >= issue_->year - 1; }

  // The issue's year, or the one that the title looks back on: 2022年下半年…政策梳理.
  static std::optional<IssueYear> YearSpokenOf(const SectionText& text) {
    static const RE2 kPast(R"(((?:19|20)\d\d)年?(?:(上半年|下半年|[一二三四]季度)|度|全年|稀土|出台|政策))");
    static const RE2 kWhole(
        R"((?:回首|回顾|盘点)((?:19|20)\d\d)年|((?:19|20)\d\d)年.{0,12}(?:十大|盘点|全年回顾|大事记))");
    const auto issue = YearOf(text.section().issue);
    int year = 0;
    std::string part, other;
    if (issue && (RE2::PartialMatch(Piece(text.title()), kWhole, &part, &other) ||
                  RE2::PartialMatch(Piece(text.text().substr(0, 90)), kWhole, &part, &other))) {
      const int whole = std::stoi(part.empty() ? other : part);
      if (whole == issue->year || whole + 1 == issue->year) return IssueYear{whole, 12};
    }
    if (!issue || !RE2::PartialMatch(Piece(text.title()), kPast, &year, &part) || year >= issue->year) return issue;
    return IssueYear{year, 12};
  }

  // A short form stands for a document that is named elsewhere: （以下简称《行动方案》）.
  bool IsShortForm(std::string_view name) const { return IsKindAlone(name) || short_forms_.contains(name); }

  static std::set<std::string_view> ShortFormsIn(std::string_view text) {
    // 以下简称, 以下统一简称, 下称: the words before 称 decide, so only they are looked at.
    static const RE2 kBefore(R"(下(?:统一)?简?$)");
    static const RE2 kForm(R"(^(?:为|“|《|:)*([^”》)]{2,40}))");
    constexpr std::string_view kCalled = "称";
    std::set<std::string_view> forms;
    for (std::size_t at = FindWord(text, kCalled); at != std::string_view::npos;
         at = FindWord(text, kCalled, at + kCalled.size())) {
      const std::size_t reach = std::min<std::size_t>(at, 12);
      re2::StringPiece form;
      if (RE2::PartialMatch(Piece(text.substr(at - reach, reach)), kBefore) &&
          RE2::PartialMatch(Piece(text.substr(at + kCalled.size(), 180)), kForm, &form))
        forms.insert(View(form));
    }
    return forms;
  }

  static bool IsProposed(std::string_view sentence, const Mention& mention) {
    const std::string_view after = sentence.substr(mention.end, 45);
    if (HasWord(mention.title, "征求意见") || HasWord(mention.title, "草案")) return true;
    if (HasWord(after, "征求意见") || HasWord(after, "草案")) return true;
    // 《A》自公布之日起施行，《B》同时废止: the repealed document is the one named last before 废止.
    const std::string_view rest = sentence.substr(mention.end);
    if (HasWord(rest.substr(0, rest.find("《")), "废止")) return true;
    const std::string_view before = sentence.substr(0, mention.begin);
    for (std::string_view word : {"拟", "将于", "计划出台", "将出台", "将发布", "即将"}) {
      if (before.ends_with(word) || HasWord(ClauseBefore(before, before.size()), word)) return true;
    }
    return false;
  }

  Policy FromIssued(std::string_view sentence, const Mention& mention, const Issued& issued) const {
    Policy policy = records_.Begin(mention.title);
    records_.SetIssuers(IssuersNamed(issued.subject, mention), policy);
    records_.SetIssued(DateBefore(sentence, issued.verb_at, issue_), issued.verb, policy);
    records_.SetNumber(DocumentNumberIn(sentence.substr(issued.verb == "公告" ? 0 : issued.verb_at)), policy);
    const std::size_t subject_end =
        static_cast<std::size_t>(issued.subject.data() - sentence.data()) + issued.subject.size();
    if (!policy.document_number && subject_end < issued.verb_at)
      records_.SetNumber(DocumentNumberIn(sentence.substr(subject_end, issued.verb_at - subject_end)), policy);
    if (!policy.document_number) records_.SetNumber(NumberBelow(mention), policy);
    if (!policy.document_number && HasWord(sentence.substr(0, mention.begin), "公告"))
      records_.SetNumber(DocumentNumberIn(sentence), policy);
    records_.SetEffective(sentence, policy);
    return policy;
  }

  // The issuers that the subject of the verb names; or those that begin the document's own name, if they are the same
  // and more: 工信部发布《工业和信息化部 自然资源部关于…的通知》.
  std::vector<std::string_view> IssuersNamed(std::string_view subject, const Mention& mention) const {
    const std::vector<std::string_view> by_subject = IssuersOf(subject);
    const std::size_t about = FindWord(mention.title, "关于");
    if (about == std::string_view::npos || about == 0) return by_subject;
    const std::vector<std::string_view> by_name = IssuersOf(mention.title.substr(0, about));
    Policy subjects, names;
    records_.SetIssuers(by_subject, subjects);
    records_.SetIssuers(by_name, names);
    const auto named = [&](const std::string& issuer) {
      return std::find(names.issuers.begin(), names.issuers.end(), issuer) != names.issuers.end();
    };
    return std::all_of(subjects.issuers.begin(), subjects.issuers.end(), named) ? by_name : by_subject;
  }

  // A notice that the article reprints below: its name and its number alone, in one paragraph or in two.
  std::optional<DocumentNumber> NumberBelow(const Mention& mention) const {
    constexpr std::size_t kMostLine = 90;
    const std::string_view all = text_.text();
    const std::string own = "\n" + std::string(mention.title);
    const std::size_t at = all.find(own);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view below = all.substr(at + own.size());
    if (below.starts_with('\n')) below.remove_prefix(1);
    const std::string_view line = below.substr(0, below.find('\n'));
    if (line.empty() || line.size() > kMostLine) return std::nullopt;
    const auto number = DocumentNumberIn(line);
    return number && number->printed.size() == line.size() ? number : std::nullopt;
  }

  // ---- lists: a name with labelled lines below it, or a row a document

  // The value of a line such as 发布单位：财政部.
  static std::string_view ValueOf(std::string_view line, std::initializer_list<std::string_view> labels) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon > 24) return {};
    for (std::string_view label : labels) {
      if (line.substr(0, colon) == label) return line.substr(colon + 1);
    }
    return {};
  }

  // 1.《X》 / 发布单位：… / 发布时间：… / 文号：…
  void ReadLabelled() {
    const std::string_view all = text_.text();
    // A label begins a paragraph.
    bool labels = false;
    for (std::size_t begin = 0; begin < all.size() && !labels;) {
      const std::string_view rest = all.substr(begin);
      for (std::string_view first : {"发布", "发文", "印发", "颁布", "制定机", "出台部"})
        labels = labels || rest.starts_with(first);
      begin = std::min(all.find('\n', begin), all.size()) + 1;
    }
    if (!labels || !HasWord(all, "《")) return;
    static const RE2 kName(R"(^#*(?:\(?[\d一二三四五六七八九十]{1,3}\)?[.、]?)?\**《(.+)》(?:\([^)]*\))?\**$)");
    constexpr std::size_t kMostLines = 5;
    std::optional<Policy> policy;
    std::size_t lines = 0;
    bool labelled = false;
    const auto finish = [&] {
      if (policy && labelled) records_.Finish(std::move(*policy), "");
      policy.reset();
    };
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      const std::string_view line = all.substr(begin, end - begin);
      begin = end + 1;
      re2::StringPiece name;
      if (line.size() < 300 && RE2::FullMatch(Piece(line), kName, &name) && !HasWord(View(name), "。")) {
        finish();
        if (IsKindAlone(View(name))) continue;
        policy = records_.Begin(View(name));
        lines = 0;
        labelled = false;
        continue;
      }
      if (!policy) continue;
      if (++lines > kMostLines || line.size() > 300) {
        finish();
        continue;
      }
      if (const auto value = ValueOf(line, {"发布单位", "发布部门", "发布机构", "发文单位", "发文机关", "发文部门",
                                            "印发单位", "印发部门", "颁布单位", "颁布部门", "制定机关", "出台部门"});
          !value.empty() && SpeaksOfAuthority(value)) {
        if (!policy->issuers.empty()) {  // of another document, whose name was not found
          finish();
          continue;
        }
        records_.SetIssuers(IssuersOf(value), *policy);
        labelled = true;
      } else if (const auto day = ValueOf(line, {"发布时间", "发布日期", "印发时间", "印发日期", "发文日期", "发文时间",
                                                 "成文日期", "颁布时间", "公布日期", "公布时间", "出台时间"});
                 !day.empty()) {
        records_.SetIssued(DateBefore(day, day.size(), issue_), "发布", *policy);
        labelled = true;
      } else if (const auto number = ValueOf(line, {"文号", "发文字号", "文件号", "文件编号"}); !number.empty()) {
        records_.SetNumber(DocumentNumberIn(number), *policy);
      } else if (const auto effect = ValueOf(line, {"施行时间", "施行日期", "实施日期", "实施时间", "生效日期"});
                 !effect.empty()) {
        records_.SetEffective(effect, *policy);
      }
    }
    finish();
  }

  // 发布时间 | 发布部门 | 政策名称
  void ReadTables() {
    const std::string_view all = text_.section().text;
    if (!IsRuled(all) && !HasWord(all, "<tr") && !HasWord(all, "   ")) return;
    if (!HasWord(all, "政策") && !HasWord(all, "文件名") && !HasWord(all, "法规名")) return;
    for (const RuledTable& table : ReadRuledTables(text_.section())) {
      std::optional<std::size_t> name, day, body, number;
      for (std::size_t i = 0; i < table.header.size(); ++i) {
        const std::string& head = table.header[i].folded;
        if (HasWord(head, "政策") || HasWord(head, "文件名") || head == "名称" || HasWord(head, "法规名")) {
          name = name.value_or(i);
        } else if (HasWord(head, "时间") || HasWord(head, "日期")) {
          day = day.value_or(i);
        } else if (HasWord(head, "部门") || HasWord(head, "单位") || HasWord(head, "机构") || HasWord(head, "机关")) {
          body = body.value_or(i);
        } else if (HasWord(head, "文号") || HasWord(head, "字号")) {
          number = number.value_or(i);
        }
      }
      if (!name || !body || !day) continue;
      for (const auto& row : table.rows) {
        const auto cell = [&](std::optional<std::size_t> column) {
          return column && *column < row.size() ? text_.FoldedAt(row[*column].span) : std::string_view();
        };
        std::string_view title = cell(name);
        if (title.starts_with("《") && title.ends_with("》")) title = title.substr(3, title.size() - 6);
        if (title.size() < 12 || !row[*name].rest.empty()) continue;
        Policy policy = records_.Begin(title);
        if (SpeaksOfAuthority(cell(body))) records_.SetIssuers(IssuersOf(cell(body)), policy);
        records_.SetIssued(DateBefore(cell(day), cell(day).size(), issue_), "发布", policy);
        records_.SetNumber(DocumentNumberIn(cell(number)), policy);
        records_.Finish(std::move(policy), "");
      }
    }
  }

  // ---- the policy section: every article is one document

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
    if (policy.issuers.empty()) records_.SetIssuers(letterhead.issuers, policy);
    records_.SetNumber(letterhead.number, policy);
    if (!policy.issued && letterhead.issued) {
      policy.issued = letterhead.issued;
      policy.provenance.Add("issued", text_.SpansOf(letterhead.issued_printed));
      policy.provenance.Rule("issued", fmt::format("signature: {}", letterhead.issued_printed));
    }
  }

  // Takes the effective date from what the text says about itself: 本条例自2024年10月1日起施行.
  void AddOwnEffect(Policy& policy) const {
    static const RE2 kOwn(
        R"((?:^|[,、])(?:本(?:条例|法|规定|办法|公告|通知|意见|决定|目录|标准|规范|方案|细则|条|令)|该(?:条例|法|规定|办法|公告|通知|)"
        R"(标准))?[^《》]{0,24}(?:施行|实施|执行|生效))");
    if (policy.effective) return;
    static constexpr std::string_view kVerbs[] = {"施行", "实施", "执行", "生效"};
    ForEachSentence(kVerbs, [&](std::string_view sentence) {
      if (RE2::PartialMatch(Piece(sentence), kOwn)) records_.SetEffective(sentence, policy);
      return policy.effective.has_value();
    });
  }

  // 现将《X》印发给你们: the article reprints the document; its letterhead names the issuer.
  bool ReadReprint(const Letterhead& letterhead) {
    static const RE2 kReprint(
        R"((?:现将|^)《([^》]+)》(?:已经[^。]{2,40}?同意,?现)?(?:印发|下达|发布)(?:给你们|你们))");
    static const RE2 kHead(R"(([\p{Han}]{4,30}?)关于印发)");
    re2::StringPiece title, head;
    bool found = false;
    const std::string_view all = text_.text();
    if (!HasWord(all, "现将《") && !HasWord(all, "你们")) return false;
    static constexpr std::string_view kAddressed[] = {"你们"};
    ForEachSentence(kAddressed, [&](std::string_view sentence) {
      return found = RE2::PartialMatch(Piece(sentence), kReprint, &title);
    });
    static const RE2 kAnywhere(R"(现将《([^》]+)》印发)");
    if (!found && !(HasWord(all, "现将《") && RE2::PartialMatch(Piece(all), kAnywhere, &title))) return false;
    Policy policy = records_.Begin(View(title));
    if (RE2::PartialMatch(Piece(text_.text()), kHead, &head)) records_.SetIssuers({View(head)}, policy);
    ForEachSentence([&](std::string_view sentence) {
      if (!HasWord(sentence, "根据") && HasWord(sentence, "号") && sentence.size() <= 90)
        records_.SetNumber(DocumentNumberIn(sentence), policy);
      return policy.document_number.has_value();
    });
    AddLetterhead(letterhead, policy);
    records_.Finish(std::move(policy), "");
    return true;
  }

  bool ReadStatement(const Letterhead& letterhead) {
    bool done = false;
    ForEachSentence(kMentionWords, [&](std::string_view sentence) {
      for (const Mention& mention : MentionsIn(sentence)) {
        if (IsProposed(sentence, mention) || IsShortForm(mention.title)) continue;
        const auto issued = IssuedBefore(sentence, mention);
        if (!issued || !issued->authority) continue;
        Policy policy = FromIssued(sentence, mention, *issued);
        AddLetterhead(letterhead, policy);
        AddOwnEffect(policy);
        records_.Finish(std::move(policy), sentence.substr(mention.end), sentence.substr(0, mention.begin));
        return done = true;
      }
      return false;
    });
    return done;
  }

  // The document is the headline without its "issuer：" prefix, or the 《》 that it names; issuer, date and number come
  // from the letterhead, else from the first sentence that states an issue or an adoption.
  void ReadHeadline(const Letterhead& letterhead) {
    std::string_view name = text_.title();
    if (const std::size_t colon = name.find(':'); colon <= 45 && colon + 1 < name.size()) name.remove_prefix(colon + 1);
    static const RE2 kNamed(R"(^《([^》]+)》(?:全文|正式|公布|发布|印发|出台|施行|解读|来了|[(].*)*$)");
    re2::StringPiece own;
    if (RE2::FullMatch(Piece(name), kNamed, &own)) name = View(own);
    Policy policy = records_.Begin(name);
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
        const auto cites = [&](std::string_view citing) { return HasWord(sentence.substr(0, at), citing); };
        if (std::any_of(CitingWords().begin(), CitingWords().end(), cites)) continue;
        if (policy.issuers.empty()) records_.SetIssuers(IssuersOf(subject), policy);
        records_.SetIssued(DateBefore(sentence, at, issue_), verb, policy);
        records_.SetNumber(DocumentNumberIn(sentence), policy);
        records_.SetEffective(sentence, policy);
        return true;
      }
      return false;
    });
    // 四川省自然资源厅关于…的通知 names its issuer.
    if (policy.issuers.empty() && IsNoticeTitle(name)) {
      const std::string_view bodies = name.substr(0, FindWord(name, "关于"));
      if (SpeaksOfAuthority(bodies)) records_.SetIssuers(IssuersOf(bodies), policy);
    }
    AddOwnEffect(policy);
    records_.Finish(std::move(policy), "");
  }

  // ---- news: every document that counts

  // Whether the article is about the document: its name and the headline share a run of eight characters.
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

  // A list of companies or awards, not a public document.
  static bool IsHonours(std::string_view title) {
    while (title.ends_with(')')) title = title.substr(0, std::min(title.rfind('('), title.size() - 1));
    return title.ends_with("名单");
  }

  void ReadNews() {
    const bool reprint = ReadReprint({});
    ForEachSentence(kMentionWords, [&](std::string_view sentence) {
      for (const Mention& mention : MentionsIn(sentence)) {
        if (IsProposed(sentence, mention) || IsHonours(mention.title) || IsShortForm(mention.title)) continue;
        const bool subject = IsSubject(mention.title);
        if (reprint && subject) continue;
        auto issued = IssuedBefore(sentence, mention);
        if (!issued) issued = IssuedByItself(sentence, mention);
        if (issued && (issued->authority || (subject && !mention.quota))) {
          OnIssued(sentence, mention, *issued, subject);
        } else if (const auto passive = PassiveAfter(sentence, mention)) {
          const auto cites = [&](std::string_view citing) {
            return sentence.substr(0, mention.begin).ends_with(citing);
          };
          if (std::any_of(CitingWords().begin(), CitingWords().end(), cites)) return false;
          OnPassive(sentence, mention, *passive, subject);
        }
      }
      return false;
    });
  }

  // Whether a statement counts: it is dated no earlier than the year before the issue, or it has no date but says
  // 日前/近日, or the document is the article's own subject.
  bool Counts(std::string_view sentence, const std::optional<DatePhrase>& date, bool subject) const {
    if (date && !IsRecent(*date)) return false;
    return date || subject || HasWord(sentence, "日前") || HasWord(sentence, "近日");
  }

  void OnIssued(std::string_view sentence, const Mention& mention, const Issued& issued, bool subject) {
    if (!Counts(sentence, DateBefore(sentence, mention.begin, issue_), subject)) return;
    records_.Finish(FromIssued(sentence, mention, issued), sentence.substr(mention.end),
                    sentence.substr(0, mention.begin));
  }

  void OnPassive(std::string_view sentence, const Mention& mention, const Passive& passive, bool subject) {
    const auto date = DateBefore(sentence, sentence.size(), issue_, true);
    if (!Counts(sentence, date, subject)) return;
    Policy policy = records_.Begin(mention.title);
    records_.SetIssuers(IssuersNamed(passive.issuer, mention), policy);
    if (!TakesEffect(passive.verb)) {
      const std::size_t verb_end = static_cast<std::size_t>(passive.verb.data() - sentence.data());
      records_.SetIssued(DateBefore(sentence, verb_end, issue_), passive.verb, policy);
    }
    records_.SetNumber(DocumentNumberIn(sentence.substr(mention.end)), policy);
    records_.SetEffective(sentence, policy);
    if (TakesEffect(passive.verb) && !policy.effective && date && !date->year_only && date->iso.size() == 10) {
      policy.effective = date->iso;
      policy.provenance.Add("effective", text_.SpansOf(date->printed));
      policy.provenance.Rule("effective", fmt::format("iso-date: {}", date->printed));
    }
    records_.Finish(std::move(policy), sentence.substr(mention.end), sentence.substr(0, mention.begin));
  }

  const SectionText& text_;
  std::optional<IssueYear> issue_;
  PolicyRecords records_;
  const std::set<std::string_view> short_forms_;
};

}  // namespace

std::vector<Policy> ReadAnnouncements(const SectionText& text) { return AnnouncementReader(text).Read(); }

}  // namespace ytterby
