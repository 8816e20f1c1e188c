#include "consumers/consumer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <set>
#include <utility>

#include "common/caught.hpp"
#include "common/host.hpp"
#include "common/log/headers.hpp"
#include "common/text/utf8.hpp"
#include "common/uuid.hpp"
#include "common/wait.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

// The id hashes group, topic, key, headers and value. It leaves out the header that a retry adds, so that a letter that
// fails again keeps its id.
DeadLetter LetterOf(const std::string& group, const LogRecord& record, std::string stage, const std::string& error,
                    bool is_event = true) {
  DeadLetter letter;
  letter.headers = record.headers;
  std::erase_if(letter.headers, [](const auto& header) { return header.first == kRetryHeader; });
  letter.id = Sha256Of({group, record.at.topic, record.key, EncodeHeaders(letter.headers), record.value});
  letter.at = record.at;
  letter.offset = record.offset;
  const std::string* event = is_event ? FindHeader(record.headers, "ce_id") : nullptr;
  if (event) letter.event = Digest::FromHex(*event);
  letter.stage = std::move(stage);
  letter.error = PlainText(error);
  letter.key = record.key;
  letter.value = record.value;
  letter.known_at = record.timestamp;
  return letter;
}

Fingerprint FingerprintOf(const LogRecord& record) {
  const std::string* id = FindHeader(record.headers, "ce_id");
  return {id ? PlainText(*id) : "", record.timestamp};  // a poison message may have any bytes there
}

// Drops the sections that this consumer never receives, so that no edition waits for them.
void KeepCategories(const std::vector<Category>& categories, Manifest& manifest) {
  for (ManifestIssue& issue : manifest.issues) {
    std::erase_if(issue.sections, [&](const ManifestSection& section) {
      return std::find(categories.begin(), categories.end(), section.category) == categories.end();
    });
  }
}

}  // namespace

Consumer::Consumer(const Normaliser& normaliser, RecordLog& log, const std::string& store_id, StoreWriter& writer,
                   Letters& letters, ConsumerEvents& events, const Clock& clock, ConsumerOptions options)
    : normaliser_(normaliser),
      log_(log),
      store_(writer),
      letters_(letters),
      events_(events),
      clock_(clock),
      options_(options),
      name_(normaliser.consumer),
      group_(fmt::format("ytterby.{}.{}", normaliser.consumer, store_id)),
      lag_(events, clock, group_, stored_) {
  holder_ = {name_, RandomUuid(), HostName(), getpid(), {}};
  events_.Waits(name_, "has not joined its group yet");
}

Result<void> Consumer::Run(std::stop_token stop) {
  Backoff backoff(options_.first_backoff, options_.last_backoff);
  std::unique_ptr<GroupMember> member;
  while (!stop.stop_requested()) {
    Result<void> went;
    if (member) {
      went = Caught([&] { return Round(*member, stop); });
    } else {
      auto joined = Caught([&] {
        return log_.Join(group_, TopicsOf(normaliser_), [this](const TopicPartition& at) { return StartOf(at); });
      });
      if (joined) {
        member = std::move(*joined);
        if (!member->HasAssignment()) ReportLagWithoutAssignment();
        continue;
      }
      went = tl::unexpected<Error>(joined.error());
    }
    if (went) {
      backoff.Reset();
      if (member->HasAssignment()) {
        events_.Works(name_);
      } else {
        events_.Waits(name_, "waiting for its group to assign partitions");
        ReportLagWithoutAssignment();
      }
      continue;
    }
    // The log or the store is away, or refuses a request, which an operator may fix while the other consumers work:
    // retry without limit. A member that failed rejoins the group.
    const bool refused = member ? WaitsForOperator(went.error().kind) : went.error().kind != ErrorKind::kUnavailable;
    if (refused && !options_.waits_for_operator) return went;
    events_.Failed(name_, went.error());
    if (refused && !lag_.HasReported()) ReportLagWithoutAssignment();
    member.reset();
    WaitFor(stop, refused ? options_.operator_wait : backoff.Next());
  }
  events_.Waits(name_, "stopped");
  if (holder_.seen != Timestamp{}) (void)store_.ForgetHolder(holder_);
  return {};
}

// Where to start in a partition: at the stored offset if its fingerprint matches the message before it in this log,
// otherwise at the beginning, which is safe because writes are idempotent.
Result<Offset> Consumer::StartOf(const TopicPartition& at) {
  YT_ASSIGN(start, StoredOrBeginning(at));
  next_[at] = start;
  return start;
}

