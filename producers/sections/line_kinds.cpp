#include "producers/sections/line_kinds.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "producers/sections/page_furniture.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kLongestHeading = 48;  // bytes: of a category, a page number, an issue's number

// What a web page prints around its text: where it stands on its site (当前位置：首页 > 信息简报 > 往期), its date with
// buttons for the font (日期：2026-04-02 【字体：大 中 小】), links elsewhere ([返回顶部](#top)).
bool IsNavigation(std::string_view trimmed) {
  constexpr std::u32string_view kFirsts = U"当您你所首日发时来上下返打关分[";
  if (trimmed.empty() || kFirsts.find(DecodeUtf8(trimmed, 0).value) == std::u32string_view::npos) return false;
  if (trimmed.size() <= 200 && HasWord(trimmed, "字体") && HasWord(trimmed, "大") && HasWord(trimmed, "小"))
    return true;
  if (trimmed.size() <= 60 && StartsWithAny(trimmed, {"返回顶部", "返回首页", "返回列表", "打印本页", "关闭窗口",
                                                      "分享到", "[返回", "[打印", "[关闭", "[上一", "[下一"}))
    return true;
  const bool said = StartsWithAny(trimmed, {"当前位置", "您的位置", "您现在的位置", "你的位置", "所在位置"});
  if (!said && !trimmed.starts_with("首页")) return false;
  return said ? trimmed.size() <= 150
              : HasWord(trimmed, ">") || HasWord(trimmed, "»") || HasWord(trimmed, "›") || HasWord(trimmed, "＞");
}

bool IsUrlLine(std::string_view trimmed) {
  if (trimmed.empty() || (trimmed[0] != 'h' && trimmed[0] != 'w' && trimmed[0] != '<')) return false;
  if (!trimmed.starts_with("http://") && !trimmed.starts_with("https://") && !trimmed.starts_with("www.") &&
      !trimmed.starts_with("<http")) {
    return false;
  }
  return trimmed.find(' ') == std::string_view::npos;
}

// "- 12 -", "— 12 —", "·12·": digits between marks; 第 5 页, 第5页共36页, 5 / 36.
bool IsMarkedPageNumber(std::string_view trimmed) {
  const bool worded = trimmed.starts_with("第") && trimmed.find("页") != std::string_view::npos;
  const bool of_many =
      !trimmed.empty() && trimmed[0] >= '0' && trimmed[0] <= '9' && trimmed.find('/') != std::string_view::npos;
  if (worded || of_many) {
    static const RE2 kOf(R"(^第\d{1,3}页(?:,?\(?共\d{1,3}页\)?)?$|^\d{1,3}/\d{1,3}$)");
    return RE2::FullMatch(FoldKey(trimmed), kOf);
  }
  // P15, Page 15
  if ((trimmed.starts_with('P') || trimmed.starts_with('p')) && trimmed.size() <= 18) {
    static const RE2 kPage(R"(^[Pp](?:age|AGE|\.)?\d{1,3}(?:of\d{1,3})?$)");
    return RE2::FullMatch(FoldKey(trimmed), kPage);
  }
  if (trimmed.size() < 3 || trimmed.size() > 24) return false;
  const char32_t first = DecodeUtf8(trimmed, 0).value, last = LastCodePoint(trimmed);
  const auto mark = [](char32_t c) {
    return c == '-' || c == U'—' || c == U'–' || c == U'－' || c == U'·' || c == U'―' || c == U'【' || c == U'】' ||
           c == U'〔' || c == U'〕' || c == '~' || c == U'～' || c == U'*' || c == U'•' || c == U'<' || c == U'>';
  };
  if (!mark(first) || !mark(last)) return false;
  int digits = 0;
  for (std::size_t at = 0; at < trimmed.size();) {
    const CodePoint c = DecodeUtf8(trimmed, at);
    if ((c.value >= '0' && c.value <= '9') || (c.value >= 0xFF10 && c.value <= 0xFF19)) {
      ++digits;
    } else if (!mark(c.value) && !IsSpace(c.value)) {
      return false;
    }
    at += c.length;
  }
  return digits >= 1 && digits <= 3;
}

// 〓 科技前沿 〓, 科技前沿 5┃: without the signs and numbers around the name.
std::string_view WithoutDecoration(std::string_view line) {
  const auto is_sign = [](char32_t c) {
    return (c >= 0x2010 && c <= 0x205E) || (c >= 0x2190 && c <= 0x27BF) || c == 0x3013 || c == 0x3000 || c == '|' ||
           c == '=' || c == '~' || c == '*' || c == ' ' || c == '\t';
  };
  while (!line.empty()) {
    const CodePoint c = DecodeUtf8(line, 0);
    if (!is_sign(c.value)) break;
    line.remove_prefix(c.length);
  }
  while (!line.empty()) {
    const char32_t last = LastCodePoint(line);
    if (!is_sign(last) && !(last >= '0' && last <= '9') && last != '-') break;
    line.remove_suffix(last < 0x80 ? 1 : last < 0x800 ? 2 : last < 0x10000 ? 3 : 4);
  }
  return line;
}

