#include "consumers/consumer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>

#include "common/log/headers.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

// Sleeps, but wakes when the loop is stopped.
void Wait(std::stop_token stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

// hash of group, topic, key, headers and value; without the header that a retry adds, so that a letter that fails again is the same.
DeadLetter LetterOf(const std::string& group, const LogRecord& record, std::string stage, const std::string& error) {
  DeadLetter letter;
  letter.headers = record.headers;
  std::erase_if(letter.headers, [](const auto& header) { return header.first == kRetryHeader; });
  letter.id = Sha256Of({group, record.at.topic, record.key, EncodeHeaders(letter.headers), record.value});
  letter.at = record.at;
  letter.offset = record.offset;
  const std::string* event = error.ends_with(kOtherBytes) ? nullptr : FindHeader(record.headers, "ce_id");
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
  return {id ? PlainText(*id) : "", record.timestamp};  // a poisoned message may have any bytes there
}

// Leaves out the sections that the consumer will never see: nothing of theirs is waited for.
void KeepCategories(const std::vector<Category>& categories, Manifest& manifest) {
  for (ManifestIssue& issue : manifest.issues) {
    std::erase_if(issue.sections, [&](const ManifestSection& section) {
      return std::find(categories.begin(), categories.end(), section.category) == categories.end();
    });
  }
}

}  // namespace

Consumer::Consumer(const Normaliser& normaliser, RecordLog& log, Store& store, ConsumerEvents& events, const Clock& clock,
                   ConsumerOptions options)
    : normaliser_(normaliser),
      log_(log),
      store_(store),
      events_(events),
      clock_(clock),
      options_(options),
      name_(normaliser.consumer),
      group_(fmt::format("ytterby.{}.{}", normaliser.consumer, store.Id())) {}

Result<void> Consumer::Run(std::stop_token stop) {
  auto backoff = options_.first_backoff;
  std::unique_ptr<GroupMember> member;
  while (!stop.stop_requested()) {
    Result<void> went;
    bool for_a_person = false;
    if (member) {
      went = Round(*member, stop);
      for_a_person = !went && (went.error().kind == ErrorKind::kConfiguration || went.error().kind == ErrorKind::kInternal);
    } else {
      auto joined = log_.Join(group_, TopicsOf(normaliser_), [this](const TopicPartition& at) { return StartOf(at); });
      if (joined) {
        member = std::move(*joined);
        continue;
      }
      went = tl::unexpected<Error>(joined.error());
      for_a_person = joined.error().kind != ErrorKind::kUnavailable;
    }
    if (went) {
      SetFailing(std::nullopt);
      backoff = options_.first_backoff;
      continue;
    }
    if (for_a_person && !options_.lasting) return went;
    // Log or store away, or one of them refuses what this consumer asks, which may be mended while the others work: it goes on without
    // limit. A member that cannot go on joins again.
    SetFailing(went.error().message);
    member.reset();
    TellLagOf({});
    if (for_a_person) {
      events_.Refused(name_, went.error().message);
      Wait(stop, options_.mending);
    } else {
      events_.StoreRetried(name_, went.error().message);
      Wait(stop, backoff);
      backoff = std::min(backoff * 2, options_.last_backoff);
    }
  }
  SetFailing("stopped");
  return {};
}

std::optional<std::string> Consumer::failing() const {
  std::lock_guard lock(failing_mutex_);
  return failing_;
}

void Consumer::SetFailing(std::optional<std::string> why) {
  std::lock_guard lock(failing_mutex_);
  failing_ = std::move(why);
}

// Where to begin in a partition: the stored offset when its fingerprint is that of the message before it in this very log,
// else the beginning, which is safe because writes are idempotent.
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
    if (!before.empty() && before[0].offset == stored->next - 1 && FingerprintOf(before[0]) == stored->before) return stored->next;
  } else if (stored->next == marks.low) {
    return stored->next;  // the message before is gone by retention; nothing contradicts
  }
  events_.LogChanged(name_, fmt::format("{}/{}: the message before offset {} is not the one stored; the topic was made anew, reading it "
                                        "from its beginning",
                                        at.topic, at.partition, stored->next));
  return marks.low;
}

