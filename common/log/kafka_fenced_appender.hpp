// Batches under a fenced name on Kafka: transactions of a fixed transactional.id.
#pragma once

#include <string>

#include "common/log/kafka_handles.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

class KafkaFencedAppender final : public FencedAppender {
 public:
  // `handle`: a producer with the name as its transactional.id.
  KafkaFencedAppender(KafkaPtr<rd_kafka_t> handle, std::string name, int timeout_ms)
      : handle_(std::move(handle)), name_(std::move(name)), timeout_ms_(timeout_ms) {}
  // Takes the name from whoever holds it.
  Result<void> Open();
  Result<void> Append(const std::vector<OutgoingRecord>& records) override;

 private:
  // The error, after the transaction was aborted where that is asked for.
  tl::unexpected<Error> Failed(KafkaPtr<rd_kafka_error_t> error);
  tl::unexpected<Error> Abandon(Error error);

  KafkaPtr<rd_kafka_t> handle_;
  const std::string name_;
  const int timeout_ms_;
};

}  // namespace ytterby
