// A delivery's events: its sections and the manifest that lists them (pure).
#pragma once

#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "producers/documents/archive.hpp"
#include "producers/documents/decode.hpp"
#include "producers/sections/splitter.hpp"
#include "schemas/events/manifest.hpp"

namespace ytterby {

struct DeliveryEvents {
  std::vector<OutgoingRecord> sections;
  std::vector<Category> categories;  // of the sections
  Manifest manifest;
};

// Encodes all events of a delivery whose revision is known. Fails with kTooLarge if one of them would be above
// `max_event_bytes`: then none can be appended.
tl::expected<DeliveryEvents, Rejection> EncodeDelivery(const Delivery& delivery, const DecodedText& decoded,
                                                       const SplitDocument& split, std::size_t max_event_bytes);

}  // namespace ytterby
