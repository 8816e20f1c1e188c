#include "producers/feeds/open_feed.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/data_folder.hpp"
#include "producers/feeds/directory_feed.hpp"
#include "producers/feeds/files.hpp"
#include "producers/feeds/http/web_feed.hpp"

namespace ytterby {

namespace {

// The first line of the file, or the environment variable.
Result<std::string> AuthorizationOf(const FeedConfig& feed) {
  std::string value;
  if (!feed.authorization_file.empty()) {
    std::ifstream file(feed.authorization_file);
    if (!std::getline(file, value) || value.empty()) {
      return Fail(ErrorKind::kConfiguration, fmt::format("feed {}: authorization_file {}: cannot be read, or is empty",
                                                         feed.name, feed.authorization_file));
    }
    if (value.ends_with('\r')) value.pop_back();
  } else if (!feed.authorization_env.empty()) {
    const char* found = std::getenv(feed.authorization_env.c_str());
    if (!found || !*found) {
      return Fail(ErrorKind::kConfiguration, fmt::format("feed {}: authorization_env: {} is not set in the environment",
                                                         feed.name, feed.authorization_env));
    }
    value = found;
  }
  if (value.find_first_of("\r\n") != std::string::npos)
    return Fail(ErrorKind::kConfiguration, fmt::format("feed {}: the authorization has a line break", feed.name));
  return value;
}

}  // namespace

Result<WebFeedOptions> WebFeedOptionsOf(const FeedConfig& feed, const LimitsConfig& limits) {
  WebFeedOptions options;
  options.name = feed.name;
  options.kind = !feed.index.empty()         ? WebFeedKind::kIndex
                 : !feed.syndication.empty() ? WebFeedKind::kSyndication
                                             : WebFeedKind::kUrls;
  options.urls = options.kind == WebFeedKind::kUrls ? feed.urls : std::vector{feed.index + feed.syndication};
  options.links = feed.links;
  options.titles = feed.titles;
  options.next_page = feed.next_page;
  options.pages = feed.pages;
  options.priority = feed.priority;
  options.interval = feed.interval;
  options.recheck = feed.recheck;
  options.max_document_bytes = limits.max_document_bytes;
  options.allow_hosts = {feed.allow_hosts.begin(), feed.allow_hosts.end()};
  YT_ASSIGN(authorization, AuthorizationOf(feed));
  options.authorization = std::move(authorization);
  options.ca_file = feed.ca_file;
  YT_CHECK(WebFeed::Check(options));
  return options;
}

Result<std::unique_ptr<Feed>> OpenFeed(const FeedConfig& feed, FeedSurroundings& surroundings,
                                       std::map<std::string, std::string> known) {
  if (feed.OnTheWeb()) {
    YT_ASSIGN(options, WebFeedOptionsOf(feed, surroundings.limits));
    if (!surroundings.web) {
      YT_ASSIGN(pages, PageStore::Open(DataFolder(surroundings.data_dir).feeds()));
      WebClientOptions client;
      client.contact = surroundings.contact;
      surroundings.web = std::make_shared<WebClient>(std::move(client), std::move(pages), SystemClock());
    }
    YT_ASSIGN(opened, WebFeed::Open(std::move(options), surroundings.web));
    return std::unique_ptr<Feed>(std::move(opened));
  }
  DirectoryFeedOptions options;
  options.name = feed.name;
  options.folder = feed.directory;
  options.priority = feed.priority;
  options.max_document_bytes = surroundings.limits.max_document_bytes;
  options.settle = feed.settle;
  YT_ASSIGN(opened, DirectoryFeed::Open(std::move(options), std::move(known)));
  return std::unique_ptr<Feed>(std::move(opened));
}

Result<void> CheckFeed(const FeedConfig& feed, const std::filesystem::path& data_dir) {
  if (feed.OnTheWeb()) {
    YT_CHECK(WebFeedOptionsOf(feed, {}));
    return {};
  }
  std::error_code ec;
  if (!std::filesystem::is_directory(feed.directory, ec)) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("feed {}: {}: no such folder; create it first", feed.name, feed.directory));
  }
  // The archive, the log and the store would be taken for documents, and every document would come again.
  if (IsInside(data_dir, feed.directory) || IsInside(feed.directory, DataFolder(data_dir).archive())) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("feed {}: {} holds the data folder {}, or lies in its archive; watch another folder",
                            feed.name, feed.directory, data_dir.string()));
  }
  return {};
}

}  // namespace ytterby
