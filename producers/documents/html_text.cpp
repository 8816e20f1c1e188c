#include "producers/documents/html_text.hpp"

#include <fmt/format.h>
#include <gumbo.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/text/html_depth.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

struct Destroy {
  void operator()(GumboOutput* output) const { gumbo_destroy_output(&kGumboDefaultOptions, output); }
};

bool IsOneOf(GumboTag tag, std::initializer_list<GumboTag> tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool IsElement(const GumboNode& node) { return node.type == GUMBO_NODE_ELEMENT; }
GumboTag TagOf(const GumboNode& node) { return IsElement(node) ? node.v.element.tag : GUMBO_TAG_UNKNOWN; }

const char* Attribute(const GumboNode& node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node.v.element.attributes, name);
  return found ? found->value : nullptr;
}

bool IsHidden(const GumboNode& node) {
  if (IsOneOf(TagOf(node), {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_TEMPLATE, GUMBO_TAG_HEAD,
                            GUMBO_TAG_NAV, GUMBO_TAG_ASIDE, GUMBO_TAG_FOOTER, GUMBO_TAG_FORM, GUMBO_TAG_BUTTON,
                            GUMBO_TAG_SELECT, GUMBO_TAG_SVG, GUMBO_TAG_IFRAME, GUMBO_TAG_OBJECT, GUMBO_TAG_TEXTAREA}))
    return true;
  if (!IsElement(node)) return false;
  if (Attribute(node, "hidden")) return true;
  const char* style = Attribute(node, "style");
  if (!style) return false;
  std::string compact;
  for (const char* c = style; *c; ++c) {
    if (*c != ' ') compact += *c;
  }
  return compact.find("display:none") != std::string::npos;
}

bool IsBlock(GumboTag tag) {
  return IsOneOf(tag,
                 {GUMBO_TAG_ADDRESS,    GUMBO_TAG_ARTICLE, GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_BODY,  GUMBO_TAG_CAPTION,
                  GUMBO_TAG_CENTER,     GUMBO_TAG_DD,      GUMBO_TAG_DIV,        GUMBO_TAG_DL,    GUMBO_TAG_DT,
                  GUMBO_TAG_FIGCAPTION, GUMBO_TAG_FIGURE,  GUMBO_TAG_HEADER,     GUMBO_TAG_HR,    GUMBO_TAG_LI,
                  GUMBO_TAG_MAIN,       GUMBO_TAG_OL,      GUMBO_TAG_SECTION,    GUMBO_TAG_TABLE, GUMBO_TAG_TBODY,
                  GUMBO_TAG_TD,         GUMBO_TAG_TFOOT,   GUMBO_TAG_TH,         GUMBO_TAG_THEAD, GUMBO_TAG_TR,
                  GUMBO_TAG_UL});
}

// With a blank line before and after.
bool IsParagraph(GumboTag tag) {
  return IsOneOf(tag, {GUMBO_TAG_P, GUMBO_TAG_PRE, GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3, GUMBO_TAG_H4, GUMBO_TAG_H5,
                       GUMBO_TAG_H6});
}

const GumboVector* ChildrenOf(const GumboNode& node) {
  if (node.type == GUMBO_NODE_DOCUMENT) return &node.v.document.children;
  return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE ? &node.v.element.children : nullptr;
}

// Calls `enter` on each node in document order and `leave` after its children, unless `enter` says false. Without
// recursion: a page may be nested as deep as it likes.
template <class Enter, class Leave>
void Walk(const GumboNode& root, Enter enter, Leave leave) {
  struct Step {
    const GumboNode* node;
    bool left;
  };
  std::vector<Step> steps{{&root, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.left) {
      leave(*step.node);
      continue;
    }
    if (!enter(*step.node)) continue;
    steps.push_back({step.node, true});
    if (const GumboVector* children = ChildrenOf(*step.node)) {
      for (unsigned i = children->length; i-- > 0;)
        steps.push_back({static_cast<const GumboNode*>(children->data[i]), false});
    }
  }
}

