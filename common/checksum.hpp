// Detects bytes that changed on a disk. It does not protect against deliberate changes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace ytterby {

// Of the parts and their lengths, so that bytes that move from one part to the next change it: XXH3 of 62 bits, from
// 2^62 on.
std::int64_t ChecksumOf(std::initializer_list<std::string_view> parts);

// Whether it is a CRC-32, below 2^32, which earlier programs stored.
inline bool IsOldChecksum(std::int64_t stored) { return stored >= 0 && stored < std::int64_t{1} << 32; }

// Whether `stored` is the parts' checksum, in either form. A negative one stands for none.
bool IsIntact(std::int64_t stored, std::initializer_list<std::string_view> parts);

}  // namespace ytterby
