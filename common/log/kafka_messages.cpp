#include "common/log/kafka_messages.hpp"

#include <fmt/format.h>

namespace ytterby {
namespace {

ErrorKind KindOf(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return ErrorKind::kBadData;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorKind::kConfiguration;
    default:
      return ErrorKind::kUnavailable;
  }
}

}  // namespace

Error KafkaError(rd_kafka_resp_err_t error, std::string_view doing) {
  return {KindOf(error), fmt::format("Kafka: {}: {}", doing, rd_kafka_err2str(error))};
}

LogRecord RecordFromKafka(const rd_kafka_message_t& message) {
  LogRecord record;
  record.at = {rd_kafka_topic_name(message.rkt), message.partition};
  record.offset = message.offset;
  record.timestamp = FromMillis(rd_kafka_message_timestamp(&message, nullptr));
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  record.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

}  // namespace ytterby