// 【科技前沿】, 一、科技前沿: the name without its brackets and its number.
std::string_view WithoutDress(std::string_view text) {
  const auto drop_front = [&](std::string_view piece) {
    if (text.starts_with(piece)) text = TrimSpace(text.substr(piece.size()));
  };
  const auto drop_back = [&](std::string_view piece) {
    if (text.ends_with(piece)) text = TrimSpace(text.substr(0, text.size() - piece.size()));
  };
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"【", "】"}, {"［", "］"}, {"[", "]"}, {"〔", "〕"}}) {
    if (!text.starts_with(open) || !text.ends_with(close)) continue;
    drop_front(open);
    drop_back(close);
  }
  for (std::string_view number : {"一、", "二、", "三、", "四、", "五、", "六、", "七、", "八、", "九、", "Ⅰ", "Ⅱ", "Ⅲ",
                                  "Ⅳ", "Ⅴ", "Ⅵ", "Ⅶ", "Ⅷ", "Ⅸ"})
    drop_front(number);
  return text;
}

// The first characters of the nine names (as printed, as radicals, or in traditional form) and of the marks around a
// name.
bool MayBeginCategory(char32_t first) {
  static const std::vector<bool> may = [] {
    std::vector<bool> of(0x10000, false);
    for (char32_t c = 0x2E80; c <= 0x2FDF; ++c) of[c] = true;
    for (const char32_t c : std::u32string_view(U"行科政市稀文期专專【［[〔一二三四五六七八九ⅠⅡⅢⅣⅤⅥⅦⅧⅨ")) of[c] = true;
    return of;
  }();
  return first < may.size() && may[first];
}

// A category's printed name and nothing else. Names are four characters, so longer lines are skipped.
std::optional<Category> CategoryLine(std::string_view unmarked) {
  unmarked = WithoutDecoration(unmarked);
  if (unmarked.size() < 12 || !MayBeginCategory(DecodeUtf8(unmarked, 0).value)) return std::nullopt;
  const std::string_view text = WithoutDress(unmarked);
  if (text.size() < 12 || text.size() > 24) return std::nullopt;
  for (const CategoryName& name : Categories()) {
    if (text == name.printed) return name.category;
  }
  return CategoryFromPrinted(FoldKey(text));
}

// The series title with little more than an issue number.
bool IsSeriesLine(std::string_view line) {
  const std::string folded = FoldKey(line);
  for (const SeriesName& series : AllSeries()) {
    const std::size_t at = folded.find(series.printed);
    if (at != std::string::npos && folded.size() <= series.printed.size() + 48 &&
        folded.find("《" + std::string(series.printed)) == std::string::npos) {
      return true;
    }
    // 《离子型稀土信息简报》2023年第9期, and nothing else.
    if (at == std::string_view("《").size() && IssueNumberIn(line) && folded.size() <= series.printed.size() + 36)
      return true;
  }
  return false;
}

// The category that a header names before or after the series and the number: 科技前沿 离子型稀土信息简报 2024年
// 第08期.
std::optional<Category> CategoryInHeader(std::string_view line) {
  const std::string folded = FoldKey(line);
  for (const CategoryName& name : Categories()) {
    if (folded.starts_with(name.printed) || folded.ends_with(name.printed)) return name.category;
  }
  return std::nullopt;
}

// 2021年2月28日出版, perhaps with the page beside it: a header's or a cover's date of publication.
bool IsDateLine(std::string_view line) {
  constexpr std::size_t kLongest = 60;  // bytes, folded
  if (!HasWord(line, "日") ||
      !(HasWord(line, "版") || HasWord(line, "刊") || HasWord(line, "编") || HasWord(line, "印")))
    return false;
  static const RE2 kDate(
      R"(^(?:出版日期|出刊日期|编印日期)?:?(?:(?:19|20)\d\d|[二〇○零一三四五六七八九]{4})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日)"
      R"((?:出版|出刊|刊出|编印|印发|编发|印刷)?(?:-?\d{1,3}-?|第[\d一二三四五六七八九十]{1,4}页)?$)");
  const std::string folded = FoldKey(line);
  return folded.size() <= kLongest && RE2::FullMatch(folded, kDate);
}

