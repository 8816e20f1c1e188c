// The producers' events: each function updates the metric and the process's health and writes the log line, so the
// three never disagree. All metric names of the producers are in producer_events.cpp.
#pragma once

#include <optional>
#include <string>

#include "common/clock.hpp"
#include "common/health.hpp"
#include "common/metrics.hpp"
#include "common/result.hpp"
#include "producers/rejection.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

// Thread-safe.
class ProducerEvents {
 public:
  ProducerEvents(Metrics& metrics, Health& health);

  // Declares the feed's series at 0. Its health part is not working until the first FeedWorks.
  void FeedAdded(const std::string& feed);
  void FeedRemoved(const std::string& feed);
  // From the archive, before the feed publishes another.
  void NewestDocument(const std::string& feed, Timestamp fetched);
  // A round of the feed succeeded.
  void FeedWorks(const std::string& feed);
  // The log and the archive took what a round of the feed brought, whether or not the feed sees its source.
  void RoundWorks(const std::string& feed);
  // How a feed with polls of its own stands; for one of no success yet, `succeeded` is nullopt.
  void FeedPolled(const std::string& feed, const std::optional<Timestamp>& succeeded, Timestamp next, int failures);
  // The feed, or the log or archive behind it, failed; it is retried. `error.part` tells which.
  void FeedFailed(const std::string& feed, const Error& error);
  void FeedsStarted();
  void FeedsNotStarted(const Error& error);

  void DocumentPublished(const std::string& feed, const std::string& name, int sections, std::size_t bytes);
  void DocumentUnchanged(const std::string& feed);
  void DocumentRejected(const std::string& feed, const std::string& name, const Rejection& rejection);
  void DocumentSetAside(const std::string& feed, const std::string& name, const Rejection& rejection);
  // How many set-aside documents wait for a person, and the age of the oldest in seconds.
  void Letters(std::int64_t count, double oldest);
  // The log has acknowledged a section event of `bytes` bytes.
  void SectionAppended(Category category, std::size_t bytes);
  // An append was not acknowledged; its document will be appended again. Only a debug line: what it means for the feed
  // is counted by FeedFailed.
  void AppendFailed(const std::string& feed, const Error& error);

 private:
  static std::string PartOf(const std::string& feed) { return "feed " + feed; }

  Health& health_;
  ErrorCounters errors_;
  WaitingLetters letters_;
  prometheus::Family<prometheus::Counter>&documents_, &document_bytes_, &sections_;
  prometheus::Counter& section_bytes_;
  prometheus::Family<prometheus::Gauge>&last_success_, &newest_document_, &next_poll_, &failures_;
};

}  // namespace ytterby
