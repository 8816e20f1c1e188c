#include "common/log/kafka_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

#include "common/log/kafka_admin.hpp"
#include "common/log/kafka_fenced_appender.hpp"
#include "common/log/kafka_group_member.hpp"
#include "common/log/kafka_messages.hpp"

namespace ytterby {
namespace {

constexpr std::chrono::milliseconds kLeaderPoll{50};
constexpr const char* kSocketTimeout = "10000";
constexpr int kWatermarkTimeoutMs = 5'000;  // a consumer loop asks for these and must notice a stop soon
constexpr int kLeaderWaitMs = 1'000;        // how long a live leader may take to answer

void OnLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // While a broker is away librdkafka writes a line for each attempt of each connection (level 3); that it is away is
  // said once, by those who use it.
  constexpr int kCritical = 2;
  spdlog::log(level <= kCritical ? spdlog::level::warn : spdlog::level::debug, "kafka {}: {}", facility, text);
}

// The settings of all our producers, plus `own`. For consumer settings in the configuration a producer only logs a
// warning.
std::map<std::string, std::string> ProducerSettings(std::map<std::string, std::string> own) {
  own.insert({{"enable.idempotence", "true"},
              {"acks", "all"},
              {"linger.ms", "1"},
              {"compression.type", "lz4"},
              {"partitioner", "murmur2_random"},
              {"queue.buffering.max.kbytes", "32768"},
              {"socket.timeout.ms", kSocketTimeout},
              {"topic.metadata.refresh.interval.ms", "10000"}});  // when a refused topic is retried
  return own;
}

std::map<std::string, std::string> FencedSettings(const std::string& name) {
  return ProducerSettings(
      {{"transactional.id", name}, {"message.timeout.ms", "30000"}, {"transaction.timeout.ms", "30000"}});
}

// The delivery report of one record. The message's opaque is the record's acknowledgement.
void OnDelivered(rd_kafka_t* producer, const rd_kafka_message_t* message, void*) {
  std::unique_ptr<Acknowledge> acknowledge(static_cast<Acknowledge*>(message->_private));
  if (!acknowledge) return;
  const std::string topic = rd_kafka_topic_name(message->rkt);
  rd_kafka_resp_err_t error = message->err;
  thread_local InferredDelivery inferred;  // a batch's reports arrive one after the other
  if (inferred(*message)) {
    // The record may be missing, so append it again. If it is there after all, the second one has the same id.
    spdlog::warn("kafka: {}/{} has acknowledged a record without saying where it is; appending it again", topic,
                 message->partition);
    error = Produce(producer, AsOutgoing(RecordFromKafka(*message)), acknowledge.get());
    if (!error) {
      (void)acknowledge.release();
      return;
    }
  }
  if (error) {
    (*acknowledge)(tl::unexpected<Error>(KafkaError(error, "append to " + topic)));
  } else {
    (*acknowledge)(Appended{{topic, message->partition}, message->offset});
  }
}

}  // namespace

int KafkaLog::CallTimeoutMs() const {
  return options_.timeout.count() > 0 ? static_cast<int>(options_.timeout.count()) : kDaemonCallTimeoutMs;
}

Result<KafkaPtr<rd_kafka_conf_t>> KafkaLog::NewConf(std::map<std::string, std::string> settings) const {
  settings["bootstrap.servers"] = options_.brokers;
  settings["client.id"] = "ytterby";
  settings["reconnect.backoff.max.ms"] = "1000";  // the default, 10 s, can be most of an outage
  settings["allow.auto.create.topics"] =
      "false";  // a deleted topic would be recreated with the broker's settings and lose records
  for (const auto& [name, value] : options_.properties) {
    // The guarantees rest on these settings, so they cannot be configured.
    for (std::string_view fixed : {"acks", "request.required.acks", "enable.idempotence", "enable.auto.commit",
                                   "enable.auto.offset.store", "isolation.level", "auto.offset.reset", "group.id",
                                   "partitioner", "enable.partition.eof", "bootstrap.servers", "metadata.broker.list",
                                   "message.timeout.ms", "transactional.id", "allow.auto.create.topics"}) {
      if (name == fixed)
        return FailLog(ErrorKind::kConfiguration, fmt::format("kafka setting {}: is fixed by the program", name));
    }
    settings[name] = value;
  }
  // librdkafka 2.0.2 aborts the process when members with this strategy close (librdkafka issue 4312).
  const auto strategy = settings.find("partition.assignment.strategy");
  if (strategy != settings.end() && strategy->second.find("cooperative") != std::string::npos &&
      rd_kafka_version() < 0x020300ff) {
    return FailLog(ErrorKind::kConfiguration,
                   "kafka partition.assignment.strategy: cooperative-sticky needs librdkafka 2.3.0 or later");
  }
  KafkaPtr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  char message[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), message, sizeof message) != RD_KAFKA_CONF_OK) {
      return FailLog(ErrorKind::kConfiguration, fmt::format("kafka setting {}: {}", name, message));
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), &OnLog);
  return conf;
}