Result<Offset> Consumer::StoredOrBeginning(const TopicPartition& at) {
  YT_ASSIGN(stored, store_.OffsetOf(name_, log_.Id(), at));
  YT_ASSIGN(marks, log_.GetWatermarks(at));
  stored_[at] = stored ? std::optional<Offset>(stored->next) : std::nullopt;
  if (!stored || stored->next == 0) return marks.low;
  if (stored->next < marks.low) {
    ReportGap(at, stored->next, marks.low);
    return marks.low;
  }
  if (stored->next <= marks.high && stored->next > marks.low) {
    YT_ASSIGN(before, log_.Read(at, stored->next - 1, ReadLimits{1, 1}));
    if (!before.empty() && before[0].offset == stored->next - 1 && FingerprintOf(before[0]) == stored->before)
      return stored->next;
  } else if (stored->next == marks.low) {
    return stored->next;  // retention removed the message before; nothing contradicts the offset
  }
  events_.LogChanged(
      name_,
      fmt::format("{}/{}: the message before offset {} is not the stored one; the topic was recreated, reading it "
                  "from its beginning",
                  at.topic, at.partition, stored->next));
  return marks.low;
}

void Consumer::ReportGap(const TopicPartition& at, Offset from, Offset low) {
  events_.Gap(
      name_,
      fmt::format(
          "{}/{}: offsets {} to {} are gone from the log; `ytterby produce --refill {}` fills them from the archive",
          at.topic, at.partition, from, low - 1, at.topic));
}

Result<void> Consumer::Round(GroupMember& member, std::stop_token stop) {
  auto polled = member.Poll({options_.batch, options_.poll_wait, kDocumentsTopic});
  if (!polled) return tl::unexpected<Error>(polled.error());
  const std::vector<LogRecord>& records = *polled;
  constexpr std::chrono::seconds kIdleCheck{10};
  const auto now = std::chrono::steady_clock::now();
  if (!records.empty() || now - log_checked_ >= kIdleCheck) {
    log_checked_ = now;
    std::set<TopicPartition> read;
    for (const LogRecord& record : records) read.insert(record.at);
    YT_ASSIGN(recreated, SeekWhereRecreated(
                             member, records.empty() ? member.Assignment() : std::vector(read.begin(), read.end())));
    if (!recreated.empty()) return ReturnToStored(member, records, std::move(recreated));
  }
  if (!records.empty()) {
    lag_.Read(records);
    lag_.Report(member);
    YT_CHECK(CheckNoneLeftOut(records));
    auto stored = StoreRecords(records, member, stop);
    if (!stored && stored.error().kind == ErrorKind::kConflict) {
      return AfterConflict(member, records, stored.error());
    }
    if (!stored) return stored;
    lag_.Stored(records);
    std::map<TopicPartition, Offset> next;
    for (const LogRecord& record : records) next[record.at] = record.offset + 1;
    YT_CHECK(member.CommitForTools(next));
  }
  lag_.Report(member);
  ReportLetters();
  return {};
}

StoreBatch Consumer::Normalise(const std::vector<LogRecord>& records) {
  StoreBatch batch;
  for (const LogRecord& record : records) {
    const std::size_t failed = batch.dead_letters.size();
    NormaliseOne(record, batch);
    // A successful retry closes its letter if the letter is this group's; other groups' letters have other ids.
    if (batch.dead_letters.size() == failed && FindHeader(record.headers, kRetryHeader)) {
      batch.closed_letters.push_back(LetterOf(group_, record, "", "").id);
    }
  }
  AddOffsets(records, batch);
  return batch;
}

// A message that cannot be processed becomes a dead letter at once and never blocks its partition.
void Consumer::NormaliseOne(const LogRecord& record, StoreBatch& batch) {
  std::string stage = "decode", error;
  try {
    if (record.at.topic == kDocumentsTopic) {
      auto manifest = DecodeManifest(record);
      if (manifest) {
        KeepCategories(normaliser_.categories, *manifest);
        batch.manifests.push_back({std::move(*manifest), record.timestamp});
        return;
      }
      error = manifest.error().message;
    } else {
      auto section = DecodeSection(record);
      if (section) {
        stage = "normalise";
        SectionRows rows;
        rows.records = normaliser_.normalise(*section);
        rows.id = section->id;
        rows.document = section->document;
        rows.text_digest = section->text_digest;
        rows.splitter_version = section->splitter_version;
        rows.issue = section->issue;
        rows.ordinal = section->ordinal;
        rows.category = section->category;
        rows.content = Sha256(section->text);
        rows.normaliser_version = normaliser_.version;
        rows.known_at = record.timestamp;
        batch.sections.push_back(std::move(rows));
        return;
      }
      error = section.error().message;
    }
  } catch (const std::bad_alloc&) {
    throw;  // says nothing about the message
  } catch (const std::exception& exception) {
    error = exception.what();
  }
  events_.DeadLettered(name_, stage, record.at, record.offset, error);
  batch.dead_letters.push_back(LetterOf(group_, record, stage, error));
}

