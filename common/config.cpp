#include "common/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <type_traits>

namespace ytterby {
namespace {

// Calls visit(key, member, description) for every plain key.
template <class C, class Visit>
void DescribeConfig(C& c, Visit&& visit) {
  visit("data_dir", c.data_dir, "folder of the archive, the embedded log and the default store");
  visit("store", c.store, "store URL, sqlite:PATH or postgresql://USER@HOST/DATABASE; empty: DATA_DIR/store.db");
  visit("store_password_file", c.store_password_file,
        "file whose first line is the password of a PostgreSQL store; empty: libpq's own sources (PGPASSWORD, "
        "PGPASSFILE)");
  visit("brokers", c.brokers, "Kafka bootstrap servers host:port,…; empty: the embedded log");
  visit("timeout_s", c.timeout,
        "seconds after which one-shot commands give up on an unreachable service (`status`: 5 at most)");
  visit("drain_timeout_s", c.drain_timeout, "seconds that ingest waits for the consumers");
  visit("stop_timeout_s", c.stop_timeout, "seconds that a stopping process may take to finish its work in flight");
  visit("contact", c.contact, "mail address or URL by which publishers reach you; required for feeds on the web");
  visit("log_level", c.log_level, "debug, info, warn, error or off");
  visit("log_format", c.log_format, "logfmt or json");
  visit("record_topics", c.record_topics,
        "on, off, or auto: publish the current view on bulletin.prices, bulletin.findings, …; auto: with brokers only");
  visit("http.listen", c.http.listen, "address of /metrics, /livez, /readyz, /version; none: no server");
  visit("limits.max_document_bytes", c.limits.max_document_bytes, "larger documents are rejected");
  visit("limits.max_event_bytes", c.limits.max_event_bytes, "a document with a larger section event is set aside");
  visit("topics.partitions", c.topics.partitions, "partitions of each topic; 0: 1 on the embedded log, 3 on Kafka");
  visit("topics.replication", c.topics.replication, "replication of each topic on Kafka");
  visit("topics.min_insync_replicas", c.topics.min_insync_replicas, "min.insync.replicas of each topic on Kafka");
}

template <class F, class Visit>
void DescribeFeed(F& f, Visit&& visit) {
  visit("name", f.name, "name of the feed; part of every delivery's identity");
  visit("directory", f.directory, "folder to watch, with its sub-folders");
  visit("index", f.index, "URL of a page that links to documents; `links` says which links");
  visit("syndication", f.syndication, "URL of an RSS or Atom feed");
  visit("urls", f.urls, "list of the URLs of documents");
  visit("priority", f.priority, "of two editions of an issue, the one with the higher priority counts");
  visit("settle_ms", f.settle, "a file whose size has not changed for this long is complete");
  visit("links", f.links, "pattern (RE2) that a link's URL must match somewhere");
  visit("titles", f.titles, "pattern (RE2) that a link's text must match somewhere");
  visit("next_page", f.next_page, "pattern (RE2) of the text of the link to an index's next page");
  visit("pages", f.pages, "pages of an index to read at most");
  visit("interval_s", f.interval, "least seconds between two looks at the index, the feed, or each of `urls`");
  visit("recheck_s", f.recheck, "least seconds between two looks at a document that a list names");
  visit("expected_interval_s", f.expected, "seconds after which a new document is late; 0: learnt from the history");
  visit("allow_hosts", f.allow_hosts, "list of hosts that may be at addresses that are not public");
  visit("authorization_file", f.authorization_file, "file whose first line is the Authorization header's value");
  visit("authorization_env", f.authorization_env, "environment variable with the Authorization header's value");
  visit("ca_file", f.ca_file, "file with the certificates of authorities to trust instead of the system's");
}

bool IsPort(std::string_view text, int least) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  const int port = std::stoi(std::string(text));
  return port >= least && port <= 65535;
}

// host:port, or host alone, parted by commas.
bool AreBrokers(std::string_view brokers) {
  while (true) {
    const std::size_t comma = brokers.find(',');
    std::string_view one = brokers.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (const std::size_t scheme = one.find("://"); scheme != std::string_view::npos) one.remove_prefix(scheme + 3);
    const std::size_t colon = one.rfind(':');
    const bool has_port = colon != std::string_view::npos && one.find(']', colon) == std::string_view::npos;
    const std::string_view host = has_port ? one.substr(0, colon) : one;
    if (host.empty() || host.find(' ') != std::string_view::npos) return false;
    if (has_port && !IsPort(one.substr(colon + 1), 1)) return false;
    if (comma == std::string_view::npos) return true;
    brokers.remove_prefix(comma + 1);
  }
}

bool IsHeaderText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// Checks that need more than a type.
std::vector<std::string> WrongValues(const Config& c) {
  std::vector<std::string> wrong;
  const auto check = [&](bool right, const char* what) {
    if (!right) wrong.emplace_back(what);
  };
  const auto is_one_of = [](const std::string& value, std::initializer_list<std::string_view> values) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  check(c.timeout.count() >= 0 && c.drain_timeout.count() >= 0 && c.stop_timeout.count() >= 0, "a time is negative");
  check(is_one_of(c.record_topics, {"on", "off", "auto"}), "record_topics: on, off or auto");
  check(is_one_of(c.log_level, {"debug", "info", "warn", "error", "off"}),
        "log_level: debug, info, warn, error or off");
  check(is_one_of(c.log_format, {"logfmt", "json"}), "log_format: logfmt or json");
  check(c.limits.max_document_bytes > 0 && c.limits.max_event_bytes >= 10'000,
        "limits: max_document_bytes must be at least 1, max_event_bytes at least 10000");
  check(c.topics.partitions >= 0 && c.topics.replication >= 1 && c.topics.min_insync_replicas >= 1,
        "topics: a count is too small");
  check(c.brokers.empty() || c.topics.min_insync_replicas <= c.topics.replication,
        "topics: min_insync_replicas is above replication: no append would ever be acknowledged");
  check(c.brokers.empty() || AreBrokers(c.brokers), "brokers: host:port, port 1 to 65535, parted by commas");
  for (const FeedConfig& feed : c.feeds) {
    check(feed.settle.count() >= 0, "feeds: settle_ms is negative");
    check(feed.expected.count() >= 0, "feeds: expected_interval_s is negative");
    check(feed.interval.count() >= 10 && feed.recheck.count() >= 10, "feeds: interval_s and recheck_s are at least 10");
    check(feed.pages >= 1 && feed.pages <= 100, "feeds: pages is 1 to 100");
    check(!feed.OnTheWeb() || IsHeaderText(c.contact),
          "contact: feeds on the web need a mail address or URL by which publishers reach you");
  }
  if (c.http.listen.empty() || c.http.listen == "none") return wrong;
  const std::size_t colon = c.http.listen.rfind(':');
  check(colon != std::string::npos && colon != 0 && IsPort(c.http.listen.substr(colon + 1), 0),
        "http.listen: host:port, port 0 to 65535, or none");
  return wrong;
}

tl::unexpected<Error> FailWith(const std::vector<std::string>& errors) {
  return Fail(ErrorKind::kConfiguration, fmt::format("{}", fmt::join(errors, "\n")));
}

void Assign(const YAML::Node& node, std::string& to) { to = node.as<std::string>(); }
void Assign(const YAML::Node& node, std::vector<std::string>& to) { to = node.as<std::vector<std::string>>(); }
void Assign(const YAML::Node& node, int& to) { to = node.as<int>(); }
void Assign(const YAML::Node& node, std::uint64_t& to) { to = node.as<std::uint64_t>(); }
void Assign(const YAML::Node& node, std::chrono::seconds& to) { to = std::chrono::seconds(node.as<int>()); }
void Assign(const YAML::Node& node, std::chrono::milliseconds& to) { to = std::chrono::milliseconds(node.as<int>()); }

std::string Text(const std::string& value) { return value; }
std::string Text(const std::vector<std::string>& values) { return fmt::format("{}", fmt::join(values, " ")); }
std::string Text(int value) { return std::to_string(value); }
std::string Text(std::uint64_t value) { return std::to_string(value); }
std::string Text(std::chrono::seconds value) { return std::to_string(value.count()); }
std::string Text(std::chrono::milliseconds value) { return std::to_string(value.count()); }

std::string BadKey(const std::filesystem::path& file, const YAML::Mark& mark, std::string_view what) {
  return fmt::format("{}:{}: {}", file.string(), mark.line + 1, what);
}

// The node at a dotted key; `known` collects the keys that were looked up.
YAML::Node Find(const YAML::Node& root, const std::string& key, std::set<std::string>& known) {
  known.insert(key);
  const std::size_t dot = key.find('.');
  if (dot == std::string::npos) return root[key];
  known.insert(key.substr(0, dot));
  const YAML::Node group = root[key.substr(0, dot)];
  return group && group.IsMap() ? group[key.substr(dot + 1)] : YAML::Node(YAML::NodeType::Undefined);
}

// Relative paths become paths below the folder.
void PlacePaths(Config& config, const std::filesystem::path& folder) {
  const auto place = [&](std::string& path) {
    if (!path.empty() && std::filesystem::path(path).is_relative()) path = (folder / path).lexically_normal().string();
  };
  place(config.data_dir);
  place(config.store_password_file);
  constexpr std::string_view kSqlite = "sqlite:";
  if (config.store.starts_with(kSqlite)) {
    std::string path = config.store.substr(kSqlite.size());
    place(path);
    config.store = std::string(kSqlite) + path;
  }
  for (FeedConfig& feed : config.feeds) {
    place(feed.directory);
    place(feed.authorization_file);
    place(feed.ca_file);
  }
  for (auto& [name, value] : config.kafka) {
    if (name.ends_with(".location")) place(value);  // librdkafka's files: ssl.ca.location and so on
  }
}

// Reads one file and collects every error.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}

