#include "consumers/relay/record_owner.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "common/host.hpp"

namespace ytterby {
namespace {

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
    if (records.empty()) break;  // only transaction markers are left
    for (const LogRecord& record : records) {
      if (auto ownership = DecodeOwnership(record)) found = {std::move(*ownership), record.offset};
    }
    next = records.back().offset + 1;
  }
  return found;
}

Result<OwnerOnLog> ClaimRecordTopics(RecordLog& log, const std::string& store_id) {
  YT_ASSIGN(appender, log.OpenFenced(std::string(kRecordTopicsAppender)));
  // Claims made before OpenFenced are visible now; of two made after it, one is fenced off.
  YT_ASSIGN(before, ReadOwner(log));
  if (before.owner) return before;
  YT_CHECK(AppendClaim(*appender, store_id));
  // Kafka acknowledges a commit a moment before it is visible.
  constexpr std::chrono::milliseconds kPause{20};
  for (int tries = 0; tries < 50; ++tries) {
    YT_ASSIGN(own, ReadOwner(log));
    if (own.owner) return own;
    std::this_thread::sleep_for(kPause);
  }
  return FailLog(ErrorKind::kUnavailable, "the claim on the record topics was acknowledged but is not visible");
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
