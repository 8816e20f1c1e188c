// How far a consumer is behind: from the offset in its store to the last known end of each partition. The last known
// values stay reported while the log is away.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/log/record_log.hpp"
#include "consumers/signals/consumer_events.hpp"

namespace ytterby {

// By partition, the next offset according to the store; nullopt: nothing is stored of it yet.
using StoredOffsets = std::map<TopicPartition, std::optional<Offset>>;

// Called from the consumer's thread.
class ConsumerLag {
 public:
  // `stored` is the consumer's own map and must outlive this object.
  ConsumerLag(ConsumerEvents& events, const Clock& clock, std::string group, const StoredOffsets& stored);

  // These records have been read and wait to be stored.
  void Read(const std::vector<LogRecord>& records);
  // They are stored now.
  void Stored(const std::vector<LogRecord>& records);
  // Reports the partitions that this member holds, at most once a second, from the watermarks that came with its last
  // records, so that an unreachable broker does not block the loop.
  void Report(const GroupMember& member);
  // Reports these partitions, whichever member holds them. After a start, or a pause of the broker, the group may take
  // a session timeout to assign partitions; until then each member reports all of them.
  void ReportUnassigned(const std::map<TopicPartition, Watermarks>& marks);
  bool HasReported() const { return !reported_.empty(); }

 private:
  void Know(const TopicPartition& at, const Watermarks& marks);
  void Limit(std::set<TopicPartition> held);
  void Publish();

  ConsumerEvents& events_;
  const Clock& clock_;
  const std::string group_;
  const StoredOffsets& stored_;
  std::set<TopicPartition> reported_;
  std::map<TopicPartition, Offset> lows_, ends_;  // last known watermarks
  std::optional<Timestamp> waiting_since_;        // when the oldest message known to wait was appended
  std::chrono::steady_clock::time_point last_report_{};
};

}  // namespace ytterby
