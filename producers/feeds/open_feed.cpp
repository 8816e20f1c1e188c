#include "producers/feeds/open_feed.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "producers/feeds/directory_feed.hpp"

namespace ytterby {

Result<std::unique_ptr<Feed>> OpenFeed(const FeedConfig& feed, const LimitsConfig& limits,
                                       std::map<std::string, std::string> known) {
  DirectoryFeedOptions options;
  options.name = feed.name;
  options.folder = feed.directory;
  options.priority = feed.priority;
  options.max_document_bytes = limits.max_document_bytes;
  options.settle = feed.settle;
  YT_ASSIGN(opened, DirectoryFeed::Open(std::move(options), std::move(known)));
  return std::unique_ptr<Feed>(std::move(opened));
}

Result<void> CheckFeed(const FeedConfig& feed) {
  std::error_code ec;
  if (std::filesystem::is_directory(feed.directory, ec)) return {};
  return Fail(ErrorKind::kConfiguration,
              fmt::format("feed {}: {}: no such folder; create it first", feed.name, feed.directory));
}

}  // namespace ytterby
