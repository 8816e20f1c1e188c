#include "consumers/consumer.hpp"

#include "consumers/prices/prices.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <stdexcept>

#include "tests/support/pipeline.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby::testing {
namespace {

TEST(ConsumerTest, StoresEverythingOnceAlsoWhenTheLogRepeatsIt) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  const std::string once = pipeline.Export();
  EXPECT_GT(std::count(once.begin(), once.end(), '\n'), 60);
  pipeline.log.RepeatEverything();
  pipeline.Drain();
  EXPECT_EQ(pipeline.Export(), once);
}

TEST(ConsumerTest, APoisonMessageBecomesADeadLetterAndStopsNothing) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.log.Append({"bulletin.sections.market", "k", "not json", {{"ce_id", Sha256("x").Hex()}}},
                                  [](Result<Appended>) {}));
  ASSERT_TRUE(pipeline.log.Append({"bulletin.documents", "k", "{}", {}}, [](Result<Appended>) {}));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  const auto letters = AllLetters(*pipeline.store, "prices");
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[1].value, "not json");
  EXPECT_EQ(AllLetters(*pipeline.store, "patents").size(), 1u);
  EXPECT_NE(pipeline.Export().find("month_average"), std::string::npos);
}

// Two members read the same records, as when a paused member wakes after its successor has started.
TEST(ConsumerTest, TheSecondToStoreDiscardsAndReadsFromWhereTheFirstEnded) {
  Pipeline pipeline, calm;
  for (Pipeline* each : {&pipeline, &calm}) ASSERT_TRUE(each->Publish("a.txt", Issue(1)));
  calm.Drain();
  pipeline.OpenStore();
  std::atomic<bool> overtaken = false;
  pipeline.log.before_poll = [&] {
    pipeline.Drain("prices");
    EXPECT_TRUE(pipeline.Publish("b.txt", Issue(2)));  // only the second member reads this one
    overtaken = true;
  };
  const Normaliser& normaliser = *FindNormaliser("prices");
  {
    Consumer second(normaliser, pipeline.log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                    pipeline.consumer_events, SystemClock(), ConsumerOptions{});
    std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(second.Run(stop)); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!(overtaken && pipeline.Stored(normaliser)) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
  }
  EXPECT_EQ(pipeline.Errors("store", "conflict"), 1);
  pipeline.Drain();
  ASSERT_TRUE(calm.Publish("b.txt", Issue(2)));
  calm.Drain();
  EXPECT_TRUE(pipeline.Export() == calm.Export());
  EXPECT_TRUE(AllLetters(*pipeline.store, "prices").empty());
}

