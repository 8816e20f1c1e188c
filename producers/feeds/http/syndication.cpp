#include "producers/feeds/http/syndication.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>

#include "producers/feeds/http/page_text.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMostEntries = 5000;

struct Free {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};

std::string_view NameOf(const xmlNode* node) { return reinterpret_cast<const char*>(node->name); }
std::string_view NamespaceOf(const xmlNode* node) {
  return node->ns && node->ns->href ? reinterpret_cast<const char*>(node->ns->href) : "";
}
constexpr std::string_view kAtom = "http://www.w3.org/2005/Atom";

std::string TextOf(const xmlNode* node) {
  xmlChar* content = xmlNodeGetContent(node);
  std::string text = content ? reinterpret_cast<const char*>(content) : "";
  xmlFree(content);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string AttributeOf(const xmlNode* node, const char* name) {
  xmlChar* value = xmlGetNoNsProp(node, reinterpret_cast<const xmlChar*>(name));
  std::string text = value ? reinterpret_cast<const char*>(value) : "";
  xmlFree(value);
  return text;
}

std::string AboutOf(const xmlNode* node) {
  xmlChar* value = xmlGetNsProp(node, reinterpret_cast<const xmlChar*>("about"),
                                reinterpret_cast<const xmlChar*>("http://www.w3.org/1999/02/22-rdf-syntax-ns#"));
  std::string text = value ? reinterpret_cast<const char*>(value) : "";
  xmlFree(value);
  return text;
}

template <class Visit>
void ForEachChild(const xmlNode* parent, Visit visit) {
  for (const xmlNode* node = parent->children; node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE) visit(node, NameOf(node));
  }
}

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? std::optional(number) : std::nullopt;
}

// xml:base of the nearest element that has one.
Url BaseOf(xmlDoc* document, const xmlNode* node, const Url& place) {
  xmlChar* base = xmlNodeGetBase(document, node);
  const auto resolved = base ? ResolveUrl(place, reinterpret_cast<const char*>(base)) : std::nullopt;
  xmlFree(base);
  return resolved.value_or(place);
}

void ReadAtomLink(const xmlNode* node, const Url& base, SyndicationEntry& entry) {
  const std::string rel = AttributeOf(node, "rel");
  const auto url = ResolveUrl(base, AttributeOf(node, "href"));
  if (rel == "enclosure" && !entry.enclosure) entry.enclosure = url;
  if ((rel.empty() || rel == "alternate") && !entry.link) entry.link = url;
}

SyndicationEntry ReadEntry(xmlDoc* document, const xmlNode* item, const Url& place) {
  SyndicationEntry entry;
  entry.id = AboutOf(item);
  const Url base = BaseOf(document, item, place);
  bool permanent = false;
  ForEachChild(item, [&](const xmlNode* node, std::string_view name) {
    if (name == "title" && entry.title.empty()) entry.title = TextOf(node);
    if (name == "guid" || name == "id") {
      entry.id = TextOf(node);
      permanent = name == "guid" && AttributeOf(node, "isPermaLink") != "false";
    }
    if (name == "link") {
      if (NamespaceOf(node) == kAtom) {
        ReadAtomLink(node, base, entry);
      } else if (!entry.link) {
        if (const std::string text = TextOf(node); !text.empty()) entry.link = ResolveUrl(base, text);
      }
    }
    if (name == "enclosure" && !entry.enclosure) entry.enclosure = ResolveUrl(base, AttributeOf(node, "url"));
    if (name == "updated" || name == "pubDate" || name == "date" || name == "modified" ||
        (name == "published" && entry.updated.empty()))
      entry.updated = TextOf(node);
    if (name == "encoded" || (name == "content" && NamespaceOf(node) == kAtom && AttributeOf(node, "src").empty()))
      entry.content = TextOf(node);
  });
  if (!entry.link && permanent) entry.link = ParseUrl(entry.id);
  constexpr std::size_t kLongestId = 1024;
  const bool odd = std::any_of(entry.id.begin(), entry.id.end(), [](char c) { return c >= 0 && c <= ' '; });
  if (odd || entry.id.size() > kLongestId) entry.id.clear();
  return entry;
}