// 2023年第09期, perhaps with the category or the page's number beside it, and nothing else: the second line of a
// header, or a footer.
bool IsNumberLine(std::string_view line) {
  constexpr std::size_t kLongest = 72;  // bytes, folded
  if (line.find("期") == std::string_view::npos) return false;
  static const RE2 kNumber(
      R"(^(?:19|20)\d\d年(?:\d{1,2}月)?[,(·]?第[\d一二三四五六七八九十]{1,6}期\)?[·,]?(?:\(?总第?\d{1,4}期\)?)?)"
      R"((?:-\d{1,4}-|第\d{1,4}页)?$)");
  const std::string folded = FoldKey(line);
  if (folded.size() > kLongest) return false;
  std::string_view number = folded;
  for (const CategoryName& name : Categories()) {
    if (number.starts_with(name.printed)) number.remove_prefix(name.printed.size());
    if (number.ends_with(name.printed)) number.remove_suffix(name.printed.size());
  }
  return RE2::FullMatch(number, kNumber);
}

// A header begins with the series' name, quoted or not, or with the issue's number. The first character alone rules out
// most lines.
bool BeginsWithCategory(std::string_view line) {
  if (line.empty() || !MayBeginCategory(DecodeUtf8(line, 0).value)) return false;
  const auto& names = Categories();
  return std::any_of(names.begin(), names.end(),
                     [&](const CategoryName& name) { return line.starts_with(name.printed); });
}
bool MayBeginHeader(char32_t first) {
  constexpr std::u32string_view kNames = U"离離《IＩ", kNumbers = U"第二";
  return kNames.find(first) != std::u32string_view::npos || kNumbers.find(first) != std::u32string_view::npos ||
         (first >= '0' && first <= '9');
}

bool MayNameSeries(std::string_view line, std::string_view unmarked) {
  if (line.size() < 15 || line.size() > 220 || unmarked.empty()) return false;
  const char32_t first = DecodeUtf8(unmarked, 0).value;
  const bool category = BeginsWithCategory(unmarked);
  if (!category && !MayBeginHeader(first)) return false;
  const bool name_first = !category && !(first >= '0' && first <= '9') && first != U'第' && first != U'二';
  return name_first || line.find("简报") != std::string_view::npos;
}

// <h2>title</h2>: the title.
std::string_view WithoutTags(std::string_view line) {
  const auto is_block = [](std::string_view name) {
    return name == "p" || name == "strong" || name == "b" ||
           (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6');
  };
  while (line.starts_with('<')) {
    const std::size_t close = line.find('>');
    const std::string_view name = line.substr(1, line.find_first_of(" >") - 1);
    if (close == std::string_view::npos || !is_block(name)) break;
    line = TrimSpace(line.substr(close + 1));
  }
  while (line.ends_with('>')) {
    const std::size_t open = line.rfind("</");
    if (open == std::string_view::npos || !is_block(line.substr(open + 2, line.size() - open - 3))) break;
    line = TrimSpace(line.substr(0, open));
  }
  return line;
}

}  // namespace

bool IsBullet(char32_t c) {
  constexpr std::u32string_view kBullets = U"◎◇◆●■•○★☆※▍▌▎▶►❖✦";
  return kBullets.find(c) != std::u32string_view::npos;
}

std::string_view WithoutMarks(std::string_view line) {
  line = WithoutTags(TrimSpace(line));
  bool again = !BeginsInHan(line);
  while (again && !line.empty()) {
    again = false;
    const CodePoint c = DecodeUtf8(line, 0);
    const bool bullet = c.value == '#' || c.value == '*' || c.value == '|' || IsBullet(c.value) ||
                        (c.value == '-' && line.size() > 1 && line[1] == ' ');
    if (bullet) {
      line = TrimSpace(line.substr(c.length));
      again = true;
    }
  }
  while (!line.empty() && (line.back() == '*' || line.back() == '#' || line.back() == '|'))
    line = TrimSpace(line.substr(0, line.size() - 1));
  return line;
}

std::optional<IssueNumber> IssueNumberIn(std::string_view line) {
  if (line.find("期") == std::string_view::npos) return std::nullopt;
  // A digit or a letter before the year, or a year before the number, would be the rest of a damaged year.
  static const RE2 kYearFirst(R"((?:^|[^0-9A-Za-z])((?:19|20)\d\d|[一二三四五六七八九〇零]{4})年?(?:\d{1,2}月)?[,(]?)"
                              R"(第([\d一二三四五六七八九十]{1,6})期)");
  static const RE2 kNumberFirst(R"(^(?:[^年]*)第([\d一二三四五六七八九十]{1,6})期[^\d]{0,12}((?:19|20)\d\d)年)");
  const std::string folded = FoldKey(line);
  std::string year, number;
  if (!RE2::PartialMatch(folded, kYearFirst, &year, &number) &&
      !RE2::PartialMatch(folded, kNumberFirst, &number, &year)) {
    return std::nullopt;
  }
  const auto y = ParseNumeral(year), n = ParseNumeral(number);
  if (!y || !n || *n < 1 || *n > 99) return std::nullopt;
  return IssueNumber{*y, *n};
}

