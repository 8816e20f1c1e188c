// What servers send: a page, a feed, robots.txt, text in any character set. Nothing of it may crash, and what is read
// from it holds what its comments promise.
#include <simdjson.h>

#include <cstdlib>

#include "producers/documents/html_text.hpp"
#include "producers/feeds/http/links.hpp"
#include "producers/feeds/http/page_text.hpp"
#include "producers/feeds/http/robots.hpp"
#include "producers/feeds/http/syndication.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ytterby;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Url page = *ParseUrl("https://example.com/list/");
  const auto on_the_web = [](const Url& url) {
    return url.text.starts_with("http://") || url.text.starts_with("https://");
  };
  for (const PageLink& link : LinksOf(bytes, page)) {
    if (!on_the_web(link.url) || link.url.host.empty()) std::abort();
  }
  if (const auto feed = ReadSyndication(bytes, page)) {
    for (const SyndicationEntry& entry : feed->entries) {
      if ((entry.link && !on_the_web(*entry.link)) || (entry.enclosure && !on_the_web(*entry.enclosure))) std::abort();
    }
    if (UntilAllowed(*feed, Timestamp()) < std::chrono::seconds(0)) std::abort();
  }
  const Robots robots(bytes, "ytterby");
  if (robots.Allows("/a/b.txt?c") != (robots.RuleAgainst("/a/b.txt?c") == nullptr)) std::abort();
  const std::string text = PageText(bytes, "text/html");
  if (!simdjson::validate_utf8(text.data(), text.size()) && !bytes.starts_with("\xEF\xBB\xBF")) std::abort();
  const std::string article = TextOfHtml(text);
  if (!simdjson::validate_utf8(article.data(), article.size())) std::abort();
  if (IsHtmlPage(article) && text.empty()) std::abort();
  return 0;
}
