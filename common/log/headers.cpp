#include "common/log/headers.hpp"

namespace ytterby {

std::string EncodeHeaders(const Headers& headers) {
  std::string out;
  for (const auto& [key, value] : headers) {
    out += std::to_string(key.size()) + ':' + std::to_string(value.size()) + ':';
    out += key;
    out += value;
  }
  return out;
}

Headers DecodeHeaders(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    std::size_t sizes[2] = {0, 0};
    for (std::size_t& size : sizes) {
      while (!text.empty() && text[0] != ':') {
        size = size * 10 + static_cast<std::size_t>(text[0] - '0');
        text.remove_prefix(1);
      }
      if (!text.empty()) text.remove_prefix(1);
    }
    if (sizes[0] + sizes[1] > text.size()) break;
    headers.emplace_back(text.substr(0, sizes[0]), text.substr(sizes[0], sizes[1]));
    text.remove_prefix(sizes[0] + sizes[1]);
  }
  return headers;
}

}  // namespace ytterby
