// What librdkafka says, in the log's own words: errors and messages.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

inline constexpr int kDaemonCallTimeoutMs = 10'000;  // of one call of a daemon, which then tries again

// kBadData: the message can never be taken; kConfiguration: a person must mend it; kUnavailable: anything else, which may pass.
Error KafkaError(rd_kafka_resp_err_t error, std::string_view doing);

// Hands a record to librdkafka, which copies it. `opaque` travels to its delivery report.
rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const OutgoingRecord& record, void* opaque);

LogRecord RecordFromKafka(const rd_kafka_message_t& message);

}  // namespace ytterby