  Config Read() {
    Config config;
    const YAML::Node root = YAML::LoadFile(file_.string());
    if (root.IsNull()) return config;
    if (!root.IsMap()) {
      Note(root.Mark(), "the file is not a map of keys");
      return config;
    }
    std::set<std::string> known = {"kafka", "feeds"};
    CheckShapes(root);
    DescribeConfig(config, [&](const std::string& key, auto& member, const char*) {
      if (const YAML::Node node = Find(root, key, known); node.IsDefined() && !node.IsNull())
        AssignKey(key, node, member);
    });
    data_dir_given_ = root["data_dir"].IsDefined();
    if (data_dir_given_ && config.data_dir.empty()) Note(root["data_dir"].Mark(), "data_dir: is empty");
    CheckKeys(root, known);
    if (const YAML::Node kafka = root["kafka"]; kafka && kafka.IsMap()) {
      for (const auto& entry : kafka) AssignKey("kafka", entry.second, config.kafka[entry.first.as<std::string>()]);
    }
    if (const YAML::Node feeds = root["feeds"]; feeds && feeds.IsSequence()) {
      for (const YAML::Node& node : feeds) ReadFeed(node, config);
    }
    MakePathsRelative(config);
    return config;
  }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  void Note(const YAML::Mark& mark, std::string_view what) { errors_.push_back(BadKey(file_, mark, what)); }

