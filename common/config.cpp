#include "common/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace ytterby {
namespace {

// Calls visit(key, member, description) for every plain key.
template <class C, class Visit>
void DescribeConfig(C& c, Visit&& visit) {
  visit("data_dir", c.data_dir, "folder of the archive, the embedded log and the default store");
  visit("store", c.store, "store URL, sqlite:PATH or postgresql://USER@HOST/DATABASE; empty: DATA_DIR/store.db");
  visit("store_password_file", c.store_password_file,
        "file whose first line is the password of a PostgreSQL store; empty: libpq's own sources (PGPASSWORD, PGPASSFILE)");
  visit("brokers", c.brokers, "Kafka bootstrap servers host:port,…; empty: the embedded log");
  visit("timeout_s", c.timeout, "seconds after which one-shot commands give up on an unreachable service");
  visit("drain_timeout_s", c.drain_timeout, "seconds that ingest waits for the consumers");
  visit("stop_timeout_s", c.stop_timeout, "seconds that a stopping process may take to finish its work in flight");
  visit("log_level", c.log_level, "debug, info, warn or error");
  visit("record_topics", c.record_topics,
        "on, off, or auto: publish the current view on bulletin.prices, bulletin.findings, …; auto: with brokers only");
  visit("http.listen", c.http.listen, "address of /metrics, /livez, /readyz, /version; empty: none");
  visit("limits.max_document_bytes", c.limits.max_document_bytes, "larger documents are rejected");
  visit("limits.max_event_bytes", c.limits.max_event_bytes, "a document with a larger section event is set aside");
  visit("topics.partitions", c.topics.partitions, "partitions of each topic; 0: 1 on the embedded log, 3 on Kafka");
  visit("topics.replication", c.topics.replication, "replication of each topic on Kafka");
  visit("topics.min_insync_replicas", c.topics.min_insync_replicas, "min.insync.replicas of each topic on Kafka");
}

template <class Visit>
void DescribeFeed(FeedConfig& f, Visit&& visit) {
  visit("name", f.name, "name of the feed; part of every delivery's identity");
  visit("directory", f.directory, "folder to watch, with its sub-folders");
  visit("priority", f.priority, "of two editions of an issue the one of the higher priority counts");
  visit("settle_ms", f.settle, "a file whose size stands still so long is complete");
}

// Checks that need more than a type: nothing is negative, and an address has a port.
std::optional<std::string> WrongValue(const Config& c) {
  if (c.timeout.count() < 0 || c.drain_timeout.count() < 0 || c.stop_timeout.count() < 0) return "a time is negative";
  if (c.record_topics != "on" && c.record_topics != "off" && c.record_topics != "auto") return "record_topics: on, off or auto";
  if (c.limits.max_document_bytes == 0 || c.limits.max_event_bytes < 10'000) {
    return "limits: max_document_bytes is at least 1, max_event_bytes at least 10000";
  }
  if (c.topics.partitions < 0 || c.topics.replication < 1 || c.topics.min_insync_replicas < 1) return "topics: a count is too small";
  for (const FeedConfig& feed : c.feeds) {
    if (feed.settle.count() < 0) return "feeds: settle_ms is negative";
  }
  if (!c.http.listen.empty()) {
    const std::size_t colon = c.http.listen.rfind(':');
    const std::string port = colon == std::string::npos ? "" : c.http.listen.substr(colon + 1);
    const bool number =
        !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos && std::stoi(port) <= 65535;
    if (!number || colon == 0) return "http.listen: host:port, port 0 to 65535";
  }
  return std::nullopt;
}

void Assign(const YAML::Node& node, std::string& to) { to = node.as<std::string>(); }
void Assign(const YAML::Node& node, int& to) { to = node.as<int>(); }
void Assign(const YAML::Node& node, std::uint64_t& to) { to = node.as<std::uint64_t>(); }
void Assign(const YAML::Node& node, std::chrono::seconds& to) { to = std::chrono::seconds(node.as<int>()); }
void Assign(const YAML::Node& node, std::chrono::milliseconds& to) { to = std::chrono::milliseconds(node.as<int>()); }

std::string Text(const std::string& value) { return value.empty() ? "\"\"" : value; }
std::string Text(int value) { return std::to_string(value); }
std::string Text(std::uint64_t value) { return std::to_string(value); }
std::string Text(std::chrono::seconds value) { return std::to_string(value.count()); }
std::string Text(std::chrono::milliseconds value) { return std::to_string(value.count()); }

// One key's value; a value of another type is named with its key.
template <class T>
void AssignKey(const std::string& key, const YAML::Node& node, T& to) {
  try {
    Assign(node, to);
  } catch (const YAML::Exception& error) {
    throw YAML::Exception(node.Mark(), fmt::format("{}: not a value of this key's kind", key));
  }
}

Error BadKey(const std::filesystem::path& file, const YAML::Mark& mark, std::string_view what) {
  return {ErrorKind::kConfiguration, fmt::format("{}:{}: {}", file.string(), mark.line + 1, what)};
}

// The node at a dotted key; `used` collects what was looked at.
YAML::Node Find(const YAML::Node& root, const std::string& key, std::set<std::string>& known) {
  known.insert(key);
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) return root[key];
  known.insert(key.substr(0, dot));
  const YAML::Node group = root[key.substr(0, dot)];
  return group && group.IsMap() ? group[key.substr(dot + 1)] : YAML::Node(YAML::NodeType::Undefined);
}