// Simulates a faulty client library. The offset of a batch is the one after its last record.
TEST(ConsumerTest, ARecordThatTheLogPassesOverIsNotedAndReadAfterAll) {
  Pipeline calm;
  for (int index : {1, 2, 3}) ASSERT_TRUE(calm.Publish(std::to_string(index), Issue(index)));
  calm.Drain();
  for (const Offset passed : {0, 1}) {
    SCOPED_TRACE(passed);
    Pipeline pipeline;
    for (int index : {1, 2, 3}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
    pipeline.log.leave_out = {{"bulletin.sections.market", 0}, passed};
    pipeline.Drain();
    EXPECT_FALSE(pipeline.log.leave_out);
    EXPECT_TRUE(pipeline.Export() == calm.Export());
    EXPECT_EQ(pipeline.Errors("consume", "left-out"), 1);
  }
}

TEST(ConsumerTest, OffsetsWithoutARecordAreNotWaitedFor) {
  Pipeline pipeline, calm;
  for (Pipeline* each : {&pipeline, &calm}) {
    for (int index : {1, 2, 3}) ASSERT_TRUE(each->Publish(std::to_string(index), Issue(index)));
  }
  // Transaction markers take offsets too.
  for (auto& [at, records] : pipeline.log.records) {
    for (LogRecord& record : records) record.offset = record.offset * 2 + 1;
  }
  pipeline.Drain();
  calm.Drain();
  EXPECT_TRUE(pipeline.Export() == calm.Export());
  EXPECT_EQ(pipeline.Errors("consume", "left-out"), 0);
}

TEST(ConsumerTest, OfABatchThatTheStoreRefusesOnlyTheBadMessageIsSetAside) {
  Pipeline pipeline;
  for (int index : {1, 2, 3}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
  pipeline.Drain();
  const std::string good = pipeline.Export();
  // In the middle of a batch, a section with a known id but a different text.
  std::vector<LogRecord>& records = pipeline.log.records[{"bulletin.sections.market", 0}];
  ASSERT_GE(records.size(), 3u);
  LogRecord bad = records[1];
  ASSERT_TRUE(bad.value.ends_with("\"}"));  // the text is the last field
  bad.value.insert(bad.value.size() - 2, "another ");
  records.insert(records.begin() + 2, bad);
  for (std::size_t i = 0; i < records.size(); ++i) records[i].offset = static_cast<Offset>(i);
  pipeline.OpenStore("another.db");
  pipeline.Drain();
  for (const char* consumer : {"prices", "articles"}) {
    const auto letters = AllLetters(*pipeline.store, consumer);
    ASSERT_EQ(letters.size(), 1u) << consumer;
    EXPECT_EQ(letters.front().stage, "store");
    EXPECT_EQ(letters.front().offset, 2);
    EXPECT_EQ(letters.front().value, bad.value);
    EXPECT_EQ(letters.front().headers, bad.headers);
  }
  EXPECT_EQ(pipeline.Export(), good);
}

// A problem that only a person can fix, such as a revoked right, ends a one-shot command but not a consumer in a
// process where others are running.
TEST(ConsumerTest, AConsumerThatWaitsForAnOperatorGoesOnWhenWhatItWasRefusedIsFixed) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.OpenStore();
  const Normaliser& normaliser = *FindNormaliser("prices");
  const Error refusal{ErrorKind::kConfiguration, "not allowed"};
  ConsumerOptions options;
  pipeline.log.refuse_join = refusal;
  Consumer passing(normaliser, pipeline.log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                   pipeline.consumer_events, SystemClock(), options);
  const auto ended = passing.Run({});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "not allowed");
  options.waits_for_operator = true;
  options.operator_wait = std::chrono::milliseconds(1);
  pipeline.log.refuse_join = refusal;
  Consumer patient(normaliser, pipeline.log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                   pipeline.consumer_events, SystemClock(), options);
  std::optional<std::string> failing;
  pipeline.log.before_poll = [&] { failing = pipeline.TroubleOf("consumer prices"); };
  std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(patient.Run(stop)); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((!pipeline.Stored(normaliser) || pipeline.TroubleOf("consumer prices")) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(pipeline.Stored(normaliser));
  EXPECT_EQ(pipeline.TroubleOf("consumer prices"), std::nullopt);
  ASSERT_TRUE(failing);
  EXPECT_TRUE(failing->starts_with("blocked until this is fixed; retrying: not allowed")) << *failing;
  EXPECT_EQ(pipeline.Errors("consume", "refused"), 1);
}

// The lag that a consumer of prices reports for the market sections; nullopt while it reports none.
std::optional<int> ReportedLag(const Pipeline& pipeline) {
  const std::string text = pipeline.metrics.Text();
  for (std::size_t at = 0; (at = text.find("\nkafka_consumergroup_lag{", at)) != std::string::npos; ++at) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    if (line.find("topic=\"bulletin.sections.market\"") != std::string::npos)
      return std::stoi(line.substr(line.rfind(' ') + 1));
  }
  return std::nullopt;
}

// Runs a consumer of prices until the condition holds, within a bound.
void RunPrices(Pipeline& pipeline, StoreWriter& writer, const std::function<bool()>& until) {
  ConsumerOptions options;
  options.first_backoff = options.last_backoff = std::chrono::milliseconds(1);
  Consumer consumer(*FindNormaliser("prices"), pipeline.log, pipeline.store->Id(), writer, pipeline.store->letters(),
                    pipeline.consumer_events, SystemClock(), options);
  std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!until() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(until());
}

void RunPrices(Pipeline& pipeline, const std::function<bool()>& until) {
  RunPrices(pipeline, pipeline.store->writer(), until);
}

// A store that takes no batch.
class AwayWriter final : public StoreWriter {
 public:
  AwayWriter(StoreWriter& store, std::function<void()> at_write) : store_(store), at_write_(std::move(at_write)) {}
  Result<void> Write(const std::string&, const std::string&, const StoreBatch&) override {
    at_write_();
    return Fail(ErrorKind::kUnavailable, "away", Part::kStore);
  }
  Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id,
                                               const TopicPartition& at) override {
    return store_.OffsetOf(consumer, log_id, at);
  }
  Result<void> NoteHolder(const Holder& holder) override { return store_.NoteHolder(holder); }
  Result<void> ForgetHolder(const Holder& holder) override { return store_.ForgetHolder(holder); }
  Result<std::vector<Holder>> Holders() override { return store_.Holders(); }

 private:
  StoreWriter& store_;
  const std::function<void()> at_write_;
};

