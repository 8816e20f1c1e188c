// What the relay is about to send, encoded as one text in the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "consumers/stores/relay_store.hpp"

namespace ytterby {

std::string EncodeNoted(const std::vector<PublishedRecord>& records);
// The records are not acknowledged. kBadData: the text is not from EncodeNoted.
Result<std::vector<PublishedRecord>> DecodeNoted(std::string_view text);

}  // namespace ytterby
