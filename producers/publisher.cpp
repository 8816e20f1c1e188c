#include "producers/publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "producers/delivery_events.hpp"
#include "schemas/events/document_letter.hpp"

namespace ytterby {

// A delivery with everything it will append, all of it encoded before the first append.
struct Publisher::Prepared {
  Delivery delivery;
  std::string bytes;  // empty once archived
  std::size_t document_bytes = 0;
  DecodedText decoded;
  SplitDocument split;
  DeliveryEvents events;
  std::string stamp;
  std::optional<std::string> set_aside_before;
};

struct Publisher::InFlight {
  std::unique_ptr<Prepared> prepared;
  std::size_t waiting = 0;  // acknowledgements still to come
  bool manifest_sent = false;
  PublishedOffsets offsets;
  std::vector<std::size_t> sent_bytes;    // of each section's event
  std::vector<std::size_t> acknowledged;  // sections that the log has
  std::optional<Error> error;
};

// Shared by the log's thread and the publisher. Kept alive by pending acknowledgements.
struct Publisher::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<InFlight>> ready;  // all acknowledgements of a step are in
  std::size_t under_way = 0;

  void SectionAcknowledged(const std::shared_ptr<InFlight>& flight, std::size_t section,
                           const Result<Appended>& place) {
    if (place) {
      std::lock_guard lock(mutex);
      flight->acknowledged.push_back(section);
    }
    Acknowledged(flight, place);
  }

  void Acknowledged(const std::shared_ptr<InFlight>& flight, const Result<Appended>& place) {
    std::lock_guard lock(mutex);
    if (place) {
      Offset& last = flight->offsets[place->at];
      last = std::max(last, place->offset);
    } else if (!flight->error) {
      flight->error = place.error();
    }
    if (--flight->waiting == 0) {
      ready.push_back(flight);
      changed.notify_all();
    }
  }
};

namespace {

tl::unexpected<Rejection> Broken(const std::exception& exception) {
  return tl::unexpected<Rejection>(
      Rejection{RejectReason::kBroken, fmt::format("a parser failed: {}", exception.what())});
}

// What the splitter found may be broken too, for example a span outside the text.
tl::expected<DeliveryEvents, Rejection> Encode(const Delivery& delivery, const DecodedText& decoded,
                                               const SplitDocument& split, std::size_t max_event_bytes) try {
  return EncodeDelivery(delivery, decoded, split, max_event_bytes);
} catch (const std::exception& exception) {
  return Broken(exception);
}

}  // namespace

Publisher::Publisher(RecordLog& log, Archive& archive, ProducerEvents& events, const Clock& clock,
                     PublisherOptions options, std::function<void(const PublishOutcome&)> done)
    : log_(log),
      archive_(archive),
      events_(events),
      clock_(clock),
      options_(options),
      done_(std::move(done)),
      shared_(std::make_shared<Shared>()) {}

Publisher::~Publisher() = default;

tl::expected<std::unique_ptr<Publisher::Prepared>, Rejection> Publisher::Prepare(std::string_view bytes,
                                                                                 Delivery delivery) const try {
  auto decoded = options_.decode(bytes);
  if (!decoded) return tl::unexpected<Rejection>(decoded.error());
  SplitOptions split_options;
  split_options.issue_label = delivery.issue_label;
  auto split = options_.split(decoded->text, split_options);
  if (!split) return tl::unexpected<Rejection>(split.error());
  auto prepared = std::make_unique<Prepared>();
  delivery.text_digest = {Sha256(decoded->text)};
  delivery.splitter_version = kSplitterVersion;
  prepared->stamp = delivery.file_stamp;
  prepared->delivery = std::move(delivery);
  prepared->document_bytes = bytes.size();
  prepared->decoded = std::move(*decoded);
  prepared->split = std::move(*split);
  return prepared;
} catch (const std::exception& exception) {
  return Broken(exception);
}

