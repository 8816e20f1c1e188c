#include "tests/support/mutations.hpp"

#include <iconv.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>

#include <re2/re2.h>

#include "common/decimal.hpp"
#include "common/text/lines.hpp"
#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"
#include "producers/sections/splitter.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby::testing {
namespace {

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string JoinLines(const std::string& text, const std::vector<Line>& lines,
                      const std::function<std::string(const Line&)>& write) {
  std::string out;
  for (const Line& line : lines) out += write(line) + text.substr(line.end, line.next - line.end);
  return out;
}

// Replaces code points by a table.
std::string Mapped(const std::string& text, const std::map<char32_t, char32_t>& table) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    const auto to = table.find(c.value);
    AppendUtf8(out, to == table.end() ? c.value : to->second);
    at += c.length;
  }
  return out;
}

std::map<char32_t, char32_t> FullWidthDigits() {
  std::map<char32_t, char32_t> table;
  for (char32_t c = '0'; c <= '9'; ++c) table[c] = c - '0' + 0xFF10;
  return table;
}
std::map<char32_t, char32_t> FullWidthLetters() {
  std::map<char32_t, char32_t> table;
  for (char32_t c = 'A'; c <= 'Z'; ++c) table[c] = c - 'A' + 0xFF21;
  for (char32_t c = 'a'; c <= 'z'; ++c) table[c] = c - 'a' + 0xFF41;
  return table;
}
const std::map<char32_t, char32_t> kHalfWidth = {{U'，', ','}, {U'；', ';'}, {U'：', ':'},
                                                 {U'（', '('}, {U'）', ')'}, {U'％', '%'}};
const std::map<char32_t, char32_t> kRadicals = {{U'土', U'⼟'}, {U'工', U'⼯'}, {U'金', U'⾦'}, {U'高', U'⾼'},
                                                {U'行', U'⾏'}, {U'长', U'⻓'}, {U'一', U'⼀'}};
const std::map<char32_t, char32_t> kTraditionalElements = {
    {U'镧', U'鑭'}, {U'铈', U'鈰'}, {U'镨', U'鐠'}, {U'钕', U'釹'}, {U'钐', U'釤'}, {U'铕', U'銪'}, {U'钆', U'釓'},
    {U'铽', U'鋱'}, {U'镝', U'鏑'}, {U'钬', U'鈥'}, {U'铒', U'鉺'}, {U'镱', U'鐿'}, {U'镥', U'鑥'}, {U'钇', U'釔'}};

bool IsBlankText(std::string_view line) { return TrimSpace(line).empty(); }

// Lines of prose rewrapped at `width` columns, as in pdf-text: a trailing space ends a paragraph. Only for text that is
// already wrapped.
std::string Rewrapped(const std::string& text, const Layout& layout, std::size_t width) {
  const std::vector<Line> lines = SplitLines(text);
  std::string out, open;
  bool previous_written = false;
  const auto flush = [&](bool ended) {
    std::string line;
    std::size_t columns = 0;
    for (std::size_t at = 0; at < open.size();) {
      const CodePoint c = DecodeUtf8(open, at);
      const std::size_t wide = IsWide(c.value) ? 2 : 1;
      if (columns + wide > width) {
        // Drop a space that falls at the end of a line: there it would end the paragraph.
        while (line.ends_with(' ')) line.pop_back();
        out += line + "\n\n";
        line.clear();
        columns = 0;
      }
      line.append(open, at, c.length);
      columns += wide;
      at += c.length;
    }
    while (line.ends_with(' ')) line.pop_back();
    if (!line.empty()) out += line + (ended ? " " : "") + "\n\n";
    open.clear();
  };
  for (const Line& line : lines) {
    const std::string_view raw = line.In(text);
    if (line.blank) {
      previous_written = false;
      continue;
    }
    const std::string_view trimmed = TrimSpace(raw);
    // Lines that another producer would have wrapped; page headers and table rows are not among them.
    const bool spread = trimmed.find("     ") != std::string_view::npos;
    const bool row = trimmed.find('%') != std::string_view::npos &&
                     std::count(trimmed.begin(), trimmed.end(), '.') >= 2 && CellsOf(text, line).size() >= 4;
    const bool prose =
        !spread && !row && !trimmed.starts_with("http") &&
        ((DisplayWidth(trimmed) + 6 >= layout.wrap_width && !line.trailing_space) || DisplayWidth(trimmed) > width);
    // A page header, page number or category may come between the lines of a paragraph but is not part of it.
    const bool furniture = trimmed.find("信息简报") != std::string_view::npos || trimmed.starts_with("- ") ||
                           CategoryFromPrinted(FoldKey(trimmed)).has_value();
    if (furniture) {
      flush(false);
      previous_written = true;
      out += std::string(raw) + "\n\n";
      continue;
    }
    const bool page_top = line.leading_space && line.begin > 0 && previous_written;
    previous_written = true;
    if (!open.empty() || prose) {
      if (page_top) {
        // Keep the mark of a page top: a line directly below the previous one that begins with a space.
        flush(false);
        while (out.ends_with("\n\n")) out.pop_back();
        open = " ";
      }
      open += trimmed;
      if (line.trailing_space) flush(true);
      continue;
    }
    if (page_top) {
      while (out.ends_with("\n\n")) out.pop_back();
    }
    out += std::string(raw) + "\n\n";
  }
  flush(true);
  return out;
}

