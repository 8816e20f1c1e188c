// URLs, taken apart and joined by libcurl, so that what is judged is what is requested.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

struct Url {
  std::string text;    // normalised, without fragment; characters that are not ASCII are encoded
  std::string scheme;  // http or https
  std::string host;    // lower case; an IPv6 address keeps its brackets
  std::string port;    // always given
  std::string path;    // with the query; begins with a slash

  std::string origin() const { return scheme + "://" + host + ":" + port; }
};

// nullopt: no absolute http or https URL, or one with a user name.
std::optional<Url> ParseUrl(std::string_view text);
// `reference` as a link on the page `base`; nullopt as above.
std::optional<Url> ResolveUrl(const Url& base, std::string_view reference);

}  // namespace ytterby
