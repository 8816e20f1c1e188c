// The headers of a record as the bytes of one column.
#pragma once

#include <string>
#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

// Length-prefixed pairs: `klen:vlen:` then key and value, one after the other. Any bytes are allowed.
std::string EncodeHeaders(const Headers& headers);
// Stops at a truncated pair.
Headers DecodeHeaders(std::string_view text);

}  // namespace ytterby