// Tab-separated tables with a different separator between cells.
std::string WithCellsBy(const std::string& text, const std::string& mark, const std::string& edge) {
  return JoinLines(text, SplitLines(text), [&](const Line& line) {
    std::string raw(line.In(text));
    if (raw.find('\t') == std::string::npos) return raw;
    return edge + ReplaceAll(raw, "\t", mark) + edge;
  });
}

// Tab-separated tables of at least three columns as HTML, a row a line; contents have two.
std::string WithCellsAsHtml(const std::string& text) {
  return JoinLines(text, SplitLines(text), [&](const Line& line) {
    const std::string raw(line.In(text));
    if (std::count(raw.begin(), raw.end(), '\t') < 2) return raw;
    return "<tr><td>" + ReplaceAll(raw, "\t", "</td><td>") + "</td></tr>";
  });
}

// A stamp that every page has beside its header.
std::string WithStamps(const std::string& text) {
  std::size_t headers = 0;
  std::string out = JoinLines(text, SplitLines(text), [&](const Line& line) {
    const std::string raw(line.In(text));
    if (line.end - line.begin > 120 || raw.find("信息简报") == std::string::npos) return raw;
    ++headers;
    return "内部资料 注意保存\n\n" + raw;
  });
  return headers >= 4 ? out : text;
}

// The text without its list of contents, unless that is what shows where an article without a source line ends.
std::string WithoutContents(const std::string& text) {
  const auto split = SplitText(text);
  if (!split || split->issues.size() != 1 || !split->issues.front().contents) return text;
  const auto& sections = split->issues.front().sections;
  const bool closed = std::all_of(sections.begin(), sections.end(),
                                  [](const SplitSection& section) { return section.source_mark.has_value(); });
  return closed ? WithoutBytes(text, *split->issues.front().contents) : text;
}

// The last line that contains the name of the series.
std::string HeaderOf(const std::string& text, const std::vector<Line>& lines) {
  std::string header;
  for (const Line& line : lines) {
    if (line.In(text).find("信息简报") != std::string_view::npos) header = std::string(line.In(text));
  }
  return header;
}

// Uses the C library's converter, which is independent of the program's own.
std::string Converted(const std::string& text, const char* to) {
  const iconv_t converter = iconv_open(to, "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return "";
  std::string in = text, out(4 * text.size() + 16, '\0');
  char* from = in.data();
  char* at = out.data();
  std::size_t left = in.size(), room = out.size();
  const bool done = iconv(converter, &from, &left, &at, &room) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  out.resize(done ? out.size() - room : 0);
  return out;
}

}  // namespace

std::vector<Mutation> InOtherCharacterSets(const std::string& text) {
  return {{"utf-8 with a mark", "\xEF\xBB\xBF" + text},
          {"utf-16le", "\xFF\xFE" + Converted(text, "UTF-16LE")},
          {"utf-16be", "\xFE\xFF" + Converted(text, "UTF-16BE")},
          {"gb18030", Converted(text, "GB18030")}};
}