void Consumer::ReportGap(const TopicPartition& at, Offset from, Offset low) {
  events_.Gap(name_, fmt::format("{}/{}: offsets {} to {} are gone from the log; `ytterby produce --refill {}` fills them from the archive",
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
    YT_ASSIGN(anew, SeekWhereMadeAnew(member, records.empty() ? member.Assignment() : std::vector(read.begin(), read.end())));
    if (!anew.empty()) return ReturnToStored(member, records, std::move(anew));
  }
  if (!records.empty()) {
    YT_CHECK(NoneLeftOut(records));
    auto stored = StoreRecords(records, stop);
    if (!stored && stored.error().kind == ErrorKind::kConflict) {
      events_.PositionLost(name_, stored.error().message);
      return ReturnToStored(member, records, {});
    }
    if (!stored) return stored;
    std::map<TopicPartition, Offset> next;
    for (const LogRecord& record : records) next[record.at] = record.offset + 1;
    YT_CHECK(member.CommitForTools(next));
  }
  ReportLag(member);
  ReportLetters();
  return {};
}

StoreBatch Consumer::Normalise(const std::vector<LogRecord>& records) {
  StoreBatch batch;
  for (const LogRecord& record : records) {
    const std::size_t failed = batch.dead_letters.size();
    NormaliseOne(record, batch);
    // A retry that went through closes its letter, if it is this group's: letters of other groups have other ids.
    if (batch.dead_letters.size() == failed && FindHeader(record.headers, kRetryHeader)) {
      batch.closed_letters.push_back(LetterOf(group_, record, "", "").id);
    }
  }
  AddOffsets(records, batch);
  return batch;
}

// A message that cannot be processed becomes a dead letter at once; it never stops the partition.
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
    batch.offsets.push_back({at, stored == stored_.end() ? std::nullopt : stored->second, {record->offset + 1, FingerprintOf(*record)}});
  }
}

// Stores a batch; when the store refuses it for its content, halves it until only the bad message becomes a dead letter.
Result<void> Consumer::StoreRecords(const std::vector<LogRecord>& records, std::stop_token stop) {
  StoreBatch batch = Normalise(records);
  auto written = WriteWithRetry(batch, stop);
  if (written) {
    Committed(batch);
    return {};
  }
  if (written.error().kind != ErrorKind::kBadData) return written;
  if (records.size() > 1) {
    const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
    YT_CHECK(StoreRecords({records.begin(), middle}, stop));
    return StoreRecords({middle, records.end()}, stop);
  }
  const LogRecord& record = records.front();
  events_.DeadLettered(name_, "store", record.at, record.offset, written.error().message);
  StoreBatch letter;
  letter.dead_letters.push_back(LetterOf(group_, record, "store", written.error().message));
  AddOffsets(records, letter);
  YT_CHECK(WriteWithRetry(letter, stop));
  Committed(letter);
  return {};
}

Result<void> Consumer::WriteWithRetry(const StoreBatch& batch, std::stop_token stop) {
  auto backoff = options_.first_backoff;
  while (true) {
    auto written = store_.Write(name_, log_.Id(), batch);
    if (written) return written;
    const ErrorKind kind = written.error().kind;
    if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kIo) return written;
    if (stop.stop_requested()) return written;
    events_.StoreRetried(name_, written.error().message);
    SetFailing(written.error().message);
    Wait(stop, backoff);
    backoff = std::min(backoff * 2, options_.last_backoff);
  }
}

// A topic that was deleted and made again while this member holds it is read on at the old position, and nothing says so; but the log has
// lost the positions told to it. Then the fingerprint decides, as on assignment. Returns which partitions were moved to their beginning.
Result<std::set<TopicPartition>> Consumer::SeekWhereMadeAnew(GroupMember& member, const std::vector<TopicPartition>& partitions) {
  std::set<TopicPartition> anew;
  if (partitions.empty()) return anew;
  std::map<TopicPartition, Offset> starts;
  for (const TopicPartition& at : member.WithoutPosition(partitions)) {
    const auto known = stored_.find(at);
    if (known == stored_.end() || !known->second) continue;  // nothing was read there yet that could be skipped now
    if (!verified_.insert(at).second) continue;              // asked before, and nothing was stored from there since
    const Offset next = *known->second;
    YT_ASSIGN(start, StartOf(at));
    starts[at] = start;
    if (start == next) continue;
    anew.insert(at);
    YT_CHECK(member.Seek(at, start));
  }
  if (!starts.empty()) YT_CHECK(member.CommitForTools(starts));
  return anew;
}

