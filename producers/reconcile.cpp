#include "producers/reconcile.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "schemas/events/manifest.hpp"

namespace ytterby {
namespace {

// Ends are asked for once per partition.
class Ends {
 public:
  explicit Ends(RecordLog& log) : log_(log) {}

  // Whether the partition has this offset. False also where the topic does not have the partition.
  Result<bool> Has(const TopicPartition& at, Offset offset) {
    auto known = ends_.find(at);
    if (known == ends_.end()) {
      YT_ASSIGN(partitions, log_.PartitionCount(at.topic));
      Offset end = 0;
      if (at.partition < partitions) {
        YT_ASSIGN(marks, log_.GetWatermarks(at));
        end = marks.high;
      }
      known = ends_.emplace(at, end).first;
    }
    return offset < known->second;
  }

 private:
  RecordLog& log_;
  std::map<TopicPartition, Offset> ends_;
};

Result<int> ForgetWhatTheLogLacks(Archive& archive, RecordLog& log) {
  Ends ends(log);
  int forgotten = 0;
  for (std::int64_t after = 0;;) {
    YT_ASSIGN(page, archive.PublishedOn(log.Id(), after, 1000));
    if (page.empty()) return forgotten;
    after = page.back().first;
    std::vector<std::int64_t> missing;
    for (const auto& [delivery, offsets] : page) {
      for (const auto& [at, offset] : offsets) {
        YT_ASSIGN(there, ends.Has(at, offset));
        if (there) continue;
        missing.push_back(delivery);
        break;
      }
    }
    YT_CHECK(archive.ForgetPublished(missing, log.Id()));
    forgotten += static_cast<int>(missing.size());
  }
}

Result<void> TakeUpRevisions(Archive& archive, RecordLog& log) {
  const std::string topic(kDocumentsTopic);
  YT_ASSIGN(partitions, log.PartitionCount(topic));
  for (int partition = 0; partition < partitions; ++partition) {
    const TopicPartition at{topic, partition};
    YT_ASSIGN(marks, log.GetWatermarks(at));
    YT_ASSIGN(read_to, archive.ReadTo(log.Id(), partition));
    // Beyond the end, the log was restored from an older copy.
    Offset next = read_to > marks.high ? marks.low : std::max(read_to, marks.low);
    while (next < marks.high) {
      YT_ASSIGN(records, log.Read(at, next, {}));
      if (records.empty()) break;  // only transaction markers are left
      std::map<std::pair<std::string, std::string>, int> revisions;
      for (const LogRecord& record : records) {
        const auto manifest = DecodeManifest(record);
        if (!manifest) continue;  // the consumers make it a dead letter
        int& greatest = revisions[{manifest->feed, manifest->name}];
        greatest = std::max(greatest, manifest->revision);
      }
      next = records.back().offset + 1;
      YT_CHECK(archive.TakeUpRevisions(revisions, log.Id(), partition, next));
    }
  }
  return {};
}

}  // namespace

Result<int> ReconcileWithLog(Archive& archive, RecordLog& log) {
  YT_ASSIGN(forgotten, ForgetWhatTheLogLacks(archive, log));
  if (forgotten > 0) {
    spdlog::warn(
        "the log does not have {} deliveries that the archive has published on it (was it restored from an older "
        "copy?); publishing them again",
        forgotten);
  }
  YT_CHECK(TakeUpRevisions(archive, log));
  return forgotten;
}

}  // namespace ytterby
