#include "common/checksum.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>

// Inlined, so that the state is on the stack and nothing is allocated.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ytterby {
namespace {

std::int64_t Crc32Of(std::initializer_list<std::string_view> parts) {
  uLong sum = crc32_z(0, nullptr, 0);
  const auto add = [&](std::string_view bytes) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  for (const std::string_view part : parts) {
    add(fmt::format("{} ", part.size()));
    if (!part.empty()) add(part);  // without a buffer, zlib would begin again
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace

// Lengths and numbers go in as their bytes.
static_assert(std::endian::native == std::endian::little, "stored checksums would differ between machines");

std::int64_t ChecksumOf(std::initializer_list<std::string_view> parts) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const std::string_view part : parts) {
    const std::uint64_t length = part.size();
    XXH3_64bits_update(&state, &length, sizeof length);
    XXH3_64bits_update(&state, part.data(), part.size());
  }
  constexpr std::uint64_t kMark = std::uint64_t{1} << 62;
  return static_cast<std::int64_t>((XXH3_64bits_digest(&state) & (kMark - 1)) | kMark);
}

bool IsIntact(std::int64_t stored, std::initializer_list<std::string_view> parts) {
  if (stored < 0) return true;
  return stored == (IsOldChecksum(stored) ? Crc32Of(parts) : ChecksumOf(parts));
}

}  // namespace ytterby