class Writer {
 public:
  void Text(std::string_view text, bool as_is) {
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = DecodeUtf8(text, at);
      const std::string_view character = text.substr(at, c.length);
      at += c.length;
      if (as_is) {
        if (c.value != '\r') out_ += character;
        continue;
      }
      if (c.value == ' ' || c.value == '\t' || c.value == '\r' || c.value == '\n' || c.value == 0xA0) {
        space_ = true;
        broken_ = broken_ || c.value == '\n';
        continue;
      }
      if (space_ && !AtLineStart() && !(broken_ && IsWide(LastCodePoint(out_)) && IsWide(c.value))) out_ += ' ';
      space_ = broken_ = false;
      out_ += character;
    }
  }
  void Line() {
    space_ = broken_ = false;
    if (out_.size() == begun_) out_.resize(marked_);  // nothing came after the mark
    begun_ = marked_ = 0;
    if (!AtLineStart()) out_ += '\n';
  }
  void BlankLine() {
    Line();
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }
  // A line of its own.
  void Add(std::string_view line) {
    Line();
    out_ += line;
    out_ += '\n';
  }
  // Mark-up at the beginning of a line.
  void Mark(std::string_view mark) {
    marked_ = out_.size();
    out_ += mark;
    begun_ = out_.size();
  }
  std::size_t size() const { return out_.size(); }
  std::string Take() {
    Line();
    return std::move(out_);
  }

 private:
  bool AtLineStart() const { return out_.size() == begun_ || out_.empty() || out_.back() == '\n'; }

  std::string out_;
  std::size_t marked_ = 0;               // where the mark of the line under way stands
  std::size_t begun_ = 0;                // where the text after it begins
  bool space_ = false, broken_ = false;  // white space is due, with a line break in it
};

// Of a cell; nullopt if it is longer than a cell of data.
std::optional<std::string> TextWithin(const GumboNode& cell) {
  constexpr std::size_t kLongest = 300;  // bytes
  int nodes = 1000;                      // at most
  Writer writer;
  const auto part = [&](const GumboNode& node) {
    if (IsBlock(TagOf(node)) || IsParagraph(TagOf(node)) || TagOf(node) == GUMBO_TAG_BR) writer.Text(" ", false);
  };
  Walk(
      cell,
      [&](const GumboNode& node) {
        if (--nodes < 0 || writer.size() > kLongest || IsHidden(node)) return false;
        part(node);
        if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_CDATA || node.type == GUMBO_NODE_WHITESPACE)
          writer.Text(node.v.text.text, false);
        return true;
      },
      part);
  if (nodes < 0 || writer.size() > kLongest) return std::nullopt;
  std::string text = writer.Take();
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

struct Cell {
  std::string text;
  int rows = 1, columns = 1;
};

// The rows of a table of data; none if the table has others inside, long cells, or a single row or column: then it lays
// out the page.
std::vector<std::vector<Cell>> DataRows(const GumboNode& table) {
  constexpr int kMostSpan = 1000;
  std::vector<std::vector<Cell>> rows;
  bool data = true;
  std::size_t widest = 0;
  Walk(
      table,
      [&](const GumboNode& node) {
        if (&node != &table && TagOf(node) == GUMBO_TAG_TABLE) data = false;
        if (!data) return false;
        if (TagOf(node) == GUMBO_TAG_TR) rows.emplace_back();
        if (!IsOneOf(TagOf(node), {GUMBO_TAG_TD, GUMBO_TAG_TH}) || rows.empty()) return true;
        auto text = TextWithin(node);
        data = text.has_value();
        if (!data) return false;
        Cell cell{std::move(*text), 1, 1};
        if (const char* span = Attribute(node, "rowspan")) cell.rows = std::clamp(std::atoi(span), 1, kMostSpan);
        if (const char* span = Attribute(node, "colspan")) cell.columns = std::clamp(std::atoi(span), 1, kMostSpan);
        rows.back().push_back(std::move(cell));
        widest = std::max(widest, rows.back().size());
        return true;  // a table inside the cell still has to be seen
      },
      [](const GumboNode&) {});
  if (!data || widest < 2 || rows.size() < 2) return {};
  return rows;
}

