// What the relay is about to send, as the stores keep it: one text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "consumers/stores/relay_store.hpp"

namespace ytterby {

std::string EncodeNoted(const std::vector<PublishedRecord>& records);
// None of them acknowledged. kBadData: no such text.
Result<std::vector<PublishedRecord>> DecodeNoted(std::string_view text);

}  // namespace ytterby