Result<KafkaPtr<rd_kafka_t>> KafkaLog::NewHandle(rd_kafka_type_t type, KafkaPtr<rd_kafka_conf_t> conf) const {
  char message[512];
  KafkaPtr<rd_kafka_t> handle(rd_kafka_new(type, conf.get(), message, sizeof message));
  if (!handle) return FailLog(ErrorKind::kConfiguration, fmt::format("kafka: {}", message));
  (void)conf.release();  // the handle owns it now
  return handle;
}

Result<void> KafkaLog::CheckSettings(KafkaOptions options) {
  // Each setting by itself, so that every wrong one is named.
  std::string wrong;
  for (const auto& [name, value] : options.properties) {
    KafkaOptions one{options.brokers, {{name, value}}, options.timeout};
    const auto conf = KafkaLog(std::move(one)).NewConf({});
    if (!conf) wrong += (wrong.empty() ? "" : "\n") + conf.error().message;
  }
  if (!wrong.empty()) return FailLog(ErrorKind::kConfiguration, wrong);
  const KafkaLog log(std::move(options));
  YT_CHECK(log.NewConf({}));
  if (log.options_.brokers.empty()) return {};
  // librdkafka checks some settings only when they are used: certificate files, and settings that depend on each other.
  const std::pair<rd_kafka_type_t, std::map<std::string, std::string>> kinds[] = {
      {RD_KAFKA_PRODUCER, ProducerSettings({})},
      {RD_KAFKA_PRODUCER, FencedSettings("check")},
      {RD_KAFKA_CONSUMER, log.MemberSettings("check")}};
  for (const auto& [type, settings] : kinds) {
    YT_ASSIGN(conf, log.NewConf(settings));
    YT_CHECK(log.NewHandle(type, std::move(conf)));
  }
  return {};
}

KafkaLog::Producer::~Producer() {
  if (!handle) return;  // it could not be created
  rd_kafka_flush(handle.get(), 5000);
  poller.request_stop();
  if (poller.joinable()) poller.join();
}

Result<std::shared_ptr<KafkaLog::Producer>> KafkaLog::NewProducer() const {
  const std::string message_timeout = std::to_string(options_.timeout.count());  // 0: without limit
  YT_ASSIGN(conf, NewConf(ProducerSettings({{"message.timeout.ms", message_timeout}})));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &OnDelivered);
  auto producer = std::make_shared<Producer>();
  rd_kafka_conf_set_error_cb(conf.get(), &OnKafkaError);
  rd_kafka_conf_set_opaque(conf.get(), &producer->refusal);
  YT_ASSIGN(made, NewHandle(RD_KAFKA_PRODUCER, std::move(conf)));
  producer->handle = std::move(made);
  rd_kafka_t* handle = producer->handle.get();
  producer->poller = std::jthread([handle](std::stop_token stop) {
    while (!stop.stop_requested()) rd_kafka_poll(handle, 100);
  });
  return producer;
}

std::shared_ptr<KafkaLog::Producer> KafkaLog::Current() const {
  std::lock_guard lock(producer_mutex_);
  return producer_;
}

// After a fatal error librdkafka's producer accepts nothing more, because it can no longer tell whether a record would
// be duplicated. Records in flight are reported as failed and come again from the archive under the same ids; a new
// producer takes over.
Result<void> KafkaLog::Replace(const std::shared_ptr<Producer>& broken) {
  std::lock_guard lock(producer_mutex_);
  if (producer_ != broken) return {};  // another thread has replaced it
  char text[512];
  rd_kafka_fatal_error(broken->handle.get(), text, sizeof text);
  spdlog::warn("kafka: the producer gave up and is replaced: {}", text);
  YT_ASSIGN(fresh, NewProducer());
  producer_ = std::move(fresh);
  return {};
}

