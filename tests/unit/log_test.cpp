#include <sys/wait.h>
#include <unistd.h>

#include "common/log/embedded_log.hpp"
#include "tests/support/log_conformance.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby::testing {
namespace {

TemporaryFolder& Folder() {
  static TemporaryFolder folder;
  return folder;
}

std::unique_ptr<RecordLog> OpenEmbedded() {
  auto log = EmbeddedLog::Open(Folder().path() / "log.db", SystemClock());
  EXPECT_TRUE(log) << log.error().message;
  return std::move(*log);
}

INSTANTIATE_TEST_SUITE_P(LogEmbedded, LogConformance, ::testing::Values(LogUnderTest{"embedded", &OpenEmbedded}),
                         [](const auto& one) { return one.param.name; });

class BackwardClock final : public Clock {
 public:
  Timestamp Now() const override { return now -= std::chrono::seconds(10); }
  mutable Timestamp now{std::chrono::hours(500'000)};
};

TEST(LogEmbeddedTest, TimestampsNeverRunBackwards) {
  TemporaryFolder folder;
  BackwardClock clock;
  auto log = EmbeddedLog::Open(folder.path() / "log.db", clock);
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->ApplyTopics({{"t", 1, 1, {}}}));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE((*log)->Append({"t", "k", "v", {}}, [](Result<Appended> place) { EXPECT_TRUE(place); }));
    ASSERT_TRUE((*log)->Flush(std::chrono::seconds(10)));
  }
  const auto records = (*log)->Read({"t", 0}, 0, {});
  ASSERT_EQ(records->size(), 5u);
  for (std::size_t i = 1; i < records->size(); ++i) EXPECT_GE((*records)[i].timestamp, (*records)[i - 1].timestamp);
}

TEST(LogEmbeddedTest, ASecondProcessSeesAppendsSoon) {
  TemporaryFolder folder;
  const auto file = folder.path() / "log.db";
  {
    auto log = EmbeddedLog::Open(file, SystemClock());
    ASSERT_TRUE((*log)->ApplyTopics({{"t", 1, 1, {}}}));
  }
  const pid_t child = fork();
  if (child == 0) {
    auto log = EmbeddedLog::Open(file, SystemClock());
    if (!log) _exit(1);
    if (!(*log)->Append({"t", "k", "from the child", {}}, [](Result<Appended>) {})) _exit(2);
    const bool flushed = (*log)->Flush(std::chrono::seconds(20)).has_value();
    _exit(flushed ? 0 : 3);
  }
  auto log = EmbeddedLog::Open(file, SystemClock());
  auto member = (*log)->Join("g", {"t"}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_TRUE(member);
  const auto records = (*member)->Poll({.wait = std::chrono::seconds(20)});
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->front().value, "from the child");
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// A changed digit would be another price.
TEST(LogEmbeddedTest, AChangedByteIsDamageAndNamesItsPlace) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "log.db";
  const auto open = [&] {
    auto log = EmbeddedLog::Open(file, SystemClock());
    EXPECT_TRUE(log) << log.error().message;
    return std::move(*log);
  };
  {
    const auto log = open();
    ASSERT_TRUE(log->ApplyTopics({{"t", 1, 1, {}}}));
    for (const char* value : {"price 52.24", "price 52.25", "price 52.26"})
      ASSERT_TRUE(log->Append({"t", "k", value, {{"h", "v"}}}, [](const Result<Appended>&) {}));
    ASSERT_TRUE(log->Flush(std::chrono::seconds(30)));
  }
  const auto change = [&](const std::string& sql) {
    auto db = Database::Open(file, {});
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE(db->Execute(sql));
  };
  for (const char* damage : {"SET value = CAST('price 92.25' AS BLOB)", "SET key = CAST('x' AS BLOB)",
                             "SET headers = CAST('' AS BLOB)", "SET timestamp = timestamp + 1", "SET value = 0"}) {
    change("CREATE TABLE whole AS SELECT * FROM records");
    change(std::string("UPDATE records ") + damage + " WHERE value = CAST('price 52.25' AS BLOB)");
    const auto records = open()->Read({"t", 0}, 0, {});
    ASSERT_FALSE(records) << damage;
    EXPECT_EQ(records.error().kind, ErrorKind::kDamaged);
    EXPECT_TRUE(records.error().message.find("log.db: t/0 offset 1: ") != std::string::npos) << records.error().message;
    change("DELETE FROM records");
    change("INSERT INTO records SELECT * FROM whole");
    change("DROP TABLE whole");
  }
  // Records of older programs have no checksum.
  change("UPDATE records SET checksum = NULL");
  EXPECT_EQ(open()->Read({"t", 0}, 0, {}).value().size(), 3u);
  change("ALTER TABLE records DROP COLUMN checksum");
  EXPECT_EQ(open()->Read({"t", 0}, 0, {}).value().size(), 3u);
}

TEST(LogEmbeddedTest, PartitionsAsJavaClientsDo) {
  // Kafka's own murmur2 test vectors (org.apache.kafka.common.utils.UtilsTest), made positive modulo a large prime.
  EXPECT_EQ(PartitionForKey("21", 1000003), static_cast<int>((-973932308u & 0x7fffffffu) % 1000003u));
  EXPECT_EQ(PartitionForKey("foobar", 1000003), static_cast<int>((-790332482u & 0x7fffffffu) % 1000003u));
  EXPECT_EQ(PartitionForKey("a-little-bit-long-string", 1000003),
            static_cast<int>((-985981536u & 0x7fffffffu) % 1000003u));
}

}  // namespace
}  // namespace ytterby::testing
