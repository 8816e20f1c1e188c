#include "producers/feeds/http/page_text.hpp"

#include <simdjson.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace ytterby {
namespace {

struct Close {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// The name after charset= or encoding=, in quotes or not.
std::string NamedSet(std::string_view text) {
  const std::string lower = Lower(text);
  for (std::string_view key : {"charset", "encoding"}) {
    for (std::size_t at = lower.find(key); at != std::string::npos; at = lower.find(key, at + 1)) {
      std::string_view rest = std::string_view(lower).substr(at + key.size());
      while (!rest.empty() &&
             (rest.front() == ' ' || rest.front() == '=' || rest.front() == '"' || rest.front() == '\''))
        rest.remove_prefix(1);
      const std::size_t end = std::min(rest.find_first_of("\"'; >?/"), rest.size());
      if (end > 0) return std::string(rest.substr(0, end));
    }
  }
  return {};
}

std::string Convert(std::string_view bytes, const char* set) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, Close> from(ucnv_open(set, &error));
  if (U_FAILURE(error)) return {};
  std::vector<char16_t> wide(bytes.size() + 1);
  const auto length = ucnv_toUChars(from.get(), wide.data(), static_cast<std::int32_t>(wide.size()), bytes.data(),
                                    static_cast<std::int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) return {};
  const std::unique_ptr<UConverter, Close> to(ucnv_open("UTF-8", &error));
  if (U_FAILURE(error)) return {};
  std::string text(3 * static_cast<std::size_t>(length) + 1, '\0');
  const auto size =
      ucnv_fromUChars(to.get(), text.data(), static_cast<std::int32_t>(text.size()), wide.data(), length, &error);
  if (U_FAILURE(error)) return {};
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

std::string PageText(std::string_view bytes, std::string_view content_type) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE")) return Convert(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xFE\xFF")) return Convert(bytes.substr(2), "UTF-16BE");
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return std::string(bytes);
  constexpr std::size_t kHead = 2048;  // where mark-up names its set
  std::string set = NamedSet(content_type);
  if (set.empty()) set = NamedSet(bytes.substr(0, kHead));
  // GB 18030 has all of GB 2312 and GBK, whose names stand for it everywhere; it is also what nameless bytes are.
  if (set.empty() || set.starts_with("gb") || set == "utf-8" || set == "utf8") set = "gb18030";
  std::string text = Convert(bytes, set.c_str());
  return text.empty() ? Convert(bytes, "gb18030") : text;
}

}  // namespace ytterby
