// What the store keeps for the relay: which issues may have changed, what is on the record topics, and which process
// may publish.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consumers/stores/dead_letter.hpp"
#include "schemas/events/record_event.hpp"

namespace ytterby {

// An issue touched by a consumer's transactions since the relay last cleared it.
struct DirtyIssue {
  std::string consumer;
  IssueId issue;
  std::int64_t counter = 0;
};

// What is on a record topic under one record id.
struct PublishedRecord {
  RecordKind kind = RecordKind::kFinding;
  std::string id;
  IssueId issue;
  std::optional<Digest> content;  // of the event's value; nullopt after a tombstone
  std::int64_t sequence = 0;
  bool acknowledged = false;  // false: it may or may not be on the topic
};

// Which log's record topics the store describes, and the view version with which all of them were last compared.
struct RelayMark {
  std::string log_id, view;
  std::int64_t first_sequence = 1;  // for records that have none yet
  bool operator==(const RelayMark&) const = default;
};

struct RelayLease {
  std::int64_t term = 0;  // rises with each new holder
  RelayMark mark;
};

struct RelayBatch {
  bool forget = false;  // first forgets everything published before
  // What will be sent next; durable when the call returns. It is kept separately until a batch with `published`
  // replaces it.
  std::vector<PublishedRecord> noted{};
  std::vector<PublishedRecord> published{};
  std::vector<DirtyIssue> cleared{};  // each only if its counter has not changed
  std::vector<DeadLetter> copied{};   // letters whose attempts so far are on their dead-letter topics
  std::optional<RelayMark> mark{};
};

class RelayStore {
 public:
  virtual ~RelayStore() = default;

  // Takes the lease or renews it for `lease` from now. nullopt: another holder has it. `holder`: a name unique to this
  // process.
  virtual Result<std::optional<RelayLease>> TakeRelay(const std::string& holder, std::chrono::milliseconds lease) = 0;
  // At most `limit` of each consumer, in the order in which it first stored the issues.
  virtual Result<std::vector<DirtyIssue>> DirtyIssues(std::size_t limit) = 0;
  // The published records of each of these issues, in their order.
  virtual Result<std::vector<std::vector<PublishedRecord>>> PublishedOf(const std::vector<IssueId>& issues) = 0;
  virtual Result<std::vector<IssueId>> PublishedIssues() = 0;
  // What was noted but not recorded as published, none of it acknowledged: the process that noted it died or was
  // stopped before it knew the outcome.
  virtual Result<std::vector<PublishedRecord>> Noted() = 0;
  // Letters of all consumers with attempts that are not yet on a dead-letter topic.
  virtual Result<std::vector<DeadLetter>> LettersToCopy(std::size_t limit) = 0;
  // Ends the current holder's term and forgets which log's record topics are known: the relay reads them again and
  // publishes what is missing there. For an operator, after a record topic was lost.
  virtual Result<void> ForgetPublished() = 0;
  // All or nothing. kConflict: `term` is not the latest, another process took the lease.
  virtual Result<void> WriteRelay(std::int64_t term, const RelayBatch& batch) = 0;
};

}  // namespace ytterby
