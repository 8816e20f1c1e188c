// Configuration: YAML, one struct per component, defaults in the member initialisers. DescribeConfig describes every
// key once; reading, `config show` and the list of keys all use it. Unknown keys are errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/data_folder.hpp"
#include "common/result.hpp"

namespace ytterby {

// A feed is one of: a directory, an index, a syndication feed, a list of URLs.
struct FeedConfig {
  std::string name;
  std::string directory;                   // a folder to watch
  std::string index;                       // URL of a page that links to documents
  std::string syndication;                 // URL of an RSS or Atom feed
  std::vector<std::string> urls;           // of documents
  int priority = 0;                        // of two editions of an issue, the one with the higher priority counts
  std::chrono::milliseconds settle{1000};  // a closed file unchanged for this long is complete
  std::string links;                       // pattern that the URL of a link must match somewhere
  std::string titles;                      // pattern that the text of a link must match somewhere
  std::string next_page;                   // pattern of the text of the link to the index's next page
  int pages = 1;                           // at most so many pages of an index
  std::chrono::seconds interval{900};      // at least so long between two looks at an index, a feed, each of `urls`
  std::chrono::seconds recheck{86'400};    // the same for each document that a list names
  std::chrono::seconds expected{0};        // a new document comes this often; 0: learnt from the feed's own history
  std::vector<std::string> allow_hosts;    // hosts that may be at private addresses
  std::string authorization_file;          // its first line is the value of the Authorization header
  std::string authorization_env;           // the name of an environment variable with that value
  std::string ca_file;                     // certificates of authorities instead of the system's

  bool OnTheWeb() const { return !(index.empty() && syndication.empty() && urls.empty()); }
};

struct HttpConfig {
  std::string listen = "127.0.0.1:9464";  // empty or `none`: no HTTP server
};

struct LimitsConfig {
  std::uint64_t max_document_bytes = 32u << 20;
  std::uint64_t max_event_bytes = 900'000;
};

struct TopicsConfig {
  int partitions = 0;  // of each topic; 0: 1 on the embedded log, 3 on Kafka
  int replication = 1;
  int min_insync_replicas = 1;
};

struct Config {
  std::string data_dir = "ytterby-data";
  std::string store;  // sqlite:PATH or postgresql://…; empty: DATA_DIR/store.db
  std::string
      store_password_file;  // its first line is the password of a PostgreSQL store; empty: PGPASSWORD, PGPASSFILE
  std::string brokers;      // Kafka's bootstrap servers; empty: the embedded log
  std::chrono::seconds timeout{60};         // one-shot commands give up on an unreachable service after this
  std::chrono::seconds drain_timeout{600};  // ingest gives up waiting for the consumers after this
  std::chrono::seconds stop_timeout{10};    // how long a stopping process may take to finish work in flight
  std::string contact;                      // stands in the User-Agent of requests to web feeds
  std::string log_level = "info";
  std::string log_format = "logfmt";   // or json
  std::string record_topics = "auto";  // on, off, or auto: on with brokers
  HttpConfig http;
  LimitsConfig limits;
  TopicsConfig topics;
  std::map<std::string, std::string> kafka;  // passed to librdkafka unchanged
  std::vector<FeedConfig> feeds;

  std::string StoreUrl() const { return store.empty() ? "sqlite:" + DataFolder(data_dir).store().string() : store; }
  bool PublishesRecords() const { return record_topics == "on" || (record_topics == "auto" && !brokers.empty()); }
  int Partitions() const { return topics.partitions > 0 ? topics.partitions : brokers.empty() ? 1 : 3; }
};

// Reads a YAML file over the defaults. Relative paths in it become relative to its folder. kNoInput when it is missing;
// kConfiguration for anything else, reporting all errors at once, one per line, with the file's name and, for a key
// that is unknown or has the wrong type, the line.
Result<Config> ReadConfig(const std::filesystem::path& file);
// The same for a caller that has more to check: adds the errors of single keys to `errors` and fails only where there
// is nothing to continue with (no file, no YAML). Leaves CheckConfig to the caller.
Result<Config> ReadConfig(const std::filesystem::path& file, std::vector<std::string>& errors);
// For a file that may be read from another folder: its paths no longer depend on where it is.
Config WithAbsolutePaths(Config config);
// Checks what the types do not. kConfiguration: all errors at once, one per line.
Result<void> CheckConfig(const Config& config);
// The whole configuration as YAML, each key with its description as a comment.
std::string ShowConfig(const Config& config);
// The keys whose values differ, in the order of ShowConfig: `http.listen`, `kafka`, `feeds`.
std::vector<std::string> ChangedKeys(const Config& before, const Config& after);
// `key: description`, sorted; a golden test pins the list.
std::vector<std::string> ConfigKeys();

}  // namespace ytterby
