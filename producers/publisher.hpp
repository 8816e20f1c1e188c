// The publisher: document in, sections and manifest on the log, checkpoint after acknowledgement.
//
//   read ─► archive the bytes and record the delivery ─► append the sections ─► (all acknowledged) append the manifest
//        ─► (acknowledged) mark the delivery published for this log ─► confirm it to the feed
//
// A kill at any point leaves a delivery that is archived but not published; FinishUnpublished appends it again with its
// recorded values. Appending twice duplicates nothing, since ids are derived from the content.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "producers/documents/archive.hpp"
#include "producers/documents/decode.hpp"
#include "producers/producer_events.hpp"
#include "producers/sections/splitter.hpp"

namespace ytterby {

struct IncomingDocument {
  std::string feed, name, stamp;
  int priority = 0;
  std::string bytes;
  std::optional<std::string> issue_label;
};

struct PublishOutcome {
  enum class Kind { kNew, kUnchanged, kRejected, kSetAside };
  Kind kind = Kind::kNew;
  std::string feed, name, stamp;
  std::vector<std::string> issues;
  int sections = 0;
  std::optional<Rejection> rejection;
  PublishedOffsets offsets;  // the last offset of the delivery in every partition it wrote to
};

struct PublisherOptions {
  std::size_t max_event_bytes = 900'000;
  std::size_t max_document_bytes = 32u << 20;
  std::size_t batch_documents = 32;  // recorded in one durable transaction
  std::size_t batch_bytes = 4u << 20;
  std::function<bool()> abandon;    // called while waiting for acknowledgements: true gives up (kTryLater)
  bool repeats_rejections = false;  // logs and counts a known rejection again, for a person who asks again
  std::function<decltype(DecodeDocument)> decode = &DecodeDocument;
  std::function<decltype(SplitText)> split = &SplitText;
  std::size_t max_in_flight = 64;  // deliveries between first append and acknowledged manifest
};

// Called from one thread. The log's thread only delivers acknowledgements; a background thread makes a batch durable,
// and the destructor waits for it.
class Publisher {
 public:
  // `done` is called for every document when its outcome is final.
  Publisher(RecordLog& log, Archive& archive, ProducerEvents& events, const Clock& clock, PublisherOptions options,
            std::function<void(const PublishOutcome&)> done);
  ~Publisher();

  // Takes a document. Its outcome is passed to `done`, at the latest in Finish.
  Result<void> Offer(IncomingDocument document);
  // Records a document that could not even be read.
  Result<void> Reject(const std::string& feed, const std::string& name, const std::string& stamp, Rejection rejection);
  // Waits until everything offered is acknowledged and recorded.
  Result<void> Finish();
  // Appends from the archive every recorded delivery of the feed that this log does not have.
  Result<void> FinishUnpublished(const std::string& feed);
  // Appends recorded deliveries again, published or not, to fill the gaps of a log that lost records. `topic` limits
  // what is sent.
  Result<int> Refill(const std::optional<std::string>& topic);

 private:
  struct Prepared;
  struct InFlight;
  struct Shared;

  using Batch = std::vector<std::unique_ptr<Prepared>>;

  // A parser that throws gives a rejection with kBroken.
  tl::expected<std::unique_ptr<Prepared>, Rejection> Prepare(std::string_view bytes, Delivery delivery) const;
  // Step 1 of publishing: makes bytes and delivery records durable before anything is appended.
  static Result<Batch> MakeDurable(Archive& archive, Batch batch);
  // Starts step 1 of the batch on a background thread; meanwhile this thread sends the previous batch and prepares the
  // next.
  Result<void> MakeDurableInBackground();
  // Step 2, with the result of MakeDurable: appends the sections. Settle appends the manifest when all are
  // acknowledged.
  Result<void> SendBatch(Result<Batch> durable);
  Result<void> SendDelivery(std::unique_ptr<Prepared> prepared);
  // Runs both steps for everything offered so far.
  Result<void> SendAllOffered();
  Result<void> Unchanged(const Delivery& delivery, const std::string& stamp, PublishedOffsets offsets);
  // `before`: why it was set aside earlier, if it was; the same reason is not reported again.
  Result<void> SetAside(const Delivery& delivery, const std::string& stamp, Rejection rejection,
                        const std::optional<std::string>& before = {});
  // Archives, records and sets aside a document that makes a parser throw.
  Result<void> SetAsideBroken(std::string_view bytes, Delivery delivery, Rejection rejection);
  Result<void> AppendLetter(const Delivery& delivery, const std::string& reason);
  Result<void> Republish(Delivery delivery, const std::optional<std::string>& topic,
                         const std::optional<std::string>& set_aside_before = {});
  // Appends the manifests whose sections are acknowledged and marks deliveries published whose manifests are; waits
  // until at most `in_flight` deliveries are in flight.
  Result<void> Settle(std::size_t in_flight);
  Result<std::deque<std::shared_ptr<InFlight>>> AwaitReady(std::size_t in_flight);
  Result<bool> Advance(const std::shared_ptr<InFlight>& flight);
  Result<void> Confirm(const std::vector<std::shared_ptr<InFlight>>& finished);

  RecordLog& log_;
  Archive& archive_;
  ProducerEvents& events_;
  const Clock& clock_;
  PublisherOptions options_;
  std::function<void(const PublishOutcome&)> done_;
  Batch batch_;
  std::size_t batch_bytes_ = 0;
  std::future<Result<Batch>> recording_;                 // at most one: the batch before batch_
  std::set<std::pair<std::string, std::string>> names_;  // feed and name of what the archive may not have yet
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<std::atomic<int>> refill_failures_ =
      std::make_shared<std::atomic<int>>(0);  // pending acknowledgements may outlive this
};

}  // namespace ytterby