std::optional<Error> CheckKeys(const std::filesystem::path& file, const YAML::Node& root, const std::set<std::string>& known) {
  std::set<std::string> seen;
  for (const auto& entry : root) {
    const std::string key = entry.first.as<std::string>();
    if (!seen.insert(key).second) return BadKey(file, entry.first.Mark(), fmt::format("key {} stands twice", key));
    if (!known.count(key)) return BadKey(file, entry.first.Mark(), fmt::format("unknown key {}", key));
    if (key == "kafka" || key == "feeds" || !entry.second.IsMap()) continue;
    for (const auto& inner : entry.second) {
      const std::string full = key + "." + inner.first.as<std::string>();
      if (!known.count(full)) return BadKey(file, inner.first.Mark(), fmt::format("unknown key {}", full));
    }
  }
  return std::nullopt;
}

Result<FeedConfig> ReadFeed(const std::filesystem::path& file, const YAML::Node& node) {
  if (!node.IsMap()) return tl::unexpected<Error>(BadKey(file, node.Mark(), "a feed is a map of name and directory"));
  FeedConfig feed;
  std::set<std::string> known;
  DescribeFeed(feed, [&](const char* key, auto& member, const char*) {
    known.insert(key);
    if (node[key]) AssignKey(std::string("feeds.") + key, node[key], member);
  });
  for (const auto& entry : node) {
    const std::string key = entry.first.as<std::string>();
    if (!known.count(key)) return tl::unexpected<Error>(BadKey(file, entry.first.Mark(), fmt::format("unknown key feeds.{}", key)));
  }
  if (feed.name.empty() || feed.directory.empty())
    return tl::unexpected<Error>(BadKey(file, node.Mark(), "a feed needs name and directory"));
  if (feed.name == "ingest" || feed.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos) {
    return tl::unexpected<Error>(
        BadKey(file, node.Mark(), fmt::format("feed name {}: a-z, 0-9, - and _ only, and not `ingest`", feed.name)));
  }
  return feed;
}

}  // namespace

