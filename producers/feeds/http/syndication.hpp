// RSS 0.9x, 1.0 and 2.0, and Atom.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/http/url.hpp"

namespace ytterby {

struct SyndicationEntry {
  std::string id;                // guid, atom:id or rdf:about; empty if it has none
  std::optional<Url> link;       // where it can be read
  std::optional<Url> enclosure;  // a file that comes with it
  std::string title;
  std::string updated;  // as printed; another text means that the entry has changed
  std::string content;  // the whole text if the entry has it (content:encoded, atom:content), in HTML
};

struct Syndication {
  std::string title;
  std::optional<std::chrono::seconds> ttl;
  std::vector<int> skip_hours;            // 0 to 23, UTC
  std::vector<std::string> skip_days;     // Monday, …
  std::vector<SyndicationEntry> entries;  // at most 5,000
};

// nullopt: no such feed, or no well-formed XML but for bare ampersands. Nothing outside `bytes` is read, no entity of
// its own is expanded.
std::optional<Syndication> ReadSyndication(std::string_view bytes, const Url& place);

// How long until an hour that is not skipped; 0 if `now` is in none.
std::chrono::seconds UntilAllowed(const Syndication& feed, Timestamp now);

}  // namespace ytterby
