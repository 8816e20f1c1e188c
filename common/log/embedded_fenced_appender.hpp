// Batches under a fenced name in the embedded log.
#pragma once

#include <string>

#include "common/log/embedded_log.hpp"

namespace ytterby {

class EmbeddedFencedAppender final : public FencedAppender {
 public:
  EmbeddedFencedAppender(EmbeddedLog& log, std::string name) : log_(log), name_(std::move(name)) {}
  // Takes the name from its current holder.
  Result<void> Open();
  Result<BatchStarts> Append(const std::vector<OutgoingRecord>& records) override;

 private:
  Result<BatchStarts> Write(const std::vector<OutgoingRecord>& records);

  EmbeddedLog& log_;
  const std::string name_;
  std::int64_t holder_ = 0;  // which holder of the name this is, from 1
  Database db_;
  embedded::RowAppender rows_;
};

}  // namespace ytterby