Result<Config> ReadConfig(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    return Fail(ErrorKind::kConfiguration, fmt::format("{}: a folder, not a configuration file", file.string()));
  }
  if (!std::filesystem::exists(file)) return Fail(ErrorKind::kNoInput, fmt::format("{}: no such configuration file", file.string()));
  Config config;
  try {
    const YAML::Node root = YAML::LoadFile(file.string());
    if (root.IsNull()) return config;
    if (!root.IsMap()) return tl::unexpected<Error>(BadKey(file, root.Mark(), "the file is no map of keys"));
    std::set<std::string> known = {"kafka", "feeds"};
    DescribeConfig(config, [&](const std::string& key, auto& member, const char*) {
      if (const YAML::Node node = Find(root, key, known); node.IsDefined() && !node.IsNull()) AssignKey(key, node, member);
    });
    if (auto error = CheckKeys(file, root, known)) return tl::unexpected<Error>(*error);
    if (const YAML::Node kafka = root["kafka"]; kafka && kafka.IsMap()) {
      for (const auto& entry : kafka) config.kafka[entry.first.as<std::string>()] = entry.second.as<std::string>();
    }
    if (const YAML::Node feeds = root["feeds"]; feeds && feeds.IsSequence()) {
      std::set<std::string> names;
      for (const YAML::Node& node : feeds) {
        YT_ASSIGN(feed, ReadFeed(file, node));
        if (!names.insert(feed.name).second)
          return tl::unexpected<Error>(BadKey(file, node.Mark(), fmt::format("two feeds are named {}", feed.name)));
        config.feeds.push_back(std::move(feed));
      }
    }
  } catch (const YAML::Exception& error) {
    return tl::unexpected<Error>(BadKey(file, error.mark, error.msg));
  }
  if (const auto wrong = WrongValue(config)) return Fail(ErrorKind::kConfiguration, fmt::format("{}: {}", file.string(), *wrong));
  return config;
}

std::string ShowConfig(const Config& config) {
  std::string out, group;
  Config copy = config;
  DescribeConfig(copy, [&](const std::string& key, auto& member, const char* description) {
    const std::size_t dot = key.find('.');
    const std::string of = dot == std::string::npos ? "" : key.substr(0, dot);
    if (of != group && !of.empty()) out += of + ":\n";
    group = of;
    const std::string name = dot == std::string::npos ? key : "  " + key.substr(dot + 1);
    out += fmt::format("{}: {}  # {}\n", name, Text(member), description);
  });
  out += config.kafka.empty() ? "kafka: {}  # settings passed to librdkafka as they are\n"
                              : "kafka:  # settings passed to librdkafka as they are\n";
  for (const auto& [name, value] : config.kafka) {
    const bool secret = name.find("password") != std::string::npos || name.find("secret") != std::string::npos || name == "ssl.key.pem";
    out += fmt::format("  {}: {}\n", name, secret ? "(hidden)" : value);
  }
  out += config.feeds.empty() ? "feeds: []  # folders to watch: name, directory, priority, settle_ms\n" : "feeds:\n";
  for (FeedConfig feed : config.feeds) {
    std::string lead = "  - ";
    DescribeFeed(feed, [&](const char* key, auto& member, const char* description) {
      out += fmt::format("{}{}: {}  # {}\n", std::exchange(lead, "    "), key, Text(member), description);
    });
  }
  return out;
}

namespace {

std::vector<std::pair<std::string, std::string>> ValuesOf(Config config) {
  std::vector<std::pair<std::string, std::string>> values;
  DescribeConfig(config, [&](const std::string& key, auto& member, const char*) { values.emplace_back(key, Text(member)); });
  std::string kafka, feeds;
  for (const auto& [name, value] : config.kafka) kafka += name + "=" + value + "\n";
  for (FeedConfig& feed : config.feeds) {
    DescribeFeed(feed, [&](const char* key, auto& member, const char*) { feeds += fmt::format("{}={}\n", key, Text(member)); });
  }
  values.emplace_back("kafka", std::move(kafka));
  values.emplace_back("feeds", std::move(feeds));
  return values;
}

}  // namespace

std::vector<std::string> ChangedKeys(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  const auto old = ValuesOf(before), fresh = ValuesOf(after);
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].second != fresh[i].second) changed.push_back(old[i].first);
  }
  return changed;
}

std::vector<std::string> ConfigKeys() {
  std::vector<std::string> keys = {"kafka: settings passed to librdkafka as they are"};
  Config config;
  FeedConfig feed;
  DescribeConfig(config, [&](const std::string& key, auto&, const char* description) { keys.push_back(key + ": " + description); });
  DescribeFeed(feed,
               [&](const std::string& key, auto&, const char* description) { keys.push_back("feeds[]." + key + ": " + description); });
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace ytterby
