#include "common/uuid.hpp"

#include <fmt/format.h>

#include <random>

namespace ytterby {

std::string RandomUuid() {
  std::random_device random;
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:08x}{:04x}", random(), random() & 0xffff, random() & 0xfff,
                     0x8000 | (random() & 0x3fff), random(), random() & 0xffff);
}

}  // namespace ytterby
