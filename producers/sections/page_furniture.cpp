#include "producers/sections/page_furniture.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/text/fold.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

bool IsPageFurniture(const KnownLine& known) {
  return known.kind == LineKind::kRunningHeader || known.kind == LineKind::kPageNumber;
}

// The next line that is not blank, in a direction; lines.size() if there is none.
std::size_t Neighbour(const LineTable& table, std::size_t line, int step) {
  for (std::size_t i = line + static_cast<std::size_t>(step); i < table.lines.size();
       i += static_cast<std::size_t>(step))
    if (table.known[i].kind != LineKind::kBlank) return i;
  return table.lines.size();
}

// The line without spaces, with every run of digits as one #: 第3页 and 第12页 are one line of many pages.
std::string WithoutNumbers(std::string_view line) {
  std::string plain;
  for (const char c : line) {
    const bool digit = c >= '0' && c <= '9';
    if (c == ' ' || c == '\t') {
      continue;  // the distance depends on the number's width
    }
    if (!digit) {
      plain += c;
    } else if (plain.empty() || plain.back() != '#') {
      plain += '#';
    }
  }
  return plain;
}

// Whether the headers stand at the foot of their pages. A page begins with white space or a form feed, at its header or
// below its footer; text stands above the first footer, and none below the last.
bool HeadersAtFoot(const LineTable& table) {
  constexpr std::size_t kLeastHeaders = 3, kLeastLines = 8;
  std::size_t headers = 0, top = 0, foot = 0, before = 0, after = 0;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    if (!IsPageFurniture(table.known[i]) && !table.known[i].category) {
      before += headers == 0;
      ++after;
      continue;
    }
    // A run of furniture.
    std::size_t end = i, last = i;
    bool header = false;
    for (; end < table.lines.size() && table.known[end].kind != LineKind::kText; ++end) {
      header = header || table.known[end].kind == LineKind::kRunningHeader;
      if (table.known[end].kind != LineKind::kBlank) last = end;
      top += end > i && table.known[end].kind != LineKind::kBlank && table.lines[end].leading_space;
    }
    if (header) {
      ++headers;
      after = 0;
      if (table.lines[i].leading_space) {
        ++top;
      } else if (end < table.lines.size() && table.lines[end].leading_space) {
        ++foot;
      }
    }
    i = last;
  }
  foot += (before >= kLeastLines ? 2 : 0) + (after == 0 ? 3 : 0);
  top += after > 0 ? 3 : 0;
  return headers >= kLeastHeaders && foot > top;
}

}  // namespace