std::vector<Mutation> HarmlessMutations(const std::string& text, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Mutation> all;
  const std::vector<Line> lines = SplitLines(text);
  const Layout layout = MeasureLayout(text, lines);
  const auto add = [&](std::string name, std::string mutated) {
    if (mutated != text) all.push_back({std::move(name), std::move(mutated)});
  };
  add("crlf", ReplaceAll(text, "\n", "\r\n"));
  add("full-width-digits", Mapped(text, FullWidthDigits()));
  // With full-width letters, mark-up and URLs would no longer be recognised as such.
  if (text.find('<') == std::string::npos && text.find("http") == std::string::npos &&
      text.find('\\') == std::string::npos) {
    add("full-width-letters", Mapped(text, FullWidthLetters()));
  }
  add("half-width-punctuation", Mapped(text, kHalfWidth));
  add("kangxi-radicals", Mapped(text, kRadicals));
  add("traditional-elements", Mapped(text, kTraditionalElements));
  if (!layout.hard_wrapped) {
    // Unwrapped looks: with or without blank lines between paragraphs, with or without trailing spaces.
    std::string doubled;
    for (const Line& line : lines) {
      if (!line.blank) doubled += std::string(line.In(text)) + "\n\n\n";
    }
    add("two-blank-lines", doubled);
    add("trailing-spaces", JoinLines(text, lines, [&](const Line& line) {
          return std::string(line.In(text)) + (line.blank ? "" : "  ");
        }));
  } else {
    add("three-blank-lines", JoinLines(text, lines, [&](const Line& line) {
          return std::string(line.In(text)) + (line.blank ? "\n\n" : "");
        }));
  }
  if (layout.hard_wrapped && layout.trailing_marks) {
    for (int i = 0; i < 4; ++i) {
      const std::size_t width = 28 + random() % 53;
      add("wrap-" + std::to_string(width), Rewrapped(text, layout, width));
    }
  }
  if (layout.look == Look::kOcrMarkup) {
    add("deeper-headings", JoinLines(text, lines, [&](const Line& line) {
          const std::string raw(line.In(text));
          return raw.starts_with("#") ? "#" + raw : raw;
        }));
    add("cells-by-pipe", WithCellsBy(text, " | ", "| "));
    add("no-heading-marks", JoinLines(text, lines, [&](const Line& line) {
          std::string_view raw = line.In(text);
          while (raw.starts_with('#')) raw.remove_prefix(1);
          return std::string(TrimSpace(raw));
        }));
  }
  add("cells-as-html", WithCellsAsHtml(text));
  add("stamps", WithStamps(text));
  add("without-contents", WithoutContents(text));
  add("cells-by-spaces", WithCellsBy(text, "    ", ""));
  add("a-cell-a-line", WithCellsBy(text, "\n\n", ""));
  // A page header or page number in the middle of the text.
  const std::string header = HeaderOf(text, lines);
  for (int i = 0; i < 4 && !lines.empty(); ++i) {
    const std::size_t at = lines.size() / 4 + random() % (lines.size() / 2);
    std::size_t place = at;
    while (place < lines.size() && !lines[place].blank) ++place;
    if (place + 1 >= lines.size() || IsBlankText(text)) continue;
    // A lone number next to a page header would be taken for the page number.
    const auto lone_number = [&](std::size_t line) {
      const std::string_view raw = TrimSpace(lines[line].In(text));
      return raw.size() <= 4 && raw.find_first_not_of("0123456789") == std::string_view::npos;
    };
    std::size_t next = place + 1, last = place - 1;
    while (next + 1 < lines.size() && lines[next].blank) ++next;
    while (last > 0 && lines[last].blank) --last;
    if (lone_number(last) || lone_number(next)) continue;
    std::string mutated = text;
    mutated.insert(lines[place].next, "- " + std::to_string(10 + random() % 80) + " -\n\n");
    add("page-number-at-line-" + std::to_string(place), mutated);
    if (header.empty()) continue;
    mutated = text;
    mutated.insert(lines[place].next, header + "\n\n");
    add("header-at-line-" + std::to_string(place), mutated);
  }
  return all;
}

std::vector<PriceRow> PriceRowsOf(const std::string& text) {
  std::vector<PriceRow> rows;
  for (const Line& line : SplitLines(text)) {
    const std::string_view raw = line.In(text);
    if (raw.find('%') == std::string_view::npos && raw.find("％") == std::string_view::npos) continue;
    auto cells = CellsOf(text, line);
    if (cells.size() < 4) continue;
    const std::string& name = cells.front().folded;
    const bool product = name.find("氧化") == 0 || name.find("金属") == 0 || name.find("铁") != std::string::npos ||
                         name.find("镨钕") == 0;
    if (product && name.size() <= 18) rows.push_back({{line.begin, line.next}, std::move(cells)});
  }
  return rows;
}

