// Detects bytes that changed on a disk. No protection against intent.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace ytterby {

// CRC-32 (zlib) of the parts and their lengths, so that bytes that move from one part to the next change it. Below
// 2^32.
std::int64_t ChecksumOf(std::initializer_list<std::string_view> parts);

}  // namespace ytterby
