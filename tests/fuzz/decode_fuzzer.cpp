// Any bytes either decode to valid UTF-8 or are rejected with a reason.
#include <simdjson.h>

#include <cstdlib>

#include "producers/documents/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto decoded = ytterby::DecodeDocument({reinterpret_cast<const char*>(data), size});
  if (!decoded) return decoded.error().message.empty() ? (std::abort(), 0) : 0;
  if (!simdjson::validate_utf8(decoded->text) || decoded->text.find('\0') != std::string::npos) std::abort();
  return 0;
}