// A damaged store: its index does not find the position that the table holds.
class ContradictingWriter final : public StoreWriter {
 public:
  Result<void> Write(const std::string&, const std::string&, const StoreBatch&) override {
    if (++writes > 1000) return Fail(ErrorKind::kConfiguration, "written again and again", Part::kStore);
    return Fail(ErrorKind::kConflict, "the stored offset is 6, not -1");
  }
  Result<std::optional<StoredOffset>> OffsetOf(const std::string&, const std::string&, const TopicPartition&) override {
    return std::optional<StoredOffset>();
  }
  Result<void> NoteHolder(const Holder&) override { return {}; }
  Result<void> ForgetHolder(const Holder&) override { return {}; }
  Result<std::vector<Holder>> Holders() override { return std::vector<Holder>(); }
  int writes = 0;
};

TEST(ConsumerTest, AStoreThatRefusesThePositionThatItGivesIsDamaged) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("1", Issue(1)));
  pipeline.OpenStore();
  ContradictingWriter writer;
  Consumer consumer(*FindNormaliser("prices"), pipeline.log, pipeline.store->Id(), writer, pipeline.store->letters(),
                    pipeline.consumer_events, SystemClock(), ConsumerOptions{});
  const auto ended = consumer.Run({});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::kDamaged) << ended.error().message;
  EXPECT_EQ(ended.error().part, Part::kStore);
  EXPECT_NE(ended.error().message.find("the stored offset is 6, not -1"), std::string::npos);
  EXPECT_EQ(writer.writes, 1);
}

TEST(ConsumerTest, LagGrowsWhileTheStoreIsAwayAndTheLogIsNot) {
  const TopicPartition market{"bulletin.sections.market", 0};
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("1", Issue(1)));
  pipeline.Drain("prices");
  ASSERT_TRUE(pipeline.Publish("2", Issue(2)));
  pipeline.log.known_marks = {{market, {0, 2}}};
  AwayWriter writer(pipeline.store->writer(), [&] { pipeline.log.known_marks = {{market, {0, 12}}}; });
  RunPrices(pipeline, writer, [&] { return ReportedLag(pipeline) == 11; });
}

TEST(ConsumerTest, LagCountsFromTheStoredOffsetToTheLastKnownEndAndStaysWhileTheLogIsAway) {
  const TopicPartition market{"bulletin.sections.market", 0};
  Pipeline pipeline;
  for (int index : {1, 2, 3}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
  pipeline.Drain("prices");
  ASSERT_EQ(pipeline.store->writer().OffsetOf("prices", pipeline.log.Id(), market)->value().next, 3);
  EXPECT_EQ(ReportedLag(pipeline), std::nullopt);
  // The log is known to go on to 5 when it goes away after the first poll.
  pipeline.log.known_marks = {{market, {0, 5}}};
  pipeline.log.before_poll = [&] {
    pipeline.log.before_poll = [&] {
      pipeline.log.known_marks.clear();
      pipeline.log.away = true;
    };
  };
  RunPrices(pipeline, [&] { return pipeline.Errors("consume", "retriable") >= 3; });
  EXPECT_EQ(ReportedLag(pipeline), 2);
  // Offsets 3 to 6 are gone from the log: they do not count.
  pipeline.log.away = false;
  pipeline.log.known_marks = {{market, {7, 10}}};
  RunPrices(pipeline, [&] { return ReportedLag(pipeline) == 3; });
}

TEST(ConsumerTest, LagIsReportedBeforeTheGroupAssignsPartitions) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("1", Issue(1)));
  pipeline.Drain("prices");
  for (int index : {2, 3, 4}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
  pipeline.log.unassigned = true;
  RunPrices(pipeline, [&] { return ReportedLag(pipeline).has_value(); });
  EXPECT_EQ(ReportedLag(pipeline), 3);
}