namespace {

tl::unexpected<Error> Abandoned() {
  return Fail(ErrorKind::kTryLater,
              "stopped while appends were in flight; the next start finishes them from the archive");
}

PublishOutcome OutcomeOf(const Delivery& delivery, const std::string& stamp, PublishOutcome::Kind kind) {
  PublishOutcome outcome;
  outcome.kind = kind;
  outcome.feed = delivery.feed;
  outcome.name = delivery.name;
  outcome.stamp = stamp;
  return outcome;
}

}  // namespace

Result<void> Publisher::Offer(IncomingDocument document) {
  if (document.bytes.size() > options_.max_document_bytes) {
    return Reject(document.feed, document.name, document.stamp,
                  {RejectReason::kTooLarge, fmt::format("{} bytes, above max_document_bytes ({})",
                                                        document.bytes.size(), options_.max_document_bytes)});
  }
  const DocumentDigest digest{Sha256(document.bytes)};
  // A name offered again must see its predecessor in the archive.
  if (names_.contains({document.feed, document.name})) YT_CHECK(Finish());
  YT_ASSIGN(latest, archive_.Latest(document.feed, document.name));
  if (latest && latest->digest == digest && latest->issue_label == document.issue_label) {
    if (latest->waived) return Unchanged(*latest, document.stamp, {});
    if (latest->set_aside) {
      // The limit may have been raised since: the recorded delivery is retried.
      YT_CHECK(archive_.SendAgain(latest->id));
      const auto before = std::exchange(latest->set_aside, std::nullopt);
      latest->file_stamp = document.stamp;
      return Republish(std::move(*latest), std::nullopt, before);
    }
    YT_ASSIGN(offsets, archive_.OffsetsOf(latest->id, log_.Id()));
    if (offsets) {
      // A file that was damaged or lost in the archive meanwhile gets its bytes back.
      const NewBytes bytes{digest, document.bytes};
      if (!archive_.files().Has(bytes)) YT_CHECK(archive_.files().Put({bytes}));
      return Unchanged(*latest, document.stamp, std::move(*offsets));
    }
  }
  Delivery delivery;
  delivery.feed = document.feed;
  delivery.name = document.name;
  delivery.priority = document.priority;
  delivery.digest = digest;
  delivery.fetched_at = FormatRfc3339(clock_.Now());
  delivery.issue_label = document.issue_label;
  delivery.file_stamp = document.stamp;
  auto prepared = Prepare(document.bytes, delivery);
  if (!prepared && prepared.error().reason == RejectReason::kBroken) {
    return SetAsideBroken(document.bytes, std::move(delivery), prepared.error());
  }
  if (!prepared) return Reject(document.feed, document.name, document.stamp, prepared.error());
  (*prepared)->bytes = std::move(document.bytes);
  (*prepared)->stamp = std::move(document.stamp);
  batch_bytes_ += (*prepared)->document_bytes;
  names_.insert({(*prepared)->delivery.feed, (*prepared)->delivery.name});
  batch_.push_back(std::move(*prepared));
  if (batch_.size() >= options_.batch_documents || batch_bytes_ >= options_.batch_bytes)
    return MakeDurableInBackground();
  return {};
}

Result<void> Publisher::Unchanged(const Delivery& delivery, const std::string& stamp, PublishedOffsets offsets) {
  events_.DocumentUnchanged(delivery.feed);
  PublishOutcome outcome = OutcomeOf(delivery, stamp, PublishOutcome::Kind::kUnchanged);
  outcome.offsets = std::move(offsets);
  YT_CHECK(archive_.ClearRejection(delivery.feed, delivery.name));
  done_(outcome);
  return {};
}

// For a document that can never be published: appends an event to the dead-letter topic, stores the reason with the
// delivery, and lets the feed continue.
Result<void> Publisher::SetAside(const Delivery& delivery, const std::string& stamp, Rejection rejection,
                                 const std::optional<std::string>& before) {
  const std::string& reason = rejection.message;
  if (before != reason) YT_CHECK(AppendLetter(delivery, reason));
  YT_CHECK(archive_.SetAside(delivery.id, reason));
  if (before != reason || options_.repeats_rejections)
    events_.DocumentSetAside(delivery.feed, delivery.name, rejection);
  PublishOutcome outcome = OutcomeOf(delivery, stamp, PublishOutcome::Kind::kSetAside);
  outcome.rejection = std::move(rejection);
  done_(outcome);
  return {};
}

