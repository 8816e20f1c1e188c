// The Kafka log with a mock cluster that returns errors on purpose: temporary errors are retried until the record is
// there once, permanent ones are reported, and a producer that librdkafka has given up on is replaced.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/log/kafka_handles.hpp"
#include "common/log/kafka_log.hpp"

namespace ytterby {
namespace {

constexpr std::int16_t kProduce = 0, kFetch = 1, kListOffsets = 2, kMetadata = 3, kOffsetCommit = 8, kOffsetFetch = 9,
                       kFindCoordinator = 10, kJoinGroup = 11, kHeartbeat = 12, kInitProducerId = 22,
                       kAddPartitionsToTxn = 24, kEndTxn = 26;
constexpr const char* kTopic = "faults";

struct ClusterDestroy {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

class KafkaErrors : public ::testing::Test {
 protected:
  void SetUp() override {
    char message[256];
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), message, sizeof message));
    ASSERT_TRUE(handle_) << message;
    cluster_.reset(rd_kafka_mock_cluster_new(handle_.get(), 3));
    ASSERT_TRUE(cluster_);
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_.get(), kTopic, 1, 3), RD_KAFKA_RESP_ERR_NO_ERROR);
    const std::map<std::string, std::string> fast = {{"linger.ms", "20"},
                                                     {"retry.backoff.ms", "10"},
                                                     {"session.timeout.ms", "6000"},
                                                     {"heartbeat.interval.ms", "300"}};
    auto opened = KafkaLog::Open({rd_kafka_mock_cluster_bootstraps(cluster_.get()), fast, std::chrono::seconds(30)});
    ASSERT_TRUE(opened) << opened.error().message;
    log_ = std::move(*opened);
  }
  void Push(std::int16_t call, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_.get(), call, errors.size(), errors.data());
  }
  // Appends and waits for the result.
  Result<Appended> Append(const std::string& value) {
    auto answer = std::make_shared<std::promise<Result<Appended>>>();
    YT_CHECK(log_->Append({kTopic, "k", value, {}},
                          [answer](Result<Appended> place) { answer->set_value(std::move(place)); }));
    return answer->get_future().get();
  }
  std::vector<std::string> Values() {
    std::vector<std::string> values;
    auto records = log_->Read({kTopic, 0}, 0, {1000, 1u << 20});
    EXPECT_TRUE(records) << records.error().message;
    for (const LogRecord& record : records ? *records : std::vector<LogRecord>()) values.push_back(record.value);
    return values;
  }

  KafkaPtr<rd_kafka_t> handle_;  // its threads serve the mock cluster
  std::unique_ptr<rd_kafka_mock_cluster_t, ClusterDestroy> cluster_;
  std::unique_ptr<KafkaLog> log_;
};

TEST_F(KafkaErrors, RetriesTransientErrorsUntilTheRecordIsThereOnce) {
  std::vector<std::string> appended;
  for (const rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__TRANSPORT}) {
    Push(kProduce, {error, error});
    appended.push_back(rd_kafka_err2name(error));
    const auto place = Append(appended.back());
    ASSERT_TRUE(place) << appended.back() << ": " << place.error().message;
    EXPECT_EQ(place->offset, static_cast<Offset>(appended.size()) - 1) << appended.back();
  }
  EXPECT_EQ(Values(), appended);
}

// Whether the record was written is unknown; it is appended again from the archive, under the same id.
TEST_F(KafkaErrors, AppendsAgainWhatTheLibraryGaveUp) {
  for (const rd_kafka_resp_err_t error : {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_MSG,
                                          RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED}) {
    const std::string name = rd_kafka_err2name(error);
    Push(kProduce, {error});
    const auto given_up = Append(name);
    ASSERT_FALSE(given_up) << name;
    EXPECT_EQ(given_up.error().kind, ErrorKind::kUnavailable) << given_up.error().message;
    const auto again = Append(name);
    ASSERT_TRUE(again) << again.error().message;
  }
  EXPECT_EQ(Values(), (std::vector<std::string>{"NETWORK_EXCEPTION", "INVALID_MSG", "THROTTLING_QUOTA_EXCEEDED"}));
}