TEST(ConsumerTest, LagGrowsWhileAMemberHasLostItsPartitions) {
  const TopicPartition market{"bulletin.sections.market", 0};
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("1", Issue(1)));
  pipeline.Drain("prices");
  pipeline.log.known_marks = {{market, {0, 1}}};
  // It reports 0, loses its partitions in the next poll, and the log goes on.
  pipeline.log.before_poll = [&] {
    pipeline.log.before_poll = [&] {
      EXPECT_EQ(ReportedLag(pipeline), 0);
      pipeline.log.unassigned = true;
      for (int index : {2, 3}) EXPECT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
    };
  };
  RunPrices(pipeline, [&] { return ReportedLag(pipeline) == 2; });
}

TEST(ConsumerTest, KeepsOfAManifestWhatItWaitsFor) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  const auto issues = Now(*pipeline.store)->Issues("prices");
  ASSERT_EQ(issues->size(), 1u);
  const auto listed = [&](const char* consumer, Category category) {
    return Now(*pipeline.store)->Editions(consumer, *issues, {category})->at(0).at(0).listed;
  };
  EXPECT_GT(listed("prices", Category::kMarket), 0);
  EXPECT_EQ(listed("prices", Category::kPatentList), 0);
  EXPECT_GT(listed("patents", Category::kPatentList), 0);
  EXPECT_GT(listed("articles", Category::kPatentList), 0);
}

// Manifests in existing stores list exactly these categories. Adding a category to a consumer needs a migration that
// reads the documents again; otherwise old editions count as complete without it.
TEST(ConsumerTest, ConsumersHaveTheCategoriesThatStoresWereFilledBy) {
  std::string all;
  for (const Normaliser& normaliser : Normalisers()) {
    all += std::string(normaliser.consumer) + ":";
    for (Category category : normaliser.categories) all += " " + std::string(CategoryId(category));
    all += "\n";
  }
  EXPECT_EQ(all,
            "prices: market industry-news\n"
            "patents: patent-briefs patent-list\n"
            "policies: policy-regulation industry-news\n"
            "articles: industry-news science-frontier policy-regulation market knowledge abstracts journal-contents "
            "patent-briefs "
            "patent-list\n");
}

// Does what `dead-letters retry` does: sends the original bytes with a header that names the letter.
void SendAgain(Pipeline& pipeline, const DeadLetter& letter) {
  OutgoingRecord record{letter.at.topic, letter.key, letter.value, letter.headers};
  record.headers.emplace_back(kRetryHeader, letter.id.Hex());
  ASSERT_TRUE(pipeline.store->letters().MoveLetter("prices", letter.id, {"open"}, "retried", "", {}) == true);
  ASSERT_TRUE(pipeline.log.Append(record, [](Result<Appended>) {}));
}

TEST(ConsumerTest, ARetryThatFailsIsTheSameLetterTriedOnceMore) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.log.Append({"bulletin.sections.market", "k", "not json", {{"a", std::string("\0\xFF", 2)}}},
                                  [](Result<Appended>) {}));
  pipeline.Drain();
  const DeadLetter first = AllLetters(*pipeline.store, "prices").at(0);
  EXPECT_EQ(first.headers, (Headers{{"a", std::string("\0\xFF", 2)}}));
  SendAgain(pipeline, first);
  pipeline.Drain();
  const auto letters = AllLetters(*pipeline.store, "prices");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().id, first.id);
  EXPECT_EQ(letters.front().attempts, 2);
  EXPECT_EQ(letters.front().state, "open");
  EXPECT_EQ(letters.front().headers, first.headers);
  // Another consumer's letter for the same message has its own count: that consumer read the message both times.
  EXPECT_EQ(AllLetters(*pipeline.store, "articles").at(0).attempts, 2);
  EXPECT_EQ(AllLetters(*pipeline.store, "articles").size(), 1u);
  // Reading the same log again from its beginning does not count as another attempt.
  pipeline.log.records[{"bulletin.sections.market", 0}].resize(1);
  pipeline.log.records[{"bulletin.sections.market", 0}][0].timestamp += std::chrono::milliseconds(1);
  pipeline.Drain();
  EXPECT_EQ(AllLetters(*pipeline.store, "prices").at(0).attempts, 2);
}