Result<void> Publisher::SetAsideBroken(std::string_view bytes, Delivery delivery, Rejection rejection) {
  YT_CHECK(archive_.files().Put({{delivery.digest, bytes}}));
  YT_CHECK(archive_.Record({&delivery}));
  YT_CHECK(archive_.ClearRejection(delivery.feed, delivery.name));
  return SetAside(delivery, delivery.file_stamp, std::move(rejection));
}

Result<void> Publisher::AppendLetter(const Delivery& delivery, const std::string& reason) {
  const auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto taken =
      log_.Append(EncodeDocumentLetter({delivery.digest, delivery.feed, delivery.name, delivery.revision, reason},
                                       delivery.fetched_at),
                  [answer](Result<Appended> place) { answer->set_value(std::move(place)); });
  if (taken) {
    auto answered = answer->get_future();
    while (answered.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
      if (options_.abandon && options_.abandon()) return Abandoned();
    }
    const auto place = answered.get();
    if (!place) taken = tl::unexpected<Error>(place.error());
  }
  if (taken || taken.error().kind == ErrorKind::kUnavailable) return taken;
  events_.AppendFailed(delivery.feed,
                       taken.error());  // the log does not even take this: the reason is only in the delivery
  return {};
}

Result<void> Publisher::Reject(const std::string& feed, const std::string& name, const std::string& stamp,
                               Rejection rejection) {
  YT_ASSIGN(fresh, archive_.RecordRejection(
                       {feed, name, RejectName(rejection.reason), rejection.message, FormatRfc3339(clock_.Now())}));
  if (fresh || options_.repeats_rejections) events_.DocumentRejected(feed, name, rejection);
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kRejected;
  outcome.feed = feed;
  outcome.name = name;
  outcome.stamp = stamp;
  outcome.rejection = std::move(rejection);
  done_(outcome);
  return {};
}

Result<Publisher::Batch> Publisher::MakeDurable(Archive& archive, Batch batch) {
  if (batch.empty()) return batch;
  std::vector<Delivery*> deliveries;
  std::vector<NewBytes> documents;
  for (const auto& prepared : batch) {
    documents.push_back({prepared->delivery.digest, prepared->bytes});
    deliveries.push_back(&prepared->delivery);
  }
  YT_CHECK(archive.files().Put(documents));
  for (const auto& prepared : batch) prepared->bytes = {};
  YT_CHECK(archive.Record(deliveries));
  return batch;
}

Result<void> Publisher::SendBatch(Result<Batch> durable) {
  YT_ASSIGN(batch, std::move(durable));
  for (auto& prepared : batch) YT_CHECK(SendDelivery(std::move(prepared)));
  return {};
}

Result<void> Publisher::MakeDurableInBackground() {
  Result<Batch> before = recording_.valid() ? recording_.get() : Batch();
  if (!before) return tl::unexpected<Error>(before.error());
  names_.clear();
  for (const auto& prepared : batch_) names_.insert({prepared->delivery.feed, prepared->delivery.name});
  recording_ = std::async(std::launch::async, [&archive = archive_, batch = std::exchange(batch_, {})]() mutable {
    return MakeDurable(archive, std::move(batch));
  });
  batch_bytes_ = 0;
  return SendBatch(std::move(before));
}

Result<void> Publisher::SendAllOffered() {
  if (recording_.valid()) YT_CHECK(SendBatch(recording_.get()));
  batch_bytes_ = 0;
  names_.clear();
  return SendBatch(MakeDurable(archive_, std::exchange(batch_, {})));
}