void Consumer::AddOffsets(const std::vector<LogRecord>& records, StoreBatch& batch) const {
  std::map<TopicPartition, const LogRecord*> last;
  for (const LogRecord& record : records) last[record.at] = &record;
  for (const auto& [at, record] : last) {
    const auto stored = stored_.find(at);
    batch.offsets.push_back(
        {at, stored == stored_.end() ? std::nullopt : stored->second, {record->offset + 1, FingerprintOf(*record)}});
  }
}

// Stores a batch. If the store refuses its content, halves the batch until only the bad message becomes a dead letter.
Result<void> Consumer::StoreRecords(const std::vector<LogRecord>& records, const GroupMember& member,
                                    std::stop_token stop) {
  StoreBatch batch = Normalise(records);
  auto written = WriteWithRetry(batch, member, stop);
  if (written) {
    Committed(batch);
    return {};
  }
  if (written.error().kind != ErrorKind::kBadData) return written;
  if (records.size() > 1) {
    const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
    YT_CHECK(StoreRecords({records.begin(), middle}, member, stop));
    return StoreRecords({middle, records.end()}, member, stop);
  }
  const LogRecord& record = records.front();
  events_.DeadLettered(name_, "store", record.at, record.offset, written.error().message);
  StoreBatch letter;
  // If the id is stored with another text, this message is not that event.
  const bool is_event = written.error().cause != Cause::kOtherBytes;
  letter.dead_letters.push_back(LetterOf(group_, record, "store", written.error().message, is_event));
  AddOffsets(records, letter);
  YT_CHECK(WriteWithRetry(letter, member, stop));
  Committed(letter);
  return {};
}

Result<void> Consumer::WriteWithRetry(const StoreBatch& batch, const GroupMember& member, std::stop_token stop) {
  Backoff backoff(options_.first_backoff, options_.last_backoff);
  while (true) {
    auto written = store_.Write(name_, log_.Id(), batch);
    if (written) {
      events_.StoreWorks(name_);
      return written;
    }
    const ErrorKind kind = written.error().kind;
    if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kIo) return written;
    if (stop.stop_requested()) return written;
    events_.Failed(name_, written.error());
    lag_.Report(member);  // the log keeps growing
    WaitFor(stop, backoff.Next());
  }
}

// If a topic is deleted and recreated while this member holds it, the member silently continues at its old position.
// The sign is that the log has lost the committed positions. The fingerprint then decides, as on assignment. Returns
// the partitions that were moved to their beginning.
Result<std::set<TopicPartition>> Consumer::SeekWhereRecreated(GroupMember& member,
                                                              const std::vector<TopicPartition>& partitions) {
  std::set<TopicPartition> recreated;
  if (partitions.empty()) return recreated;
  std::map<TopicPartition, Offset> starts;
  for (const TopicPartition& at : member.WithoutPosition(partitions)) {
    const auto known = stored_.find(at);
    if (known == stored_.end() || !known->second) continue;  // nothing was stored from there, so nothing can be skipped
    if (!verified_.insert(at).second) continue;              // checked before, and nothing stored since
    const Offset next = *known->second;
    YT_ASSIGN(start, StartOf(at));
    starts[at] = start;
    if (start == next) continue;
    recreated.insert(at);
    YT_CHECK(member.Seek(at, start));
  }
  if (!starts.empty()) YT_CHECK(member.CommitForTools(starts));
  return recreated;
}

// Records that a member returned after skipping one that is in the log must not be stored: the offset would move past
// the skipped record, and nobody would notice. Returns kUnavailable; the consumer rejoins and starts at its stored
// position. Offsets without a record (compaction, retention, transaction markers) do not count, so the log is read to
// tell the two apart.
Result<void> Consumer::CheckNoneLeftOut(const std::vector<LogRecord>& records) {
  for (const LogRecord& record : records) {
    Offset& next = next_.try_emplace(record.at, record.offset).first->second;
    if (record.offset > next) {
      YT_ASSIGN(marks, log_.GetWatermarks(record.at));
      if (next < marks.low) ReportGap(record.at, next, marks.low);
      YT_ASSIGN(there, log_.Read(record.at, std::max(next, marks.low), ReadLimits{1, 1}));
      if (there.empty() || there[0].offset < record.offset) {
        events_.LeftOut();
        return Fail(ErrorKind::kUnavailable,
                    fmt::format("{}/{}: offset {} was read before offset {}", record.at.topic, record.at.partition,
                                record.offset, there.empty() ? next : there[0].offset),
                    Part::kLog);
      }
    }
    next = std::max(next, record.offset + 1);
  }
  return {};
}