// Memory says nothing about the message: it is read again, and the exports are as if there had been enough.
TEST(ConsumerTest, OutOfMemoryIsRetriedAndMakesNoDeadLetter) {
  static int failures;
  failures = 3;
  Pipeline pipeline;
  pipeline.OpenStore();
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  Normaliser short_of_memory = *FindNormaliser("prices");
  short_of_memory.normalise = [](const Section& section) -> std::vector<Record> {
    if (section.category == Category::kMarket && failures-- > 0) throw std::bad_alloc();
    return NormalisePrices(section);
  };
  {
    Consumer consumer(short_of_memory, pipeline.log, pipeline.store->Id(), pipeline.store->writer(),
                      pipeline.store->letters(), pipeline.consumer_events, SystemClock(), ConsumerOptions{});
    std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!pipeline.Stored(short_of_memory) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(pipeline.Stored(short_of_memory));
  }
  EXPECT_TRUE(AllLetters(*pipeline.store, "prices").empty());
  EXPECT_LE(failures, 0);
  EXPECT_EQ(pipeline.Errors("consume", "retriable"), 3);
}

TEST(ConsumerTest, ARetryThatGoesThroughClosesItsLetterAndCompletesTheEdition) {
  static bool broken;
  broken = true;
  Pipeline pipeline;
  pipeline.OpenStore();
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  Normaliser failing = *FindNormaliser("prices");
  failing.normalise = [](const Section& section) -> std::vector<Record> {
    if (broken && section.category == Category::kMarket) throw std::runtime_error("a bug");
    return NormalisePrices(section);
  };
  const auto drain = [&] {
    Consumer consumer(failing, pipeline.log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                      pipeline.consumer_events, SystemClock(), ConsumerOptions{});
    std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
    for (int round = 0; round < 20000 && !pipeline.Stored(failing); ++round) std::this_thread::yield();
    EXPECT_TRUE(pipeline.Stored(failing));
  };
  const auto waiting = [&] {
    const EditionRow edition =
        Now(*pipeline.store)
            ->Editions("prices", {{"ionic-rare-earth-bulletin", SyntheticLabel(1)}}, failing.categories)
            ->at(0)
            .at(0);
    return edition.listed - edition.stored;
  };
  drain();
  const auto letters = AllLetters(*pipeline.store, "prices");
  ASSERT_GE(letters.size(), 1u);
  EXPECT_EQ(letters.front().stage, "normalise");
  EXPECT_EQ(waiting(), static_cast<int>(letters.size()));
  EXPECT_EQ(pipeline.store->letters().CountLetters("prices")->at(0).count, static_cast<std::int64_t>(letters.size()));
  broken = false;
  for (const DeadLetter& letter : letters) SendAgain(pipeline, letter);
  drain();
  const auto after = AllLetters(*pipeline.store, "prices");
  for (const DeadLetter& letter : after) EXPECT_EQ(letter.state, "closed");
  EXPECT_EQ(waiting(), 0);
  EXPECT_TRUE(pipeline.store->letters().CountLetters("prices")->empty());
}

TEST(ConsumerTest, ARecreatedLogIsReadFromItsBeginning) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  // The topics are deleted and recreated under the same log id, then filled with other issues.
  pipeline.log.records.clear();
  ASSERT_TRUE(pipeline.Publish("b.txt", Issue(2)));
  ASSERT_TRUE(pipeline.Publish("c.txt", Issue(3)));
  EXPECT_EQ(pipeline.Errors("consume", "log-changed"), 0);
  pipeline.Drain();
  // Each consumer reports it for each topic it had read from.
  int topics = 0;
  for (const Normaliser& normaliser : Normalisers()) topics += static_cast<int>(TopicsOf(normaliser).size());
  EXPECT_EQ(pipeline.Errors("consume", "log-changed"), topics);
  EXPECT_EQ(pipeline.Errors("consume", "gap"), 0);
  const std::string exported = pipeline.Export();
  for (int index : {1, 2, 3})
    EXPECT_NE(exported.find("\"issue\":\"" + SyntheticLabel(index) + "\""), std::string::npos) << index;
}