Result<void> Publisher::SendDelivery(std::unique_ptr<Prepared> prepared) {
  YT_CHECK(Settle(options_.max_in_flight - 1));
  YT_CHECK(archive_.ClearRejection(prepared->delivery.feed, prepared->delivery.name));
  auto events = Encode(prepared->delivery, prepared->decoded, prepared->split, options_.max_event_bytes);
  if (!events) return SetAside(prepared->delivery, prepared->stamp, events.error(), prepared->set_aside_before);
  prepared->events = std::move(*events);
  prepared->decoded = {};
  auto flight = std::make_shared<InFlight>();
  std::vector<OutgoingRecord> records = std::move(prepared->events.sections);
  flight->waiting = records.size();
  flight->prepared = std::move(prepared);
  {
    std::lock_guard lock(shared_->mutex);
    ++shared_->under_way;
    if (records.empty()) shared_->ready.push_back(flight);
  }
  for (const OutgoingRecord& record : records) flight->sent_bytes.push_back(record.value.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto taken = log_.Append(std::move(records[i]), [shared = shared_, flight, i](Result<Appended> place) {
      shared->SectionAcknowledged(flight, i, place);
    });
    if (!taken) shared_->Acknowledged(flight, tl::unexpected<Error>(taken.error()));
  }
  return {};
}

Result<void> Publisher::Settle(std::size_t in_flight) {
  while (true) {
    YT_ASSIGN(ready, AwaitReady(in_flight));
    if (ready.empty()) return {};
    std::vector<std::shared_ptr<InFlight>> finished;
    for (auto& flight : ready) {
      YT_ASSIGN(done, Advance(flight));
      if (done) finished.push_back(std::move(flight));
    }
    YT_CHECK(Confirm(finished));
  }
}

// The deliveries whose step is acknowledged; none if at most `in_flight` are in flight.
Result<std::deque<std::shared_ptr<Publisher::InFlight>>> Publisher::AwaitReady(std::size_t in_flight) {
  std::unique_lock lock(shared_->mutex);
  const auto any = [&] { return !shared_->ready.empty(); };
  while (shared_->under_way > in_flight && !shared_->changed.wait_for(lock, std::chrono::milliseconds(200), any)) {
    if (options_.abandon && options_.abandon()) return Abandoned();
  }
  return std::exchange(shared_->ready, {});
}

// Takes a delivery whose step is acknowledged to its next: the manifest after the sections. True: there is none.
Result<bool> Publisher::Advance(const std::shared_ptr<InFlight>& flight) {
  Prepared& prepared = *flight->prepared;
  for (std::size_t section : std::exchange(flight->acknowledged, {}))
    events_.SectionAppended(prepared.events.categories[section], flight->sent_bytes[section]);
  if (flight->error && flight->error->kind == ErrorKind::kBadData) {
    // The log will never accept it: set it aside and continue with the others.
    YT_CHECK(SetAside(prepared.delivery, prepared.stamp, {RejectReason::kTooLarge, flight->error->message}));
    return true;
  }
  if (flight->error) {
    events_.AppendFailed(prepared.delivery.feed, *flight->error);
    return true;
  }
  if (std::exchange(flight->manifest_sent, true)) return true;
  flight->waiting = 1;
  const auto taken =
      log_.Append(EncodeManifest(prepared.events.manifest),
                  [shared = shared_, flight](Result<Appended> place) { shared->Acknowledged(flight, place); });
  if (!taken) shared_->Acknowledged(flight, tl::unexpected<Error>(taken.error()));
  return false;
}

