// What the store keeps for the relay: which issues may have changed, what stands on the record topics, and who may
// publish.
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

// What stands on a record topic under one record id.
struct PublishedRecord {
  RecordKind kind = RecordKind::kFinding;
  std::string id;
  IssueId issue;
  std::optional<Digest> content;  // of the event's value; nullopt after a tombstone
  std::int64_t sequence = 0;
  bool acknowledged = false;  // false: it may be there or not
};

// Whose record topics the store's notes are about, and the view that they were last compared with as a whole.
struct RelayMark {
  std::string log_id, view;
  std::int64_t first_sequence = 1;  // of records that have none yet
  bool operator==(const RelayMark&) const = default;
};

struct RelayLease {
  std::int64_t term = 0;  // rises with each new holder
  RelayMark mark;
};

struct RelayBatch {
  bool forget = false;  // all that was published before, first
  // What will be sent next, durable when the call returns. It stands apart until a batch with `published` takes its
  // place.
  std::vector<PublishedRecord> noted{};
  std::vector<PublishedRecord> published{};
  std::vector<DirtyIssue> cleared{};  // each only if its counter has not moved
  std::vector<DeadLetter> copied{};   // letters whose attempts so far are on their dead-letter topics
  std::optional<RelayMark> mark{};
};

class RelayStore {
 public:
  virtual ~RelayStore() = default;

  // Takes the lease, or holds it for as long again from now; nullopt while another holds it. `holder`: a name no other
  // process has.
  virtual Result<std::optional<RelayLease>> TakeRelay(const std::string& holder, std::chrono::milliseconds lease) = 0;
  // At most `limit` of each consumer, those known longest first.
  virtual Result<std::vector<DirtyIssue>> DirtyIssues(std::size_t limit) = 0;
  // Of each of these issues, in their order.
  virtual Result<std::vector<std::vector<PublishedRecord>>> PublishedOf(const std::vector<IssueId>& issues) = 0;
  virtual Result<std::vector<IssueId>> PublishedIssues() = 0;
  // What was noted and not published since, none of it acknowledged: whoever noted it died, or was stopped, before it
  // knew.
  virtual Result<std::vector<PublishedRecord>> Noted() = 0;
  // Of all consumers, those with attempts that are on no dead-letter topic yet.
  virtual Result<std::vector<DeadLetter>> LettersToCopy(std::size_t limit) = 0;
  // Takes the lease's term from whoever holds it and forgets whose record topics are known: they are read again, and
  // what is missing there is published anew. For an operator, after a record topic was lost.
  virtual Result<void> ForgetPublished() = 0;
  // All or nothing. kConflict: `term` is not the latest, another process took the lease.
  virtual Result<void> WriteRelay(std::int64_t term, const RelayBatch& batch) = 0;
};

}  // namespace ytterby
