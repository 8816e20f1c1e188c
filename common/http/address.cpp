#include "common/http/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ytterby {
namespace {

struct Block4 {
  std::uint32_t first;
  int bits;
  AddressClass address_class;
};

constexpr std::uint32_t Ip4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// The first that holds the address decides.
constexpr Block4 kBlocks4[] = {
    {Ip4(169, 254, 169, 254), 32, AddressClass::kMetadata},  // AWS, Google, Azure, Oracle and others
    {Ip4(169, 254, 170, 2), 32, AddressClass::kMetadata},    // AWS, containers
    {Ip4(100, 100, 100, 200), 32, AddressClass::kMetadata},  // Alibaba
    {Ip4(192, 0, 0, 192), 32, AddressClass::kMetadata},      // Oracle, classic
    {Ip4(168, 63, 129, 16), 32, AddressClass::kMetadata},    // Azure
    {Ip4(0, 0, 0, 0), 8, AddressClass::kUnspecified},       {Ip4(10, 0, 0, 0), 8, AddressClass::kPrivate},
    {Ip4(100, 64, 0, 0), 10, AddressClass::kShared},        {Ip4(127, 0, 0, 0), 8, AddressClass::kLoopback},
    {Ip4(169, 254, 0, 0), 16, AddressClass::kLinkLocal},    {Ip4(172, 16, 0, 0), 12, AddressClass::kPrivate},
    {Ip4(192, 0, 0, 0), 24, AddressClass::kReserved},       {Ip4(192, 0, 2, 0), 24, AddressClass::kReserved},
    {Ip4(192, 88, 99, 0), 24, AddressClass::kReserved},     {Ip4(192, 168, 0, 0), 16, AddressClass::kPrivate},
    {Ip4(198, 18, 0, 0), 15, AddressClass::kReserved},      {Ip4(198, 51, 100, 0), 24, AddressClass::kReserved},
    {Ip4(203, 0, 113, 0), 24, AddressClass::kReserved},     {Ip4(224, 0, 0, 0), 4, AddressClass::kMulticast},
    {Ip4(240, 0, 0, 0), 4, AddressClass::kReserved},
};

AddressClass ClassOf4(std::uint32_t address) {
  for (const Block4& block : kBlocks4) {
    const int shift = 32 - block.bits;
    if (address >> shift == block.first >> shift) return block.address_class;
  }
  return AddressClass::kPublic;
}

using Bytes6 = std::array<std::uint8_t, 16>;

bool Begins(const Bytes6& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

std::uint32_t Ip4At(const Bytes6& address, std::size_t at) {
  return Ip4(address[at], address[at + 1], address[at + 2], address[at + 3]);
}

// The IPv4 address that an IPv6 one stands for.
std::optional<std::uint32_t> Unwrapped(const Bytes6& address) {
  const bool ten_zeros =
      std::all_of(address.begin(), address.begin() + 10, [](std::uint8_t byte) { return byte == 0; });
  if (ten_zeros && address[10] == 0xFF && address[11] == 0xFF) return Ip4At(address, 12);            // mapped
  if (ten_zeros && address[10] == 0 && address[11] == 0) return Ip4At(address, 12);                  // compatible
  if (Begins(address, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) return Ip4At(address, 12);  // NAT64
  if (Begins(address, {0x20, 0x02})) return Ip4At(address, 2);                                       // 6to4
  return std::nullopt;
}

AddressClass ClassOf6(const Bytes6& address) {
  const bool zeros = std::all_of(address.begin(), address.end() - 1, [](std::uint8_t byte) { return byte == 0; });
  if (zeros && address[15] == 0) return AddressClass::kUnspecified;
  if (zeros && address[15] == 1) return AddressClass::kLoopback;
  if (const auto inner = Unwrapped(address)) return ClassOf4(*inner);
  if (Begins(address, {0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}))
    return AddressClass::kMetadata;
  if ((address[0] & 0xFE) == 0xFC) return AddressClass::kPrivate;
  if (address[0] == 0xFE && (address[1] & 0xC0) == 0x80) return AddressClass::kLinkLocal;
  if (address[0] == 0xFE && (address[1] & 0xC0) == 0xC0) return AddressClass::kPrivate;  // site local
  if (address[0] == 0xFF) return AddressClass::kMulticast;
  if ((address[0] & 0xE0) != 0x20) return AddressClass::kReserved;  // only 2000::/3 is given out
  if (Begins(address, {0x20, 0x01}) && (address[2] & 0xFE) == 0) return AddressClass::kReserved;  // Teredo and others
  if (Begins(address, {0x20, 0x01, 0x0D, 0xB8})) return AddressClass::kReserved;                  // documentation
  if (Begins(address, {0x3F, 0xFF}) && (address[2] & 0xF0) == 0) return AddressClass::kReserved;  // documentation
  return AddressClass::kPublic;
}

}  // namespace

const char* AddressClassName(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::kPublic:
      return "public";
    case AddressClass::kUnspecified:
      return "unspecified";
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kPrivate:
      return "private";
    case AddressClass::kLinkLocal:
      return "link-local";
    case AddressClass::kShared:
      return "shared";
    case AddressClass::kMetadata:
      return "metadata";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kReserved:
      return "reserved";
    case AddressClass::kInvalid:
      return "invalid";
  }
  return "invalid";
}

AddressClass ClassOfAddress(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return ClassOf4(ntohl(four.s_addr));
  Bytes6 six{};
  if (inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return ClassOf6(six);
  return AddressClass::kInvalid;
}

}  // namespace ytterby
