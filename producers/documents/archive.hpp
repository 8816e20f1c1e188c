// The archive: every delivered document by its digest, and the delivery records. From the two, log and store can be
// rebuilt to the same exports. An archived document is not necessarily published.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/db/sqlite.hpp"
#include "common/digest.hpp"
#include "common/log/record_log.hpp"
#include "producers/documents/document_files.hpp"
#include "producers/documents/published_offsets.hpp"

namespace ytterby {

// One feed delivering one document under one name. The values are recorded before the first append and never
// recomputed.
struct Delivery {
  std::int64_t id = 0;
  std::string feed, name;
  int revision = 1;  // 1, 2, …: numbers the different contents that this feed has seen under this name
  int priority = 0;
  DocumentDigest digest;
  TextDigest text_digest;
  int splitter_version = 0;
  std::string fetched_at;
  std::optional<std::string> issue_label;  // --issue
  std::optional<std::string> set_aside;    // why it can never be appended
  std::optional<std::string> waived;       // why nobody needs to act on that any more
  std::string file_stamp;                  // size and times of the file, so that a rescan need not read it again
};

// A delivery that the log would not take, and what became of it.
struct SetAsideDocument {
  Delivery delivery;
  // open: waits for a person; retried: sent again, no outcome yet; closed: sent again and published; waived: set aside
  // for good.
  std::string state;
  std::string error;  // of the last attempt
  int attempts = 1;
};

struct RejectedDocument {
  std::string feed, name, reason, message, at;
};

// Thread-safe.
class Archive {
 public:
  static Result<std::unique_ptr<Archive>> Open(const std::filesystem::path& data_dir);
  // For reading only: creates nothing and needs no write permission. kNoInput when there is no archive.
  static Result<std::unique_ptr<Archive>> OpenReadOnly(const std::filesystem::path& data_dir);

  // The documents' bytes.
  const DocumentFiles& files() const { return files_; }

  // Durably records deliveries, all or none; fills in id and revision. Their bytes must be archived already.
  Result<void> Record(std::vector<Delivery*> deliveries);
  Result<void> UpdateSplit(const Delivery& delivery);  // text digest and splitter version, after the splitter changed
  Result<std::optional<Delivery>> Latest(const std::string& feed, const std::string& name);
  Result<std::vector<Delivery>> All(std::int64_t after_id, int limit);
  // One page, ordered by id, of the deliveries after `after_id`.
  Result<std::vector<Delivery>> Unpublished(const std::string& feed, const std::string& log_id, std::int64_t after_id,
                                            int limit);
  // The source's stamp, by name, for every name of the feed whose latest delivery is published on that log.
  Result<std::map<std::string, std::string>> Stamps(const std::string& feed, const std::string& log_id);
  // When the feed fetched the newest document that is published on that log; nullopt if it has published none.
  Result<std::optional<Timestamp>> NewestFetched(const std::string& feed, const std::string& log_id);

  // When the feed's newest deliveries were fetched, newest first, at most `limit`.
  Result<std::vector<Timestamp>> FetchTimes(const std::string& feed, int limit);

  Result<void> MarkPublished(const std::vector<std::pair<std::int64_t, PublishedOffsets>>& published,
                             const std::string& log_id);
  // One page, ordered by id, of the deliveries after `after_id` that are published on the log.
  Result<std::vector<std::pair<std::int64_t, PublishedOffsets>>> PublishedOn(const std::string& log_id,
                                                                             std::int64_t after_id, int limit);
  // They count as unpublished on the log again.
  Result<void> ForgetPublished(const std::vector<std::int64_t>& deliveries, const std::string& log_id);
  // Revisions, by feed and name, that the log's documents topic has up to `next`: Record gives out greater ones.
  Result<void> TakeUpRevisions(const std::map<std::pair<std::string, std::string>, int>& revisions,
                               const std::string& log_id, int partition, Offset next);
  // The `next` of the last call for the partition; 0 if there was none.
  Result<Offset> ReadTo(const std::string& log_id, int partition);
  // nullopt when the delivery is not published on that log.
  Result<std::optional<PublishedOffsets>> OffsetsOf(std::int64_t delivery, const std::string& log_id);
  Result<void> SetAside(std::int64_t delivery, const std::string& reason);  // after a permanent produce error
  // Marks a delivery that is set aside, waived or not, to be published again. False: it is not set aside.
  Result<bool> SendAgain(std::int64_t delivery);
  // Waives a delivery for good, with a reason: one that is set aside, or that was sent again and is not published yet.
  // False: it is neither, or was waived before.
  Result<bool> WaiveSetAside(std::int64_t delivery, const std::string& reason);

  // False: the same rejection of that document is recorded already and stays unchanged.
  Result<bool> RecordRejection(const RejectedDocument& rejected);
  Result<void> ClearRejection(const std::string& feed, const std::string& name);
  // Ordered by feed and name.
  Result<std::vector<RejectedDocument>> Rejections();
  // All deliveries that were ever set aside, ordered by feed, name and revision.
  Result<std::vector<SetAsideDocument>> SetAsides();
  // How many deliveries are set aside, or were sent again and have no outcome yet, and when the oldest was fetched.
  struct Waiting {
    std::int64_t count = 0;
    std::optional<Timestamp> oldest;
  };
  Result<Waiting> WaitingSetAsides();
  // The feeds that have documents which were sent again and have no outcome yet.
  Result<std::set<std::string>> FeedsWithRetries();
  struct Counts {
    std::int64_t deliveries = 0, documents = 0, set_aside = 0;
  };
  Result<Counts> Count();

 private:
  explicit Archive(std::filesystem::path folder) : files_(std::move(folder)) {}
  static Delivery Row(const Statement& row);
  Result<bool> MoveToRetries(std::int64_t delivery);

  DocumentFiles files_;
  std::mutex mutex_;
  Database db_;
};

}  // namespace ytterby