  // Assigns one key's value; a value of the wrong type is reported with its key.
  template <class T>
  void AssignKey(const std::string& key, const YAML::Node& node, T& to) {
    try {
      Assign(node, to);
    } catch (const YAML::Exception&) {
      Note(node.Mark(), fmt::format("{}: the value has the wrong type", key));
    }
  }

  void CheckShapes(const YAML::Node& root) {
    for (const char* group : {"http", "limits", "topics", "kafka"}) {
      const YAML::Node node = root[group];
      if (node && !node.IsNull() && !node.IsMap()) Note(node.Mark(), fmt::format("{}: not a map of keys", group));
    }
    const YAML::Node feeds = root["feeds"];
    if (feeds && !feeds.IsNull() && !feeds.IsSequence())
      Note(feeds.Mark(), "feeds: not a list; each feed begins with `- `");
  }

  // Of two equal keys the parser keeps one, silently.
  void CheckTwice(const YAML::Node& map, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = prefix + entry.first.as<std::string>();
      if (!seen.insert(key).second) Note(entry.first.Mark(), fmt::format("key {} appears twice", key));
    }
  }

  void CheckKeys(const YAML::Node& root, const std::set<std::string>& known) {
    CheckTwice(root, "");
    for (const auto& entry : root) {
      const std::string key = entry.first.as<std::string>();
      if (entry.second.IsMap()) CheckTwice(entry.second, key + ".");
      if (!known.count(key)) Note(entry.first.Mark(), fmt::format("unknown key {}", key));
      if (key == "kafka" || key == "feeds" || !entry.second.IsMap()) continue;
      for (const auto& inner : entry.second) {
        const std::string full = key + "." + inner.first.as<std::string>();
        if (!known.count(full)) Note(inner.first.Mark(), fmt::format("unknown key {}", full));
      }
    }
  }

  void ReadFeed(const YAML::Node& node, Config& config) {
    if (!node.IsMap()) return Note(node.Mark(), "a feed is a map of name and directory");
    FeedConfig feed;
    std::set<std::string> known;
    DescribeFeed(feed, [&](const char* key, auto& member, const char*) {
      known.insert(key);
      if (node[key]) AssignKey(std::string("feeds.") + key, node[key], member);
    });
    CheckTwice(node, "feeds.");
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      if (!known.count(key)) Note(entry.first.Mark(), fmt::format("unknown key feeds.{}", key));
    }
    const int places = !feed.directory.empty() + !feed.index.empty() + !feed.syndication.empty() + !feed.urls.empty();
    if (feed.name.empty() || places == 0) {
      Note(node.Mark(), "a feed needs a name and a place: directory, index, syndication or urls");
    } else if (places > 1) {
      Note(node.Mark(), fmt::format("feed {}: only one of directory, index, syndication and urls", feed.name));
    } else if (!feed.index.empty() && feed.links.empty()) {
      Note(node.Mark(), fmt::format("feed {}: an index needs `links`, the pattern of its documents' URLs", feed.name));
    } else if (feed.name == "ingest" ||
               feed.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos) {
      Note(node.Mark(), fmt::format("feed name {}: a-z, 0-9, - and _ only, and not `ingest`", feed.name));
    } else if (!feed_names_.insert(feed.name).second) {
      Note(node.Mark(), fmt::format("two feeds are named {}", feed.name));
    }
    config.feeds.push_back(std::move(feed));
  }

  // Paths in the file are relative to its folder, wherever the program is started.
  void MakePathsRelative(Config& config) const {
    const std::string data_dir = config.data_dir;
    PlacePaths(config, file_.parent_path());
    if (!data_dir_given_) config.data_dir = data_dir;
  }

  const std::filesystem::path file_;
  std::vector<std::string> errors_;
  std::set<std::string> feed_names_;
  bool data_dir_given_ = false;
};

}  // namespace

