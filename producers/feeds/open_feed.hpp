// From a feed's configuration to the adapter that watches it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/config.hpp"
#include "producers/feeds/feed.hpp"

namespace ytterby {

class WebClient;
struct WebFeedOptions;

// What feeds need besides their own configuration.
struct FeedSurroundings {
  std::filesystem::path data_dir;
  LimitsConfig limits;
  std::string contact;
  std::shared_ptr<WebClient> web;  // made for the first feed on the web, then shared
};

// `known`: the stamps of the documents already delivered, by name. kNoInput: the place does not exist.
using FeedOpener = std::function<Result<std::unique_ptr<Feed>>(const FeedConfig& feed, FeedSurroundings& surroundings,
                                                               std::map<std::string, std::string> known)>;

Result<std::unique_ptr<Feed>> OpenFeed(const FeedConfig& feed, FeedSurroundings& surroundings,
                                       std::map<std::string, std::string> known);

// With the credentials that the configuration points at. kConfiguration: they cannot be read.
Result<WebFeedOptions> WebFeedOptionsOf(const FeedConfig& feed, const LimitsConfig& limits);

// kConfiguration when a feed's folder does not exist or holds the data folder, or a URL, pattern or file is wrong. For
// checking before anything is created.
Result<void> CheckFeed(const FeedConfig& feed, const std::filesystem::path& data_dir);

}  // namespace ytterby