// librdkafka reports such a record as delivered but without an offset; it is not in the topic.
TEST_F(KafkaErrors, ARecordReportedAsADuplicateIsAppendedAgainUntilItHasAnOffset) {
  const rd_kafka_resp_err_t duplicate = RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER;
  Push(kProduce, {duplicate, duplicate});
  const auto place = Append("one");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->offset, 0);
  // Each record of a batch gets its own offset, in sequence.
  std::vector<Offset> places;
  std::mutex mutex;
  Push(kProduce, {duplicate});
  for (const char* value : {"a", "b", "c"}) {
    ASSERT_TRUE(log_->Append({kTopic, "k", value, {}}, [&](const Result<Appended>& appended) {
      ASSERT_TRUE(appended) << appended.error().message;
      std::lock_guard lock(mutex);
      places.push_back(appended->offset);
    }));
  }
  ASSERT_TRUE(log_->Flush(std::chrono::seconds(30)));
  std::sort(places.begin(), places.end());
  EXPECT_EQ(places, (std::vector<Offset>{1, 2, 3}));
  auto appender = log_->OpenFenced("duplicates");
  ASSERT_TRUE(appender) << appender.error().message;
  Push(kProduce, {duplicate});
  const auto unclear = (*appender)->Append({{kTopic, "k", "two", {}}});
  ASSERT_FALSE(unclear);
  EXPECT_EQ(unclear.error().kind, ErrorKind::kUnavailable) << unclear.error().message;
  appender = log_->OpenFenced("duplicates");
  ASSERT_TRUE(appender) << appender.error().message;
  const auto again = (*appender)->Append({{kTopic, "k", "two", {}}});
  EXPECT_TRUE(again) << again.error().message;
  std::vector<std::string> values = Values();
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (std::vector<std::string>{"a", "b", "c", "one", "two"}));
}

TEST_F(KafkaErrors, PermanentErrorsKeepTheirKind) {
  for (const rd_kafka_resp_err_t error : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
                                          RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_POLICY_VIOLATION}) {
    Push(kProduce, {error});
    const auto refused = Append("never");
    ASSERT_FALSE(refused) << rd_kafka_err2name(error);
    EXPECT_EQ(refused.error().kind, ErrorKind::kBadData) << refused.error().message;
  }
  Push(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto forbidden = Append("forbidden");
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().kind, ErrorKind::kConfiguration);
  // Once access is granted, the next metadata request makes the topic usable again.
  ASSERT_TRUE(log_->PartitionCount(kTopic));
  const auto good = Append("good");
  EXPECT_TRUE(good) << good.error().message;
  EXPECT_EQ(Values(), std::vector<std::string>{"good"});
}

TEST_F(KafkaErrors, AProducerThatGaveUpIsReplaced) {
  ASSERT_TRUE(Append("before"));
  // An error from which an idempotent producer cannot recover: whether the record was written is unknown.
  Push(kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  const auto lost = Append("unknown");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::kUnavailable) << lost.error().message;
  const auto again = Append("unknown");  // as if from the archive
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(Append("after"));
  EXPECT_EQ(Values(), (std::vector<std::string>{"before", "unknown", "after"}));
}

// A broker no longer knows the producer: librdkafka takes a new producer id, or the producer gives up and is replaced.
TEST_F(KafkaErrors, AProducerTheBrokerHasForgottenContinues) {
  std::vector<std::string> appended;
  for (const rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH}) {
    appended.push_back(rd_kafka_err2name(error));
    Push(kProduce, {error});
    auto place = Append(appended.back());
    if (!place) {
      EXPECT_EQ(place.error().kind, ErrorKind::kUnavailable) << appended.back() << ": " << place.error().message;
      place = Append(appended.back());  // as if from the archive
    }
    ASSERT_TRUE(place) << appended.back() << ": " << place.error().message;
  }
  EXPECT_EQ(Values(), appended);
}

TEST_F(KafkaErrors, ReadingContinuesAfterErrors) {
  ASSERT_TRUE(Append("one") && Append("two"));
  const std::vector<std::string> both = {"one", "two"};
  for (const rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_MSG,
        RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        RD_KAFKA_RESP_ERR__TRANSPORT}) {
    SCOPED_TRACE(rd_kafka_err2name(error));
    Push(kFetch, {error});
    EXPECT_EQ(Values(), both);
    Push(kListOffsets, {error});
    const auto marks = log_->GetWatermarks({kTopic, 0});
    ASSERT_TRUE(marks) << marks.error().message;
    EXPECT_EQ(marks->low, 0);
    EXPECT_EQ(marks->high, 2);
  }
}

TEST_F(KafkaErrors, TheLeaderIsLookedUpAgain) {
  std::vector<std::string> appended;
  for (const rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT}) {
    appended.push_back(rd_kafka_err2name(error));
    Push(kMetadata, {error, error});
    Push(kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});  // makes the client look for the leader
    const auto place = Append(appended.back());
    ASSERT_TRUE(place) << appended.back() << ": " << place.error().message;
  }
  EXPECT_EQ(Values(), appended);
}

