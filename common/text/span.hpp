// A range of bytes: where a value, a line or an article is.
#pragma once

#include <cstdint>

namespace ytterby {

// Half-open: [begin, end).
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t size() const { return end - begin; }
  bool operator==(const Span&) const = default;
};

}  // namespace ytterby
