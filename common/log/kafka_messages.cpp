#include "common/log/kafka_messages.hpp"

#include <fmt/format.h>

#include <iterator>

#include "common/log/kafka_handles.hpp"

namespace ytterby {
namespace {

ErrorKind KindOf(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return ErrorKind::kBadData;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorKind::kConfiguration;
    default:
      return ErrorKind::kUnavailable;
  }
}

}  // namespace

Error KafkaError(rd_kafka_resp_err_t error, std::string_view doing) {
  return {KindOf(error), fmt::format("Kafka: {}: {}", doing, rd_kafka_err2str(error)), Part::kLog};
}

rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const OutgoingRecord& record, void* opaque) {
  KafkaPtr<rd_kafka_headers_t> headers(rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers.get(), name.c_str(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  rd_kafka_vu_t fields[6] = {};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = record.topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  fields[2].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};  // only read
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (!record.tombstone) fields[3].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers.get();
  fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[5].u.ptr = opaque;
  const KafkaPtr<rd_kafka_error_t> refused(rd_kafka_produceva(producer, fields, std::size(fields)));
  if (refused) return rd_kafka_error_code(refused.get());
  (void)headers.release();  // produceva took them
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

LogRecord RecordFromKafka(const rd_kafka_message_t& message) {
  LogRecord record;
  record.at = {rd_kafka_topic_name(message.rkt), message.partition};
  record.offset = message.offset;
  record.timestamp = FromMillis(rd_kafka_message_timestamp(&message, nullptr));
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  record.value.assign(static_cast<const char*>(message.payload), message.len);
  record.tombstone = message.payload == nullptr;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

bool InferredDelivery::operator()(const rd_kafka_message_t& delivered) {
  const TopicPartition at{rd_kafka_topic_name(delivered.rkt), delivered.partition};
  const bool counted_on = next_ >= 0 && delivered.offset == next_ && at == at_ && !batch_.contains(delivered._private);
  const bool inferred = !delivered.err && (delivered.offset < 0 || counted_on);
  if (!counted_on) batch_.clear();
  if (!inferred) {
    next_ = -1;
    return false;
  }
  at_ = at;
  next_ = delivered.offset >= -1 ? delivered.offset + 1 : -1;
  batch_.insert(delivered._private);
  return true;
}

OutgoingRecord AsOutgoing(LogRecord record) {
  OutgoingRecord outgoing{std::move(record.at.topic), std::move(record.key), std::move(record.value),
                          std::move(record.headers)};
  outgoing.tombstone = record.tombstone;
  return outgoing;
}

}  // namespace ytterby
