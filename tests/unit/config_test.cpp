#include "common/config.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

Result<Config> Read(const std::string& yaml) {
  const testing::TemporaryFolder folder;
  return ReadConfig(folder.Write("ytterby.yaml", yaml));
}

TEST(ConfigTest, ReadsValuesOverDefaults) {
  const auto config = Read(
      "data_dir: /d\nhttp:\n  listen: 127.0.0.1:0\nkafka:\n  security.protocol: SASL_SSL\nfeeds:\n  - name: inbox\n    "
      "directory: /in\n    "
      "settle_ms: 20\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data_dir, "/d");
  EXPECT_EQ(config->StoreUrl(), "sqlite:/d/store.db");
  EXPECT_EQ(config->http.listen, "127.0.0.1:0");
  EXPECT_EQ(config->kafka.at("security.protocol"), "SASL_SSL");
  ASSERT_EQ(config->feeds.size(), 1u);
  EXPECT_EQ(config->feeds[0].settle, std::chrono::milliseconds(20));
  EXPECT_EQ(config->limits.max_document_bytes, 32u << 20);
}

TEST(ConfigTest, UnknownKeysAreErrorsWithTheirLine) {
  for (const char* yaml :
       {"data_dir: x\nno_such: 1\n", "http:\n  port: 1\n", "feeds:\n  - name: a\n    directory: b\n    dir: c\n",
        "- a\n", "timeout_s: soon\n", "a: [\n", "feeds:\n  - name: ingest\n    directory: x\n",
        "feeds:\n  - {name: a, directory: x}\n  - {name: a, directory: y}\n", "limits:\n  max_event_bytes: 0\n",
        "limits:\n  max_document_bytes: 0\n"}) {
    const auto config = Read(yaml);
    ASSERT_FALSE(config) << yaml;
    EXPECT_EQ(config.error().kind, ErrorKind::kConfiguration) << yaml;
    EXPECT_NE(config.error().message.find("ytterby.yaml:"), std::string::npos) << config.error().message;
  }
  EXPECT_EQ(ReadConfig("/no/such/file.yaml").error().kind, ErrorKind::kNoInput);
}

// Each of these would otherwise be taken for something else, or for nothing, without a word.
TEST(ConfigTest, EveryNodeHasToBeOfItsKind) {
  const std::pair<const char*, const char*> wrong[] = {
      {"kafka: [security.protocol=SASL_SSL]\n", "kafka: not a map"},
      {"kafka: security.protocol\n", "kafka: not a map"},
      {"kafka:\n  linger.ms: [1]\n", "kafka"},
      {"kafka:\n  linger.ms: 1\n  linger.ms: 2\n", "key kafka.linger.ms appears twice"},
      {"feeds:\n  name: inbox\n  directory: /in\n", "feeds: not a list"},
      {"feeds: [inbox]\n", "a feed is a map"},
      {"feeds:\n  - name: a\n    directory: /x\n    directory: /y\n", "key feeds.directory appears twice"},
      {"feeds:\n  - name: a\n    directory: [/x]\n", "feeds.directory"},
      {"http: 127.0.0.1:1\n", "http: not a map"},
      {"limits: 5\n", "limits: not a map"},
      {"topics: [3]\n", "topics: not a map"},
      {"data_dir: ''\n", "data_dir: is empty"},
      {"data_dir: [a]\n", "data_dir"},
      {"data_dir: a\ndata_dir: b\n", "key data_dir appears twice"},
      {"timeout_s: soon\n", "timeout_s"},
      {"- a\n", "not a map of keys"},
      {"http:\n  listen: x:1\n  listen: y:2\n", "key http.listen appears twice"},
  };
  for (const auto& [yaml, words] : wrong) {
    const auto config = Read(yaml);
    ASSERT_FALSE(config) << yaml;
    EXPECT_EQ(config.error().kind, ErrorKind::kConfiguration) << yaml;
    EXPECT_NE(config.error().message.find(words), std::string::npos) << yaml << ": " << config.error().message;
  }
}

TEST(ConfigTest, ShowsWhatItReadsBack) {
  const auto config = Read(
      "data_dir: /d\nstore: sqlite:/s.db\ntopics:\n  partitions: 6\nfeeds:\n  - name: inbox\n    directory: /in\n");
  ASSERT_TRUE(config);
  const auto again = Read(ShowConfig(*config));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ShowConfig(*again), ShowConfig(*config));
}

TEST(ConfigTest, NamesTheKeysThatChanged) {
  const auto before = Read("feeds: [{name: a, directory: x}]\nkafka: {acks: all}\n");
  const auto after = Read(
      "log_level: debug\nhttp: {listen: ''}\nfeeds: [{name: a, directory: y}]\nkafka: {acks: all, linger.ms: 1}\n");
  EXPECT_EQ(ChangedKeys(*before, *before), std::vector<std::string>());
  EXPECT_EQ(ChangedKeys(*before, *after), (std::vector<std::string>{"log_level", "http.listen", "kafka", "feeds"}));
}

TEST(ConfigTest, NeverShowsASecret) {
  const auto config = Read("kafka:\n  sasl.password: hunter2\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(ShowConfig(*config).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace ytterby
