// A message as it comes back from a log.
#pragma once

#include "common/log/record_log.hpp"

namespace ytterby::testing {

inline LogRecord Logged(const OutgoingRecord& sent) {
  LogRecord record;
  record.at = {sent.topic, 0};
  record.key = sent.key;
  record.value = sent.value;
  record.headers = sent.headers;
  record.tombstone = sent.tombstone;
  return record;
}

}  // namespace ytterby::testing
