// A dead letter as a store keeps it.
#pragma once

#include <optional>
#include <string>

#include "common/digest.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

// A message that a consumer could not process, with everything needed to send it again.
struct DeadLetter {
  Digest id;
  TopicPartition at;  // where it last failed
  Offset offset = 0;
  std::string stage;  // decode | normalise | store
  std::string error;
  std::string key, value;
  Headers headers;
  Timestamp known_at{};         // of its first failure
  std::optional<Digest> event;  // the section's or manifest's id, if nothing is stored under it
  int attempts = 1;
  std::string consumer{};      // set when read; letters of a batch are its consumer's
  std::string state = "open";  // open | retried | closed | waived
  std::string note;            // why it was waived
  bool intact = true;          // false: its id is none that this program wrote
};

}  // namespace ytterby
