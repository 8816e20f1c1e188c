#include "common/checksum.hpp"

#include <fmt/format.h>
#include <zlib.h>

// Inlined: the library's own state would be allocated for each checksum.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ytterby {
namespace {

template <class Add>
void AddParts(std::initializer_list<std::string_view> parts, Add add) {
  for (const std::string_view part : parts) {
    char length[24];
    add(std::string_view(length, static_cast<std::size_t>(fmt::format_to(length, "{} ", part.size()) - length)));
    if (!part.empty()) add(part);  // without a buffer, zlib would begin again
  }
}

std::int64_t Crc32Of(std::initializer_list<std::string_view> parts) {
  uLong sum = crc32_z(0, nullptr, 0);
  AddParts(parts, [&](std::string_view bytes) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  });
  return static_cast<std::int64_t>(sum);
}

}  // namespace

std::int64_t ChecksumOf(std::initializer_list<std::string_view> parts) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  AddParts(parts, [&](std::string_view bytes) { XXH3_64bits_update(&state, bytes.data(), bytes.size()); });
  constexpr std::uint64_t kMark = std::uint64_t{1} << 62;
  return static_cast<std::int64_t>((XXH3_64bits_digest(&state) & (kMark - 1)) | kMark);
}

bool IsIntact(std::int64_t stored, std::initializer_list<std::string_view> parts) {
  if (stored < 0) return true;
  return stored == (IsOldChecksum(stored) ? Crc32Of(parts) : ChecksumOf(parts));
}

}  // namespace ytterby