// What a member handed out after it passed over a record that is in the log may not be stored: the offset would move past that record, and
// nobody would miss it. kUnavailable; whoever joins again begins at its stored position. Offsets without a record (compaction, retention,
// marks of transactions) are none; the log itself is asked.
Result<void> Consumer::NoneLeftOut(const std::vector<LogRecord>& records) {
  for (const LogRecord& record : records) {
    Offset& next = next_.try_emplace(record.at, record.offset).first->second;
    if (record.offset > next) {
      YT_ASSIGN(marks, log_.GetWatermarks(record.at));
      if (next < marks.low) ReportGap(record.at, next, marks.low);
      YT_ASSIGN(there, log_.Read(record.at, std::max(next, marks.low), ReadLimits{1, 1}));
      if (there.empty() || there[0].offset < record.offset) {
        events_.LeftOut();
        return Fail(ErrorKind::kUnavailable, fmt::format("{}/{}: offset {} was read before offset {}", record.at.topic, record.at.partition,
                                                         record.offset, there.empty() ? next : there[0].offset));
      }
    }
    next = std::max(next, record.offset + 1);
  }
  return {};
}

// Of two members that store the same offset the second to commit fails, discards, and reads its stored position again.
Result<void> Consumer::ReturnToStored(GroupMember& member, const std::vector<LogRecord>& records, std::set<TopicPartition> returned) {
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
  std::size_t records = 0, findings = 0;
  for (const SectionRows& rows : batch.sections) {
    for (const Record& record : rows.records) ++(record.kind == RecordKind::kFinding ? findings : records);
  }
  events_.Stored(name_, batch.sections.size(), records, findings);
  const Timestamp now = clock_.Now();
  for (const ManifestRow& row : batch.manifests) {
    if (const auto fetched = ParseRfc3339(row.manifest.fetched_at); fetched && now >= *fetched) {
      events_.Visible(name_, std::chrono::duration<double>(now - *fetched).count());
    }
  }
}

// Of the partitions this member holds, by what it was told with its last records: a broker that is away must not hold the loop.
void Consumer::ReportLag(const GroupMember& member) {
  const auto now = std::chrono::steady_clock::now();
  if (now - lag_reported_ < std::chrono::seconds(1)) return;
  const std::vector<TopicPartition> held = member.Assignment();
  TellLagOf({held.begin(), held.end()});
  for (const TopicPartition& at : held) {
    const auto marks = member.KnownWatermarks(at);
    if (!marks) continue;
    const auto stored = stored_.find(at);
    // What is gone from the log is no longer waited for.
    const Offset next = stored == stored_.end() ? marks->low : std::max(marks->low, stored->second.value_or(marks->low));
    events_.Lag(group_, at, std::max<Offset>(0, marks->high - next));
  }
  lag_reported_ = std::chrono::steady_clock::now();
}

// Of these partitions only: another member tells the others'.
void Consumer::TellLagOf(std::set<TopicPartition> held) {
  for (const TopicPartition& at : std::exchange(held_, std::move(held))) {
    if (!held_.contains(at)) events_.LagIsAnothers(group_, at);
  }
}

void Consumer::ReportLetters() {
  const auto now = std::chrono::steady_clock::now();
  if (now - letters_reported_ < std::chrono::seconds(5)) return;
  letters_reported_ = now;
  const auto counts = store_.CountLetters(name_);
  if (!counts) return;
  for (const char* stage : {"decode", "normalise", "store"}) {
    const auto found = std::find_if(counts->begin(), counts->end(), [&](const LetterCount& count) { return count.stage == stage; });
    const bool any = found != counts->end();
    const double age = any ? std::chrono::duration<double>(clock_.Now() - found->oldest).count() : 0;
    events_.Letters(name_, stage, any ? found->count : 0, std::max(0.0, age));
  }
}

}  // namespace ytterby
