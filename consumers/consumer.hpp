// The consumer loop: read a batch, normalise, one transaction, commit.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "common/clock.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/signals/consumer_lag.hpp"
#include "consumers/stores/letters.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

struct ConsumerOptions {
  ReadLimits batch{1000, 2u << 20};
  std::chrono::milliseconds poll_wait{250};
  std::chrono::milliseconds first_backoff{50}, last_backoff{1000};
  bool waits_for_operator = false;  // true: also retries errors that only a person can fix; false: they end Run
  std::chrono::milliseconds operator_wait{10'000};  // between those retries
};

// Header of a message that a retry sent: the id of its dead letter.
inline constexpr std::string_view kRetryHeader = "ytterby_dead_letter";

// Reads one log as one group and writes to one store. Offsets are kept in the store. Nothing is skipped silently: a log
// other than the one read before is read from its beginning, and offsets that the log no longer has are reported.
class Consumer {
 public:
  // `store_id` is part of the group's name; offsets and rows go to `writer`.
  Consumer(const Normaliser& normaliser, RecordLog& log, const std::string& store_id, StoreWriter& writer,
           Letters& letters, ConsumerEvents& events, const Clock& clock, ConsumerOptions options);

  // Joins the group and works until stopped. Returns an error only if a person must fix it and `waits_for_operator` is
  // false.
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
  Result<void> StoreRecords(const std::vector<LogRecord>& records, const GroupMember& member, std::stop_token stop);
  Result<void> WriteWithRetry(const StoreBatch& batch, const GroupMember& member, std::stop_token stop);
  Result<std::set<TopicPartition>> SeekWhereRecreated(GroupMember& member,
                                                      const std::vector<TopicPartition>& partitions);
  Result<void> CheckNoneLeftOut(const std::vector<LogRecord>& records);
  Result<void> AfterConflict(GroupMember& member, const std::vector<LogRecord>& records, const Error& conflict);
  Result<void> ReturnToStored(GroupMember& member, const std::vector<LogRecord>& records,
                              std::set<TopicPartition> returned);
  void Committed(const StoreBatch& batch);
  void ReportGap(const TopicPartition& at, Offset from, Offset low);
  void ReportLagWithoutAssignment();
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
  Holder holder_;                          // this process, as shown by `status`
  std::set<TopicPartition> verified_;      // without a committed position, but checked against the stored fingerprint
  StoredOffsets stored_;                   // offsets in the store, for the compare-and-set
  std::map<TopicPartition, Offset> next_;  // offset expected next
  ConsumerLag lag_;
  std::chrono::steady_clock::time_point letters_reported_{}, log_checked_{}, unassigned_lag_reported_{};
};

}  // namespace ytterby
