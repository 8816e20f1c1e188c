#include "common/http/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace ytterby {
namespace {

constexpr std::size_t kMostBytes = 8192;

struct Free {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, Free>;

std::string PartOf(CURLU* handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, part, &text, flags) != CURLUE_OK) return {};
  std::string value(text);
  curl_free(text);
  return value;
}

bool Set(CURLU* handle, std::string_view url) {
  if (url.size() > kMostBytes || url.find('\0') != std::string_view::npos) return false;
  return curl_url_set(handle, CURLUPART_URL, std::string(url).c_str(), CURLU_URLENCODE) == CURLUE_OK;
}

std::optional<Url> Read(CURLU* handle) {
  curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
  Url url;
  url.scheme = PartOf(handle, CURLUPART_SCHEME);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  if (!PartOf(handle, CURLUPART_USER).empty() || !PartOf(handle, CURLUPART_PASSWORD).empty()) return std::nullopt;
  url.host = PartOf(handle, CURLUPART_HOST);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (url.host.empty()) return std::nullopt;
  curl_url_set(handle, CURLUPART_HOST, url.host.c_str(), 0);
  url.port = PartOf(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.path = PartOf(handle, CURLUPART_PATH);
  if (const std::string query = PartOf(handle, CURLUPART_QUERY); !query.empty()) url.path += "?" + query;
  url.text = PartOf(handle, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  // Encoding may have made it longer than what can be read back.
  return url.text.empty() || url.text.size() > kMostBytes ? std::nullopt : std::optional(url);
}

// Links on pages are often broken over lines or have spaces around them.
std::string WithoutLineBreaks(std::string_view reference) {
  std::string out;
  for (char c : reference) {
    if (c != '\n' && c != '\r' && c != '\t') out += c;
  }
  const std::size_t begin = out.find_first_not_of(' '), end = out.find_last_not_of(' ');
  return begin == std::string::npos ? std::string() : out.substr(begin, end - begin + 1);
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  const Handle handle(curl_url());
  if (!handle || text.find("://") == std::string_view::npos || !Set(handle.get(), text)) return std::nullopt;
  return Read(handle.get());
}

std::optional<Url> ResolveUrl(const Url& base, std::string_view reference) {
  const Handle handle(curl_url());
  const std::string link = WithoutLineBreaks(reference);
  if (!handle || !Set(handle.get(), base.text)) return std::nullopt;
  if (!link.empty() && !Set(handle.get(), link)) return std::nullopt;
  return Read(handle.get());
}

}  // namespace ytterby
