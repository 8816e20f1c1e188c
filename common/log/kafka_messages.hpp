// Translates librdkafka's errors and messages into the log's types.
#pragma once

#include <librdkafka/rdkafka.h>

#include <set>
#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

inline constexpr int kDaemonCallTimeoutMs = 10'000;  // for one call by a daemon, which then retries

// kBadData: the message can never be accepted; kConfiguration: a person must fix it; kUnavailable: anything else, which
// may pass.
Error KafkaError(rd_kafka_resp_err_t error, std::string_view doing);

// Hands a record to librdkafka, which copies it. `opaque` comes back in its delivery report.
rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const OutgoingRecord& record, void* opaque);

// Recognises delivery reports that say a record was stored but not where: librdkafka infers this from a later batch's
// success, or from a broker that takes the batch for a duplicate. Neither is certain. While a leader is starting up, it
// may refuse the first batch to a partition and accept the next, which was sent before the refusal arrived; then the
// first is lost (ops/decisions/0011). Pass reports in the order they arrive.
class InferredDelivery {
 public:
  bool operator()(const rd_kafka_message_t& delivered);

 private:
  // In a batch reported as a duplicate, librdkafka counts offsets up from -1: -1, 0, 1, … A record seen again is in
  // another batch.
  TopicPartition at_;
  Offset next_ = -1;
  std::set<const void*> batch_;  // by their opaques
};

LogRecord RecordFromKafka(const rd_kafka_message_t& message);
OutgoingRecord AsOutgoing(LogRecord record);

}  // namespace ytterby
