// The consumer loop: read a batch, normalise, one transaction, commit.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "common/clock.hpp"
#include "consumers/consumer_events.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/stores/letters.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

struct ConsumerOptions {
  ReadLimits batch{1000, 2u << 20};
  std::chrono::milliseconds poll_wait{250};
  std::chrono::milliseconds first_backoff{50}, last_backoff{1000};
  bool waits_for_operator =
      false;  // retries, at this interval, also what only a person can fix; otherwise that ends it
  std::chrono::milliseconds operator_wait{10'000};
};

// Names the dead letter that a message was sent again for.
inline constexpr std::string_view kRetryHeader = "ytterby_dead_letter";

// One group on one log into one store. Offsets live in the store; nothing is skipped silently: a log that is not the
// one read before is read from its beginning, and offsets that are gone are reported.
class Consumer {
 public:
  // `store_id` names the group; offsets and rows go to `writer`.
  Consumer(const Normaliser& normaliser, RecordLog& log, const std::string& store_id, StoreWriter& writer,
           Letters& letters, ConsumerEvents& events, const Clock& clock, ConsumerOptions options);

  // Joins the group and works until stopped. Returns an error only for what a person must fix, unless it waits for
  // that.
  Result<void> Run(std::stop_token stop);

  // ytterby.<consumer>.<store id>
  const std::string& group() const { return group_; }

 private:
  Result<Offset> StartOf(const TopicPartition& at);
  Result<Offset> StoredOrBeginning(const TopicPartition& at);
  Result<void> Round(GroupMember& member, std::stop_token stop);
  StoreBatch Normalise(const std::vector<LogRecord>& records);
  void NormaliseOne(const LogRecord& record, StoreBatch& batch);
  void AddOffsets(const std::vector<LogRecord>& records, StoreBatch& batch) const;
  Result<void> StoreRecords(const std::vector<LogRecord>& records, std::stop_token stop);
  Result<void> WriteWithRetry(const StoreBatch& batch, std::stop_token stop);
  Result<std::set<TopicPartition>> SeekWhereRecreated(GroupMember& member,
                                                      const std::vector<TopicPartition>& partitions);
  Result<void> CheckNoneLeftOut(const std::vector<LogRecord>& records);
  Result<void> ReturnToStored(GroupMember& member, const std::vector<LogRecord>& records,
                              std::set<TopicPartition> returned);
  void Committed(const StoreBatch& batch);
  void ReportGap(const TopicPartition& at, Offset from, Offset low);
  void ReportLag(const GroupMember& member);
  void ReportLagBeforeAssignment();
  void PublishLag();
  void ReportLagOf(std::set<TopicPartition> held);
  void ReportLetters();
  void NoteHolder();

  const Normaliser& normaliser_;
  RecordLog& log_;
  StoreWriter& store_;
  Letters& letters_;
  ConsumerEvents& events_;
  const Clock& clock_;
  ConsumerOptions options_;
  std::string name_, group_;
  Holder holder_;  // this process, as `status` names it
  std::set<TopicPartition>
      verified_;  // without a position in the log, but known to be the stored one's log or begun again
  std::map<TopicPartition, std::optional<Offset>> stored_;  // what the store holds, for the compare-and-set
  std::map<TopicPartition, Offset> next_;                   // behind what was read last; where reading began, at first
  std::set<TopicPartition> reported_;                       // whose lag this consumer reports
  std::map<TopicPartition, Offset> lows_, ends_;            // last known
  std::optional<Timestamp> waiting_since_;                  // the oldest message known to wait was appended then
  std::chrono::steady_clock::time_point lag_reported_{}, letters_reported_{}, log_checked_{};
};

}  // namespace ytterby
