#include "producers/feeds/http/links.hpp"

#include <gumbo.h>

#include <memory>
#include <optional>

#include "common/text/html_depth.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMostLinks = 20'000;
constexpr std::size_t kMostText = 1000;  // bytes of a link's text

struct Destroy {
  void operator()(GumboOutput* output) const { gumbo_destroy_output(&kGumboDefaultOptions, output); }
};

const char* Attribute(const GumboNode& node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node.v.element.attributes, name);
  return found ? found->value : nullptr;
}

// Nodes in document order, without recursion: a page may be nested as deep as it likes.
template <class Visit>
void Walk(const GumboNode* root, Visit visit) {
  std::vector<const GumboNode*> waiting{root};
  while (!waiting.empty()) {
    const GumboNode* node = waiting.back();
    waiting.pop_back();
    if (!visit(*node)) return;
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) continue;
    const GumboVector& children = node->v.element.children;
    for (unsigned i = children.length; i-- > 0;) waiting.push_back(static_cast<const GumboNode*>(children.data[i]));
  }
}

std::string TextOf(const GumboNode& link) {
  std::string text;
  bool space = false;
  Walk(&link, [&](const GumboNode& node) {
    if (node.type == GUMBO_NODE_WHITESPACE) space = true;
    if (node.type != GUMBO_NODE_TEXT) return true;
    for (const char* c = node.v.text.text; *c; ++c) {
      if (*c == ' ' || *c == '\n' || *c == '\r' || *c == '\t') {
        space = true;
        continue;
      }
      if (space && !text.empty()) text += ' ';
      space = false;
      text += *c;
    }
    return text.size() < kMostText;
  });
  return text;
}

}  // namespace

std::vector<PageLink> LinksOf(std::string_view html, const Url& page) {
  if (HtmlDepth(html) > kDeepestHtml) return {};
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const std::unique_ptr<GumboOutput, Destroy> tree(gumbo_parse_with_options(&options, html.data(), html.size()));
  std::vector<PageLink> links;
  if (!tree) return links;
  std::optional<Url> base;
  std::vector<const GumboNode*> anchors;
  Walk(tree->root, [&](const GumboNode& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return true;
    const bool is_link = node.v.element.tag == GUMBO_TAG_A || node.v.element.tag == GUMBO_TAG_AREA;
    if (is_link && Attribute(node, "href")) anchors.push_back(&node);
    const char* href = node.v.element.tag == GUMBO_TAG_BASE && !base ? Attribute(node, "href") : nullptr;
    if (href) base = ResolveUrl(page, href);
    return anchors.size() < kMostLinks;
  });
  for (const GumboNode* anchor : anchors) {
    const std::string_view href = Attribute(*anchor, "href");
    if (href.empty() || href.starts_with('#')) continue;
    if (auto url = ResolveUrl(base.value_or(page), href)) links.push_back({std::move(*url), TextOf(*anchor)});
  }
  return links;
}

}  // namespace ytterby
