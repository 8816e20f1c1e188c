#include "common/digest.hpp"

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace ytterby {
namespace {

// An unchecked failure would leave a digest of zeros, which is another document's id. With a known algorithm and our
// own buffers, the library fails only for lack of memory.
class Sha256Sum {
 public:
  Sha256Sum() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    Check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void Add(std::string_view bytes) { Check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }
  Digest Finish() {
    Digest digest;
    Check(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr) == 1);
    return digest;
  }

 private:
  static void Check(bool done) {
    if (!done) throw std::bad_alloc();
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string Digest::Hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<Digest> Digest::FromHex(std::string_view hex) {
  if (hex.size() != 64) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < 32; ++i) {
    const int high = HexValue(hex[2 * i]), low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::optional<Digest> Digest::FromRaw(std::string_view raw) {
  if (raw.size() != 32) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < 32; ++i) digest.bytes[i] = static_cast<std::uint8_t>(raw[i]);
  return digest;
}

Digest Sha256(std::string_view bytes) {
  Sha256Sum sum;
  sum.Add(bytes);
  return sum.Finish();
}

Digest Sha256Of(std::initializer_list<std::string_view> parts) {
  Sha256Sum sum;
  for (std::string_view part : parts) {
    sum.Add(std::to_string(part.size()) + ":");
    sum.Add(part);
  }
  return sum.Finish();
}

}  // namespace ytterby
