// The relay: publishes the current view on the record topics and copies dead letters to theirs. Each store has one
// relay holder at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "consumers/relay/record_owner.hpp"
#include "consumers/relay/relay_events.hpp"
#include "consumers/stores/store.hpp"
#include "consumers/views/current_view.hpp"

namespace ytterby {

struct RelayOptions {
  std::chrono::milliseconds lease{10'000};    // a holder that does not renew it within this time loses it
  std::chrono::milliseconds pause{100};       // between checks for dirty issues while there are none
  std::chrono::milliseconds blocked{60'000};  // before an issue whose rows are damaged is tried again
  // How long an issue that only some consumers have touched waits for the others, so that one document is one change on
  // the record topics.
  std::chrono::milliseconds patience{0};
  std::chrono::milliseconds first_backoff{50}, last_backoff{1000};
  std::size_t issues = 100;            // compared in one step
  std::size_t batch_bytes = 1u << 20;  // of one transaction on the log, about
  std::uint64_t max_event_bytes = 900'000;
  // Between checks, while there is something to publish, for a recreated record topic.
  std::chrono::milliseconds recreated_check{10'000};
  // Between checks of who owns the record topics.
  std::chrono::milliseconds owner_check{2'000};
  bool records = true;                   // false: dead letters only
  std::function<bool()> stop = nullptr;  // called during a step, which may be long: true abandons it
};

// Each step compares dirty issues with what is published, notes in the store what it will send, sends it in one fenced
// transaction, and records in the store that it was sent. A step that dies anywhere in between is repeated with the
// same events: a crash repeats an event, never invents one.
//
// If the store knows nothing about the log's record topics, for example because it was rebuilt, the relay reads them
// first. It then publishes a consumer's kinds only once that consumer has stored everything that was in the log at that
// time, so that a store that is still being filled retracts nothing.
class Relay {
 public:
  Relay(RecordLog& log, Store& store, RelayEvents& events, RelayOptions options);
  ~Relay();  // releases the lease

  // Works until stopped; retries after any error.
  void Run(std::stop_token stop);

  enum class Step {
    kNotHeld,   // another process publishes for this store
    kNotOwner,  // another store owns the record topics
    kBehind,    // consumers have yet to store what was in the log at the start
    kWaiting,   // waiting for other consumers to touch the same issues
    kBlocked,   // what is left cannot be compared: its rows are damaged
    kIdle,      // all that is stored is published
    kWorked,
  };
  // One step, for callers that need to know when everything is published.
  Result<Step> RunStep();
  // Why an issue is not published whole; nullopt: all are.
  std::optional<std::string> WhyBlocked() const;

 private:
  using Work = std::map<IssueId, std::set<RecordKind>>;
  struct Change {
    PublishedRecord note;
    OutgoingRecord event;
  };

  Result<Step> TakeStep();
  Result<void> CompareAndPublish(std::vector<DirtyIssue> dirty);
  Result<void> PublishDifferences(CurrentView& view, const Work& work, std::vector<DirtyIssue> cleared);
  // relay_takeover.cpp
  Result<void> Begin(const RelayLease& lease);
  // Whether this store owns the record topics. Claims them if no store does.
  Result<bool> OwnsTopics();
  Result<void> BeginToPublish();
  Result<void> ReadRecordTopics();
  // Notes what one partition has as published. Returns the keys of which the last message is not one of our events.
  // `only`: reads nothing but these keys, and notes their events as not acknowledged, so that they are sent again.
  Result<std::set<std::string>> ReadPartition(RecordKind kind, const TopicPartition& at, const Watermarks& marks,
                                              const std::set<std::string>* only);
  // kConflict: a topic was recreated; all are read again under the next term.
  Result<void> CheckTopics();
  // A record topic whose end moved back, or any if all are empty although something was published: it was deleted.
  // Returns the reason.
  Result<std::optional<std::string>> RecreatedTopic();
  // The same check by the offsets of a batch, which also detects a recreated topic that has grown past its former end
  // between two checks.
  Result<void> CheckStarts(const BatchStarts& starts);
  // Forgets everything known about the topics. Returns kConflict.
  Result<void> ReadAgain(const std::string& why);
  Result<void> UpdateBehind();
  Result<bool> HasStoredAll(const std::string& consumer);
  Result<void> CompareAll(const std::vector<RecordKind>& kinds);

  // The published kinds of a consumer, without findings.
  static std::vector<RecordKind> KindsOf(const Normaliser& consumer);
  Result<bool> CopyLetters();
  // The dirty issues that may be compared now, longest waiting first.
  std::vector<DirtyIssue> TakeDue(std::vector<DirtyIssue> dirty);
  // Reads the list of all issues, including those that other processes added.
  Result<void> ReadAllIssues(Snapshot& snapshot);
  bool IsBlocked(const IssueId& issue) const;
  void Block(const IssueId& issue, const std::string& why);
  void AddDirty(const std::vector<DirtyIssue>& dirty, const CurrentView& view, Work& work) const;
  Result<std::vector<Change>> Differences(CurrentView& view, const IssueId& issue, const std::set<RecordKind>& kinds,
                                          const std::vector<PublishedRecord>& published);
  Result<void> Publish(std::vector<Change> changes, std::vector<DirtyIssue> cleared);
  struct Sent {
    BatchStarts starts;
    std::vector<std::size_t> refused;  // for good
  };
  Result<Sent> Send(FencedAppender& appender, const std::vector<OutgoingRecord>& records);
  Result<bool> HoldsLease();
  // Called within a step: renews the lease. kConflict: its term has ended. kTryLater: asked to stop.
  Result<void> RenewLease();
  void Drop();

  RecordLog& log_;
  Store& store_;
  RelayEvents& events_;
  const RelayOptions options_;
  const std::string holder_, letters_name_;

  bool leased_ = false;  // the store may still have the lease under this holder's name

  // While the lease is held:
  std::int64_t term_ = 0;
  std::chrono::steady_clock::time_point renewed_{};
  RelayMark lease_mark_;
  std::unique_ptr<FencedAppender> letters_appender_;  // of this store
  std::unique_ptr<FencedAppender> appender_;          // of the record topics, if this store owns them
  std::optional<OwnerOnLog> owner_;                   // as last read; nullopt: not read yet
  std::chrono::steady_clock::time_point owner_read_{};
  RelayMark mark_, target_;                    // as stored now, and as stored once everything is compared
  std::set<std::string> behind_;               // consumers that have not yet stored what was in the log at the start
  std::map<TopicPartition, Offset> at_start_;  // where the log ended then
  Work todo_;                                  // to be compared in addition to dirty issues
  std::map<IssueId, std::chrono::steady_clock::time_point> dirty_since_;
  struct Blocked {
    std::chrono::steady_clock::time_point until;
    std::string why;
  };
  std::map<IssueId, Blocked> blocked_;          // issues with a kind that cannot be compared until then
  std::optional<std::vector<IssueId>> issues_;  // of the view, ascending; nullopt: not read yet

  // What this process has seen of the record topics, whichever process had the lease:
  // Where they ended for a reader of committed records, who may see a commit later than it is acknowledged.
  std::map<TopicPartition, Offset> ends_;
  BatchStarts starts_;  // where the last batch of this process began
  std::chrono::steady_clock::time_point topics_checked_{};
  bool worked_ = false;  // since the last check while there was nothing to do
  bool sent_ = false;    // in this term

  std::stop_token stop_;  // of Run
};

}  // namespace ytterby