// A member that holds a topic while it is deleted and recreated is not notified, and continues past the end of the new
// log.
TEST(ConsumerTest, ATopicRecreatedUnderAMemberIsReadFromItsBeginning) {
  Pipeline pipeline;
  pipeline.OpenStore();
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  std::atomic<bool> recreated = false;
  FakeLog& log = pipeline.log;
  log.before_poll = [&] {
    log.before_poll = [&] {  // by now the result of the first poll is stored
      for (const auto& [at, records] : std::exchange(log.records, {})) log.without_position.insert(at);
      for (int index : {2, 3}) EXPECT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
      recreated = true;
    };
  };
  const Normaliser& normaliser = *FindNormaliser("prices");
  {
    Consumer consumer(normaliser, log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                      pipeline.consumer_events, SystemClock(), ConsumerOptions{});
    std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!(recreated && pipeline.Stored(normaliser)) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
  }
  EXPECT_EQ(pipeline.Errors("consume", "log-changed"), static_cast<int>(TopicsOf(normaliser).size()));
  EXPECT_EQ(pipeline.Errors("consume", "left-out"), 0);
  const auto issues = Now(*pipeline.store)->Issues("prices");
  ASSERT_TRUE(issues);
  EXPECT_EQ(issues->size(), 3u);
}

// A consumer that is blocked does not block the others, although all write to one SQLite file.
std::atomic<bool> prices_hang;
std::vector<Record> HangingPrices(const Section& section) {
  while (prices_hang) std::this_thread::yield();
  return NormalisePrices(section);
}

TEST(ConsumerTest, AHangingConsumerDoesNotDelayOthers) {
  Pipeline pipeline, calm;
  for (Pipeline* each : {&pipeline, &calm}) ASSERT_TRUE(each->Publish("a.txt", Issue(1)));
  calm.Drain();
  pipeline.OpenStore();
  Normaliser hanging = *FindNormaliser("prices");
  hanging.normalise = &HangingPrices;
  prices_hang = true;
  {
    Consumer consumer(hanging, pipeline.log, pipeline.store->Id(), pipeline.store->writer(), pipeline.store->letters(),
                      pipeline.consumer_events, SystemClock(), ConsumerOptions{});
    std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
    for (const char* other : {"patents", "policies", "articles"}) pipeline.Drain(other);
    EXPECT_FALSE(pipeline.Stored(hanging));
    prices_hang = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!pipeline.Stored(hanging) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }
  EXPECT_TRUE(pipeline.Export() == calm.Export());
}

TEST(ConsumerTest, ReportsRecordsTheLogNoLongerHasAndReadsTheRest) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  ASSERT_TRUE(pipeline.Publish("b.txt", Issue(2)));
  ASSERT_TRUE(pipeline.Publish("c.txt", Issue(3)));
  // Retention deletes the first of the unread records.
  std::vector<LogRecord>& records = pipeline.log.records[{"bulletin.sections.market", 0}];
  ASSERT_EQ(records.size(), 3u);
  records.erase(records.begin(), records.begin() + 2);
  pipeline.Drain();
  EXPECT_EQ(pipeline.Errors("consume", "gap"), 2);  // for prices and articles, which read this topic
  EXPECT_EQ(pipeline.Errors("consume", "log-changed"), 0);
  EXPECT_NE(pipeline.Export().find("\"issue\":\"" + SyntheticLabel(3) + "\""), std::string::npos);
  const EditionRow second =
      Now(*pipeline.store)
          ->Editions("prices", {{"ionic-rare-earth-bulletin", SyntheticLabel(2)}}, FindNormaliser("prices")->categories)
          ->at(0)
          .at(0);
  EXPECT_EQ(second.listed - second.stored, 1);  // until the log is refilled from the archive
}

TEST(ConsumerTest, ACorrectionReplacesTheEarlierEditionInAnyOrder) {
  Pipeline forward, backward;
  ASSERT_TRUE(forward.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(forward.Publish("a.txt", Issue(1, true)));
  forward.Drain();
  ASSERT_TRUE(backward.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(backward.Publish("a.txt", Issue(1, true)));
  for (auto& [at, records] : backward.log.records) {
    std::reverse(records.begin(), records.end());
    for (std::size_t i = 0; i < records.size(); ++i) records[i].offset = static_cast<Offset>(i);
  }
  backward.Drain();
  EXPECT_EQ(forward.Export(), backward.Export());
  Pipeline corrected;
  ASSERT_TRUE(corrected.Publish("a.txt", Issue(1, true)));
  corrected.Drain();
  EXPECT_EQ(corrected.Export(), forward.Export());
}

TEST(ConsumerTest, TheExportDoesNotDependOnTheStore) {
  Pipeline pipeline;
  for (int index : {5, 3, 4}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
  pipeline.Drain();
  const std::string first = pipeline.Export();
  pipeline.OpenStore("another.db");
  pipeline.Drain();
  EXPECT_EQ(pipeline.Export(), first);
}

}  // namespace
}  // namespace ytterby::testing