std::string WithDamagedName(const std::string& text, const PriceRow& row, const std::string& element) {
  const Span name = row.cells.front().span;
  std::string printed = text.substr(name.begin, name.size());
  for (std::size_t at = printed.size(); at >= 3; at -= 3) {
    const CodePoint c = DecodeUtf8(printed, at - 3);
    if (c.value < 0x9485 || c.value > 0x9576 || c.value == U'铁') continue;
    if (printed.substr(at - 3, 3) == element) return "";
    printed.replace(at - 3, 3, element);
    break;
  }
  return text.substr(0, name.begin) + printed + text.substr(name.end);
}

std::string WithDamagedPrice(const std::string& text, const PriceRow& row, std::size_t which) {
  std::size_t seen = 0;
  for (std::size_t i = 1; i < row.cells.size(); ++i) {
    if (!Decimal::Parse(row.cells[i].folded) || row.cells[i].folded.find('%') != std::string::npos || seen++ != which)
      continue;
    std::string damaged = text;
    char& digit = damaged[row.cells[i].span.begin];
    if (digit < '0' || digit > '9') return "";
    digit = digit == '9' ? '1' : static_cast<char>(digit + 1);
    return damaged;
  }
  return "";
}

std::string WithColumnsTurned(const std::string& text) {
  const auto rows = PriceRowsOf(text);
  if (rows.empty()) return text;
  const auto tabs = [&](std::string_view line) { return std::count(line.begin(), line.end(), '\t'); };
  const auto columns = tabs(std::string_view(text).substr(rows[0].line.begin, rows[0].line.size()));
  return JoinLines(text, SplitLines(text), [&](const Line& line) {
    const std::string raw(line.In(text));
    if (columns < 3 || tabs(raw) != columns) return raw;
    const std::size_t name = raw.find('\t'), last = raw.rfind('\t');
    return raw.substr(0, name) + raw.substr(last) + raw.substr(name, last - name);
  });
}

std::string WithIssueNumber(const std::string& text, int number) {
  static const RE2 kNumber(R"(第( ?)\d{1,2}( ?)期)");
  std::string changed = text;
  RE2::GlobalReplace(&changed, kNumber, "第\\1" + std::to_string(number) + "\\2期");
  return changed;
}

std::string WithoutTrailingSpaces(const std::string& text) {
  return JoinLines(text, SplitLines(text), [&](const Line& line) {
    std::string raw(line.In(text));
    while (raw.ends_with(' ')) raw.pop_back();
    return raw;
  });
}

std::string WithoutBytes(const std::string& text, Span span) {
  return text.substr(0, span.begin) + text.substr(span.end);
}

std::string WithHeaderInTitle(const std::string& text, Span first_line) {
  const std::vector<Line> lines = SplitLines(text);
  const std::string header = HeaderOf(text, lines);
  const auto line =
      std::find_if(lines.begin(), lines.end(), [&](const Line& one) { return one.next > first_line.begin; });
  if (header.empty() || line == lines.end()) return "";
  // After the line and the blank line below it.
  const std::uint32_t place = line + 1 != lines.end() && (line + 1)->blank ? (line + 1)->next : line->next;
  return text.substr(0, place) + header + "\n\n" + text.substr(place);
}

std::string WithoutRow(const std::string& text, const PriceRow& row) {
  return text.substr(0, row.line.begin) + text.substr(row.line.end);
}

std::vector<Mutation> WithContents(const std::string& text) {
  const auto split = SplitText(text);
  if (!split || split->issues.size() != 1) return {};
  const SplitIssue& issue = split->issues.front();
  const std::uint32_t begin = issue.contents ? issue.contents->begin : issue.masthead ? issue.masthead->end : 0;
  const std::uint32_t end = issue.contents ? issue.contents->end : begin;
  std::vector<Mutation> made;
  for (const auto& [name, before, after] :
       {std::tuple{"leaders", "", "…………"}, {"bullets", "◎ ", "\t"}, {"bare", "", ""}}) {
    std::string contents = "目  录\n\n";
    std::optional<Category> category;
    int page = 1;
    for (const SplitSection& section : issue.sections) {
      if (section.category != category)
        contents += std::string(Categories()[static_cast<std::size_t>(section.category)].printed) + "\n\n";
      category = section.category;
      contents += before + JoinPieces(text, section.title) + after;
      if (*after) contents += std::to_string(page);
      contents += "\n\n";
      page += 2;
    }
    made.push_back({std::string("contents added: ") + name, text.substr(0, begin) + contents + text.substr(end)});
  }
  return made;
}

}  // namespace ytterby::testing
