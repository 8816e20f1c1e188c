// The relay: publishes the current view on the record topics, and copies dead letters to theirs. One holder at a time a
// store.
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
  std::chrono::milliseconds lease{10'000};  // a holder that does not renew it so long loses it
  std::chrono::milliseconds pause{100};     // between looks for dirty issues while there are none
  // How long an issue that some consumers have touched waits for the others, so that one document is one change on the
  // record topics.
  std::chrono::milliseconds patience{0};
  std::chrono::milliseconds first_backoff{50}, last_backoff{1000};
  std::size_t issues = 100;            // compared in one step
  std::size_t batch_bytes = 1u << 20;  // of one transaction on the log, about
  std::uint64_t max_event_bytes = 900'000;
  // Between looks, while there is something to publish, whether a record topic was made anew.
  std::chrono::milliseconds look{10'000};
  // Between looks who owns the record topics.
  std::chrono::milliseconds owner_look{2'000};
  bool records = true;                   // false: dead letters only
  std::function<bool()> stop = nullptr;  // asked within a step, which may be long: true abandons it
};

// Each step compares dirty issues with what is published, notes in the store what it will send, sends it in one fenced
// transaction, and notes that it is there. A step that dies anywhere in between is repeated with the same events: a
// crash repeats an event, never invents one.
//
// Where the store knows nothing of the log's record topics, as after it was lost, they are read first; and a consumer's
// kinds are published only once it has stored all that was in the log then, so that a store that is still being filled
// takes nothing back.
class Relay {
 public:
  Relay(RecordLog& log, Store& store, RelayEvents& events, RelayOptions options);
  ~Relay();  // gives the lease back

  // Works until stopped, over any trouble.
  void Run(std::stop_token stop);

  enum class Step {
    kNotHeld,   // another process publishes for this store
    kNotOwner,  // another store owns the record topics
    kBehind,    // consumers have yet to store what was in the log at the start
    kWaiting,   // for other consumers to touch the same issues
    kIdle,      // all that is stored is published
    kWorked,
  };
  // One step, for whoever wants to know when all is published.
  Result<Step> RunStep();

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
  // Whether this store owns the record topics; claims them where nobody does.
  Result<bool> OwnsTopics();
  Result<void> BeginToPublish();
  Result<void> ReadRecordTopics();
  // kConflict: one was recreated; they are read again under the next term.
  Result<void> LookAtTopics();
  // A record topic that ends before where it ended, or all of them empty though something was published: somebody
  // deleted it.
  Result<std::optional<std::string>> RecreatedTopic();
  // The same by where a batch came to lie, which also shows a topic that has grown past its former end between two
  // looks.
  Result<void> LookAtStarts(const BatchStarts& starts);
  // All that is known of the topics is forgotten. Returns kConflict.
  Result<void> ReadAgain(const std::string& why);
  Result<void> LookWhoHasCaughtUp();
  Result<bool> HasStoredAll(const std::string& consumer);
  Result<void> CompareAll(const std::vector<RecordKind>& kinds);

  // The kinds with topics that a consumer makes, findings aside.
  static std::vector<RecordKind> KindsOf(const Normaliser& consumer);
  Result<bool> CopyLetters();
  // What is dirty and may be compared now, longest waiting first.
  std::vector<DirtyIssue> TakeDue(std::vector<DirtyIssue> dirty);
  // The issues known so far, and those that other processes have added.
  Result<void> KnowAllIssues(Snapshot& snapshot);
  void AddDirty(const std::vector<DirtyIssue>& dirty, const CurrentView& view, Work& work) const;
  Result<std::vector<Change>> Differences(CurrentView& view, const IssueId& issue, const std::set<RecordKind>& kinds,
                                          const std::vector<PublishedRecord>& published);
  Result<void> Publish(std::vector<Change> changes, std::vector<DirtyIssue> cleared);
  struct Sent {
    BatchStarts starts;
    std::vector<std::size_t> refused;  // for good
  };
  Result<Sent> Send(FencedAppender& appender, const std::vector<OutgoingRecord>& records);
  Result<bool> StillHeld();
  // Within a step: renews the lease. kConflict where its term has ended; kTryLater: asked to stop.
  Result<void> GoOn();
  void Drop();

  RecordLog& log_;
  Store& store_;
  RelayEvents& events_;
  const RelayOptions options_;
  const std::string holder_, letters_name_;

  bool leased_ = false;  // the store may still have the lease on this one's name

  // While the lease is held:
  std::int64_t term_ = 0;
  std::chrono::steady_clock::time_point renewed_{};
  RelayMark lease_mark_;
  std::unique_ptr<FencedAppender> letters_appender_;  // of this store
  std::unique_ptr<FencedAppender> appender_;          // of the record topics, where this store owns them
  std::optional<OwnerOnLog> owner_;                   // as read last; nullopt: not read yet
  std::chrono::steady_clock::time_point owner_read_{};
  RelayMark mark_, target_;                    // as the store has it, and as it will be when all is compared
  std::set<std::string> behind_;               // consumers that have not stored yet what was in the log at the start
  std::map<TopicPartition, Offset> at_start_;  // where the log ended then
  Work todo_;                                  // what is to be compared besides dirty issues
  std::map<IssueId, std::chrono::steady_clock::time_point> dirty_since_;
  std::optional<std::vector<IssueId>> issues_;  // of the view, ascending; nullopt: not read yet

  // What this process has seen of the record topics, whoever had the lease then:
  // Where they ended for whoever reads what is committed, which may show later than its commit is answered.
  std::map<TopicPartition, Offset> ends_;
  BatchStarts starts_;  // where the last batch of this process began
  std::chrono::steady_clock::time_point looked_{};
  bool worked_ = false;  // since it looked for the last time while there was nothing to do
  bool sent_ = false;    // in this term

  std::stop_token stop_;  // of Run
};

}  // namespace ytterby