Result<Config> ReadConfig(const std::filesystem::path& file) {
  std::vector<std::string> errors;
  YT_ASSIGN(config, ReadConfig(file, errors));
  for (const std::string& wrong : WrongValues(config)) errors.push_back(fmt::format("{}: {}", file.string(), wrong));
  if (!errors.empty()) return FailWith(errors);
  return config;
}

Result<Config> ReadConfig(const std::filesystem::path& file, std::vector<std::string>& errors) {
  if (std::filesystem::is_directory(file)) {
    return Fail(ErrorKind::kConfiguration, fmt::format("{}: a folder, not a configuration file", file.string()));
  }
  if (!std::filesystem::exists(file))
    return Fail(ErrorKind::kNoInput, fmt::format("{}: no such configuration file", file.string()));
  Reader reader(file);
  Config config;
  try {
    config = reader.Read();
  } catch (const YAML::Exception& error) {
    return Fail(ErrorKind::kConfiguration, BadKey(file, error.mark, error.msg));
  }
  errors.insert(errors.end(), reader.errors().begin(), reader.errors().end());
  return config;
}

Result<void> CheckConfig(const Config& config) {
  const std::vector<std::string> wrong = WrongValues(config);
  if (wrong.empty()) return {};
  return FailWith(wrong);
}