// Marks finished deliveries published and reports them; the error of one that failed for now.
Result<void> Publisher::Confirm(const std::vector<std::shared_ptr<InFlight>>& finished) {
  std::vector<std::pair<std::int64_t, PublishedOffsets>> published;
  for (const auto& flight : finished)
    if (!flight->error) published.emplace_back(flight->prepared->delivery.id, flight->offsets);
  if (!published.empty()) YT_CHECK(archive_.MarkPublished(published, log_.Id()));
  {
    std::lock_guard lock(shared_->mutex);
    shared_->under_way -= finished.size();
  }
  Result<void> result;
  for (const auto& flight : finished) {
    if (flight->error) {
      if (flight->error->kind != ErrorKind::kBadData) result = tl::unexpected<Error>(*flight->error);
      continue;
    }
    const Prepared& prepared = *flight->prepared;
    PublishOutcome outcome = OutcomeOf(prepared.delivery, prepared.stamp, PublishOutcome::Kind::kNew);
    for (const ManifestIssue& issue : prepared.events.manifest.issues) {
      outcome.issues.push_back(issue.issue.label);
      outcome.sections += static_cast<int>(issue.sections.size());
    }
    outcome.offsets = flight->offsets;
    events_.DocumentPublished(outcome.feed, outcome.name, outcome.sections, prepared.document_bytes);
    done_(outcome);
  }
  return result;
}

Result<void> Publisher::Finish() {
  YT_CHECK(SendAllOffered());
  return Settle(0);
}

Result<void> Publisher::Republish(Delivery delivery, const std::optional<std::string>& topic,
                                  const std::optional<std::string>& set_aside_before) {
  const auto archived = archive_.files().Read(delivery.digest);
  if (!archived && archived.error().kind == ErrorKind::kTryLater) return tl::unexpected<Error>(archived.error());
  if (!archived) return SetAside(delivery, delivery.file_stamp, {RejectReason::kUnreadable, archived.error().message});
  const std::string& bytes = *archived;
  const int recorded_version = delivery.splitter_version;
  const TextDigest recorded_text = delivery.text_digest;
  auto prepared = Prepare(bytes, delivery);
  if (!prepared) return SetAside(delivery, delivery.file_stamp, prepared.error(), set_aside_before);
  if ((*prepared)->delivery.splitter_version != recorded_version ||
      (*prepared)->delivery.text_digest != recorded_text) {
    YT_CHECK(archive_.UpdateSplit((*prepared)->delivery));
  }
  if (!topic) {
    (*prepared)->set_aside_before = set_aside_before;
    return SendDelivery(std::move(*prepared));
  }
  // A refill of one topic sends only that topic's records; whether the delivery is marked published does not change.
  const Prepared& whole = **prepared;
  auto events = EncodeDelivery(whole.delivery, whole.decoded, whole.split, options_.max_event_bytes);
  if (!events) return {};
  if (*topic == kDocumentsTopic) events->sections = {EncodeManifest(events->manifest)};
  for (OutgoingRecord& record : events->sections) {
    if (record.topic != *topic) continue;
    YT_CHECK(log_.Append(std::move(record), [failed = refill_failures_](Result<Appended> place) {
      if (!place) ++*failed;
    }));
  }
  return {};
}

Result<void> Publisher::FinishUnpublished(const std::string& feed) {
  constexpr int kPage = 100;
  for (std::int64_t after = 0;;) {
    YT_ASSIGN(deliveries, archive_.Unpublished(feed, log_.Id(), after, kPage));
    if (deliveries.empty()) return Settle(0);
    after = deliveries.back().id;
    for (Delivery& delivery : deliveries) YT_CHECK(Republish(std::move(delivery), std::nullopt));
  }
}

Result<int> Publisher::Refill(const std::optional<std::string>& topic) {
  std::int64_t after = 0;
  int count = 0;
  while (true) {
    YT_ASSIGN(deliveries, archive_.All(after, 100));
    if (deliveries.empty()) break;
    after = deliveries.back().id;
    for (Delivery& delivery : deliveries) {
      YT_CHECK(Republish(std::move(delivery), topic));
      ++count;
    }
    YT_CHECK(Settle(0));
  }
  if (topic) YT_CHECK(log_.Flush(std::chrono::minutes(5)));
  if (const int failed = refill_failures_->exchange(0); failed > 0) {
    return Fail(ErrorKind::kUnavailable, fmt::format("{} events were not acknowledged; run the refill again", failed));
  }
  return count;
}

}  // namespace ytterby
