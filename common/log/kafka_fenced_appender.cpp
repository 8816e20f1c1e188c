#include "common/log/kafka_fenced_appender.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/log/kafka_messages.hpp"

namespace ytterby {

Result<void> KafkaFencedAppender::Open(KafkaPtr<rd_kafka_t> handle) {
  handle_ = std::move(handle);
  if (KafkaPtr<rd_kafka_error_t> error{rd_kafka_init_transactions(handle_.get(), timeout_ms_)})
    return Failed(std::move(error));
  return {};
}

void KafkaFencedAppender::OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<KafkaFencedAppender*>(opaque);
  if (self->is_inferred_(*message)) {
    ++self->inferred_;
  } else if (!message->err) {
    const TopicPartition at{rd_kafka_topic_name(message->rkt), message->partition};
    Offset& start = self->starts_.try_emplace(at, message->offset).first->second;
    start = std::min(start, message->offset);
  }
}

Result<BatchStarts> KafkaFencedAppender::Append(const std::vector<OutgoingRecord>& records) {
  if (KafkaPtr<rd_kafka_error_t> error{rd_kafka_begin_transaction(handle_.get())}) return Failed(std::move(error));
  inferred_ = 0;
  starts_.clear();
  for (const OutgoingRecord& record : records) {
    rd_kafka_resp_err_t refused = Produce(handle_.get(), record, nullptr);
    while (refused == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_flush(handle_.get(), 50);
      refused = Produce(handle_.get(), record, nullptr);
    }
    if (rd_kafka_fatal_error(handle_.get(), nullptr, 0)) {
      return Failed(KafkaPtr<rd_kafka_error_t>(rd_kafka_error_new(RD_KAFKA_RESP_ERR__FATAL, "fatal")));
    }
    // A record of the batch has already failed; the commit reports how.
    if (refused == RD_KAFKA_RESP_ERR__STATE) break;
    if (refused) return Abandon(KafkaError(refused, "append to " + record.topic));
  }
  // All reports must arrive before the commit. Any other failure makes the commit fail.
  if (rd_kafka_flush(handle_.get(), timeout_ms_) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    return Abandon({ErrorKind::kUnavailable, fmt::format("{}: not all records were acknowledged in time", name_)});
  }
  if (inferred_ > 0) {
    return Abandon({ErrorKind::kUnavailable,
                    fmt::format("{}: {} records were acknowledged without their offsets", name_, inferred_)});
  }
  if (KafkaPtr<rd_kafka_error_t> error{rd_kafka_commit_transaction(handle_.get(), timeout_ms_)})
    return Failed(std::move(error));
  return std::move(starts_);
}

tl::unexpected<Error> KafkaFencedAppender::Failed(KafkaPtr<rd_kafka_error_t> error) {
  rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  char text[256];
  if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(handle_.get(), text, sizeof text);
  const bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                      code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
  if (fenced) return FailLog(ErrorKind::kConflict, fmt::format("{}: another process took over", name_));
  Error failed = KafkaError(code, name_);
  failed.message += fmt::format(" ({})", rd_kafka_error_string(error.get()));
  if (rd_kafka_error_txn_requires_abort(error.get())) return Abandon(std::move(failed));
  return tl::unexpected<Error>(std::move(failed));
}

tl::unexpected<Error> KafkaFencedAppender::Abandon(Error error) {
  const KafkaPtr<rd_kafka_error_t> aborted(rd_kafka_abort_transaction(handle_.get(), timeout_ms_));
  if (aborted) error.message += fmt::format("; aborting: {}", rd_kafka_error_string(aborted.get()));
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace ytterby