void WriteTable(std::string_view caption, const std::vector<std::vector<Cell>>& rows, Writer& writer) {
  bool plain = true;
  for (const auto& row : rows) {
    for (const Cell& cell : row)
      plain = plain && cell.rows == 1 && cell.columns == 1 && cell.text.find('|') == std::string::npos;
  }
  writer.BlankLine();
  if (!caption.empty()) writer.Add(caption);
  writer.BlankLine();
  if (!plain) writer.Add("<table>");
  bool first = true;
  for (const auto& row : rows) {
    if (row.empty()) continue;
    std::string line = plain ? "|" : "<tr>";
    for (const Cell& cell : row) {
      if (plain) {
        line += " " + cell.text + " |";
        continue;
      }
      line += "<td";
      if (cell.rows > 1) line += fmt::format(" rowspan=\"{}\"", cell.rows);
      if (cell.columns > 1) line += fmt::format(" colspan=\"{}\"", cell.columns);
      line += ">" + cell.text + "</td>";
    }
    writer.Add(plain ? line : line + "</tr>");
    if (plain && std::exchange(first, false)) {
      std::string rule = "|";
      for (std::size_t i = 0; i < row.size(); ++i) rule += " --- |";
      writer.Add(rule);
    }
  }
  if (!plain) writer.Add("</table>");
  writer.BlankLine();
}

// Often the unit of the figures.
std::string CaptionOf(const GumboNode& table) {
  const GumboVector& children = table.v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    const auto& child = *static_cast<const GumboNode*>(children.data[i]);
    if (TagOf(child) == GUMBO_TAG_CAPTION) return TextWithin(child).value_or("");
  }
  return {};
}

// The one element that the page calls its article, or its main part; else the whole page.
const GumboNode& ArticleOf(const GumboNode& root) {
  std::vector<const GumboNode*> articles, mains;
  Walk(
      root,
      [&](const GumboNode& node) {
        if (TagOf(node) == GUMBO_TAG_ARTICLE) articles.push_back(&node);
        if (TagOf(node) == GUMBO_TAG_MAIN) mains.push_back(&node);
        return true;
      },
      [](const GumboNode&) {});
  if (articles.size() == 1) return *articles.front();
  return mains.size() == 1 ? *mains.front() : root;
}

std::size_t HeadingLevel(GumboTag tag) {
  constexpr GumboTag kHeadings[] = {GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3, GUMBO_TAG_H4, GUMBO_TAG_H5, GUMBO_TAG_H6};
  const auto* const found = std::find(std::begin(kHeadings), std::end(kHeadings), tag);
  return found == std::end(kHeadings) ? 0 : static_cast<std::size_t>(found - kHeadings) + 1;
}

}  // namespace

bool IsHtmlPage(std::string_view text) {
  while (true) {
    text = TrimSpace(text.substr(0, 4096));
    if (!text.starts_with("<!--") && !text.starts_with("<?")) break;
    const std::string_view end = text.starts_with("<?") ? ">" : "-->";
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + end.size());
  }
  std::string head(text.substr(0, 14));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (std::string_view begin : {"<!doctype html", "<html", "<head>", "<body"}) {
    if (head.starts_with(begin)) return true;
  }
  return false;
}

std::string TextOfHtml(std::string_view html) {
  if (HtmlDepth(html) > kDeepestHtml) return {};
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const std::unique_ptr<GumboOutput, Destroy> tree(gumbo_parse_with_options(&options, html.data(), html.size()));
  Writer writer;
  if (!tree) return {};
  int preformatted = 0;
  Walk(
      ArticleOf(*tree->root),
      [&](const GumboNode& node) {
        if (IsHidden(node)) return false;
        const GumboTag tag = TagOf(node);
        if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_CDATA || node.type == GUMBO_NODE_WHITESPACE)
          writer.Text(node.v.text.text, preformatted > 0);
        if (tag == GUMBO_TAG_BR) writer.Line();
        if (tag == GUMBO_TAG_TABLE) {
          if (const auto rows = DataRows(node); !rows.empty()) {
            WriteTable(CaptionOf(node), rows, writer);
            return false;
          }
        }
        if (IsBlock(tag)) writer.Line();
        if (IsParagraph(tag)) writer.BlankLine();
        if (tag == GUMBO_TAG_PRE) ++preformatted;
        if (const std::size_t level = HeadingLevel(tag)) writer.Mark(std::string(level, '#') + " ");
        return true;
      },
      [&](const GumboNode& node) {
        const GumboTag tag = TagOf(node);
        if (tag == GUMBO_TAG_PRE) --preformatted;
        if (IsBlock(tag)) writer.Line();
        if (IsParagraph(tag)) writer.BlankLine();
      });
  return writer.Take();
}

}  // namespace ytterby
