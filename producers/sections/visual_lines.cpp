#include "producers/sections/visual_lines.hpp"

#include <re2/re2.h>

#include "common/text/utf8.hpp"
#include "producers/sections/title_extent.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMostGap = 5;         // lines without text between two lines of a title
constexpr std::size_t kMostFragments = 60;  // lines of one line of a title and of its scripts
constexpr std::size_t kFragmentWidth = 8;   // columns of a sub- or superscript that stands on a line of its own

bool IsFragment(std::string_view text) {
  if (text.size() > 2 * kFragmentWidth || DisplayWidth(text) > kFragmentWidth) return false;
  const char32_t first = DecodeUtf8(text, 0).value;
  if (IsHan(first)) return false;
  static const RE2 kScript(R"(^[A-Za-z0-9+\-−–/·.,αβγδεθλμσφχω()（）\[\]=~～%％ ²³⁺⁻₀-₉]+$)");
  return RE2::FullMatch(text, kScript);
}

bool HasSentenceEnd(std::string_view text) { return HasWord(text, "。") || HasWord(text, "；"); }
bool HasComma(std::string_view text) { return HasWord(text, "，"); }

// A document's number alone on its line: 国土资发〔2014〕56号, 环境保护部公告2014年第41号.
bool IsDocumentNumber(std::string_view text) {
  if (text.size() > 120) return false;
  // 江西省人民政府令 above 第228号
  static const RE2 kAlone(
      R"(^(?:\p{Han}{2,20}(?:部|委员会|委|局|署|政府|院|行)令|第[\d一二三四五六七八九十百]{1,5}号)$)");
  if ((text.ends_with("令") || text.starts_with("第")) && RE2::FullMatch(text, kAlone)) return true;
  if (!text.ends_with("号")) return false;
  static const RE2 kNumber(
      R"(^[（(]?\p{Han}[\p{Han}、 ]{1,40}(?:[〔\[【（(](?:19|20)\d\d[〕\]】）)]\s*(?:第\s*)?\d{1,4}\s*|(?:公告|通告|令)\s*[（(]?(?:(?:19|20)\d\d\s*年?[）)]?\s*)?第\s*[\d一二三四五六七八九十]{1,4}\s*)号$)");
  return RE2::FullMatch(text, kNumber);
}

// A table's row or cell, a picture, a list item, a label with its value, a document's number.
bool IsRow(std::string_view raw) {
  const std::string_view text = TrimSpace(raw);
  if (text.starts_with('|') || text.starts_with("![") || text.starts_with("<t") || text.starts_with("[") ||
      HasWord(text, "\t"))
    return true;
  // 记者 张三 通讯员 李四
  // A byline or a label begins with one of these.
  if (IsDocumentNumber(text)) return true;
  constexpr std::u32string_view kFirsts = U"•●■◎◇◆·○-–专發发名申公授摘作单记本特新实通撰编译文（(";
  if (text.empty() || kFirsts.find(DecodeUtf8(text, 0).value) == std::u32string_view::npos) return false;
  static const RE2 kByline(
      R"(^[（(]?(?:本报|本刊|特约|新华社)*(?:记者|通讯员|作者|撰文|编译|译者|文)(?:[:：/／ \x{3000}]*)\p{Han}{2,4}(?:[ \x{3000}、，,]|$))");
  if (text.size() < 90 && RE2::PartialMatch(text, kByline)) return true;
  static const RE2 kLabel(
      R"(^(?:[•●■◎◇◆·○]|[-–]\s?\p{Han}|(?:专利|发明|发明创造|实用新型)?名称[:：]|(?:申请|公开|公布|授权)[^,，。]{0,8}[:：]|摘要[:：]|(?:作者|单位|记者)[:：]))");
  return RE2::PartialMatch(text.substr(0, 60), kLabel);
}

// 1 名称的由来: the first of an article's headings, with a space after its number.
bool BeginsWithOne(std::string_view text) {
  if (!text.starts_with('1') && !text.starts_with("１")) return false;
  static const RE2 kOne(
      R"(^(?:1|１)(?:[ \x{3000}\t]+[\p{Han}“《]|[^\d\s项个月日号年家亿万次批种位届期千百吨元度.、%）)][\p{Han}]))");
  return RE2::PartialMatch(text.substr(0, 30), kOne);
}

}  // namespace

bool VisualLines::IsRowAt(std::size_t k) {
  if (!rows_[k]) rows_[k] = IsRow(lines_.At(read_[k].first).substr(0, kMostBytes));
  return *rows_[k];
}

bool VisualLines::IsHeadingAt(std::size_t k) {
  if (!headings_[k]) headings_[k] = IsSubHeading(read_[k].text) || BeginsWithOne(read_[k].text);
  return *headings_[k];
}

bool VisualLines::Read() {
  std::size_t line = next_;
  bool blank = false, furniture = false;
  while (line < lines_.last && !lines_.IsText(line)) {
    blank = blank || lines_.IsBlank(line);
    furniture = furniture || lines_.IsFurniture(line);
    ++line;
  }
  if (line >= lines_.last || (!furniture && line > next_ + kMostGap)) return false;
  VisualLine visual;
  visual.first = line;
  visual.end = line + 1;
  const std::string_view raw = lines_.At(line).substr(0, kMostBytes);
  visual.text = WithoutMarks(raw);
  visual.width = DisplayWidth(visual.text);
  const std::string_view trimmed = TrimSpace(raw);
  visual.indent = DisplayWidth(raw.substr(0, static_cast<std::size_t>(trimmed.data() - raw.data())));
  while (visual.marks < trimmed.size() && trimmed[visual.marks] == '#') ++visual.marks;
  if (trimmed.size() > 3 && trimmed.starts_with("<h") && trimmed[3] == '>') visual.marks = trimmed[2] - '0';
  visual.blank_above = blank;
  visual.page_break_above = furniture;
  AddFragments(visual);
  visual.sentence = HasSentenceEnd(visual.text);
  visual.comma = HasComma(visual.text);
  visual.paragraph_end = lines_.table.lines[visual.end - 1].trailing_space;
  next_ = visual.end;
  read_.push_back(visual);
  return true;
}

// Nd / 2 / Fe / 14 / B: the lines down to the last fragment, and the line that goes on after it.
void VisualLines::AddFragments(VisualLine& visual) {
  // The line below; where each line has a blank one after it, the next but one.
  const auto below = [&] { return visual.end + (spaced_ && visual.end < lines_.last && lines_.IsBlank(visual.end)); };
  const auto fragment = [&](std::size_t i) {
    return i < lines_.last && lines_.IsText(i) && IsFragment(TrimSpace(lines_.At(i)));
  };
  if (!fragment(below()) || lines_.table.lines[visual.end - 1].trailing_space ||
      visual.end - visual.first > (spaced_ ? 2 : 1) * kMostFragments)
    return;
  std::size_t scripts = 0;
  for (std::size_t at = below(); fragment(at) && scripts < 2 * kMostTitleLines * kMostTitleLines; at = below()) {
    visual.width += DisplayWidth(TrimSpace(lines_.At(at)));
    visual.end = at + 1;
    ++scripts;
  }
  // 掺杂 between two formulas, or the words after the last one.
  const std::size_t at = below();
  if (at < lines_.last && lines_.IsText(at) && !lines_.table.lines[visual.end - 1].trailing_space) {
    visual.width += DisplayWidth(TrimSpace(lines_.At(at).substr(0, kMostBytes)));
    visual.end = at + 1;
    AddFragments(visual);
  }
}

}  // namespace ytterby
