// What happens on the producers' side: each function counts the metric and writes the log line, so the two never disagree.
// All metric names of this side stand in producer_events.cpp.
#pragma once

#include <chrono>
#include <string>

#include "common/metrics.hpp"
#include "producers/sections/splitter.hpp"

namespace ytterby {

class ProducerEvents {
 public:
  explicit ProducerEvents(Metrics& metrics);

  void DocumentPublished(const std::string& feed, const std::string& name, int sections, std::size_t bytes);
  void DocumentUnchanged(const std::string& feed);
  void DocumentRejected(const std::string& feed, const std::string& name, const Rejection& rejection);
  void DocumentSetAside(const std::string& feed, const std::string& name, const std::string& reason);
  // Documents set aside that wait for someone, and the age of the oldest in seconds.
  void Letters(std::int64_t count, double oldest);
  void SectionAppended(Category category, std::size_t bytes);
  void AppendFailed(const std::string& feed, const std::string& message);
  void FeedFailed(const std::string& feed, const std::string& message);

 private:
  Metrics& metrics_;
};

}  // namespace ytterby
