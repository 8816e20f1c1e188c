#include "producers/feeds/open_feed.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "common/data_folder.hpp"
#include "producers/feeds/directory_feed.hpp"
#include "producers/feeds/files.hpp"

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

Result<void> CheckFeed(const FeedConfig& feed, const std::filesystem::path& data_dir) {
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