TEST_F(KafkaErrors, AMemberRecoversFromGroupErrors) {
  const std::vector<rd_kafka_resp_err_t> coordinator = {
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT};
  ASSERT_TRUE(Append("one"));
  Push(kFindCoordinator, {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                          RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT});
  Push(kJoinGroup, coordinator);
  auto member = log_->Join("group", {kTopic}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_TRUE(member) << member.error().message;
  std::vector<std::string> values;
  const auto take = [&](std::size_t count) {
    for (int round = 0; round < 300 && values.size() < count; ++round) {
      const auto some = (*member)->Poll({.wait = std::chrono::milliseconds(100)});
      ASSERT_TRUE(some) << some.error().message;
      for (const LogRecord& record : *some) values.push_back(record.value);
    }
    ASSERT_EQ(values.size(), count);
  };
  take(1);
  // A member that the group has dropped, or that has an old generation, joins again and gets its start positions again.
  std::size_t taken = 1;
  for (const rd_kafka_resp_err_t error : {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                                          RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS}) {
    Push(kHeartbeat, coordinator);  // these errors do not concern the member itself
    Push(kHeartbeat, {error});
    take(++taken);
  }
  EXPECT_EQ(values, std::vector<std::string>(taken, "one"));
  // While positions cannot be fetched, a partition counts as one without a position.
  Push(kOffsetFetch, coordinator);
  EXPECT_EQ((*member)->WithoutPosition({{kTopic, 0}}), (std::vector<TopicPartition>{{kTopic, 0}}));
}

// The positions on the broker are only for tools; those in the store count. A failed commit there changes nothing.
TEST_F(KafkaErrors, AFailedPositionCommitForToolsStopsNothing) {
  auto member = log_->Join("group", {kTopic}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_TRUE(member) << member.error().message;
  std::vector<std::string> values;
  for (const rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED}) {
    const std::string name = rd_kafka_err2name(error);
    ASSERT_TRUE(Append(name));
    for (int round = 0; round < 300 && (values.empty() || values.back() != name); ++round) {
      const auto some = (*member)->Poll({.wait = std::chrono::milliseconds(100)});
      ASSERT_TRUE(some) << name << ": " << some.error().message;
      for (const LogRecord& record : *some) values.push_back(record.value);
    }
    ASSERT_FALSE(values.empty());
    ASSERT_EQ(values.back(), name);
    Push(kOffsetCommit, {error});
    EXPECT_TRUE((*member)->CommitForTools({{{kTopic, 0}, 1}}));
  }
}

TEST_F(KafkaErrors, AFencedBatchRecoversFromTransactionErrors) {
  Push(kInitProducerId,
       {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR__TRANSPORT});
  auto fenced = log_->OpenFenced("relay");
  ASSERT_TRUE(fenced) << fenced.error().message;
  Push(kAddPartitionsToTxn, {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                             RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                             RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__TRANSPORT});
  Push(kProduce, {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  Push(kEndTxn,
       {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR__TRANSPORT});
  const auto sent = (*fenced)->Append({{kTopic, "k", "one", {}}, {kTopic, "k", "two", {}}});
  EXPECT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(Values(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(KafkaErrors, TheProducerIdIsRequestedAgain) {
  Push(kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
  Push(kMetadata, {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE});
  auto other = KafkaLog::Open({rd_kafka_mock_cluster_bootstraps(cluster_.get()), {}, std::chrono::seconds(30)});
  ASSERT_TRUE(other) << other.error().message;
  log_ = std::move(*other);
  EXPECT_TRUE(Append("value"));
}

// The send queue is bounded: a caller that appends more waits, and nothing is dropped.
TEST_F(KafkaErrors, AFullQueueBlocksTheAppender) {
  for (int broker = 1; broker <= 3; ++broker) {
    ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), broker), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  constexpr int kRecords = 60, kBytes = 900'000, kQueue = 32 << 20;
  std::atomic<int> taken = 0, there = 0;
  std::thread appender([&] {
    for (int i = 0; i < kRecords; ++i) {
      EXPECT_TRUE(log_->Append({kTopic, "k", std::string(kBytes, 'x'), {}}, [&](const Result<Appended>& place) {
        EXPECT_TRUE(place) << place.error().message;
        ++there;
      }));
      ++taken;
      EXPECT_LE((taken - there) * kBytes, kQueue);
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((taken + 1) * kBytes < kQueue && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(there, 0);
  for (int broker = 1; broker <= 3; ++broker) {
    ASSERT_EQ(rd_kafka_mock_broker_set_up(cluster_.get(), broker), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  appender.join();
  ASSERT_TRUE(log_->Flush(std::chrono::seconds(30)));
  EXPECT_EQ(there, kRecords);
}

TEST_F(KafkaErrors, TheOtherBrokersServeWhileOneIsDown) {
  for (int broker = 1; broker <= 3; ++broker) {
    ASSERT_EQ(rd_kafka_mock_partition_set_leader(cluster_.get(), kTopic, 0, broker % 3 + 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_.get(), broker), RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_TRUE(Append("without " + std::to_string(broker)));
    ASSERT_EQ(rd_kafka_mock_broker_set_up(cluster_.get(), broker), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  EXPECT_EQ(Values().size(), 3u);
}

}  // namespace
}  // namespace ytterby