Result<std::unique_ptr<KafkaLog>> KafkaLog::Open(KafkaOptions options) {
  YT_CHECK(CheckSettings(options));
  std::unique_ptr<KafkaLog> log(new KafkaLog(std::move(options)));
  YT_ASSIGN(producer, log->NewProducer());
  log->producer_ = std::move(producer);
  rd_kafka_t* handle = log->producer_->handle.get();
  char* cluster = nullptr;
  const auto limit = std::chrono::steady_clock::now() + log->options_.timeout;
  const bool daemon = log->options_.timeout.count() == 0;
  while (!cluster && !(log->options_.stop && log->options_.stop())) {
    constexpr int kPauseMs = 200;
    cluster = rd_kafka_clusterid(handle, kPauseMs);
    // To a daemon that waits for its brokers, a restarting broker may look as if it refused the client.
    constexpr std::chrono::seconds kPassing{5};
    const std::string reason = log->producer_->refusal.reason();
    if (!cluster && !reason.empty() && (!daemon || log->producer_->refusal.Age() >= kPassing)) {
      return FailLog(ErrorKind::kConfiguration,
                     fmt::format("Kafka refuses this client: {}{}", reason, log->HintAtRefusal()));
    }
    if (!daemon && std::chrono::steady_clock::now() >= limit) break;
  }
  if (!cluster) {
    return FailLog(ErrorKind::kUnavailable, fmt::format("no Kafka broker answered at {} within {} s",
                                                        log->options_.brokers, log->CallTimeoutMs() / 1000));
  }
  log->id_ = cluster;
  rd_kafka_mem_free(handle, cluster);
  return log;
}

// librdkafka before 2.6.1 builds a wrong nonce, which Kafka 4 no longer accepts (kcat issue 462).
std::string KafkaLog::HintAtRefusal() const {
  const auto set = [&](const char* name) {
    const auto found = options_.properties.find(name);
    return found == options_.properties.end() ? std::string() : found->second;
  };
  const bool scram = (set("sasl.mechanism") + set("sasl.mechanisms")).find("SCRAM") != std::string::npos;
  if (!scram || rd_kafka_version() >= 0x020601ff) return "";
  return fmt::format("; or the broker is Kafka 4, where librdkafka {} cannot log in with SCRAM (2.6.1 can)",
                     rd_kafka_version_str());
}

KafkaLog::~KafkaLog() {
  producer_.reset();
  if (reader_) rd_kafka_consumer_close(reader_.get());
}

Result<void> KafkaLog::Append(OutgoingRecord record, Acknowledge acknowledge) {
  auto held = std::make_unique<Acknowledge>(std::move(acknowledge));
  while (true) {
    const std::shared_ptr<Producer> producer = Current();
    const rd_kafka_resp_err_t error = Produce(producer->handle.get(), record, held.get());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)held.release();  // OnDelivered frees it
      return {};
    }
    if (rd_kafka_fatal_error(producer->handle.get(), nullptr, 0)) {
      YT_CHECK(Replace(producer));
    } else if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return tl::unexpected<Error>(KafkaError(error, "append to " + record.topic));
    } else {
      rd_kafka_flush(producer->handle.get(), 50);  // back-pressure: wait until the queue drains, never drop
    }
  }
}

Result<void> KafkaLog::Flush(std::chrono::milliseconds limit) {
  if (const auto error = rd_kafka_flush(Current()->handle.get(), static_cast<int>(limit.count()))) {
    return FailLog(ErrorKind::kTryLater, fmt::format("Kafka: appends still waiting: {}", rd_kafka_err2str(error)));
  }
  return {};
}

