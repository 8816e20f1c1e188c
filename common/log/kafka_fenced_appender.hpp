// Batches under a fenced name on Kafka: transactions of a fixed transactional.id.
#pragma once

#include <string>

#include "common/log/kafka_handles.hpp"
#include "common/log/kafka_messages.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

class KafkaFencedAppender final : public FencedAppender {
 public:
  KafkaFencedAppender(std::string name, int timeout_ms) : name_(std::move(name)), timeout_ms_(timeout_ms) {}
  // Takes the name from its current holder. `handle`: a producer with the name as its transactional.id, this object as
  // its opaque and OnDelivered as its delivery report callback.
  Result<void> Open(KafkaPtr<rd_kafka_t> handle);
  static void OnDelivered(rd_kafka_t* producer, const rd_kafka_message_t* message, void* opaque);
  Result<BatchStarts> Append(const std::vector<OutgoingRecord>& records) override;

 private:
  // Returns the error, after aborting the transaction if the error requires it.
  tl::unexpected<Error> Failed(KafkaPtr<rd_kafka_error_t> error);
  tl::unexpected<Error> Abandon(Error error);

  const std::string name_;
  const int timeout_ms_;
  InferredDelivery is_inferred_;
  // What this batch's delivery reports said; they arrive during our own calls:
  int inferred_ = 0;  // records that may not be in the log
  BatchStarts starts_;
  KafkaPtr<rd_kafka_t> handle_;
};

}  // namespace ytterby
