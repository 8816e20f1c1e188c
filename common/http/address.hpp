// What kind of network an IP address belongs to, so that nobody can lead the program into a private one.
#pragma once

#include <string_view>

namespace ytterby {

enum class AddressClass {
  kPublic,
  kUnspecified,  // 0.0.0.0/8, ::
  kLoopback,
  kPrivate,    // RFC 1918, unique local, site local
  kLinkLocal,  // 169.254.0.0/16, fe80::/10
  kShared,     // RFC 6598: between a provider and its customers
  kMetadata,   // where clouds answer with a machine's credentials
  kMulticast,
  kReserved,  // documentation, benchmarks, protocol assignments, not given out
  kInvalid,   // no address at all
};

const char* AddressClassName(AddressClass address_class);  // public, unspecified, loopback, private, …

// The class of a numeric IPv4 or IPv6 address, without brackets; a zone (%eth0) is left out. An IPv4 address inside an
// IPv6 one (mapped, compatible, 6to4, NAT64) is unwrapped and judged. After the special-purpose registries of RFC 6890.
AddressClass ClassOfAddress(std::string_view address);

}  // namespace ytterby