void ReadChannel(const xmlNode* channel, Syndication& feed) {
  ForEachChild(channel, [&](const xmlNode* node, std::string_view name) {
    if (name == "title" && feed.title.empty()) feed.title = TextOf(node);
    if (name == "ttl") {
      if (const auto minutes = NumberOf(TextOf(node)); minutes && *minutes <= 7 * 24 * 60)
        feed.ttl = std::chrono::minutes(*minutes);
    }
    if (name == "skipHours") {
      ForEachChild(node, [&](const xmlNode* hour, std::string_view) {
        if (const auto number = NumberOf(TextOf(hour)); number && *number <= 24)
          feed.skip_hours.push_back(*number % 24);
      });
    }
    if (name == "skipDays")
      ForEachChild(node, [&](const xmlNode* day, std::string_view) { feed.skip_days.push_back(TextOf(day)); });
  });
}

}  // namespace

namespace {

// Null if it is not well formed: what a parser makes of the rest is a guess.
std::unique_ptr<xmlDoc, Free> Parse(const std::string& xml) {
  if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  const std::unique_ptr<xmlParserCtxt, Free> context(xmlNewParserCtxt());
  if (!context) return nullptr;
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
  // The text is UTF-8 by now, whatever its declaration says.
  return std::unique_ptr<xmlDoc, Free>(
      xmlCtxtReadMemory(context.get(), xml.data(), static_cast<int>(xml.size()), nullptr, "UTF-8", kOptions));
}

// A bare & (in ?a=1&b=2) is the most frequent mistake in feeds.
std::string WithEscapedAmpersands(std::string_view xml) {
  constexpr std::size_t kLongestEntity = 12;
  std::string out;
  for (std::size_t at = 0; at < xml.size(); ++at) {
    out += xml[at];
    if (xml[at] != '&') continue;
    const std::string_view rest = xml.substr(at + 1, kLongestEntity);
    const std::size_t end = rest.find(';');
    const bool entity =
        end != std::string_view::npos && end > 0 &&
        rest.substr(0, end).find_first_not_of("#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
            std::string_view::npos;
    if (!entity) out += "amp;";
  }
  return out;
}

}  // namespace

std::optional<Syndication> ReadSyndication(std::string_view bytes, const Url& place) {
  std::string xml = PageText(bytes, {});
  std::unique_ptr<xmlDoc, Free> document = Parse(xml);
  if (!document) document = Parse(WithEscapedAmpersands(xml));
  const xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  // A document type with declarations of its own is no feed's: they serve to blow it up.
  if (!root || (document->intSubset && document->intSubset->children)) return std::nullopt;
  Syndication feed;
  const auto add = [&](const xmlNode* item) {
    if (feed.entries.size() < kMostEntries) feed.entries.push_back(ReadEntry(document.get(), item, place));
  };
  if (NameOf(root) == "feed") {
    ForEachChild(root, [&](const xmlNode* node, std::string_view name) {
      if (name == "entry") add(node);
      if (name == "title" && feed.title.empty()) feed.title = TextOf(node);
    });
    return feed;
  }
  if (NameOf(root) != "rss" && NameOf(root) != "RDF") return std::nullopt;
  ForEachChild(root, [&](const xmlNode* node, std::string_view name) {
    if (name == "item") add(node);  // RSS 1.0 has them beside the channel
    if (name != "channel") return;
    ReadChannel(node, feed);
    ForEachChild(node, [&](const xmlNode* item, std::string_view of) {
      if (of == "item") add(item);
    });
  });
  return feed;
}

std::chrono::seconds UntilAllowed(const Syndication& feed, Timestamp now) {
  using namespace std::chrono;
  static constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};
  const auto skipped = [&](Timestamp at) {
    const auto day = floor<days>(at);
    const auto hour = static_cast<int>(floor<hours>(at - day).count());
    const std::string_view name = kDays[weekday(sys_days(day.time_since_epoch())).c_encoding()];
    return std::find(feed.skip_hours.begin(), feed.skip_hours.end(), hour) != feed.skip_hours.end() ||
           std::find(feed.skip_days.begin(), feed.skip_days.end(), name) != feed.skip_days.end();
  };
  Timestamp at = now;
  for (int hour = 0; hour < 24 * 7 && skipped(at); ++hour) at = ceil<hours>(at + seconds(1));
  return skipped(at) ? seconds(0) : duration_cast<seconds>(at - now);
}

}  // namespace ytterby
