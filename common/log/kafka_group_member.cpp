#include "common/log/kafka_group_member.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/log/kafka_messages.hpp"

namespace ytterby {
namespace {

// Records appended together, to several topics, arrive within a few milliseconds; by waiting for the rest the caller
// can store them in one transaction.
constexpr std::chrono::milliseconds kGather{25};
// By the time a record arrives, those appended before it have arrived too; only the library's hand-over takes this
// long.
constexpr std::chrono::milliseconds kHandOver{1};

}  // namespace

KafkaGroupMember::~KafkaGroupMember() {
  if (handle_) rd_kafka_consumer_close(handle_.get());
}

Result<void> KafkaGroupMember::Subscribe(KafkaPtr<rd_kafka_t> handle, const std::vector<std::string>& topics) {
  handle_ = std::move(handle);
  rd_kafka_poll_set_consumer(handle_.get());
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(handle_.get(), list.get()))
    return tl::unexpected<Error>(KafkaError(error, "subscribe"));
  return {};
}

void KafkaGroupMember::OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                                   void* opaque) {
  auto* self = static_cast<KafkaGroupMember*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    for (int i = 0; i < list->cnt; ++i) {
      const auto offset = self->start_({list->elems[i].topic, list->elems[i].partition});
      if (!offset) {
        self->error_ = offset.error();
        rd_kafka_assign(handle, nullptr);
        return;
      }
      list->elems[i].offset = *offset;
    }
    rd_kafka_assign(handle, list);
    self->assigned_ = true;
  } else {
    self->assigned_ = false;
    rd_kafka_assign(handle, nullptr);
  }
}

Result<std::vector<LogRecord>> KafkaGroupMember::Poll(const PollLimits& limits) {
  std::vector<LogRecord> records;
  std::size_t bytes = 0;
  auto until = std::chrono::steady_clock::now() + limits.wait;
  while (records.size() < limits.batch.records && bytes < limits.batch.bytes) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const KafkaPtr<rd_kafka_message_t> message(
        rd_kafka_consumer_poll(handle_.get(), std::max(0, static_cast<int>(left.count()))));
    if (error_) {
      const Error error = *std::exchange(error_, std::nullopt);
      return tl::unexpected<Error>(error);
    }
    if (!message) break;
    if (records.empty()) until = std::min(until, std::chrono::steady_clock::now() + kGather);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      records.push_back(RecordFromKafka(*message));
      bytes += records.back().value.size();
      if (records.back().at.topic == limits.last_topic)
        until = std::min(until, std::chrono::steady_clock::now() + kHandOver);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      YT_CHECK(Restart(*message));
      continue;
    }
    // A fatal error hides the actual one: when a broker's return makes a static member join twice, the member fences
    // itself. It joins again.
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle_.get(), nullptr, 0);
    const Error error = KafkaError(fatal ? fatal : message->err, rd_kafka_message_errstr(message.get()));
    if (!records.empty()) break;  // return what was read first; the error will show again
    if (error.kind == ErrorKind::kConfiguration) return tl::unexpected<Error>(error);
    if (fatal) return tl::unexpected<Error>(error);
    spdlog::debug("{}", error.message);  // librdkafka recovers by itself
    break;
  }
  if (records.size() >= limits.batch.records || bytes >= limits.batch.bytes) WakeFetchers();
  return records;
}

// librdkafka stops fetching when its queue is full. It notices free space only when something else wakes a broker's
// thread, or after a second (since 2.2.0: after fetch.queue.backoff.ms, see KafkaLog::MemberSettings). The query below
// passes through those threads; nothing waits for its answer. A queue that was full yields a full batch, since it is
// larger than a batch.
void KafkaGroupMember::WakeFetchers() {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  if (rd_kafka_assignment(handle_.get(), &raw)) return;
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(raw);
  for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(handle_.get(), list.get(), 0);
}

Result<void> KafkaGroupMember::Seek(const TopicPartition& at, Offset offset) {
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = offset;
  const KafkaPtr<rd_kafka_error_t> error(rd_kafka_seek_partitions(handle_.get(), list.get(), kDaemonCallTimeoutMs));
  if (error)
    return FailLog(ErrorKind::kUnavailable, fmt::format("Kafka: seek: {}", rd_kafka_error_string(error.get())));
  if (list->elems[0].err) return tl::unexpected<Error>(KafkaError(list->elems[0].err, "seek"));
  return {};
}

Result<void> KafkaGroupMember::CommitForTools(const std::map<TopicPartition, Offset>& next) {
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(next.size())));
  for (const auto& [at, offset] : next)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = offset;
  // Asynchronous, and its failure changes nothing: the store holds the offsets that count.
  rd_kafka_commit(handle_.get(), list.get(), 1);
  return {};
}

std::vector<TopicPartition> KafkaGroupMember::WithoutPosition(const std::vector<TopicPartition>& held) {
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(held.size())));
  for (const TopicPartition& at : held) rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition);
  // Just after a broker's return there may be messages, but no group coordinator yet.
  constexpr int kTimeoutMs = 1000;
  if (rd_kafka_committed(handle_.get(), list.get(), kTimeoutMs)) return held;
  std::vector<TopicPartition> without;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& position = list->elems[i];
    if (position.err || position.offset < 0) without.push_back({position.topic, position.partition});
  }
  return without;
}

std::vector<TopicPartition> KafkaGroupMember::Assignment() const {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  std::vector<TopicPartition> held;
  if (rd_kafka_assignment(handle_.get(), &raw)) return held;
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(raw);
  for (int i = 0; i < list->cnt; ++i) held.push_back({list->elems[i].topic, list->elems[i].partition});
  return held;
}

std::optional<Watermarks> KafkaGroupMember::KnownWatermarks(const TopicPartition& at) const {
  std::int64_t low = 0, high = 0;
  if (rd_kafka_get_watermark_offsets(handle_.get(), at.topic.c_str(), at.partition, &low, &high) || high < 0)
    return std::nullopt;
  return Watermarks{std::max<Offset>(low, 0), high};
}

// The position is outside the log: ask again where to start; `start_` reports what is missing.
Result<void> KafkaGroupMember::Restart(const rd_kafka_message_t& message) {
  const TopicPartition at{message.rkt ? rd_kafka_topic_name(message.rkt) : "", message.partition};
  YT_ASSIGN(offset, start_(at));
  return Seek(at, offset);
}

}  // namespace ytterby
