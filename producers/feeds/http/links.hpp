// The links of a web page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/url.hpp"

namespace ytterby {

struct PageLink {
  Url url;
  std::string text;  // white space collapsed
};

// The links of an HTML page in its order, resolved against its <base>, else against `page`. Links that are no http or
// https URL are left out, those above the first 20,000, and all of
// a page that nests deeper than any page does.
std::vector<PageLink> LinksOf(std::string_view html, const Url& page);

}  // namespace ytterby