Result<std::vector<LogRecord>> KafkaLog::Read(const TopicPartition& at, Offset from, const ReadLimits& limits) {
  YT_ASSIGN(marks, GetWatermarks(at));
  std::vector<LogRecord> records;
  if (from < marks.low)
    return FailLog(ErrorKind::kBadData, fmt::format("{}/{}: offset {} is below the log's start {}", at.topic,
                                                    at.partition, from, marks.low));
  if (from >= marks.high) return records;
  std::lock_guard lock(reader_mutex_);
  if (!reader_) {
    YT_ASSIGN(conf, NewConf({{"group.id", "ytterby.reader"},
                             {"enable.auto.commit", "false"},
                             {"enable.auto.offset.store", "false"},
                             {"isolation.level", "read_committed"},
                             {"auto.offset.reset", "error"},
                             {"socket.timeout.ms", kSocketTimeout},
                             {"fetch.wait.max.ms", "10"},
                             {"enable.partition.eof", "true"}}));
    YT_ASSIGN(reader, NewHandle(RD_KAFKA_CONSUMER, std::move(conf)));
    reader_ = std::move(reader);
    rd_kafka_poll_set_consumer(reader_.get());
  }
  // When librdkafka is assigned a topic it does not know, it requests the metadata by a timer, up to a second later.
  if (!reader_topics_.contains(at.topic)) {
    YT_CHECK(KafkaAdmin(reader_.get(), CallTimeoutMs()).Sizes());
    reader_topics_.insert(at.topic);
  }
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = from;
  if (const auto error = rd_kafka_assign(reader_.get(), list.get()))
    return tl::unexpected<Error>(KafkaError(error, "assign"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(CallTimeoutMs());
  std::size_t bytes = 0;
  std::optional<Error> failed;
  while (records.size() < limits.records && (records.empty() || bytes < limits.bytes)) {
    if (std::chrono::steady_clock::now() > deadline) {
      failed = Error{ErrorKind::kUnavailable,
                     fmt::format("Kafka: reading {}/{} from {} timed out", at.topic, at.partition, from), Part::kLog};
      break;
    }
    const KafkaPtr<rd_kafka_message_t> message(rd_kafka_consumer_poll(reader_.get(), 100));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (message->err) {
      if (KafkaError(message->err, "").kind != ErrorKind::kUnavailable) {
        failed = KafkaError(message->err, "read");
        break;
      }
      continue;
    }
    if (std::string_view(rd_kafka_topic_name(message->rkt)) != at.topic || message->partition != at.partition) continue;
    records.push_back(RecordFromKafka(*message));
    bytes += records.back().value.size();
  }
  rd_kafka_assign(reader_.get(), nullptr);
  if (failed && records.empty()) return tl::unexpected<Error>(*failed);
  return records;
}

namespace {

// `which`: RD_KAFKA_OFFSET_BEGINNING for the partition's first offset, RD_KAFKA_OFFSET_END for its end, or a time in
// milliseconds for the first offset of that time or later (-1: there is none). librdkafka's call for watermarks exceeds
// its time limit when the leader is gone (2.0.2).
rd_kafka_resp_err_t AskOffset(rd_kafka_t* handle, const TopicPartition& at, std::int64_t which, int timeout_ms,
                              std::int64_t& offset) {
  const KafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = which;
  if (const auto error = rd_kafka_offsets_for_times(handle, list.get(), timeout_ms)) return error;
  offset = list->elems[0].offset;
  if (list->elems[0].err) return list->elems[0].err;
  // An answer without this partition leaves `which` in place. Used as a start position, -1 would mean the end and skip
  // everything that is there.
  return offset == which ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

Result<Offset> KafkaLog::OffsetForTime(const TopicPartition& at, Timestamp time) {
  const auto producer = Current();
  Offset offset = 0;
  if (const auto error = AskOffset(producer->handle.get(), at, ToMillis(time), CallTimeoutMs(), offset)) {
    return tl::unexpected<Error>(KafkaError(error, "offset for a time"));
  }
  if (offset >= 0) return offset;
  YT_ASSIGN(marks, GetWatermarks(at));
  return marks.high;
}

Result<Watermarks> KafkaLog::GetWatermarks(const TopicPartition& at) {
  const auto producer = Current();
  rd_kafka_t* handle = producer->handle.get();
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(CallTimeoutMs(), kWatermarkTimeoutMs));
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int wait_ms = std::clamp(static_cast<int>(left.count()), 1, kLeaderWaitMs);
    std::int64_t low = 0, high = 0;
    auto error = AskOffset(handle, at, RD_KAFKA_OFFSET_BEGINNING, wait_ms, low);
    if (!error) error = AskOffset(handle, at, RD_KAFKA_OFFSET_END, wait_ms, high);
    if (!error) return Watermarks{low, high};
    const bool unknown =
        error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    const Error failed = KafkaError(error, fmt::format("watermarks of {}/{}", at.topic, at.partition));
    if ((failed.kind != ErrorKind::kUnavailable && !unknown) || left <= kLeaderPoll)
      return tl::unexpected<Error>(failed);
    // A new topic or partition has no leader for a moment; a partition whose broker is gone soon has another leader, of
    // which this handle learns only by asking.
    std::this_thread::sleep_for(kLeaderPoll);
    (void)KafkaAdmin(handle, kLeaderWaitMs).Sizes();
  }
}

Result<int> KafkaLog::PartitionCount(const std::string& topic) {
  YT_ASSIGN(counts, KafkaAdmin(Current()->handle.get(), CallTimeoutMs()).Sizes());
  const auto found = counts.find(topic);
  return found == counts.end() ? 0 : found->second.partitions;
}

std::map<std::string, std::string> KafkaLog::MemberSettings(const std::string& group) const {
  std::map<std::string, std::string> settings = {
      {"group.id", group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_committed"},
      {"session.timeout.ms", "10000"},
      {"heartbeat.interval.ms", "1000"},  // how members learn of a rebalance
      {"auto.offset.reset", "error"},
      {"socket.timeout.ms", kSocketTimeout},
      {"partition.assignment.strategy", "range"},
      {"topic.metadata.refresh.interval.ms", "10000"},  // when added partitions are noticed
      {"fetch.wait.max.ms", "250"},
      {"queued.max.messages.kbytes", "4096"}};  // more than a batch, see WakeFetchers
  // In compressed bytes: a fetch holds about four times as much. librdkafka rejects less than message.max.bytes.
  const auto largest = options_.properties.find("message.max.bytes");
  settings["fetch.max.bytes"] =
      std::to_string(std::max(1 << 20, largest == options_.properties.end() ? 0 : std::atoi(largest->second.c_str())));
  if (rd_kafka_version() >= 0x020200ff) settings["fetch.queue.backoff.ms"] = "10";
  return settings;
}

Result<std::unique_ptr<GroupMember>> KafkaLog::Join(const std::string& group, const std::vector<std::string>& topics,
                                                    StartPosition start) {
  YT_ASSIGN(counts, KafkaAdmin(Current()->handle.get(), CallTimeoutMs()).Sizes());
  for (const std::string& topic : topics) {
    if (!counts.count(topic))
      return FailLog(ErrorKind::kConfiguration,
                     fmt::format("Kafka has no topic {}; run `ytterby topics apply`", topic));
  }
  auto member = std::make_unique<KafkaGroupMember>(std::move(start));
  YT_ASSIGN(conf, NewConf(MemberSettings(group)));
  rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaGroupMember::OnRebalance);
  rd_kafka_conf_set_opaque(conf.get(), member.get());
  YT_ASSIGN(handle, NewHandle(RD_KAFKA_CONSUMER, std::move(conf)));
  YT_CHECK(member->Subscribe(std::move(handle), topics));
  return std::unique_ptr<GroupMember>(std::move(member));
}

Result<std::map<std::string, TopicState>> KafkaLog::DescribeTopics(const std::vector<std::string>& names) {
  return KafkaAdmin(Current()->handle.get(), CallTimeoutMs()).Describe(names);
}

Result<void> KafkaLog::ApplyTopics(const std::vector<TopicSpec>& specs) {
  return KafkaAdmin(Current()->handle.get(), CallTimeoutMs()).Apply(specs);
}

Result<std::unique_ptr<FencedAppender>> KafkaLog::OpenFenced(const std::string& name) {
  // Taking the name aborts what an earlier holder left unfinished and fences that holder off.
  YT_ASSIGN(conf, NewConf(FencedSettings(name)));
  auto appender = std::make_unique<KafkaFencedAppender>(name, std::min(CallTimeoutMs(), kDaemonCallTimeoutMs));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaFencedAppender::OnDelivered);
  rd_kafka_conf_set_opaque(conf.get(), appender.get());
  YT_ASSIGN(handle, NewHandle(RD_KAFKA_PRODUCER, std::move(conf)));
  YT_CHECK(appender->Open(std::move(handle)));
  return std::unique_ptr<FencedAppender>(std::move(appender));
}

}  // namespace ytterby
