#include "common/log/headers.hpp"

#include <charconv>
#include <cstdint>

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
    std::uint32_t sizes[2] = {0, 0};
    for (std::uint32_t& size : sizes) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      if (error != std::errc() || !text.starts_with(':')) return headers;
      text.remove_prefix(1);
    }
    if (std::uint64_t{sizes[0]} + sizes[1] > text.size()) break;
    headers.emplace_back(text.substr(0, sizes[0]), text.substr(sizes[0], sizes[1]));
    text.remove_prefix(sizes[0] + sizes[1]);
  }
  return headers;
}

}  // namespace ytterby