Config WithAbsolutePaths(Config config) {
  PlacePaths(config, std::filesystem::current_path());
  return config;
}

std::string ShowConfig(const Config& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  std::string group;
  const auto close_group = [&] {
    if (!group.empty()) out << YAML::EndMap;
    group.clear();
  };
  const auto emit = [&](const std::string& key, const auto& member, const char* description) {
    out << YAML::Key << key << YAML::Value;
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::string>) {
      out << (member.empty() ? YAML::DoubleQuoted : YAML::Auto) << member;
    } else if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<std::string>>) {
      out << YAML::Flow << member;
    } else {
      out << Text(member);
    }
    out << YAML::Comment(description);
  };
  DescribeConfig(config, [&](const std::string& key, const auto& member, const char* description) {
    const std::size_t dot = key.find('.');
    const std::string of = dot == std::string::npos ? "" : key.substr(0, dot);
    if (of != group) {
      close_group();
      if (!of.empty()) out << YAML::Key << of << YAML::Value << YAML::BeginMap;
      group = of;
    }
    emit(dot == std::string::npos ? key : key.substr(dot + 1), member, description);
  });
  close_group();
  out << YAML::Key << "kafka" << YAML::Comment("settings passed to librdkafka unchanged") << YAML::Value
      << YAML::BeginMap;
  for (const auto& [name, value] : config.kafka) {
    const bool secret =
        name.find("password") != std::string::npos || name.find("secret") != std::string::npos || name == "ssl.key.pem";
    out << YAML::Key << name << YAML::Value << (secret ? "(hidden)" : value);
  }
  out << YAML::EndMap << YAML::Key << "feeds" << YAML::Comment("places to watch; keys at their defaults are left out")
      << YAML::Value << YAML::BeginSeq;
  for (const FeedConfig& feed : config.feeds) {
    out << YAML::BeginMap;
    std::vector<std::string> defaults;
    const FeedConfig unset;
    DescribeFeed(unset, [&](const char*, const auto& member, const char*) { defaults.push_back(Text(member)); });
    auto usual = defaults.begin();
    DescribeFeed(feed, [&](const char* key, const auto& member, const char* description) {
      if (Text(member) != *usual++) emit(key, member, description);
    });
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

namespace {

std::vector<std::pair<std::string, std::string>> ValuesOf(Config config) {
  std::vector<std::pair<std::string, std::string>> values;
  DescribeConfig(config,
                 [&](const std::string& key, auto& member, const char*) { values.emplace_back(key, Text(member)); });
  std::string kafka, feeds;
  for (const auto& [name, value] : config.kafka) kafka += name + "=" + value + "\n";
  for (FeedConfig& feed : config.feeds) {
    DescribeFeed(
        feed, [&](const char* key, auto& member, const char*) { feeds += fmt::format("{}={}\n", key, Text(member)); });
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
  std::vector<std::string> keys = {"kafka: settings passed to librdkafka unchanged"};
  Config config;
  FeedConfig feed;
  DescribeConfig(config, [&](const std::string& key, auto&, const char* description) {
    keys.push_back(key + ": " + description);
  });
  DescribeFeed(feed, [&](const std::string& key, auto&, const char* description) {
    keys.push_back("feeds[]." + key + ": " + description);
  });
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace ytterby