std::optional<IssueNumber> CoverNumberIn(std::string_view line) {
  const auto number = IssueNumberIn(line);
  if (!number || line.find("。") != std::string_view::npos) return std::nullopt;
  static const RE2 kCited(R"((?:见|载|于|据|自|刊|志|报》|》)[,(]?(?:(?:19|20)\d\d年?|第[\d一二三四五六七八九十]+期))");
  std::string folded = FoldKey(line);
  for (const SeriesName& series : AllSeries()) {  // 《离子型稀土信息简报》2023年第9期 cites nothing
    for (const std::string& own : {"《" + std::string(series.printed) + "》", std::string(series.printed)}) {
      if (const std::size_t at = folded.find(own); at != std::string::npos) folded.erase(at, own.size());
    }
  }
  return RE2::PartialMatch(folded, kCited) ? std::nullopt : number;
}

std::size_t LineTable::LineAt(std::uint32_t offset) const {
  const auto after = std::upper_bound(lines.begin(), lines.end(), offset,
                                      [](std::uint32_t value, const Line& line) { return value < line.begin; });
  return after == lines.begin() ? 0 : static_cast<std::size_t>(after - lines.begin()) - 1;
}

LineTable ClassifyLines(std::string_view text, std::vector<Line> lines, const Layout& layout) {
  LineTable table;
  table.lines = std::move(lines);
  table.known.resize(table.lines.size());
  bool previous_blank = true;
  std::size_t tops = 0;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const Line& line = table.lines[i];
    KnownLine& known = table.known[i];
    if (line.blank) {
      known.kind = LineKind::kBlank;
      previous_blank = true;
      continue;
    }
    const std::string_view raw = line.In(text);
    // pdf-text: a line that begins with a space directly below a non-blank line is the top of a page.
    known.page_top = layout.look == Look::kPdfText && line.leading_space && !previous_blank;
    tops += known.page_top;
    previous_blank = false;
    if (raw.size() > 220) continue;
    if (IsNavigation(raw)) {
      known.kind = LineKind::kUrl;
      continue;
    }
    // Too long for a category or a number, and not beginning like a header or a URL: text.
    if (raw.size() > kLongestHeading && BeginsInHan(raw) && !MayBeginHeader(DecodeUtf8(raw, 0).value) &&
        !BeginsWithCategory(raw)) {
      continue;
    }
    const std::string_view trimmed = TrimSpace(raw), unmarked = WithoutMarks(trimmed);
    if ((MayNameSeries(raw, unmarked) && IsSeriesLine(raw)) || IsNumberLine(raw) || IsDateLine(raw)) {
      known.kind = LineKind::kRunningHeader;
      if (const auto issue = IssueNumberIn(raw)) table.issues[i] = *issue;
      known.category = CategoryInHeader(raw);
    } else if (raw.size() <= kLongestHeading || BeginsWithCategory(unmarked)) {
      if (auto category = CategoryLine(unmarked)) {
        known.kind = LineKind::kCategory;
        known.category = category;
      } else if (IsMarkedPageNumber(trimmed)) {
        known.kind = LineKind::kPageNumber;
      }
    }
    if (known.kind == LineKind::kText && raw.size() > 8 && IsUrlLine(trimmed)) known.kind = LineKind::kUrl;
  }
  table.shows_page_tops = tops >= 2;
  // A bare number is a page number only next to a running header; elsewhere it may be an exponent.
  std::size_t last = table.lines.size();
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    const bool beside = last < i && table.known[last].kind == LineKind::kRunningHeader;
    if (table.known[i].kind == LineKind::kText && beside && IsBareNumber(TrimSpace(table.lines[i].In(text)))) {
      table.known[i].kind = LineKind::kPageNumber;
    }
    if (table.known[i].kind == LineKind::kRunningHeader && last < i && table.known[last].kind == LineKind::kText &&
        IsBareNumber(TrimSpace(table.lines[last].In(text)))) {
      table.known[last].kind = LineKind::kPageNumber;
    }
    last = i;
  }
  MarkBarePageNumbers(text, table);
  MarkStamps(text, table);
  FindHeadings(text, table);
  return table;
}

}  // namespace ytterby