bool IsBareNumber(std::string_view trimmed) {
  if (trimmed.empty() || trimmed.size() > 9) return false;
  const std::string folded = FoldKey(trimmed);
  return folded.size() <= 3 && std::all_of(folded.begin(), folded.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void MarkBarePageNumbers(std::string_view text, LineTable& table) {
  constexpr std::size_t kLeastLines = 10, kLeastPages = 4;
  struct Bare {
    std::size_t line, written;
    int value;
  };
  std::vector<Bare> chain, best;
  std::size_t written = 0;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (table.known[i].kind == LineKind::kBlank) continue;
    ++written;
    const std::string_view trimmed = TrimSpace(table.lines[i].In(text));
    if (table.known[i].kind != LineKind::kText || !IsBareNumber(trimmed)) continue;
    const int value = std::atoi(FoldKey(trimmed).c_str());
    if (!chain.empty() && value == chain.back().value + 1 && written - chain.back().written >= kLeastLines) {
      chain.push_back({i, written, value});
    } else if (chain.empty() || value == chain.front().value) {
      chain = {{i, written, value}};
    } else if (chain.size() < 2) {
      chain = {{i, written, value}};
    }
    if (chain.size() > best.size()) best = chain;
  }
  // They must also span most of the document, which no table's rows do.
  if (best.size() < kLeastPages || 2 * (best.back().written - best.front().written) < written) return;
  for (const Bare& bare : best) table.known[bare.line].kind = LineKind::kPageNumber;
}

void MarkStamps(std::string_view text, LineTable& table) {
  constexpr std::size_t kLeast = 3, kMostBytes = 90, kMostDistance = 3;
  const auto short_line = [&](std::size_t i) -> std::string_view {
    if (table.known[i].kind != LineKind::kText || table.lines[i].end - table.lines[i].begin > 4 * kMostBytes) return {};
    const std::string_view line = TrimSpace(table.lines[i].In(text));
    // A closing （来源：…） may come again as well.
    if (line.size() > kMostBytes || line.size() < 6 || HasWord(line, "。") || EndsWithAny(line, {"）", ")", "】"}))
      return {};
    return line;
  };
  std::map<std::string, std::vector<std::size_t>, std::less<>> beside;  // a page's edge
  const auto look = [&](std::size_t edge, int step, std::size_t distance) {
    for (std::size_t at = edge, k = 0; k < distance; ++k) {
      at = Neighbour(table, at, step);
      if (at >= table.lines.size()) return;
      const std::string_view line = short_line(at);
      if (line.empty()) return;
      beside[WithoutNumbers(line)].push_back(at);
    }
  };
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (IsPageFurniture(table.known[i])) {
      look(i, -1, kMostDistance);
      look(i, 1, kMostDistance);
    } else if (table.lines[i].end > table.lines[i].begin && text[table.lines[i].begin] == '\f') {
      look(i, -1, 1);
      if (const std::string_view line = short_line(i); !line.empty()) beside[WithoutNumbers(line)].push_back(i);
    }
  }
  std::map<std::string, std::size_t, std::less<>> stamps;
  for (auto& [line, where] : beside) {
    std::sort(where.begin(), where.end());
    where.erase(std::unique(where.begin(), where.end()), where.end());
    if (where.size() >= kLeast) stamps[line] = 0;
  }
  if (stamps.empty()) return;
  std::vector<std::pair<std::size_t, decltype(stamps)::iterator>> found;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const std::string_view line = short_line(i);
    if (line.empty()) continue;
    if (const auto stamp = stamps.find(WithoutNumbers(line)); stamp != stamps.end()) {
      ++stamp->second;
      found.emplace_back(i, stamp);
    }
  }
  for (const auto& [i, stamp] : found) {
    if (3 * beside.find(stamp->first)->second.size() >= 2 * stamp->second) table.known[i].kind = LineKind::kStamp;
  }
}

void FindHeadings(std::string_view text, LineTable& table) {
  const bool headers_at_foot = HeadersAtFoot(table);
  // Where a form feed says where the page begins, it decides for its run of furniture.
  const auto at_foot = [&](std::size_t line) {
    const auto feeds = [&](std::size_t i) { return text[table.lines[i].begin] == '\f'; };
    constexpr std::size_t kReach = 12;  // lines
    for (std::size_t i = line; line - i < kReach && table.known[i].kind != LineKind::kText; --i) {
      if (i == 0 || feeds(i)) return false;
    }
    for (std::size_t i = line + 1; i < std::min(table.lines.size(), line + kReach); ++i) {
      if (feeds(i)) return true;
      if (table.known[i].kind == LineKind::kText) break;
    }
    return headers_at_foot;
  };
  std::size_t page = 0;        // the first line of the page
  bool between_pages = false;  // since the last line of text, a header, a footer or a page number came
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const KnownLine& known = table.known[i];
    if (known.kind == LineKind::kText) {
      if (between_pages) page = i;
      between_pages = false;
    }
    if (known.category) {
      const auto beside = [&](int step) {
        const std::size_t at = Neighbour(table, i, step);
        return at < table.lines.size() && IsPageFurniture(table.known[at]);
      };
      const bool of_page = known.kind == LineKind::kRunningHeader || beside(-1) || beside(1);
      // Below the footer's last line it heads the text of the next page.
      const bool below_footer = known.kind == LineKind::kCategory && beside(-1) && !beside(1);
      table.headings.push_back({of_page && !below_footer && at_foot(i) ? page : i, *known.category, of_page});
    }
    between_pages = between_pages || IsPageFurniture(known);
  }
}

}  // namespace ytterby
