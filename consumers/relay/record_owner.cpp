#include "consumers/relay/record_owner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace ytterby {
namespace {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

Result<void> AppendClaim(FencedAppender& appender, const std::string& store_id) {
  YT_CHECK(appender.Append({EncodeOwnership({store_id, HostName(), FormatRfc3339(SystemClock().Now())})}));
  return {};
}

}  // namespace

Result<OwnerOnLog> ReadOwner(RecordLog& log) {
  const TopicPartition at{std::string(kOwnershipTopic), 0};
  YT_ASSIGN(marks, log.GetWatermarks(at));
  OwnerOnLog found;
  for (Offset next = marks.low; next < marks.high;) {
    YT_ASSIGN(records, log.Read(at, next, {}));
    if (records.empty()) break;  // what is left are the log's own marks
    for (const LogRecord& record : records) {
      if (auto ownership = DecodeOwnership(record)) found = {std::move(*ownership), record.offset};
    }
    next = records.back().offset + 1;
  }
  return found;
}

Result<OwnerOnLog> ClaimRecordTopics(RecordLog& log, const std::string& store_id) {
  YT_ASSIGN(appender, log.OpenFenced(std::string(kRecordTopicsAppender)));
  // A claim made before this name was taken shows now; of two that are made later, one is fenced off.
  YT_ASSIGN(before, ReadOwner(log));
  if (before.owner) return before;
  YT_CHECK(AppendClaim(*appender, store_id));
  // Kafka answers a commit a moment before it shows.
  constexpr std::chrono::milliseconds kLook{20};
  for (int looks = 0; looks < 250; ++looks) {
    YT_ASSIGN(own, ReadOwner(log));
    if (own.owner) return own;
    std::this_thread::sleep_for(kLook);
  }
  return FailLog(ErrorKind::kUnavailable, "the claim of the record topics was acknowledged and does not show");
}

Result<void> AdoptRecordTopics(RecordLog& log, const std::string& store_id) {
  YT_ASSIGN(appender, log.OpenFenced(std::string(kRecordTopicsAppender)));
  return AppendClaim(*appender, store_id);
}

std::string NotOwnerMessage(const Ownership& owner, const std::string& log_id) {
  return fmt::format(
      "the record topics of log {} belong to store {} (claimed on {} at {}); this store publishes nothing there; "
      "`ytterby topics adopt` hands them over",
      log_id, owner.store, owner.host, owner.at);
}

}  // namespace ytterby
