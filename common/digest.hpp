// SHA-256 names: a document is named by the digest of its bytes, anything derived by the digest of what it was derived
// from.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

// 32 bytes of SHA-256. Ordered bytewise, which is also the order of the hexadecimal form.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  // 64 lower-case hexadecimal digits.
  std::string Hex() const;
  // The 32 bytes as they are stored in a database.
  std::string_view Raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  static std::optional<Digest> FromHex(std::string_view hex);
  static std::optional<Digest> FromRaw(std::string_view raw);
};

Digest Sha256(std::string_view bytes);

// Digest of a list of parts, each preceded by its length, so that different lists never hash the same bytes.
Digest Sha256Of(std::initializer_list<std::string_view> parts);

// A digest with its own meaning: ids of different kinds do not convert into each other.
template <class Tag>
struct DigestId {
  Digest digest;
  auto operator<=>(const DigestId&) const = default;
  std::string Hex() const { return digest.Hex(); }
  std::string_view Raw() const { return digest.Raw(); }
};

using DocumentDigest = DigestId<struct DocumentDigestTag>;  // of the bytes a feed delivered
using TextDigest = DigestId<struct TextDigestTag>;          // of the decoded UTF-8 text
using SectionId = DigestId<struct SectionIdTag>;
using ManifestId = DigestId<struct ManifestIdTag>;

}  // namespace ytterby