// When two members store the same offset, the second to commit fails, discards its batch and returns to the stored
// position.
// Another member stored first: continues from its position. If the store gives the position that it has just refused,
// no other member moved it; only damage explains that, and trying again would never end.
Result<void> Consumer::AfterConflict(GroupMember& member, const std::vector<LogRecord>& records,
                                     const Error& conflict) {
  const StoredOffsets refused = stored_;
  YT_CHECK(ReturnToStored(member, records, {}));
  if (stored_ == refused) {
    return Fail(ErrorKind::kDamaged,
                fmt::format("{}: the store refuses the position that it gives ({}); `ytterby store check` says what is "
                            "damaged and how to rebuild the store",
                            name_, conflict.message),
                Part::kStore);
  }
  events_.PositionLost(name_, conflict.message);
  return {};
}

Result<void> Consumer::ReturnToStored(GroupMember& member, const std::vector<LogRecord>& records,
                                      std::set<TopicPartition> returned) {
  for (const LogRecord& record : records) {
    if (!returned.insert(record.at).second) continue;
    YT_ASSIGN(start, StartOf(record.at));
    YT_CHECK(member.Seek(record.at, start));
  }
  return {};
}

void Consumer::Committed(const StoreBatch& batch) {
  for (const OffsetMove& move : batch.offsets) {
    stored_[move.at] = move.to.next;
    verified_.erase(move.at);
  }
  std::map<RecordKind, std::size_t> records;
  for (const SectionRows& rows : batch.sections) {
    events_.IssueSeen(rows.issue.series, rows.issue.label);
    for (const Record& record : rows.records) {
      if (record.kind != RecordKind::kFinding) {
        ++records[record.kind];
        continue;
      }
      const simdjson::dom::element finding = ThreadParser().parse(record.body);
      events_.FindingStored(ReadString(finding, "check"), ReadString(finding, "severity"));
    }
  }
  events_.Stored(name_, batch.sections.size(), records);
  const Timestamp now = clock_.Now();
  for (const ManifestRow& row : batch.manifests) {
    if (const auto fetched = ParseRfc3339(row.manifest.fetched_at); fetched && now >= *fetched) {
      events_.Visible(name_, std::chrono::duration<double>(now - *fetched).count());
    }
  }
}

// From the stored offsets and the log's watermarks, at most once a second. If the log does not answer, what was
// reported stays; if the store does not, the offsets count that this consumer knows.
void Consumer::ReportLagWithoutAssignment() {
  const auto now = std::chrono::steady_clock::now();
  if (lag_.HasReported() && now - unassigned_lag_reported_ < std::chrono::seconds(1)) return;
  unassigned_lag_reported_ = now;
  std::map<TopicPartition, Watermarks> all;
  bool store_answers = true;
  for (const std::string& topic : TopicsOf(normaliser_)) {
    const auto partitions = log_.PartitionCount(topic);
    if (!partitions) return;
    for (int partition = 0; partition < *partitions; ++partition) {
      const TopicPartition at{topic, partition};
      const auto marks = log_.GetWatermarks(at);
      if (!marks) return;
      if (store_answers) {
        const auto stored = store_.OffsetOf(name_, log_.Id(), at);
        store_answers = stored.has_value();
        if (stored) stored_[at] = *stored ? std::optional<Offset>((*stored)->next) : std::nullopt;
      }
      if (!stored_.contains(at)) return;
      all[at] = *marks;
    }
  }
  lag_.ReportUnassigned(all);
}

// Only for `status`; if the store refuses it, the trouble shows elsewhere.
void Consumer::NoteHolder() {
  const bool first = holder_.seen == Timestamp{};
  holder_.seen = clock_.Now();
  if (first) (void)store_.ForgetHolder(holder_);  // processes that were killed leave theirs behind
  (void)store_.NoteHolder(holder_);
}

void Consumer::ReportLetters() {
  const auto now = std::chrono::steady_clock::now();
  if (now - letters_reported_ < std::chrono::seconds(5)) return;
  letters_reported_ = now;
  NoteHolder();
  const auto counts = letters_.CountLetters(name_);
  if (!counts) return;
  for (const char* stage : kLetterStages) {
    const auto found =
        std::find_if(counts->begin(), counts->end(), [&](const LetterCount& count) { return count.stage == stage; });
    const bool any = found != counts->end();
    const double age = any ? std::chrono::duration<double>(clock_.Now() - found->oldest).count() : 0;
    events_.Letters(name_, stage, any ? found->count : 0, std::max(0.0, age));
  }
}

}  // namespace ytterby
