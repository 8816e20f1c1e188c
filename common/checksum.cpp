#include "common/checksum.hpp"

#include <fmt/format.h>
#include <zlib.h>

namespace ytterby {

std::int64_t ChecksumOf(std::initializer_list<std::string_view> parts) {
  uLong sum = crc32_z(0, nullptr, 0);
  const auto add = [&](std::string_view bytes) {
    // Without a buffer, zlib would begin again.
    if (!bytes.empty()) sum = crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  for (const std::string_view part : parts) {
    add(fmt::format("{} ", part.size()));
    add(part);
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace ytterby
