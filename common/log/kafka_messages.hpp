// What librdkafka says, in the log's own words: errors and messages.
#pragma once

#include <librdkafka/rdkafka.h>

#include <set>
#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

inline constexpr int kDaemonCallTimeoutMs = 10'000;  // of one call of a daemon, which then tries again

// kBadData: the message can never be taken; kConfiguration: a person must mend it; kUnavailable: anything else, which
// may pass.
Error KafkaError(rd_kafka_resp_err_t error, std::string_view doing);

// Hands a record to librdkafka, which copies it. `opaque` travels to its delivery report.
rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const OutgoingRecord& record, void* opaque);

// Which delivery reports say that a record is there but not where: librdkafka has it from a later batch's success, or
// from a broker that takes the batch for a duplicate. Neither is sure. While a leader begins its work, the first batch
// to a partition may be refused and the next, sent before the answer came, taken; then the first is lost
// (ops/decisions/0011). Reports are looked at in the order they come.
class Supposed {
 public:
  bool operator()(const rd_kafka_message_t& delivered);

 private:
  // Of a batch called a duplicate librdkafka counts the places from -1 on: -1, 0, 1, … A record that is met again is in
  // another batch.
  TopicPartition at_;
  Offset next_ = -1;
  std::set<const void*> batch_;  // by their opaques
};

LogRecord RecordFromKafka(const rd_kafka_message_t& message);
OutgoingRecord AsOutgoing(LogRecord record);

}  // namespace ytterby
