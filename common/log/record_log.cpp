#include "common/log/record_log.hpp"

namespace ytterby {

const std::string* FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

int PartitionForKey(std::string_view key, int partitions) {
  // MurmurHash2, 32 bits, seed 0x9747b28c: org.apache.kafka.common.utils.Utils.murmur2.
  constexpr std::uint32_t kM = 0x5bd1e995;
  const auto* data = reinterpret_cast<const unsigned char*>(key.data());
  const std::uint32_t length = static_cast<std::uint32_t>(key.size());
  std::uint32_t h = 0x9747b28cu ^ length;
  std::uint32_t i = 0;
  for (; i + 4 <= length; i += 4) {
    std::uint32_t k = data[i] | data[i + 1] << 8 | data[i + 2] << 16 | static_cast<std::uint32_t>(data[i + 3]) << 24;
    k *= kM;
    k ^= k >> 24;
    k *= kM;
    h = (h * kM) ^ k;
  }
  const std::uint32_t rest = length - i;
  if (rest == 3) h ^= static_cast<std::uint32_t>(data[i + 2]) << 16;
  if (rest >= 2) h ^= static_cast<std::uint32_t>(data[i + 1]) << 8;
  if (rest >= 1) h = (h ^ data[i]) * kM;
  h ^= h >> 13;
  h *= kM;
  h ^= h >> 15;
  return static_cast<int>((h & 0x7fffffff) % static_cast<std::uint32_t>(partitions));
}

}  // namespace ytterby
