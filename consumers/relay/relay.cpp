#include "consumers/relay/relay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <utility>

#include "common/caught.hpp"
#include "common/host.hpp"
#include "common/uuid.hpp"
#include "common/wait.hpp"

namespace ytterby {
namespace {

// How many times more issues a step reads than it compares, to find those that all consumers have touched.
constexpr std::size_t kReadAhead = 10;

bool IsPublished(RecordKind kind) {
  const auto& kinds = PublishedKinds();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Kafka Connect's header names, so that its tools can read them.
OutgoingRecord CopyOf(const DeadLetter& letter, const std::string& group) {
  OutgoingRecord copy{DeadLetterTopic(letter.at.topic), letter.key, letter.value, letter.headers};
  const std::pair<const char*, std::string> errors[] = {
      {"__connect.errors.topic", letter.at.topic},
      {"__connect.errors.partition", std::to_string(letter.at.partition)},
      {"__connect.errors.offset", std::to_string(letter.offset)},
      {"__connect.errors.connector.name", group},
      {"__connect.errors.task.id", "0"},
      {"__connect.errors.stage", letter.stage},
      {"__connect.errors.class.name", "ytterby." + letter.consumer},
      {"__connect.errors.exception.class.name", "ytterby." + letter.stage},
      {"__connect.errors.exception.message", letter.error},
      {"ytterby_dead_letter_id", letter.id.Hex()},
      {"ytterby_attempts", std::to_string(letter.attempts)},
  };
  for (const auto& [name, value] : errors) copy.headers.emplace_back(name, value);
  return copy;
}

}  // namespace

Relay::Relay(RecordLog& log, Store& store, RelayEvents& events, RelayOptions options)
    : log_(log),
      store_(store),
      events_(events),
      options_(options),
      holder_(fmt::format("{} {} {}", RandomUuid(), HostName(), getpid())),
      letters_name_("ytterby.relay." + store.Id()) {}

Relay::~Relay() {
  if (leased_) (void)store_.relay().TakeRelay(holder_, std::chrono::milliseconds(0));
}

void Relay::Run(std::stop_token stop) {
  stop_ = stop;
  Backoff backoff(options_.first_backoff, options_.last_backoff);
  while (!stop.stop_requested()) {
    const auto step = RunStep();
    if (stop.stop_requested()) break;
    if (!step) {
      events_.Failed(step.error());
      WaitFor(stop, backoff.Next());
      continue;
    }
    events_.Works();
    events_.Blocked(WhyBlocked());
    backoff.Reset();
    if (*step != Step::kWorked) WaitFor(stop, options_.pause);
  }
}

void Relay::Drop() {
  letters_appender_.reset();
  appender_.reset();
  issues_.reset();
  dirty_since_.clear();
  owner_.reset();
  term_ = 0;
  events_.Stops();
}

Result<bool> Relay::HoldsLease() {
  const auto now = std::chrono::steady_clock::now();
  if (term_ != 0 && now - renewed_ < options_.lease / 4) return true;
  YT_ASSIGN(lease, store_.relay().TakeRelay(holder_, options_.lease));
  leased_ = lease.has_value();
  if (!lease) {
    if (term_ != 0) Drop();
    events_.StandsBy();
    return false;
  }
  renewed_ = now;
  if (lease->term == term_) return true;
  Drop();
  YT_CHECK(Begin(*lease));
  return true;
}

Result<void> Relay::RenewLease() {
  if (stop_.stop_requested() || (options_.stop && options_.stop())) return Fail(ErrorKind::kTryLater, "asked to stop");
  const auto now = std::chrono::steady_clock::now();
  if (now - renewed_ < options_.lease / 4) return {};
  YT_ASSIGN(lease, store_.relay().TakeRelay(holder_, options_.lease));
  // What was read under an ended term may be stale: another holder may have published since.
  if (!lease || lease->term != term_) return Fail(ErrorKind::kConflict, "the relay's lease was lost");
  renewed_ = now;
  return {};
}

Result<Relay::Step> Relay::RunStep() {
  Result<Step> taken = Caught([&] { return TakeStep(); });
  if (taken) return taken;
  Drop();  // everything known about the log and the store is read again
  if (taken.error().kind != ErrorKind::kConflict) return taken;
  return Step::kNotHeld;
}

Result<Relay::Step> Relay::TakeStep() {
  YT_ASSIGN(held, HoldsLease());
  if (!held) return Step::kNotHeld;
  YT_ASSIGN(copied, CopyLetters());
  if (!options_.records) return copied ? Step::kWorked : Step::kIdle;
  YT_ASSIGN(owns, OwnsTopics());
  if (!owns) return copied ? Step::kWorked : Step::kNotOwner;
  YT_CHECK(UpdateBehind());
  if (behind_.empty() && todo_.empty() && mark_ != target_) {
    // Everything was compared once; the store tracks what has become dirty since.
    YT_CHECK(store_.relay().WriteRelay(term_, {.mark = target_}));
    mark_ = target_;
  }
  YT_ASSIGN(found, store_.relay().DirtyIssues(options_.issues * kReadAhead));
  std::erase_if(found, [&](const DirtyIssue& one) { return behind_.contains(one.consumer); });
  const bool none = found.empty();
  const bool only_blocked =
      std::all_of(found.begin(), found.end(), [&](const DirtyIssue& one) { return blocked_.contains(one.issue); });
  std::vector<DirtyIssue> dirty = TakeDue(std::move(found));
  const bool to_do = std::any_of(todo_.begin(), todo_.end(), [&](const auto& one) { return !IsBlocked(one.first); });
  if (!dirty.empty() || to_do) {
    YT_CHECK(CompareAndPublish(std::move(dirty)));
    return Step::kWorked;
  }
  if (std::exchange(worked_, false)) {
    // Where the topics end now, for later comparison; the broker that acknowledged the last batch can answer this.
    topics_checked_ = {};
    YT_CHECK(CheckTopics());
  }
  if (copied) return Step::kWorked;
  if (!none || !todo_.empty()) return only_blocked ? Step::kBlocked : Step::kWaiting;
  return behind_.empty() ? Step::kIdle : Step::kBehind;
}

// Compares the dirty issues and as many of todo_ as fit into a step.
Result<void> Relay::CompareAndPublish(std::vector<DirtyIssue> dirty) {
  YT_CHECK(CheckTopics());
  // Opened after the dirty marks were read: anything stored later marks its issue again.
  YT_ASSIGN(snapshot, store_.OpenSnapshot());
  if (!issues_) YT_CHECK(ReadAllIssues(*snapshot));
  CurrentView view(*snapshot, std::exchange(issues_, std::nullopt).value_or(std::vector<IssueId>()));
  std::vector<IssueId> touched;
  for (const DirtyIssue& one : dirty) touched.push_back(one.issue);
  YT_CHECK(view.Learn(touched));
  Work work;
  AddDirty(dirty, view, work);
  std::vector<IssueId> done;
  for (auto one = todo_.begin(); one != todo_.end() && work.size() < options_.issues; ++one) {
    if (IsBlocked(one->first)) continue;
    work[one->first].insert(one->second.begin(), one->second.end());
    done.push_back(one->first);
  }
  YT_CHECK(PublishDifferences(view, work, std::move(dirty)));
  worked_ = sent_ = true;
  for (const IssueId& issue : done) {
    if (!blocked_.contains(issue)) todo_.erase(issue);
  }
  issues_ = view.TakeIssues();
  return {};
}

// Publishes in batches. While one is being published, the next is prepared from other issues.
Result<void> Relay::PublishDifferences(CurrentView& view, const Work& work, std::vector<DirtyIssue> cleared) {
  std::vector<IssueId> issues;
  for (const auto& [issue, kinds] : work) issues.push_back(issue);
  // Findings depend on everything that the consumers have of an issue.
  view.Expect(issues, std::any_of(work.begin(), work.end(),
                                  [](const auto& one) { return one.second.contains(RecordKind::kFinding); }));
  YT_ASSIGN(published, store_.relay().PublishedOf(issues));
  auto of_issue = published.begin();
  std::vector<Change> changes;
  std::size_t bytes = 0;
  // Its destructor waits for the batch.
  std::future<Result<void>> under_way;
  const auto publish = [&](std::vector<DirtyIssue> of_batch) -> Result<void> {
    if (under_way.valid()) YT_CHECK(under_way.get());
    under_way = std::async(std::launch::async, &Relay::Publish, this, std::exchange(changes, {}), std::move(of_batch));
    bytes = 0;
    return {};
  };
  for (const auto& one : work) {
    const auto& [issue, kinds] = one;
    YT_CHECK(RenewLease());
    std::optional<std::string> damage;
    for (RecordKind kind : kinds) {
      // An exception says as much about the issue's rows as damage that was noticed.
      auto some = Caught([&, &issue = one.first] { return Differences(view, issue, {kind}, *of_issue); });
      if (!some && some.error().kind != ErrorKind::kDamaged && some.error().kind != ErrorKind::kInternal)
        return tl::unexpected<Error>(some.error());
      if (!some) {
        damage = some.error().message;
        continue;
      }
      for (Change& change : *some) {
        bytes += change.event.value.size() + 500;
        changes.push_back(std::move(change));
      }
    }
    ++of_issue;
    if (damage) {
      Block(issue, *damage);
      std::erase_if(cleared, [&](const DirtyIssue& mark) { return mark.issue == one.first; });
    } else {
      blocked_.erase(issue);
    }
    if (bytes >= options_.batch_bytes) YT_CHECK(publish({}));
  }
  YT_CHECK(publish(std::move(cleared)));
  return under_way.get();
}

std::optional<std::string> Relay::WhyBlocked() const {
  return blocked_.empty() ? std::nullopt : std::optional(blocked_.begin()->second.why);
}

bool Relay::IsBlocked(const IssueId& issue) const {
  const auto found = blocked_.find(issue);
  return found != blocked_.end() && found->second.until > std::chrono::steady_clock::now();
}

void Relay::Block(const IssueId& issue, const std::string& why) {
  Blocked& blocked = blocked_[issue];
  blocked.until = std::chrono::steady_clock::now() + options_.blocked;
  if (std::exchange(blocked.why, why) == why) return;  // said already
  events_.Skipped(fmt::format("issue {} is not published whole until this is fixed: {}", issue.label, why));
}

// An issue that all consumers have touched is due at once, any other after `patience`.
std::vector<DirtyIssue> Relay::TakeDue(std::vector<DirtyIssue> dirty) {
  const auto now = std::chrono::steady_clock::now();
  std::map<IssueId, std::vector<DirtyIssue>> by_issue;
  for (DirtyIssue& one : dirty) by_issue[one.issue].push_back(std::move(one));
  std::erase_if(dirty_since_, [&](const auto& one) { return !by_issue.contains(one.first); });
  events_.Dirty(by_issue.size() + todo_.size());
  const std::size_t all = Normalisers().size() - behind_.size();
  std::vector<std::pair<std::chrono::steady_clock::time_point, const std::vector<DirtyIssue>*>> due;
  for (const auto& [issue, marks] : by_issue) {
    if (IsBlocked(issue)) continue;
    const auto since = dirty_since_.try_emplace(issue, now).first->second;
    const auto at = marks.size() == all ? since : since + options_.patience;
    if (at <= now) due.emplace_back(at, &marks);
  }
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (due.size() > options_.issues) due.resize(options_.issues);
  std::vector<DirtyIssue> taken;
  for (const auto& [at, marks] : due) {
    dirty_since_.erase(marks->front().issue);
    taken.insert(taken.end(), marks->begin(), marks->end());
  }
  return taken;
}

Result<void> Relay::ReadAllIssues(Snapshot& snapshot) {
  YT_ASSIGN(issues, CurrentView::AllIssues(snapshot));
  issues_ = std::move(issues);
  return {};
}

Result<bool> Relay::CopyLetters() {
  constexpr std::size_t kAtOnce = 10;  // all are read whole, each up to the size of a message
  YT_ASSIGN(letters, store_.relay().LettersToCopy(kAtOnce));
  if (letters.empty()) return false;
  std::vector<OutgoingRecord> copies;
  std::size_t bytes = 0;
  for (const DeadLetter& letter : letters) {
    if (bytes >= options_.batch_bytes) break;
    bytes += letter.value.size();
    copies.push_back(CopyOf(letter, fmt::format("ytterby.{}.{}", letter.consumer, store_.Id())));
  }
  letters.resize(copies.size());
  YT_CHECK(Send(*letters_appender_, copies));  // a letter that the log refuses for good stays in the store only
  YT_CHECK(store_.relay().WriteRelay(term_, {.copied = letters}));
  events_.LettersCopied(letters.size());
  return true;
}

std::vector<RecordKind> Relay::KindsOf(const Normaliser& consumer) {
  std::vector<RecordKind> kinds;
  std::copy_if(consumer.kinds.begin(), consumer.kinds.end(), std::back_inserter(kinds), &IsPublished);
  return kinds;
}

void Relay::AddDirty(const std::vector<DirtyIssue>& dirty, const CurrentView& view, Work& work) const {
  for (const DirtyIssue& one : dirty) {
    const Normaliser* consumer = FindNormaliser(one.consumer);
    if (!consumer) continue;
    for (RecordKind kind : KindsOf(*consumer)) work[one.issue].insert(kind);
    if (!behind_.empty()) continue;  // all findings are compared when the last consumer has caught up
    work[one.issue].insert(RecordKind::kFinding);
    if (one.consumer != OwnerOf(RecordKind::kPrice).consumer) continue;
    for (const IssueId& later : view.LookingBackAt(one.issue)) work[later].insert(RecordKind::kFinding);
  }
}

Result<std::vector<Relay::Change>> Relay::Differences(CurrentView& view, const IssueId& issue,
                                                      const std::set<RecordKind>& kinds,
                                                      const std::vector<PublishedRecord>& published) {
  std::map<std::pair<RecordKind, std::string>, const PublishedRecord*> there;
  for (const PublishedRecord& record : published) {
    if (kinds.contains(record.kind)) there[{record.kind, record.id}] = &record;
  }
  std::vector<Change> changes;
  for (RecordKind kind : kinds) {
    YT_ASSIGN(records, view.RecordsOf(issue, kind));
    for (const ViewRecord& record : records) {
      std::string value = ExportLine(record, false);
      if (value.size() > options_.max_event_bytes) {
        events_.Skipped(
            fmt::format("{} {} is {} bytes long and is not published", ExportName(kind), record.id, value.size()));
        continue;  // an earlier version that is published is retracted below
      }
      PublishedRecord note{kind, record.id, issue, Sha256(value), target_.first_sequence, false};
      if (const auto known = there.find({kind, record.id}); known != there.end()) {
        const PublishedRecord& before = *known->second;
        const bool same = before.content == note.content;
        there.erase(known);
        if (same && before.acknowledged) continue;
        note.sequence = same ? before.sequence : before.sequence + 1;
      }
      RecordEvent event{kind, record.id, issue, note.sequence, std::move(value), false};
      changes.push_back({std::move(note), EncodeRecordEvent(event, FormatRfc3339(record.stored.known_at))});
    }
  }
  for (const auto& [key, before] : there) {
    if (!before->content && before->acknowledged) continue;
    PublishedRecord note = *before;
    if (before->content) ++note.sequence;
    note.content.reset();
    note.acknowledged = false;
    const RecordEvent event{note.kind, note.id, issue, note.sequence, "", true};
    changes.push_back({std::move(note), EncodeRecordEvent(event, FormatRfc3339(SystemClock().Now()))});
  }
  return changes;
}

// This is where the guarantee "a crash repeats an event, never invents one" is made: the sequence and content of every
// event are noted before it is sent.
Result<void> Relay::Publish(std::vector<Change> changes, std::vector<DirtyIssue> cleared) {
  std::vector<PublishedRecord> notes;
  std::vector<OutgoingRecord> events;
  for (Change& change : changes) {
    notes.push_back(std::move(change.note));
    events.push_back(std::move(change.event));
  }
  if (!events.empty()) {
    YT_CHECK(store_.relay().WriteRelay(term_, {.noted = notes}));
    YT_ASSIGN(sent, Send(*appender_, events));
    YT_CHECK(CheckStarts(sent.starts));
    for (PublishedRecord& note : notes) note.acknowledged = true;
    for (std::size_t i : sent.refused) notes[i].acknowledged = false;
  }
  if (notes.empty() && cleared.empty()) return {};
  const RelayBatch done{.published = std::move(notes), .cleared = std::move(cleared)};
  YT_CHECK(store_.relay().WriteRelay(term_, done));
  for (const PublishedRecord& note : done.published) {
    if (note.acknowledged) events_.RecordPublished(RecordTopic(note.kind), !note.content);
  }
  return {};
}

// Sends all records at once. If the log refuses one for good, sends them one by one, so that it does not block the
// rest.
Result<Relay::Sent> Relay::Send(FencedAppender& appender, const std::vector<OutgoingRecord>& records) {
  auto sent = appender.Append(records);
  if (sent) return Sent{std::move(*sent), {}};
  if (sent.error().kind != ErrorKind::kBadData) return tl::unexpected<Error>(sent.error());
  Sent all;
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto one = appender.Append({records[i]});
    if (one) {
      all.starts.merge(*one);
      continue;
    }
    if (one.error().kind != ErrorKind::kBadData) return tl::unexpected<Error>(one.error());
    events_.Skipped(fmt::format("{} is not published: {}", records[i].key, one.error().message));
    all.refused.push_back(i);
  }
  return all;
}

}  // namespace ytterby
